//! Gate 5: the shape of what was learnt. Bounds belong to the task.

use super::{Acceptance, Evidence, Rules, thin};
use crate::metrics::{Better, Metric, Sample, expected_calibration_error};

/// A feature with this share of all importance contributes.
pub(super) const CONTRIBUTES: f64 = 0.01;
const CALIBRATION_BINS: usize = 10;
const DECILES: usize = 10;

/// Bounds; none: not looked at.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct ShapeLimits {
    /// How much better the model may be on rows it trained on: of shares and areas in their own unit, of errors in parts of that on rows
    /// that judge.
    pub gap: Option<f64>,
    /// The largest share of importance that one feature may have.
    pub top_share: Option<f64>,
    /// How many features must contribute, with a hundredth of all importance each.
    pub contributing: Option<usize>,
    /// The largest expected calibration error, over ten bins.
    pub calibration: Option<f64>,
    /// How many times the whole error that of a decile of load may be.
    pub load_decile: Option<f64>,
    /// What a person would take, check by check, each of them told.
    pub acceptance: Option<Acceptance>,
}

/// Rows of neighbouring load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Decile {
    /// The lowest load among them.
    pub low: f64,
    /// The highest load among them.
    pub high: f64,
    /// How many rows.
    pub rows: usize,
    /// The metric on them.
    pub value: Option<f64>,
}

/// Bounds that are overstepped: a sentence each.
pub(super) fn reasons(rules: &Rules, evidence: &Evidence) -> Vec<String> {
    let (train, test) = (evidence.train(), evidence.test());
    let sample = test.sample(evidence.test_scores);
    let limits = &rules.shape;
    let told = [
        thin::told(evidence)
            .is_none()
            .then(|| gap(rules.metric, limits, &train.sample(evidence.train_scores), &sample))
            .flatten(),
        top(limits, evidence.importances),
        contributing(limits, evidence.importances),
        calibration(limits, evidence, &sample),
        load(rules.metric, limits, evidence, &sample),
    ];
    told.into_iter().flatten().collect()
}

fn gap(metric: Metric, limits: &ShapeLimits, train: &Sample, test: &Sample) -> Option<String> {
    let (train, test) = (metric.of(train)?, metric.of(test)?);
    let advantage = metric.better().advantage(train, test);
    let gap = if metric.better() == Better::Higher { advantage } else { advantage / test };
    let limit = limits.gap.filter(|limit| gap > *limit)?;
    Some(format!(
        "{} is {train:.4} on rows that trained and {test:.4} on rows that judge, a gap of {gap:.3}, above {limit}: it has learnt \
         its rows by heart; simplify it",
        metric.name()
    ))
}

/// Shares of all importance, the largest first.
pub(super) fn shares(importances: &[(String, f64)]) -> Vec<(&str, f64)> {
    let total: f64 = importances.iter().map(|(_, importance)| importance.max(0.0)).sum();
    let mut shares: Vec<(&str, f64)> =
        importances.iter().map(|(name, importance)| (name.as_str(), importance.max(0.0) / total)).collect();
    shares.sort_by(|a, b| b.1.total_cmp(&a.1));
    if total > 0.0 { shares } else { Vec::new() }
}

fn top(limits: &ShapeLimits, importances: &[(String, f64)]) -> Option<String> {
    let (name, share) = shares(importances).first().copied()?;
    let limit = limits.top_share.filter(|limit| share > *limit)?;
    Some(format!(
        "feature {name:?} has {share:.3} of all importance, above {limit}: the model is little more than a rule of it"
    ))
}

fn contributing(limits: &ShapeLimits, importances: &[(String, f64)]) -> Option<String> {
    let shares = shares(importances);
    let names: Vec<&str> = shares.iter().filter(|(_, share)| *share >= CONTRIBUTES).map(|(name, _)| *name).collect();
    let least = limits.contributing.filter(|least| names.len() < *least)?;
    Some(format!("{} features contribute ({}), expected at least {least}", names.len(), names.join(", ")))
}

fn calibration(limits: &ShapeLimits, evidence: &Evidence, sample: &Sample) -> Option<String> {
    let limit = limits.calibration.filter(|_| evidence.data.is_two_class())?;
    let error = expected_calibration_error(sample, CALIBRATION_BINS).filter(|error| *error > limit)?;
    Some(format!("probabilities are {error:.3} off what happens on average, above {limit}: recalibrate"))
}

