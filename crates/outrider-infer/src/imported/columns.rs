//! From a table of named columns to the numbers that imported trees take.

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, Schema};

use crate::EncodeError;
use crate::bind::{self, BindError};

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
    /// Numbers stand for words where all words of the model are spelled as numbers are; where they are not, as `001`, words are as written.
    ///
    /// # Errors
    ///
    /// If the frame lacks a column, or one is of another kind.
    pub fn read(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, EncodeError> {
        let features = self.schema.features.iter().zip(&self.words);
        let kinds = features.clone().map(|(feature, words)| (feature.name.as_str(), kind(frame, feature, words)));
        let columns = bind::columns(frame, kinds).map_err(|BindError(mut mistakes)| {
            mistakes.extend(features.clone().filter_map(|(feature, words)| advice(frame, feature, words)));
            BindError(mistakes)
        })?;
        Ok(features.zip(columns).map(|((feature, words), values)| read(feature.kind, words, values)).collect())
    }
}

fn holds_numbers(frame: &Frame, name: &str) -> bool {
    matches!(frame.column(name).map(|column| &column.values), Some(Values::Number(_)))
}

fn kind(frame: &Frame, feature: &Feature, words: &[String]) -> FeatureKind {
    match are_numbers(words) && holds_numbers(frame, &feature.name) {
        true => FeatureKind::Number,
        false => feature.kind,
    }
}

/// What to do about a column that is not there, or holds numbers in the place of words.
fn advice(frame: &Frame, feature: &Feature, words: &[String]) -> Option<String> {
    let name = &feature.name;
    if frame.column(name).is_none() {
        let spaced = frame
            .columns()
            .iter()
            .find(|column| column.name.contains(' ') && column.name.replace(' ', "_") == *name)?;
        return Some(format!(
            "LightGBM writes _ for a space in a name, so rename column {:?} to {name:?}",
            spaced.name
        ));
    }
    let odd = words.iter().find(|word| word.parse::<f64>().is_ok() && !is_number(word))?;
    (holds_numbers(frame, name) && feature.kind == FeatureKind::Category)
        .then(|| format!("the model has the word {odd:?} for column {name:?}, so its values must be read as text"))
}

/// Whether a word is a number, spelled in the one way in which numbers of a table are.
fn is_number(word: &str) -> bool {
    word.parse::<f64>().is_ok_and(|number| number.is_finite() && spelled(number) == word)
}

fn spelled(number: f64) -> String {
    // -0 is 0.
    (number + 0.0).to_string()
}

fn are_numbers(words: &[String]) -> bool {
    !words.is_empty() && words.iter().all(|word| is_number(word))
}

/// The codes of words.
struct Codes<'a> {
    places: BTreeMap<&'a str, f64>,
    are_numbers: bool,
}

impl Codes<'_> {
    fn of(words: &[String]) -> Codes<'_> {
        Codes { places: places(words), are_numbers: are_numbers(words) }
    }

    fn word(&self, word: &str) -> f64 {
        let place = self.places.get(word).copied();
        // A table may write 503 as 503.0, and truth, which is 0 and 1, in words.
        let number = || match word.to_ascii_lowercase().as_str() {
            "true" => Some(1.0),
            "false" => Some(0.0),
            text => text.parse::<f64>().ok(),
        };
        place.or_else(|| self.are_numbers.then(number).flatten().map(|number| self.number(number))).unwrap_or(UNSEEN)
    }

    fn number(&self, number: f64) -> f64 {
        self.places.get(spelled(number).as_str()).copied().unwrap_or(UNSEEN)
    }
}

fn places(words: &[String]) -> BTreeMap<&str, f64> {
    words.iter().enumerate().map(|(at, word)| (word.as_str(), at as f64)).collect()
}

fn read(kind: FeatureKind, words: &[String], values: &Values) -> Vec<f64> {
    match (kind, values) {
        (FeatureKind::Number, Values::Number(numbers)) => numbers.clone(),
        (FeatureKind::Category, Values::Word(found)) => {
            let codes = Codes::of(words);
            let known: Vec<f64> = found.dictionary.iter().map(|word| codes.word(word)).collect();
            found.codes.iter().map(|&code| known.get(code as usize).copied().unwrap_or(f64::NAN)).collect()
        }
        (FeatureKind::Category, Values::Number(numbers)) => {
            let codes = Codes::of(words);
            numbers.iter().map(|&number| if number.is_nan() { f64::NAN } else { codes.number(number) }).collect()
        }
        // Nothing in it says what it would hold.
        (_, values) => vec![f64::NAN; values.len()],
    }
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
    fn words_that_look_like_numbers_are_never_missed_in_silence() {
        let numbers = || frame(Values::Number(vec![1.0, 2.0, f64::NAN]));
        for odd in ["001", "1.0", "1e3", "+1", "-0", "inf", "9007199254740993"] {
            let refused = columns(&[odd, "2"]).read(&numbers()).unwrap_err().to_string();
            assert!(refused.contains("column \"status\" holds numbers, expected words"), "{refused}");
            assert!(refused.contains(&format!("the model has the word {odd:?} for column \"status\"")), "{refused}");
            let text = Values::Word([Some(odd), Some("1"), Some("2")].into_iter().collect());
            assert_eq!(columns(&[odd, "2"]).read(&frame(text)).unwrap()[1], [0.0, UNSEEN, 1.0]);
        }
    }

    #[test]
    fn text_that_spells_a_number_otherwise_is_the_word_that_is_the_number() {
        let text = |words: [&str; 3]| frame(Values::Word(words.map(Some).into_iter().collect()));
        let status = columns(&["200", "0", "1"]);
        assert_eq!(status.read(&text(["200.0", "2e2", "-0"])).unwrap()[1], [0.0, 0.0, 1.0]);
        assert_eq!(status.read(&text(["True", "false", "odd"])).unwrap()[1], [2.0, 1.0, UNSEEN]);
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
