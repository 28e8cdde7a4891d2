//! How a model or a baseline did, in figures.

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
use crate::threshold::best_f1;

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
    let test = labels(data, &split.test);
    let blocks = blocks(data, split);
    let metrics = task.metrics().into_iter().enumerate();
    let figures =
        metrics.flat_map(|(nth, metric)| figures(metric, &test, &test_scores[nth], &blocks, threshold, options));
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
        Target::Probability => best_f1(&Sample::new(&labels(data, &split.test), &baseline.scores)).map(|best| best.at),
        Target::Quantiles(_) | Target::Anything => None,
    };
    let figures =
        figures(metric, &labels(data, &split.test), &baseline.scores, &blocks(data, split), threshold, options);
    Scored { name: baseline.name.clone(), figures }
}

/// The candidate that did best on rows that choose; all of a task's metrics are losses.
pub(super) fn best(task: &Task, candidates: &[Candidate]) -> usize {
    debug_assert!(task.metrics().iter().all(|metric| metric.better() == crate::metrics::Better::Lower));
    let loss = |at: &usize| candidates[*at].validation.unwrap_or(f64::INFINITY);
    (0..candidates.len()).min_by(|a, b| loss(a).total_cmp(&loss(b))).unwrap_or_default()
}

fn figures(
    metric: Metric,
    labels: &[f64],
    scores: &[f64],
    blocks: &[u32],
    threshold: Option<f64>,
    options: &Options,
) -> Vec<Figure> {
    let sample = Sample::new(labels, scores);
    let bootstrap = Bootstrap { seed: options.seed, ..Bootstrap::default() };
    let with_interval = |name: &str, of: fn(&Sample) -> Option<f64>| {
        (name.to_owned(), of(&sample), bootstrap.interval(&sample, blocks, of))
    };
    let plain = |name: &str, value: Option<f64>| (name.to_owned(), value, None);
    match metric {
        Metric::Pinball(quantile) => {
            let own =
                (metric.name(), metric.of(&sample), bootstrap.interval(&sample, blocks, |drawn| metric.of(drawn)));
            let covered =
                (format!("coverage_{quantile}"), coverage(&sample), bootstrap.interval(&sample, blocks, coverage));
            let middle = (quantile == 0.5).then(|| plain("mae_ms", mae(&sample)));
            [own, covered].into_iter().chain(middle).collect()
        }
        _ => {
            let confusion = threshold.map(|threshold| Confusion::at(&sample, threshold));
            let of = |of: fn(&Confusion) -> Option<f64>| confusion.as_ref().and_then(of);
            vec![
                with_interval("roc_auc", roc_auc),
                with_interval("log_loss", log_loss),
                with_interval("pr_auc", average_precision),
                plain("brier", brier(&sample)),
                plain("calibration_error", expected_calibration_error(&sample, BINS)),
                plain("threshold", threshold),
                plain("accuracy", of(Confusion::accuracy)),
                plain("balanced_accuracy", of(Confusion::balanced_accuracy)),
                plain("precision", of(Confusion::precision)),
                plain("recall", of(Confusion::recall)),
                plain("f1", of(Confusion::f1)),
            ]
        }
    }
}

fn labels(data: &Dataset, rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| data.labels()[row]).collect()
}

fn blocks(data: &Dataset, split: &Split) -> Vec<u32> {
    let all = data.blocks();
    split.test.iter().map(|&row| all[row]).collect()
}
