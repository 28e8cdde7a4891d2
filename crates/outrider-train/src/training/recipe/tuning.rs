//! Parameters of boosting by random search over folds of time.

use std::ops::ControlFlow;

use outrider_infer::Matrix;

use super::{Work, pick};
use crate::metrics::{Metric, Sample};
use crate::search::{self, Candidate, Range};
use crate::split::folds_by_time;
use crate::training::TrainingError;
use crate::trees::{BoostingSettings, Examples, Objective, boost};

/// Folds of a search.
const FOLDS: usize = 3;

impl Work<'_, '_> {
    /// The best settings of so many draws, over folds of the rows that train.
    pub(super) fn searched(
        &mut self,
        plain: &BoostingSettings,
        train: &Matrix,
        labels: &[f64],
    ) -> Result<BoostingSettings, TrainingError> {
        let times = self.data.times().ok_or(TrainingError::NoTimes("--search", "time, and data with times"))?;
        let own = pick_times(times, &self.split.train);
        let copies = self.data.select(&self.split.train).copies();
        let rows: Vec<usize> = (0..own.len()).collect();
        let folds = folds_by_time(&own, &rows, FOLDS, self.task.embargo_us, &copies)?;
        let (pool, name) = (self.bench.pool, self.name);
        let metric = metric_of(plain.objective);
        let score = |candidate: &Candidate, fold: &crate::split::Fold| {
            let settings = with(plain, candidate);
            let of = |rows: &[usize]| (train.select(rows), pick(labels, rows));
            let ((matrix, labels), (held, held_labels)) = (of(&fold.train), of(&fold.validation));
            let examples = Examples { matrix: &matrix, labels: &labels, weights: None };
            let held_out = Examples { matrix: &held, labels: &held_labels, weights: None };
            let trees =
                boost(&examples, Some(&held_out), &settings, None, pool, &mut |_| ControlFlow::Continue(()))?.trees;
            Ok::<_, TrainingError>(metric.of(&Sample::new(&held_labels, &trees.predict(&held))))
        };
        let (watch, (from, to)) = (&mut self.bench.watch, self.span);
        let told = |progress: search::Progress| {
            let part = progress.done as f64 / progress.of as f64;
            watch(name, from + (to - from) * part / 2.0)
        };
        let candidates = search::draws(&parameters(), self.options.search, self.options.seed);
        let found = search::search(candidates, &folds, metric.better(), score, told)?;
        Ok(found.best().map_or(*plain, |best| with(plain, &best.candidate)))
    }
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
    let leaves = candidate.get("leaves").map_or(plain.leaves, |leaves| leaves as usize);
    BoostingSettings {
        leaves,
        learning_rate: candidate.get("learning_rate").unwrap_or(plain.learning_rate),
        min_hessian: candidate.get("min_hessian").unwrap_or(plain.min_hessian),
        feature_share: candidate.get("feature_share").unwrap_or(plain.feature_share),
        ..*plain
    }
}

fn pick_times(times: &[i64], rows: &[usize]) -> Vec<i64> {
    rows.iter().map(|&row| times[row]).collect()
}
