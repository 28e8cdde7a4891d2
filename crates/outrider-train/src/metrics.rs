//! How good predictions are: of two classes, of their order, as probabilities, and of amounts; each with weights.
//!
//! What is undefined (no positives, no rows, a score that is not a number) is `None`, never 0.

mod amounts;
mod bootstrap;
mod calibration;
mod confusion;
mod metric;
mod probabilities;
mod ranking;

pub use amounts::{coverage, mae, pinball, rmse};
pub use bootstrap::{Bootstrap, Interval, MIN_BLOCKS};
pub use calibration::{ReliabilityBin, expected_calibration_error, reliability};
pub use confusion::Confusion;
pub use metric::Metric;
pub use probabilities::{brier, log_loss};
pub(crate) use ranking::steps as ranking_steps;
pub use ranking::{PrPoint, RocPoint, average_precision, pr_curve, roc_auc, roc_curve};

/// The label of the class that is looked for; every other label is the other class.
pub const POSITIVE: f64 = 1.0;

/// Which values of a metric are the better ones.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Better {
    /// Of shares and areas.
    Higher,
    /// Of losses and errors.
    Lower,
}

impl Better {
    /// By how much `ours` is better than `theirs`; below 0: worse.
    pub fn advantage(self, ours: f64, theirs: f64) -> f64 {
        match self {
            Better::Higher => ours - theirs,
            Better::Lower => theirs - ours,
        }
    }
}

/// Labels, and what was predicted of them.
#[derive(Clone, Copy, Debug)]
pub struct Sample<'a> {
    /// What was true; of two classes 0 and 1.
    pub labels: &'a [f64],
    /// What was predicted: a probability, a rank or an amount.
    pub scores: &'a [f64],
    /// How much each row counts; none: each once.
    pub weights: Option<&'a [f64]>,
}

impl<'a> Sample<'a> {
    /// Every row counts once.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    pub fn new(labels: &'a [f64], scores: &'a [f64]) -> Sample<'a> {
        assert_eq!(labels.len(), scores.len(), "a score for each label");
        Sample { labels, scores, weights: None }
    }

    /// Rows count as much as told.
    ///
    /// # Panics
    ///
    /// If the lengths differ.
    #[must_use]
    pub fn weighted(self, weights: &'a [f64]) -> Sample<'a> {
        assert_eq!(self.labels.len(), weights.len(), "a weight for each label");
        Sample { weights: Some(weights), ..self }
    }

    /// How many rows it has.
    pub fn rows(&self) -> usize {
        self.labels.len()
    }

    /// How much a row counts.
    pub fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }

    /// Label, score and weight of each row.
    pub fn iter(&self) -> impl Iterator<Item = (f64, f64, f64)> + '_ {
        (0..self.rows()).map(|row| (self.labels[row], self.scores[row], self.weight(row)))
    }

    /// The weighted mean of `of(label, score)`; `None` without weight, or if it is not finite.
    pub(crate) fn mean(&self, of: impl Fn(f64, f64) -> f64) -> Option<f64> {
        let counted = self.iter().filter(|(_, _, weight)| *weight > 0.0);
        let (sum, weight) = counted
            .fold((0.0, 0.0), |(sum, all), (label, score, weight)| (sum + weight * of(label, score), all + weight));
        ratio(sum, weight).filter(|mean| mean.is_finite())
    }
}

/// `None` where nothing is divided by.
fn ratio(part: f64, whole: f64) -> Option<f64> {
    (whole > 0.0).then(|| part / whole)
}
