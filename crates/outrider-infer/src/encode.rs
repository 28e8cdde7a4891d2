//! From a table of named columns to what a model takes. Training and serving go through here alike, a million rows or
//! one, so that they cannot come to differ.

use std::collections::BTreeSet;

use outrider_core::frame::{Frame, NO_WORD, Values, Words};
use outrider_core::schema::{Feature, FeatureKind, Schema};
use thiserror::Error;

use crate::bind::{self, BindError};
use crate::trees::{Kind, Trees};
use crate::{Cells, Matrix};

/// Names bound to features, and the dictionary of each category. Part of a model.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Encoding {
    schema: Schema,
    /// Sorted, one list for each feature; that of a number is empty.
    words: Vec<Vec<String>>,
}

/// Why a table cannot be encoded.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum EncodeError {
    /// Its columns are not those of the model.
    #[error(transparent)]
    Bind(#[from] BindError),
    /// Dictionaries that are not sorted, not unique, too long, or not one for each feature.
    #[error("the dictionary of {0:?} is damaged: expected sorted words, each once, and none for a number")]
    Dictionary(String),
}

impl Encoding {
    /// The features of `schema`, with the words that `frame` holds for them.
    ///
    /// # Errors
    ///
    /// If the frame lacks a column, or one is of another kind.
    pub fn learn(schema: &Schema, frame: &Frame) -> Result<Encoding, EncodeError> {
        bind(schema, frame)?;
        let words = |feature: &Feature| match frame.column(&feature.name).map(|column| &column.values) {
            Some(Values::Word(words)) if feature.kind == FeatureKind::Category => used(words),
            _ => Vec::new(),
        };
        Ok(Encoding { words: schema.features.iter().map(words).collect(), schema: schema.clone() })
    }

    /// Of parts that were stored.
    ///
    /// # Errors
    ///
    /// If the dictionaries are not what [`Encoding::words`] gives.
    pub fn new(schema: Schema, words: Vec<Vec<String>>) -> Result<Encoding, EncodeError> {
        let sorted = |words: &[String]| words.is_sorted_by(|a, b| a < b) && words.len() < NO_WORD as usize - 1;
        let fits = |feature: &Feature, words: &[String]| match feature.kind {
            FeatureKind::Category => sorted(words),
            FeatureKind::Number => words.is_empty(),
        };
        let bad = schema.features.iter().enumerate().find(|(at, of)| !words.get(*at).is_some_and(|w| fits(of, w)));
        let surplus = || (words.len() > schema.features.len()).then(|| "a feature too many".to_owned());
        match bad.map(|(_, feature)| feature.name.clone()).or_else(surplus) {
            Some(name) => Err(EncodeError::Dictionary(name)),
            None => Ok(Encoding { schema, words }),
        }
    }

    /// The features in their order.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The dictionary of each feature, sorted; that of a number is empty.
    pub fn words(&self) -> &[Vec<String>] {
        &self.words
    }

    /// Whether trees take what this makes.
    pub fn fits(&self, trees: &Trees) -> bool {
        let kind = |(feature, words): (&Feature, &Vec<String>)| match feature.kind {
            FeatureKind::Number => Kind::Number,
            FeatureKind::Category => Kind::Category(u32::try_from(words.len()).expect("fewer words than 2^32")),
        };
        self.schema.features.iter().zip(&self.words).map(kind).eq(trees.head().kinds.iter().copied())
    }

    /// What a model takes of `frame`, whose other columns are left alone. Numbers are rounded to `f32`; beyond its range
    /// they become infinite, which training refuses.
    ///
    /// # Errors
    ///
    /// If the frame lacks a column, or one is of another kind.
    pub fn encode(&self, frame: &Frame) -> Result<Matrix, EncodeError> {
        let columns = bind(&self.schema, frame)?;
        let cells =
            |((feature, words), values): ((&Feature, &Vec<String>), &Values)| cells(feature.kind, words, values);
        let cells = self.schema.features.iter().zip(&self.words).zip(columns).map(cells).collect();
        Ok(Matrix::new(cells).expect("columns of a frame are of one length, and codes are made here"))
    }
}

/// The words that occur, sorted: the same dictionary whatever the order of the rows.
fn used(words: &Words) -> Vec<String> {
    let codes: BTreeSet<u32> = words.codes.iter().copied().filter(|&code| code != NO_WORD).collect();
    let words: BTreeSet<&String> = codes.into_iter().filter_map(|code| words.dictionary.get(code as usize)).collect();
    words.into_iter().cloned().collect()
}

fn bind<'a>(schema: &Schema, frame: &'a Frame) -> Result<Vec<&'a Values>, BindError> {
    bind::columns(frame, schema.features.iter().map(|feature| (feature.name.as_str(), feature.kind)))
}

