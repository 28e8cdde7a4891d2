//! How well scores put positives before negatives. Rows of one score are one step: which of them comes first says nothing.

use super::{POSITIVE, Sample};

/// A point of the ROC curve.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct RocPoint {
    /// The share of negatives at or above the threshold.
    pub false_positive_rate: f64,
    /// The share of positives at or above the threshold.
    pub true_positive_rate: f64,
    /// Rows of at least this score are called positive.
    pub threshold: f64,
}

/// A point of the curve of precision and recall.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct PrPoint {
    /// The share of positives at or above the threshold.
    pub recall: f64,
    /// The share of positives among all at or above the threshold.
    pub precision: f64,
    /// Rows of at least this score are called positive.
    pub threshold: f64,
}

/// What lies at or above a score.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Step {
    pub(crate) threshold: f64,
    pub(crate) positives: f64,
    pub(crate) negatives: f64,
}

/// From the highest score downwards, a step for each score. `None` if a score is not a number.
pub(crate) fn steps(sample: &Sample) -> Option<Vec<Step>> {
    if sample.scores.iter().any(|score| score.is_nan()) {
        return None;
    }
    let mut order: Vec<usize> = (0..sample.rows()).collect();
    order.sort_by(|&a, &b| sample.scores[b].total_cmp(&sample.scores[a]));
    let mut steps: Vec<Step> = Vec::new();
    let (mut positives, mut negatives) = (0.0, 0.0);
    for row in order {
        let all = if sample.labels[row] == POSITIVE { &mut positives } else { &mut negatives };
        *all += sample.weight(row);
        let step = Step { threshold: sample.scores[row], positives, negatives };
        match steps.last_mut() {
            Some(last) if last.threshold == step.threshold => *last = step,
            _ => steps.push(step),
        }
    }
    Some(steps)
}

/// The steps and the weights of all positives and all negatives, if there are both.
fn steps_of_both(sample: &Sample) -> Option<(Vec<Step>, f64, f64)> {
    let steps = steps(sample)?;
    let &Step { positives, negatives, .. } = steps.last()?;
    (positives > 0.0 && negatives > 0.0).then_some((steps, positives, negatives))
}

/// The chance that a positive has a higher score than a negative, half of it where they are equal.
pub fn roc_auc(sample: &Sample) -> Option<f64> {
    let (steps, positives, negatives) = steps_of_both(sample)?;
    let mut area = 0.0;
    let (mut before_positives, mut before_negatives) = (0.0, 0.0);
    for step in steps {
        area += (step.negatives - before_negatives) * (step.positives + before_positives) / 2.0;
        (before_positives, before_negatives) = (step.positives, step.negatives);
    }
    Some(area / (positives * negatives))
}

/// The curve from (0, 0) to (1, 1).
pub fn roc_curve(sample: &Sample) -> Option<Vec<RocPoint>> {
    let (steps, positives, negatives) = steps_of_both(sample)?;
    let start = RocPoint { false_positive_rate: 0.0, true_positive_rate: 0.0, threshold: f64::INFINITY };
    let points = steps.into_iter().map(|step| RocPoint {
        false_positive_rate: step.negatives / negatives,
        true_positive_rate: step.positives / positives,
        threshold: step.threshold,
    });
    Some(std::iter::once(start).chain(points).collect())
}

/// From the highest threshold downwards; recall ends at 1.
pub fn pr_curve(sample: &Sample) -> Option<Vec<PrPoint>> {
    let steps = steps(sample)?;
    let positives = steps.last().filter(|last| last.positives > 0.0)?.positives;
    let counted = steps.into_iter().filter(|step| step.positives + step.negatives > 0.0);
    let point = |step: Step| PrPoint {
        recall: step.positives / positives,
        precision: step.positives / (step.positives + step.negatives),
        threshold: step.threshold,
    };
    Some(counted.map(point).collect())
}

