//! What training fixes of the inputs of models of numbers: mean and spread of numbers, the words that have places.

use outrider_core::frame::{Column, Frame, NO_WORD, Values, Words};
use outrider_core::schema::{Feature, FeatureKind, Schema};
use outrider_infer::BindError;
use outrider_infer::inputs::{Input, InputKind, Inputs, InputsError};

/// Which words of a category have places of their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Places {
    /// Words in fewer rows stand in the place of words unseen in training, so that this place is learnt too.
    pub(crate) rare_below: usize,
    /// At most so many words of a category: the most frequent.
    pub(crate) words: usize,
}

/// A number that no model takes.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
#[error("column {column:?}, row {row}: {value} is beyond what models take, expected a finite number or none")]
pub struct InfiniteError {
    /// The name of its column.
    pub column: String,
    /// From 0.
    pub row: usize,
    /// What it is.
    pub value: f64,
}

/// Inputs for the features of `schema`, as `frame` has them.
pub(crate) fn inputs<E: From<BindError> + From<InputsError> + From<InfiniteError>>(
    frame: &Frame,
    schema: &Schema,
    weights: Option<&[f64]>,
    places: Places,
) -> Result<Inputs, E> {
    check_numbers(frame, schema)?;
    let input = |feature: &Feature| {
        let column = frame.column(&feature.name).ok_or_else(|| missing(frame, schema))?;
        Ok(Input { name: feature.name.clone(), kind: kind(feature.kind, column, weights, places) })
    };
    let inputs = schema.features.iter().map(input).collect::<Result<Vec<_>, E>>()?;
    Ok(Inputs::new(inputs)?)
}

fn check_numbers(frame: &Frame, schema: &Schema) -> Result<(), InfiniteError> {
    let largest = f64::from(f32::MAX);
    let columns = schema.features.iter().filter_map(|feature| frame.column(&feature.name));
    for column in columns {
        let Values::Number(numbers) = &column.values else { continue };
        if let Some(row) = numbers.iter().position(|number| number.abs() > largest) {
            return Err(InfiniteError { column: column.name.clone(), row, value: numbers[row] });
        }
    }
    Ok(())
}

fn missing(frame: &Frame, schema: &Schema) -> BindError {
    let missing = schema.features.iter().filter(|feature| frame.column(&feature.name).is_none());
    BindError(missing.map(|feature| format!("it has no column {:?}", feature.name)).collect())
}

/// A column of another kind gives an input that it cannot be bound to.
fn kind(kind: FeatureKind, column: &Column, weights: Option<&[f64]>, places: Places) -> InputKind {
    match (kind, &column.values) {
        (FeatureKind::Number, Values::Number(numbers)) => {
            let (mean, scale) = spread(numbers, weights);
            InputKind::Number { mean, scale }
        }
        (FeatureKind::Number, _) => InputKind::Number { mean: 0.0, scale: 1.0 },
        (FeatureKind::Category, Values::Word(column)) => InputKind::Category { words: usual(column, places) },
        (FeatureKind::Category, _) => InputKind::Category { words: Vec::new() },
    }
}

/// Mean and standard deviation of those that are there; 1 in place of no deviation.
fn spread(numbers: &[f64], weights: Option<&[f64]>) -> (f64, f64) {
    let weight = |row: usize| weights.map_or(1.0, |weights| weights[row]);
    let mean_of = |of: &dyn Fn(f64) -> f64| {
        let there = numbers.iter().enumerate().filter(|(row, number)| !number.is_nan() && weight(*row) > 0.0);
        let (sum, all) =
            there.fold((0.0, 0.0), |(sum, all), (row, &number)| (sum + weight(row) * of(number), all + weight(row)));
        if all > 0.0 { sum / all } else { 0.0 }
    };
    let mean = mean_of(&|number| number);
    let deviation = mean_of(&|number| (number - mean).powi(2)).sqrt();
    // A constant's deviation is what rounding leaves of it.
    let is_constant = deviation <= mean.abs() * 1e-7;
    (mean, if is_constant || !deviation.is_finite() { 1.0 } else { deviation })
}

/// Words of enough rows, the most frequent if they are too many; sorted.
fn usual(column: &Words, places: Places) -> Vec<String> {
    let mut counts = vec![0; column.dictionary.len()];
    column.codes.iter().filter(|&&code| code != NO_WORD).for_each(|&code| counts[code as usize] += 1);
    let mut frequent: Vec<(usize, &String)> = counts.into_iter().zip(&column.dictionary).collect();
    frequent.retain(|(count, _)| *count >= places.rare_below.max(1));
    frequent.sort_by(|a, b| b.0.cmp(&a.0).then(a.1.cmp(b.1)));
    frequent.truncate(places.words);
    let mut words: Vec<String> = frequent.into_iter().map(|(_, word)| word.clone()).collect();
    words.sort_unstable();
    words
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_frequent_words_have_places() {
        let column: Words = ["d", "a", "b", "b", "c", "c", "a", "a"].into_iter().map(Some).collect();
        assert_eq!(
            usual(&column, Places { rare_below: 2, words: 2 }),
            ["a", "b"],
            "of equally frequent ones the first by name"
        );
    }

    #[test]
    fn spread_is_of_what_is_there() {
        assert_eq!(spread(&[1.0, f64::NAN, 3.0], None), (2.0, 1.0));
        assert_eq!(spread(&[1.0, 9.0, 3.0], Some(&[1.0, 0.0, 1.0])), (2.0, 1.0));
        assert_eq!(spread(&[0.1; 3], None).1, 1.0);
        assert_eq!(spread(&[f64::NAN], None), (0.0, 1.0));
    }
}