/// A column as models take it, with the words of its dictionary.
pub(crate) fn cells(kind: FeatureKind, words: &[String], values: &Values) -> Cells {
    match (kind, values) {
        #[expect(clippy::cast_possible_truncation, reason = "to the width that models are trained on")]
        (FeatureKind::Number, Values::Number(numbers)) => Cells::Number(numbers.iter().map(|&n| n as f32).collect()),
        (FeatureKind::Number, values) => Cells::Number(vec![f32::NAN; values.len()]),
        (FeatureKind::Category, values) => {
            let count = u32::try_from(words.len()).expect("fewer words than 2^32");
            Cells::Category { codes: codes(words, count, values), words: count }
        }
    }
}

fn codes(dictionary: &[String], count: u32, values: &Values) -> Vec<u32> {
    let Values::Word(words) = values else { return vec![Cells::missing(count); values.len()] };
    let place = |word: &String| dictionary.binary_search(word).ok().and_then(|at| u32::try_from(at).ok());
    let places: Vec<u32> = words.dictionary.iter().map(|w| place(w).unwrap_or(Cells::unseen(count))).collect();
    let code = |&code: &u32| places.get(code as usize).copied().unwrap_or(Cells::missing(count));
    words.codes.iter().map(code).collect()
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::Column;
    use outrider_core::schema::KnownAt;

    use super::*;

    fn schema() -> Schema {
        let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, known_at: KnownAt::Arrival };
        Schema { features: vec![feature("size", FeatureKind::Number), feature("method", FeatureKind::Category)] }
    }

    fn frame(columns: Vec<(&str, Values)>) -> Frame {
        Frame::new(columns.into_iter().map(|(name, values)| Column { name: name.to_owned(), values }).collect())
            .unwrap()
    }

    fn words(words: &[Option<&str>]) -> Values {
        Values::Word(words.iter().copied().collect())
    }

    fn learnt() -> Encoding {
        let table = frame(vec![
            ("method", words(&[Some("put"), Some("get"), None])),
            ("size", Values::Number(vec![1.0, 2.0, 3.0])),
        ]);
        Encoding::learn(&schema(), &table).unwrap()
    }

    #[test]
    fn names_bind_and_places_do_not() {
        let encoding = learnt();
        let one = frame(vec![("size", Values::Number(vec![7.0])), ("method", words(&[Some("put")]))]);
        let other = frame(vec![("method", words(&[Some("put")])), ("size", Values::Number(vec![7.0]))]);
        assert_eq!(encoding.encode(&one), encoding.encode(&other));
        assert_eq!(encoding.encode(&one).unwrap().row(0), [7.0, f32::from_bits(1)]);
    }

    #[test]
    fn unseen_and_missing_words_have_places_of_their_own() {
        let table = frame(vec![
            ("size", Values::Number(vec![f64::NAN; 4])),
            ("method", words(&[Some("brew"), None, Some("get"), Some("put")])),
        ]);
        let Cells::Category { codes, words } = learnt().encode(&table).unwrap().columns()[1].clone() else {
            panic!("a category")
        };
        assert_eq!((codes, words), (vec![2, 3, 0, 1], 2));
    }

    #[test]
    fn a_table_that_does_not_fit_is_refused_by_the_names_of_its_columns() {
        let told = |columns| learnt().encode(&frame(columns)).unwrap_err().to_string();
        let none = told(vec![("sise", Values::Number(vec![1.0]))]);
        assert!(none.contains("it has no column \"size\"; it has no column \"method\""), "{none}");
        let swapped = told(vec![("size", words(&[Some("get")])), ("method", Values::Number(vec![1.0]))]);
        let expected = "column \"size\" holds words, expected numbers; column \"method\" holds numbers, expected words";
        assert!(swapped.contains(expected), "{swapped}");
    }

    #[test]
    fn a_column_without_any_value_is_missing_whatever_its_kind() {
        let empty = frame(vec![("size", words(&[None])), ("method", Values::Number(vec![f64::NAN]))]);
        let row = learnt().encode(&empty).unwrap().row(0);
        assert!(row[0].is_nan() && row[1].to_bits() == 3);
    }

    #[test]
    fn dictionaries_that_were_damaged_are_refused() {
        let (good, words) = (learnt(), |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>());
        assert_eq!(Encoding::new(schema(), good.words().to_vec()), Ok(good));
        let bad = [vec![vec![], words(&["b", "a"])], vec![words(&["a"]), vec![]], vec![vec![]], vec![vec![]; 3]];
        assert!(bad.into_iter().all(|bad| Encoding::new(schema(), bad).is_err()));
    }
}
