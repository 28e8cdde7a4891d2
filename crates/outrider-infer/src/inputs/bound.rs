//! Columns of a table, bound to the inputs of a model.

use outrider_core::frame::Values;

use super::InputKind;

/// A table bound to inputs.
#[derive(Debug)]
pub struct Bound<'a>(pub(super) Vec<BoundInput<'a>>);

#[derive(Debug)]
pub(super) enum BoundInput<'a> {
    Number {
        start: usize,
        mean: f64,
        scale: f64,
        values: &'a [f64],
    },
    /// The place of each code of the column, and that of the missing.
    Category {
        places: Vec<usize>,
        missing: usize,
        codes: &'a [u32],
    },
    Missing {
        place: usize,
    },
}

pub(super) fn bind<'a>(kind: &InputKind, start: usize, values: &'a Values) -> BoundInput<'a> {
    let missing = start + kind.places() - 1;
    match (kind, values) {
        (&InputKind::Number { mean, scale }, Values::Number(values)) => {
            BoundInput::Number { start, mean, scale, values }
        }
        (InputKind::Category { words }, Values::Word(column)) => {
            let place = |word: &String| start + words.binary_search(word).unwrap_or(words.len());
            let places = column.dictionary.iter().map(place).collect();
            BoundInput::Category { places, missing, codes: &column.codes }
        }
        // Of another kind, and without any value.
        _ => BoundInput::Missing { place: missing },
    }
}

impl Bound<'_> {
    /// The entries of a row: a place and what stands in it, one for each feature.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.0.iter().map(move |input| input.entry(row))
    }
}

impl BoundInput<'_> {
    fn entry(&self, row: usize) -> (usize, f64) {
        match self {
            BoundInput::Number { start, mean, scale, values } => number(*start, *mean, *scale, rounded(values[row])),
            BoundInput::Category { places, missing, codes } => {
                (places.get(codes[row] as usize).copied().unwrap_or(*missing), 1.0)
            }
            BoundInput::Missing { place } => (*place, 1.0),
        }
    }
}

/// The entry of a number; what is not finite counts as missing.
pub(super) fn number(start: usize, mean: f64, scale: f64, value: f32) -> (usize, f64) {
    match f64::from(value) {
        value if value.is_finite() => (start, (value - mean) / scale),
        _ => (start + 1, 1.0),
    }
}

/// As trees have it, so that every kind of model sees the same number.
#[expect(clippy::cast_possible_truncation, reason = "to the width that models are trained on")]
fn rounded(value: f64) -> f32 {
    value as f32
}
