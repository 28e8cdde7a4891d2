//! How a model or a baseline did, in figures.

mod lead;

use std::time::Duration;

use super::outcome::{Candidate, Scored};
use super::recipe::Made;
use super::{Options, TrainingError};
use crate::dataset::Dataset;
use crate::gates::Baseline;
use crate::metrics::{
    Bootstrap, Confusion, Interval, Metric, Sample, average_precision, brier, coverage, expected_calibration_error,
    log_loss, mae, roc_auc,
};
use crate::split::Split;
use crate::tasks::{Target, Task};
use crate::threshold::{best_f1, of_rule};

/// Bins of the calibration error.
const BINS: usize = 10;

/// A figure with its name, and its interval where one was drawn.
pub(super) type Figure = (String, Option<f64>, Option<Interval>);

/// A model with what it says of all parts.
pub(super) fn candidate(
    task: &Task,
    name: &str,
    Made { model, validation_losses, validation_scores, members }: Made,
    data: &Dataset,
    split: &Split,
    took: Duration,
    options: &Options,
) -> Result<Candidate, TrainingError> {
    let said = |rows: &[usize]| model.predict(&data.frame().select(rows));
    let (train_scores, test_scores) = (said(&split.train)?, said(&split.test)?);
    let validation_scores = validation_scores.map_or_else(|| said(&split.validation), Ok)?;
    let validation = labels(data, &split.validation);
    let threshold = match task.target {
        Target::Probability => best_f1(&Sample::new(&validation, &validation_scores[0])).map(|best| best.at),
        Target::Quantiles(_) | Target::Anything => None,
    };
    let chosen_by = |(nth, metric): (usize, Metric)| metric.of(&Sample::new(&validation, &validation_scores[nth]));
    let chosen_by: Option<Vec<f64>> = task.metrics().into_iter().enumerate().map(chosen_by).collect();
    let metrics = task.metrics().into_iter().enumerate();
    let figures = metrics.flat_map(|(nth, metric)| {
        let said = Said { scores: &test_scores[nth], threshold };
        figures(metric, data, &split.test, &said, options)
    });
    Ok(Candidate {
        scored: Scored { name: name.to_owned(), figures: figures.collect() },
        validation: chosen_by.map(|values| values.iter().sum()),
        validation_losses,
        members,
        took,
        threshold,
        train_scores,
        test_scores,
        model,
    })
}

/// A baseline as if it were a model.
pub(super) fn baseline(
    task: &Task,
    baseline: &Baseline,
    metric: Metric,
    data: &Dataset,
    split: &Split,
    options: &Options,
) -> Scored {
    let threshold = match task.target {
        Target::Probability => of_rule(&baseline.scores)
            .or_else(|| best_f1(&Sample::new(&labels(data, &split.test), &baseline.scores)).map(|best| best.at)),
        Target::Quantiles(_) | Target::Anything => None,
    };
    let said = Said { scores: &baseline.scores, threshold };
    Scored { name: baseline.name.clone(), figures: figures(metric, data, &split.test, &said, options) }
}

/// The candidate that did best on rows that choose; all of a task's metrics are losses.
pub(super) fn best(task: &Task, candidates: &[Candidate]) -> usize {
    debug_assert!(task.metrics().iter().all(|metric| metric.better() == crate::metrics::Better::Lower));
    let loss = |at: &usize| candidates[*at].validation.unwrap_or(f64::INFINITY);
    (0..candidates.len()).min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap_or_default()
}

/// What is said of rows that judge, and from where on a row is called positive.
pub(super) struct Said<'a> {
    pub(super) scores: &'a [f64],
    pub(super) threshold: Option<f64>,
}

/// All figures of `said` on these rows.
pub(super) fn figures(metric: Metric, data: &Dataset, rows: &[usize], said: &Said, options: &Options) -> Vec<Figure> {
    let (labels, blocks) = (labels(data, rows), blocks(data, rows));
    let drawn = Drawn {
        sample: Sample::new(&labels, said.scores),
        blocks: &blocks,
        bootstrap: Bootstrap { seed: options.seed, ..Bootstrap::default() },
    };
    match metric {
        Metric::Pinball(quantile) => drawn.of_quantile(quantile),
        _ => {
            let mut figures = drawn.of_probabilities();
            figures.extend(drawn.of_calls(said.threshold));
            let is_called = |at: usize| said.threshold.is_some_and(|threshold| said.scores[at] >= threshold);
            figures.extend(lead::figures(data, rows, &blocks, is_called, &drawn.bootstrap));
            figures
        }
    }
}

/// Rows that judge, and how intervals are drawn.
struct Drawn<'a> {
    sample: Sample<'a>,
    blocks: &'a [u32],
    bootstrap: Bootstrap,
}

impl Drawn<'_> {
    fn with_interval(&self, name: &str, of: impl Fn(&Sample) -> Option<f64>) -> Figure {
        (name.to_owned(), of(&self.sample), self.bootstrap.interval(&self.sample, self.blocks, &of))
    }

    fn of_quantile(&self, quantile: f64) -> Vec<Figure> {
        let metric = Metric::Pinball(quantile);
        let own = self.with_interval(&metric.name(), |sample| metric.of(sample));
        let covered = self.with_interval(&format!("coverage_{quantile}"), coverage);
        let middle = (quantile == 0.5).then(|| ("mae_ms".to_owned(), mae(&self.sample), None));
        [own, covered].into_iter().chain(middle).collect()
    }

    fn of_probabilities(&self) -> Vec<Figure> {
        vec![
            self.with_interval("roc_auc", roc_auc),
            self.with_interval("log_loss", log_loss),
            self.with_interval("pr_auc", average_precision),
            ("brier".to_owned(), brier(&self.sample), None),
            ("calibration_error".to_owned(), expected_calibration_error(&self.sample, BINS), None),
        ]
    }

    fn of_calls(&self, threshold: Option<f64>) -> Vec<Figure> {
        let confusion = threshold.map(|threshold| Confusion::at(&self.sample, threshold));
        let plain =
            |name: &str, of: fn(&Confusion) -> Option<f64>| (name.to_owned(), confusion.as_ref().and_then(of), None);
        let drawn = |name: &str, of: fn(&Confusion) -> Option<f64>| {
            self.with_interval(name, |sample| of(&Confusion::at(sample, threshold?)))
        };
        vec![
            ("threshold".to_owned(), threshold, None),
            plain("accuracy", Confusion::accuracy),
            plain("balanced_accuracy", Confusion::balanced_accuracy),
            drawn("precision", Confusion::precision),
            drawn("recall", Confusion::recall),
            drawn("f1", Confusion::f1),
        ]
    }
}

fn labels(data: &Dataset, rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| data.labels()[row]).collect()
}

pub(super) fn blocks(data: &Dataset, rows: &[usize]) -> Vec<u32> {
    let all = data.blocks();
    rows.iter().map(|&row| all[row]).collect()
}