/// Precision, averaged over the steps of recall: the area under the curve without a line between its points, which would
/// be too kind (Davis, Goadrich 2006).
pub fn average_precision(sample: &Sample) -> Option<f64> {
    let mut before = 0.0;
    let parts = pr_curve(sample)?.into_iter().map(|point| {
        let part = (point.recall - before) * point.precision;
        before = point.recall;
        part
    });
    Some(parts.sum())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn pairs(labels: &[f64], scores: &[f64]) -> f64 {
        let of = |label: f64| labels.iter().zip(scores).filter(move |(l, _)| **l == label).map(|(_, score)| *score);
        let wins =
            of(1.0).flat_map(|p| of(0.0).map(move |n| f64::from(u8::from(p > n)) + f64::from(u8::from(p == n)) / 2.0));
        let (count, sum) = wins.fold((0.0, 0.0), |(count, sum), win| (count + 1.0, sum + win));
        sum / count
    }

    proptest! {
        #[test]
        fn the_area_is_the_share_of_pairs_in_order(rows in prop::collection::vec((0u8..2, 0u8..6, 1u8..4), 2..40)) {
            let labels: Vec<f64> = rows.iter().map(|row| f64::from(row.0)).collect();
            let scores: Vec<f64> = rows.iter().map(|row| f64::from(row.1)).collect();
            prop_assume!(labels.contains(&0.0) && labels.contains(&1.0));
            let area = roc_auc(&Sample::new(&labels, &scores)).unwrap();
            prop_assert!((area - pairs(&labels, &scores)).abs() < 1e-12);
            let weights: Vec<f64> = rows.iter().map(|row| f64::from(row.2)).collect();
            let repeated = |values: &[f64]| -> Vec<f64> {
                rows.iter().zip(values).flat_map(|(row, value)| vec![*value; usize::from(row.2)]).collect()
            };
            let weighted = Sample::new(&labels, &scores).weighted(&weights);
            let (labels, scores) = (repeated(&labels), repeated(&scores));
            let repeated = Sample::new(&labels, &scores);
            prop_assert!((roc_auc(&weighted).unwrap() - roc_auc(&repeated).unwrap()).abs() < 1e-12);
            prop_assert!((average_precision(&weighted).unwrap() - average_precision(&repeated).unwrap()).abs() < 1e-12);
        }
    }

    #[test]
    fn average_precision_is_as_computed_by_hand() {
        let sample = Sample::new(&[1.0, 0.0, 1.0, 0.0], &[0.9, 0.8, 0.7, 0.1]);
        assert_eq!(average_precision(&sample), Some(0.5 * 1.0 + 0.5 * (2.0 / 3.0)));
        let tied = Sample::new(&[1.0, 0.0, 1.0, 0.0], &[0.5; 4]);
        assert_eq!((average_precision(&tied), roc_auc(&tied)), (Some(0.5), Some(0.5)));
    }

    #[test]
    fn curves_have_a_point_for_each_score() {
        let sample = Sample::new(&[1.0, 0.0, 1.0], &[0.9, 0.9, 0.2]);
        let roc: Vec<(f64, f64)> = roc_curve(&sample)
            .unwrap()
            .iter()
            .map(|point| (point.false_positive_rate, point.true_positive_rate))
            .collect();
        assert_eq!(roc, [(0.0, 0.0), (1.0, 0.5), (1.0, 1.0)]);
        let pr: Vec<(f64, f64)> =
            pr_curve(&sample).unwrap().iter().map(|point| (point.recall, point.precision)).collect();
        assert_eq!(pr, [(0.5, 0.5), (1.0, 2.0 / 3.0)]);
    }

    #[test]
    fn one_class_has_no_order() {
        let one_class = Sample::new(&[1.0, 1.0], &[0.1, 0.2]);
        assert_eq!((roc_auc(&one_class), average_precision(&one_class)), (None, Some(1.0)));
        assert_eq!(average_precision(&Sample::new(&[0.0], &[0.1])), None);
        assert_eq!(roc_auc(&Sample::new(&[1.0, 0.0], &[f64::NAN, 0.2])), None);
        assert_eq!(roc_auc(&Sample::new(&[], &[])), None);
    }
}
