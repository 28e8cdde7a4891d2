//! Two classes, decided at a threshold.

use super::{POSITIVE, Sample, ratio};

/// How often (in weight) which class was called which.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Confusion {
    /// Positive, and called so.
    pub true_positive: f64,
    /// Negative, but called positive.
    pub false_positive: f64,
    /// Positive, but called negative.
    pub false_negative: f64,
    /// Negative, and called so.
    pub true_negative: f64,
}

impl Confusion {
    /// A row is called positive if its score is at least `threshold`.
    pub fn at(sample: &Sample, threshold: f64) -> Confusion {
        let mut confusion = Confusion::default();
        for (label, score, weight) in sample.iter() {
            *confusion.cell(label == POSITIVE, score >= threshold) += weight;
        }
        confusion
    }

    fn cell(&mut self, is_positive: bool, is_called_positive: bool) -> &mut f64 {
        match (is_positive, is_called_positive) {
            (true, true) => &mut self.true_positive,
            (false, true) => &mut self.false_positive,
            (true, false) => &mut self.false_negative,
            (false, false) => &mut self.true_negative,
        }
    }

    /// Of all rows.
    pub fn weight(&self) -> f64 {
        self.true_positive + self.false_positive + self.false_negative + self.true_negative
    }

    /// The share of calls that were right.
    pub fn accuracy(&self) -> Option<f64> {
        ratio(self.true_positive + self.true_negative, self.weight())
    }

    /// The mean of both classes' shares of right calls.
    pub fn balanced_accuracy(&self) -> Option<f64> {
        Some((self.recall()? + self.specificity()?) / 2.0)
    }

    /// The share of positive calls that were right.
    pub fn precision(&self) -> Option<f64> {
        ratio(self.true_positive, self.true_positive + self.false_positive)
    }

    /// The share of positives that were called so.
    pub fn recall(&self) -> Option<f64> {
        ratio(self.true_positive, self.true_positive + self.false_negative)
    }

    /// The share of negatives that were called so.
    pub fn specificity(&self) -> Option<f64> {
        ratio(self.true_negative, self.true_negative + self.false_positive)
    }

    /// The harmonic mean of precision and recall.
    pub fn f1(&self) -> Option<f64> {
        let twice = 2.0 * self.true_positive;
        ratio(twice, twice + self.false_positive + self.false_negative)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rates_are_as_computed_by_hand() {
        let labels = [1.0, 1.0, 1.0, 0.0, 0.0];
        let confusion = Confusion::at(&Sample::new(&labels, &[0.9, 0.5, 0.1, 0.5, 0.2]), 0.5);
        let expected = Confusion { true_positive: 2.0, false_positive: 1.0, false_negative: 1.0, true_negative: 1.0 };
        assert_eq!(confusion, expected);
        assert_eq!((confusion.accuracy(), confusion.precision()), (Some(0.6), Some(2.0 / 3.0)));
        assert_eq!((confusion.recall(), confusion.specificity()), (Some(2.0 / 3.0), Some(0.5)));
        assert_eq!(confusion.balanced_accuracy(), Some((2.0 / 3.0 + 0.5) / 2.0));
        assert_eq!(confusion.f1(), Some(4.0 / 6.0));
    }

    #[test]
    fn what_is_undefined_is_none() {
        let negatives = Confusion::at(&Sample::new(&[0.0, 0.0], &[0.1, 0.2]), 0.5);
        assert_eq!((negatives.accuracy(), negatives.specificity()), (Some(1.0), Some(1.0)));
        assert_eq!((negatives.precision(), negatives.recall()), (None, None));
        assert_eq!((negatives.f1(), negatives.balanced_accuracy()), (None, None));
        assert_eq!(Confusion::default().accuracy(), None);
    }
}