fn load(metric: Metric, limits: &ShapeLimits, evidence: &Evidence, sample: &Sample) -> Option<String> {
    let (limit, load) = (limits.load_decile?, evidence.load?);
    let whole = metric.of(sample).filter(|_| metric.better() == Better::Lower)?;
    let deciles = by_load_decile(load, sample, metric);
    let value = |decile: &Decile| decile.value.unwrap_or(0.0);
    let worst = deciles.iter().max_by(|a, b| value(a).total_cmp(&value(b)))?;
    (value(worst) > limit * whole).then(|| {
        format!(
            "{} is {:.4} at loads from {} to {}, above {limit} times the {whole:.4} over all: it fails where it matters",
            metric.name(),
            value(worst),
            worst.low,
            worst.high
        )
    })
}

/// The metric over tenths of the rows, from the lowest load to the highest; rows without a load are left out.
///
/// # Panics
///
/// If there is not a load for each row.
pub fn by_load_decile(load: &[f64], sample: &Sample, metric: Metric) -> Vec<Decile> {
    assert_eq!(load.len(), sample.rows(), "a load for each row");
    load_deciles(load).iter().map(|rows| decile(load, sample, metric, rows)).collect()
}

/// Rows in tenths by their load, from the lowest; those without one are in none.
pub fn load_deciles(load: &[f64]) -> Vec<Vec<usize>> {
    let mut order: Vec<usize> = (0..load.len()).filter(|&row| !load[row].is_nan()).collect();
    order.sort_by(|&a, &b| load[a].total_cmp(&load[b]));
    let bounds = |at: usize| at * order.len() / DECILES;
    let rows = (0..DECILES).map(|at| order[bounds(at)..bounds(at + 1)].to_vec());
    rows.filter(|rows| !rows.is_empty()).collect()
}

fn decile(load: &[f64], sample: &Sample, metric: Metric, rows: &[usize]) -> Decile {
    let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
    let weights: Vec<f64> = rows.iter().map(|&row| sample.weight(row)).collect();
    let value = metric.of(&Sample::new(&pick(sample.labels), &pick(sample.scores)).weighted(&weights));
    Decile { low: load[rows[0]], high: load[rows[rows.len() - 1]], rows: rows.len(), value }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn importances(shares: &[f64]) -> Vec<(String, f64)> {
        shares.iter().enumerate().map(|(at, share)| (format!("feature {at}"), *share)).collect()
    }

    #[test]
    fn one_feature_must_not_be_the_model() {
        let limits = ShapeLimits { top_share: Some(0.5), contributing: Some(3), ..ShapeLimits::default() };
        let lone = importances(&[1.0, 8.0, 0.05, -1.0]);
        assert!(
            top(&limits, &lone).unwrap().starts_with("feature \"feature 1\" has 0.884 of all importance, above 0.5")
        );
        assert!(contributing(&limits, &lone).unwrap().starts_with("2 features contribute (feature 1, feature 0)"));
        let many = importances(&[4.0, 3.0, 3.0]);
        assert_eq!((top(&limits, &many), contributing(&limits, &many)), (None, None));
        assert_eq!(top(&ShapeLimits::default(), &lone), None, "no bound, no reason");
        assert_eq!(top(&limits, &importances(&[0.0])), None);
    }

    #[test]
    fn a_gap_is_in_the_unit_of_shares_and_in_parts_of_errors() {
        let limits = ShapeLimits { gap: Some(0.3), ..ShapeLimits::default() };
        let labels = [0.0, 0.0, 1.0, 1.0];
        let (right, wrong) = ([0.1, 0.2, 0.8, 0.9], [0.1, 0.85, 0.8, 0.9]);
        let told = |metric, train: &[f64], test: &[f64]| {
            gap(metric, &limits, &Sample::new(&labels, train), &Sample::new(&labels, test))
        };
        assert_eq!(told(Metric::RocAuc, &right, &wrong), None, "0.25");
        assert!(told(Metric::Mae, &right, &wrong).unwrap().contains("a gap of 0.520, above 0.3"));
        assert_eq!(told(Metric::Mae, &wrong, &right), None, "better on rows that judge");
    }

    #[test]
    fn errors_are_told_by_load() {
        let labels: Vec<f64> = (0..100).map(f64::from).collect();
        let scores: Vec<f64> =
            labels.iter().map(|label| if *label >= 90.0 { label + 10.0 } else { label + 1.0 }).collect();
        let mut load = labels.clone();
        load[0] = f64::NAN;
        let deciles = by_load_decile(&load, &Sample::new(&labels, &scores), Metric::Mae);
        assert_eq!((deciles.len(), deciles.iter().map(|decile| decile.rows).sum::<usize>()), (10, 99));
        assert_eq!(deciles[9].value, Some(10.0));
        assert_eq!((deciles[0].low, deciles[9].high), (1.0, 99.0));
    }
}
