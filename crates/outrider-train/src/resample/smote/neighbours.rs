//! Rows that are near each other: numbers by their standard deviations, a different word as far as one of them (the median of
//! deviations, as SMOTE-NC has it, is 1 once numbers are standardised); so is a missing number from one that is there.

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::Schema;

/// Rows among which neighbours are looked for.
pub(super) struct Neighbours<'a> {
    columns: Vec<Axis<'a>>,
    candidates: Vec<usize>,
}

enum Axis<'a> {
    Number { values: &'a [f64], deviation: f64 },
    Word(&'a [u32]),
}

impl<'a> Neighbours<'a> {
    /// Distances are measured by the spread of `rows`.
    pub(super) fn of(frame: &'a Frame, schema: &Schema, rows: &[usize], candidates: Vec<usize>) -> Neighbours<'a> {
        let columns = schema.features.iter().filter_map(|feature| frame.column(&feature.name));
        let axis = |values: &'a Values| match values {
            Values::Number(values) => Some(Axis::Number { values, deviation: deviation(values, rows) }),
            Values::Word(words) => Some(Axis::Word(&words.codes)),
            Values::Time(_) => None,
        };
        Neighbours { columns: columns.filter_map(|column| axis(&column.values)).collect(), candidates }
    }

    /// The `k` nearest candidates other than `base` itself.
    pub(super) fn nearest(&self, base: usize, k: usize) -> Vec<usize> {
        let others = self.candidates.iter().filter(|&&row| row != base);
        let mut near: Vec<(f64, usize)> = others.map(|&row| (self.distance(base, row), row)).collect();
        let order = |a: &(f64, usize), b: &(f64, usize)| a.0.total_cmp(&b.0).then(a.1.cmp(&b.1));
        if near.len() > k {
            near.select_nth_unstable_by(k, order);
            near.truncate(k);
        }
        near.sort_by(order);
        near.into_iter().map(|(_, row)| row).collect()
    }

    /// Squared.
    fn distance(&self, a: usize, b: usize) -> f64 {
        self.columns.iter().map(|axis| axis.distance(a, b)).sum()
    }
}

impl Axis<'_> {
    fn distance(&self, a: usize, b: usize) -> f64 {
        match self {
            Axis::Word(codes) => f64::from(u8::from(codes[a] != codes[b])),
            Axis::Number { values, deviation } => match (values[a].is_nan(), values[b].is_nan()) {
                (false, false) => ((values[a] - values[b]) / deviation).powi(2),
                (a, b) => f64::from(u8::from(a != b)),
            },
        }
    }
}

/// Of those that are there; 1 in place of none.
fn deviation(values: &[f64], rows: &[usize]) -> f64 {
    let there: Vec<f64> = rows.iter().map(|&row| values[row]).filter(|value| !value.is_nan()).collect();
    let mean = there.iter().sum::<f64>() / there.len() as f64;
    let deviation = (there.iter().map(|value| (value - mean).powi(2)).sum::<f64>() / there.len() as f64).sqrt();
    if deviation > 0.0 && deviation.is_finite() { deviation } else { 1.0 }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, schema, words};

    #[test]
    fn units_do_not_matter_and_words_do() {
        let frame = Frame::new(vec![
            numbers("seconds", &[0.0, 1.0, 3.0, 0.0, f64::NAN]),
            numbers("bytes", &[0.0, 1e6, 1e6, 2e6, 1e6]),
            words("method", &[Some("a"), Some("a"), Some("b"), Some("a"), Some("a")]),
        ]);
        let (frame, rows) = (frame.unwrap(), vec![0, 1, 2, 3, 4]);
        let space = Neighbours::of(&frame, &schema(&["seconds", "bytes"], &["method"]), &rows, rows.clone());
        // Deviations: seconds 1.22, bytes 0.63e6. From row 1: row 4 is 1, row 0 and 3 are 0.67 + 2.5, row 2 is 2.67 + 1.
        assert_eq!(space.nearest(1, 4), [4, 0, 3, 2]);
        assert_eq!(space.nearest(1, 9).len(), 4, "never itself");
    }
}
