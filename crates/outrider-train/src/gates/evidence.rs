//! What the gates are shown, and what a task demands.

use outrider_core::schema::KnownAt;

use super::{Baseline, ShapeLimits};
use crate::dataset::Dataset;
use crate::metrics::{Metric, Sample};
use crate::split::Split;

/// What a task demands of every model.
#[derive(Clone, Debug, PartialEq)]
pub struct Rules {
    /// When the decision is taken: nothing known later may be a feature.
    pub decision: KnownAt,
    /// Columns that are never features, though they may be known in time.
    pub forbidden: Vec<String>,
    /// How far features look back plus how far the label lies ahead, in microseconds: the least embargo.
    pub embargo_us: i64,
    /// Columns within whose groups the label should vary.
    pub varies_within: Vec<String>,
    /// Labels can be cut short (timeouts), so the data must say which were.
    pub can_be_cut_short: bool,
    /// What is called good.
    pub metric: Metric,
    /// Bounds of shape.
    pub shape: ShapeLimits,
}

/// A model on its data.
#[derive(Clone, Copy, Debug)]
pub struct Evidence<'a> {
    /// All rows.
    pub data: &'a Dataset,
    /// How they were split.
    pub split: &'a Split,
    /// The model's predictions for the rows that trained, in the order of the split.
    pub train_scores: &'a [f64],
    /// The model's predictions for the rows that judge, in the order of the split.
    pub test_scores: &'a [f64],
    /// What the baselines predict for the rows that judge.
    pub baselines: &'a [Baseline],
    /// Features by name with their importance; any unit.
    pub importances: &'a [(String, f64)],
    /// The load of each row that judges, if known.
    pub load: Option<&'a [f64]>,
}

/// Labels and weights of some rows.
pub(super) struct Part {
    pub(super) labels: Vec<f64>,
    weights: Option<Vec<f64>>,
}

impl Part {
    pub(super) fn of(data: &Dataset, rows: &[usize]) -> Part {
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        Part { labels: pick(data.labels()), weights: data.weights().map(pick) }
    }

    pub(super) fn sample<'a>(&'a self, scores: &'a [f64]) -> Sample<'a> {
        let sample = Sample::new(&self.labels, scores);
        self.weights.as_deref().map_or(sample, |weights| sample.weighted(weights))
    }
}

impl Evidence<'_> {
    pub(super) fn train(&self) -> Part {
        Part::of(self.data, &self.split.train)
    }

    pub(super) fn test(&self) -> Part {
        Part::of(self.data, &self.split.test)
    }
}
