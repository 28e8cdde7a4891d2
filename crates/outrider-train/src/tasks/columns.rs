//! Columns of a source by name, and columns made from them.

use outrider_core::frame::{Column, Frame, NO_TIME, NO_WORD, Values, Words};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};

use super::TaskError;

/// Columns that are being made.
#[derive(Default)]
pub(super) struct Made {
    columns: Vec<Column>,
    features: Vec<Feature>,
}

impl Made {
    /// Adds a column that is no feature.
    pub(super) fn keep(&mut self, name: &str, values: Values) {
        self.columns.push(Column { name: name.to_owned(), values });
    }

    /// Adds a feature of numbers.
    pub(super) fn number(&mut self, name: &str, known_at: KnownAt, values: Vec<f64>) {
        self.features.push(Feature { name: name.to_owned(), kind: FeatureKind::Number, known_at });
        self.keep(name, Values::Number(values));
    }

    /// Adds a feature of words.
    pub(super) fn category(&mut self, name: &str, known_at: KnownAt, words: Words) {
        self.features.push(Feature { name: name.to_owned(), kind: FeatureKind::Category, known_at });
        self.keep(name, Values::Word(words));
    }

    /// The table and its features.
    pub(super) fn done(self) -> (Frame, Schema) {
        let frame = Frame::new(self.columns).expect("each column is made once, a value for each row");
        (frame, Schema { features: self.features })
    }
}

/// The column of numbers of this name; words that are numbers count, others are missing.
pub(super) fn numbers(frame: &Frame, name: &str) -> Option<Vec<f64>> {
    match &frame.column(name)?.values {
        Values::Number(numbers) => Some(numbers.clone()),
        Values::Word(words) => {
            let known: Vec<f64> = words.dictionary.iter().map(|word| word.trim().parse().unwrap_or(f64::NAN)).collect();
            Some(words.codes.iter().map(|&code| known.get(code as usize).copied().unwrap_or(f64::NAN)).collect())
        }
        Values::Time(times) => {
            Some(times.iter().map(|&time| if time == NO_TIME { f64::NAN } else { time as f64 / 1e6 }).collect())
        }
    }
}

/// The column of words of this name; numbers are written out.
pub(super) fn words(frame: &Frame, name: &str) -> Option<Words> {
    match &frame.column(name)?.values {
        Values::Word(words) => Some(words.clone()),
        Values::Number(numbers) => {
            let written: Vec<Option<String>> =
                numbers.iter().map(|number| (!number.is_nan()).then(|| number.to_string())).collect();
            Some(written.iter().map(Option::as_deref).collect())
        }
        Values::Time(_) => None,
    }
}

/// What stands for nothing in a column of codes, in small letters.
const NOTHING: [&str; 7] = ["nan", "null", "none", "na", "n/a", "nil", "-"];

/// The column of codes of this name as words: a code that is a number is spelt in one way, however its source spells it.
pub(super) fn codes(frame: &Frame, name: &str) -> Option<Words> {
    let words = words(frame, name)?;
    let spelt = |word: &String| match word.parse::<f64>() {
        Ok(number) => number.is_finite().then(|| number.to_string()),
        Err(_) => (!NOTHING.iter().any(|nothing| word.eq_ignore_ascii_case(nothing))).then(|| word.clone()),
    };
    let known: Vec<Option<String>> = words.dictionary.iter().map(spelt).collect();
    Some(words.codes.iter().map(|&code| known.get(code as usize)?.as_deref()).collect())
}

/// The column of times of this name, in microseconds since 1970; numbers are seconds.
pub(super) fn times(frame: &Frame, name: &str) -> Option<Vec<i64>> {
    #[allow(clippy::cast_possible_truncation)] // saturates
    let micros = |&seconds: &f64| if seconds.is_nan() { NO_TIME } else { (seconds * 1e6) as i64 };
    match &frame.column(name)?.values {
        Values::Time(times) => Some(times.clone()),
        Values::Number(seconds) => Some(seconds.iter().map(micros).collect()),
        Values::Word(_) => None,
    }
}

/// Each of `numbers` by `of`.
pub(super) fn map(numbers: &[f64], of: impl Fn(f64) -> f64) -> Vec<f64> {
    numbers.iter().map(|&number| of(number)).collect()
}

/// 1 where `is` says so, 0 elsewhere; missing where the number is.
pub(super) fn flags(numbers: &[f64], is: impl Fn(f64) -> bool) -> Vec<f64> {
    map(numbers, |number| if number.is_nan() { f64::NAN } else { f64::from(u8::from(is(number))) })
}

/// `words` with a word for rows without one, where that says something.
pub(super) fn or_word(mut words: Words, word: &str) -> Words {
    if !words.codes.contains(&NO_WORD) {
        return words;
    }
    let known = words.dictionary.iter().position(|known| known == word);
    let place = known.unwrap_or_else(|| {
        words.dictionary.push(word.to_owned());
        words.dictionary.len() - 1
    });
    let place = u32::try_from(place).expect("fewer words than 2^32");
    words.codes.iter_mut().filter(|code| **code == NO_WORD).for_each(|code| *code = place);
    words
}

/// An error that names what `task` lacks of `needed`, if it lacks anything.
pub(super) fn demand(task: &'static str, frame: &Frame, needed: &[&str], hint: &'static str) -> Result<(), TaskError> {
    let missing: Vec<String> =
        needed.iter().filter(|name| frame.column(name).is_none()).map(|name| format!("{name:?}")).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let columns = frame.columns().iter().map(|column| column.name.as_str()).collect::<Vec<_>>().join(", ");
    Err(TaskError::Columns { task, missing: missing.join(", "), columns, hint })
}
