//! Parameters of boosting over folds of time: by random search, or all of a grid.

use std::ops::ControlFlow;

use outrider_infer::Matrix;

use super::{Work, pick};
use crate::class_weights::ClassWeights;
use crate::metrics::{Better, Metric, Sample};
use crate::search::{self, Candidate, Range};
use crate::split::folds_by_time;
use crate::threshold::best_f1;
use crate::training::TrainingError;
use crate::trees::{BoostingSettings, Examples, Objective, boost};

/// Folds of a search.
const FOLDS: usize = 3;

impl Work<'_, '_> {
    /// The settings that were looked for, if any were, and how much a positive row counts.
    pub(super) fn tuned(
        &mut self,
        plain: &BoostingSettings,
        train: &Matrix,
        labels: &[f64],
    ) -> Result<(BoostingSettings, f64), TrainingError> {
        let is_of_classes = plain.objective == Objective::Logistic;
        match plain.leaves > 2 {
            true if self.options.grid && is_of_classes => self.of_grid(plain, train, labels),
            true if self.options.search > 0 => Ok((self.searched(plain, train, labels)?, 1.0)),
            _ => Ok((*plain, 1.0)),
        }
    }

    /// The best settings of so many draws, over folds of the rows that train.
    fn searched(
        &mut self,
        plain: &BoostingSettings,
        train: &Matrix,
        labels: &[f64],
    ) -> Result<BoostingSettings, TrainingError> {
        let candidates = search::draws(&parameters(), self.options.search, self.options.seed);
        let metric = metric_of(plain.objective);
        let found = self.tried(candidates, plain, train, labels, metric.better(), |sample| metric.of(sample))?;
        Ok(found.best().map_or(*plain, |best| with(plain, &best.candidate)))
    }

    /// The settings of the grid with the best F1, each fold called at the threshold that is best for it, and how much a positive row
    /// counts there.
    fn of_grid(
        &mut self,
        plain: &BoostingSettings,
        train: &Matrix,
        labels: &[f64],
    ) -> Result<(BoostingSettings, f64), TrainingError> {
        let f1 = |sample: &Sample| best_f1(sample).map(|best| best.value);
        let found = self.tried(search::grid(&every()), plain, train, labels, Better::Higher, f1)?;
        Ok(found.best().map_or((*plain, 1.0), |best| (with(plain, &best.candidate), positive_weight(&best.candidate))))
    }

    /// Every candidate on every fold of the rows that train.
    fn tried(
        &mut self,
        candidates: Vec<Candidate>,
        plain: &BoostingSettings,
        train: &Matrix,
        labels: &[f64],
        better: Better,
        of: impl Fn(&Sample) -> Option<f64>,
    ) -> Result<search::Found, TrainingError> {
        let times = self.data.times().ok_or(TrainingError::NoTimes("--search", "time, and data with times"))?;
        let own = pick_times(times, &self.split.train);
        let copies = self.data.select(&self.split.train).copies();
        let rows: Vec<usize> = (0..own.len()).collect();
        let mut folds = folds_by_time(&own, &rows, FOLDS, self.task.embargo_us, &copies)?;
        if self.data.is_two_class() {
            let has_both = |rows: &[usize]| rows.iter().any(|&row| labels[row] != labels[rows[0]]);
            folds.retain(|fold| has_both(&fold.train) && has_both(&fold.validation));
        }
        if folds.is_empty() {
            return Err(TrainingError::NoFold);
        }
        let (pool, name) = (self.bench.pool, self.name);
        let score = |candidate: &Candidate, fold: &crate::split::Fold| {
            let settings = with(plain, candidate);
            let part = |rows: &[usize]| (train.select(rows), pick(labels, rows));
            let ((matrix, labels), (held, held_labels)) = (part(&fold.train), part(&fold.validation));
            let weights = weights(&labels, positive_weight(candidate));
            let examples = Examples { matrix: &matrix, labels: &labels, weights: weights.as_deref() };
            let held_out = Examples { matrix: &held, labels: &held_labels, weights: None };
            let trees =
                boost(&examples, Some(&held_out), &settings, None, pool, &mut |_| ControlFlow::Continue(()))?.trees;
            Ok::<_, TrainingError>(of(&Sample::new(&held_labels, &trees.predict(&held))))
        };
        let (watch, (from, to)) = (&mut self.bench.watch, self.span);
        let told = |progress: search::Progress| {
            let part = progress.done as f64 / progress.of as f64;
            watch(name, from + (to - from) * part / 2.0)
        };
        search::search(candidates, &folds, better, score, told)
    }
}

/// How much each row counts where a positive one counts `positive` times; none: all alike.
pub(super) fn weights(labels: &[f64], positive: f64) -> Option<Vec<f64>> {
    (positive != 1.0).then(|| ClassWeights::Given { negative: 1.0, positive }.of_rows(labels, None))
}

fn positive_weight(candidate: &Candidate) -> f64 {
    candidate.get("positive_weight").unwrap_or(1.0)
}

/// What a grid tries: 24 settings.
fn every() -> [(&'static str, Vec<f64>); 4] {
    [
        ("trees", vec![100.0, 200.0]),
        ("leaves", vec![7.0, 31.0]),
        ("learning_rate", vec![0.05, 0.1]),
        ("positive_weight", vec![1.0, 3.0, 10.0]),
    ]
}

fn metric_of(objective: Objective) -> Metric {
    match objective {
        Objective::Logistic => Metric::LogLoss,
        Objective::Squared => Metric::Rmse,
        Objective::Quantile(quantile) => Metric::Pinball(quantile),
    }
}

/// What a search draws.
fn parameters() -> [(&'static str, Range); 4] {
    [
        ("leaves", Range::Whole { low: 4, high: 63 }),
        ("learning_rate", Range::Logarithmic { low: 0.03, high: 0.2 }),
        ("min_hessian", Range::Logarithmic { low: 1.0, high: 100.0 }),
        ("feature_share", Range::Even { low: 0.5, high: 1.0 }),
    ]
}

fn with(plain: &BoostingSettings, candidate: &Candidate) -> BoostingSettings {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a whole number above 0
    let whole = |name: &str, otherwise: usize| candidate.get(name).map_or(otherwise, |value| value as usize);
    BoostingSettings {
        leaves: whole("leaves", plain.leaves),
        trees: whole("trees", plain.trees),
        learning_rate: candidate.get("learning_rate").unwrap_or(plain.learning_rate),
        min_hessian: candidate.get("min_hessian").unwrap_or(plain.min_hessian),
        feature_share: candidate.get("feature_share").unwrap_or(plain.feature_share),
        ..*plain
    }
}

fn pick_times(times: &[i64], rows: &[usize]) -> Vec<i64> {
    rows.iter().map(|&row| times[row]).collect()
}
