//! Rows that are copies of each other: forward fills, duplicates.
//!
//! Rows of a few words recur by themselves, so equality alone proves nothing. Copies are judged by the features if one of them is
//! fine enough to tell rows apart, else by features and label if the label is; else not at all.

use std::collections::BTreeSet;

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::Schema;

/// A column that tells rows apart has at least so many values ...
const FINE_VALUES: usize = 20;
/// ... and at least one for so many rows: a forward fill that repeats each value so often is still seen.
const FINE_ROWS_PER_VALUE: usize = 50;

/// Which rows are copies of each other.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Copies(Option<Vec<u64>>);

impl Copies {
    /// Of rows of these features and labels.
    pub fn of(frame: &Frame, schema: &Schema, labels: &[f64]) -> Copies {
        let columns = schema.features.iter().filter_map(|feature| frame.column(&feature.name));
        let features: Vec<Vec<u64>> = columns.map(|column| bits(&column.values)).collect();
        let labels: Vec<u64> = labels.iter().map(|&label| number_bits(label)).collect();
        if features.iter().any(|column| is_fine(column)) {
            Copies(Some(keys(features.iter(), frame.rows())))
        } else if is_fine(&labels) {
            Copies(Some(keys(features.iter().chain([&labels]), frame.rows())))
        } else {
            Copies(None)
        }
    }

    /// No row is known to be a copy.
    pub fn none() -> Copies {
        Copies(None)
    }

    /// A number for each row, equal for copies; `None`: rows are too coarse to judge. Two rows in 500,000 that are no copies
    /// share a number in one data set of 100 million.
    pub fn keys(&self) -> Option<&[u64]> {
        self.0.as_deref()
    }

    /// How many rows repeat another one.
    pub fn count(&self) -> usize {
        self.keys().map_or(0, |keys| keys.len() - keys.iter().collect::<BTreeSet<_>>().len())
    }
}

fn is_fine(column: &[u64]) -> bool {
    let distinct = column.iter().collect::<BTreeSet<_>>().len();
    distinct >= FINE_VALUES && distinct * FINE_ROWS_PER_VALUE >= column.len()
}

fn keys<'a>(columns: impl Iterator<Item = &'a Vec<u64>>, rows: usize) -> Vec<u64> {
    let mut keys = vec![0; rows];
    for column in columns {
        keys.iter_mut().zip(column).for_each(|(key, &value)| *key = mixed(*key ^ mixed(value)));
    }
    keys
}

/// SplitMix64's step and finaliser (Steele, Lea, Flood 2014).
fn mixed(value: u64) -> u64 {
    let z = value.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

fn bits(values: &Values) -> Vec<u64> {
    match values {
        Values::Number(numbers) => numbers.iter().map(|&number| number_bits(number)).collect(),
        Values::Word(words) => words.codes.iter().map(|&code| u64::from(code)).collect(),
        Values::Time(times) => times.iter().map(|time| time.cast_unsigned()).collect(),
    }
}

/// Equal for equal numbers (0 and -0 are), and for all that are none.
fn number_bits(number: f64) -> u64 {
    if number.is_nan() { f64::NAN.to_bits() } else { (number + 0.0).to_bits() }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, schema, words};

    fn frame(rows: usize, of: impl Fn(usize) -> f64) -> Frame {
        let values: Vec<f64> = (0..rows).map(of).collect();
        let methods: Vec<Option<&str>> = (0..rows).map(|row| [Some("get"), Some("post")][row % 2]).collect();
        Frame::new(vec![numbers("rtt_ms", &values), words("method", &methods)]).unwrap()
    }

    #[test]
    fn forward_fills_are_copies() {
        let frame = frame(400, |row| (row / 8) as f64);
        let copies = Copies::of(&frame, &schema(&["rtt_ms"], &[]), &[0.0; 400]);
        assert_eq!(copies.count(), 350);
        let keys = copies.keys().unwrap();
        assert_eq!((keys[0] == keys[7], keys[7] == keys[8]), (true, false));
        let with_method = Copies::of(&frame, &schema(&["rtt_ms"], &["method"]), &[0.0; 400]);
        assert_eq!(with_method.count(), 300, "two methods for each value");
    }

    #[test]
    fn rows_of_few_words_recur_by_themselves() {
        let frame = frame(400, |row| (row % 3) as f64);
        let schema = schema(&["rtt_ms"], &["method"]);
        assert_eq!(Copies::of(&frame, &schema, &[1.0; 400]), Copies::none());
        // A measured label tells them apart, and so shows which rows are there twice.
        let labels: Vec<f64> = (0..400).map(|row| (row.max(6) - 6) as f64).collect();
        assert_eq!(Copies::of(&frame, &schema, &labels).count(), 1, "rows 0 and 6");
    }

    #[test]
    fn missing_numbers_and_both_zeros_are_equal() {
        assert_eq!(number_bits(f64::NAN), number_bits(-f64::NAN));
        assert_eq!(number_bits(0.0), number_bits(-0.0));
    }
}
