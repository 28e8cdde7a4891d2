//! From a table of named columns to the numbers that imported trees take.

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, Values, Words};
use outrider_core::schema::{Feature, FeatureKind, Schema};

use crate::EncodeError;
use crate::bind;

/// What stands for a word that the model does not know: in no set.
const UNSEEN: f64 = -1.0;

/// Names bound to columns, and the words of each category by the codes of the engine. Part of a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Columns {
    schema: Schema,
    words: Vec<Vec<String>>,
}

impl Columns {
    /// The features in their order, with the words of each by code; those of a number are none.
    ///
    /// # Errors
    ///
    /// If words are there twice, of a number, or not for each feature.
    pub fn new(schema: Schema, words: Vec<Vec<String>>) -> Result<Columns, EncodeError> {
        let fits = |feature: &Feature, words: &Vec<String>| {
            places(words).len() == words.len() && (feature.kind == FeatureKind::Category || words.is_empty())
        };
        let bad = schema.features.iter().enumerate().find(|(at, of)| !words.get(*at).is_some_and(|w| fits(of, w)));
        let surplus = || (words.len() > schema.features.len()).then(|| "a feature too many".to_owned());
        match bad.map(|(_, feature)| feature.name.clone()).or_else(surplus) {
            Some(name) => Err(EncodeError::Dictionary(name)),
            None => Ok(Columns { schema, words }),
        }
    }

    /// The features in their order.
    pub fn schema(&self) -> &Schema {
        &self.schema
    }

    /// The words of each feature by code.
    pub fn words(&self) -> &[Vec<String>] {
        &self.words
    }

    /// What the model takes of `frame`, whose other columns are left alone: a column for each feature, words as their codes.
    /// Numbers stand for words where all words of the model are numbers.
    ///
    /// # Errors
    ///
    /// If the frame lacks a column, or one is of another kind.
    pub fn read(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, EncodeError> {
        let holds_numbers =
            |name: &str| matches!(frame.column(name).map(|column| &column.values), Some(Values::Number(_)));
        let kind = |feature: &Feature, words: &[String]| match are_numbers(words) && holds_numbers(&feature.name) {
            true => FeatureKind::Number,
            false => feature.kind,
        };
        let features = self.schema.features.iter().zip(&self.words);
        let columns =
            bind::columns(frame, features.map(|(feature, words)| (feature.name.as_str(), kind(feature, words))))?;
        let features = self.schema.features.iter().zip(&self.words);
        Ok(features.zip(columns).map(|((feature, words), values)| read(feature.kind, words, values)).collect())
    }
}

fn are_numbers(words: &[String]) -> bool {
    !words.is_empty() && words.iter().all(|word| word.parse::<f64>().is_ok())
}

fn places(words: &[String]) -> BTreeMap<&str, f64> {
    words.iter().enumerate().map(|(at, word)| (word.as_str(), at as f64)).collect()
}

fn read(kind: FeatureKind, words: &[String], values: &Values) -> Vec<f64> {
    match (kind, values) {
        (FeatureKind::Number, Values::Number(numbers)) => numbers.clone(),
        (FeatureKind::Category, Values::Word(found)) => codes(&places(words), found),
        (FeatureKind::Category, Values::Number(numbers)) => {
            let places = places(words);
            let code = |number: &f64| places.get(number.to_string().as_str()).copied().unwrap_or(UNSEEN);
            numbers.iter().map(|number| if number.is_nan() { f64::NAN } else { code(number) }).collect()
        }
        // Nothing in it says what it would hold.
        (_, values) => vec![f64::NAN; values.len()],
    }
}

fn codes(places: &BTreeMap<&str, f64>, found: &Words) -> Vec<f64> {
    let known: Vec<f64> =
        found.dictionary.iter().map(|word| places.get(word.as_str()).copied().unwrap_or(UNSEEN)).collect();
    found.codes.iter().map(|&code| known.get(code as usize).copied().unwrap_or(f64::NAN)).collect()
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::Column;
    use outrider_core::schema::KnownAt;

    use super::*;

    fn columns(words: &[&str]) -> Columns {
        let feature = |name: &str, kind| Feature { name: name.to_owned(), kind, known_at: KnownAt::Arrival };
        let features = vec![feature("size", FeatureKind::Number), feature("status", FeatureKind::Category)];
        let words = vec![vec![], words.iter().map(|&word| word.to_owned()).collect()];
        Columns::new(Schema { features }, words).unwrap()
    }

    fn frame(status: Values) -> Frame {
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        Frame::new(vec![column("status", status), column("size", Values::Number(vec![1e300; 3]))]).unwrap()
    }

    #[test]
    fn words_have_the_codes_of_the_engine_whatever_their_order() {
        let status = Values::Word([Some("ok"), None, Some("odd")].into_iter().collect());
        let read = columns(&["up", "ok"]).read(&frame(status)).unwrap();
        assert_eq!((read[0].as_slice(), read[1][0], read[1][2]), ([1e300; 3].as_slice(), 1.0, UNSEEN));
        assert!(read[1][1].is_nan());
    }

    #[test]
    fn numbers_are_words_where_the_words_are_numbers() {
        let numbers = || frame(Values::Number(vec![503.0, f64::NAN, 7.5]));
        let read = columns(&["200", "503"]).read(&numbers()).unwrap();
        assert!(read[1][0] == 1.0 && read[1][1].is_nan() && read[1][2] == UNSEEN);
        let refused = columns(&["200", "ok"]).read(&numbers()).unwrap_err().to_string();
        assert!(refused.contains("column \"status\" holds numbers, expected words"), "{refused}");
    }

    #[test]
    fn dictionaries_that_were_damaged_are_refused() {
        let good = columns(&["b", "a"]);
        let words = |words: &[&str]| words.iter().map(|&word| word.to_owned()).collect::<Vec<_>>();
        assert_eq!(Columns::new(good.schema().clone(), good.words().to_vec()), Ok(good.clone()));
        for bad in [vec![vec![], words(&["a", "a"])], vec![words(&["a"]), vec![]], vec![vec![]], vec![vec![]; 3]] {
            assert!(Columns::new(good.schema().clone(), bad).is_err());
        }
    }
}
