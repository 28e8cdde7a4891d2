//! Gate 3: what is too good to be true.

mod constant;
mod one_feature;

use super::{Contest, Evidence, Rules, thin};
use crate::metrics::{Better, POSITIVE, Sample, roc_auc};
use crate::threshold::confusions;

/// Nothing honest tells two classes apart better than this.
const BALANCED_ACCURACY: f64 = 0.95;
const AUC: f64 = 0.995;
/// With fewer rows of a class, luck may.
const OF_EACH_CLASS: usize = 20;
/// An error this many times below the best baseline's is none of an honest model.
const TIMES_BELOW: f64 = 20.0;

/// What is too good: a sentence each.
pub(super) fn reasons(rules: &Rules, evidence: &Evidence, contests: &[Contest]) -> Vec<String> {
    let mut reasons = Vec::new();
    // A handful of episodes tells no leak from luck; that is a note.
    if thin::told(evidence).is_none() {
        reasons.extend(one_feature::reasons(rules, evidence, contests));
        reasons.extend(model(rules, evidence, contests));
    }
    reasons.extend(constant::reasons(rules, evidence));
    reasons
}

fn model(rules: &Rules, evidence: &Evidence, contests: &[Contest]) -> Option<String> {
    let part = evidence.test();
    let told = too_good(rules, evidence, &part.sample(evidence.test_scores), contests)?;
    let first = evidence.importances.iter().max_by(|a, b| a.1.total_cmp(&b.1));
    let hint = first.map_or(String::new(), |(name, _)| format!("; the feature that it goes by most is {name:?}"));
    Some(format!("the model is too good to be true: {told}{hint}. Look for a feature made of the label"))
}

/// Why `sample` is too good; `None`: it is not.
fn too_good(rules: &Rules, evidence: &Evidence, sample: &Sample, contests: &[Contest]) -> Option<String> {
    let classes = evidence.data.is_two_class().then(|| too_good_for_classes(sample)).flatten();
    classes.or_else(|| too_good_for_amounts(rules, sample, contests))
}

fn too_good_for_classes(sample: &Sample) -> Option<String> {
    if !has_enough_of_both(sample.labels) {
        return None;
    }
    let auc = roc_auc(sample).filter(|auc| *auc > AUC).map(|auc| format!("ROC-AUC {auc:.4}, above {AUC}"));
    auc.or_else(|| {
        let balanced = best_balanced_accuracy(sample).filter(|balanced| *balanced > BALANCED_ACCURACY)?;
        Some(format!("balanced accuracy {balanced:.4}, above {BALANCED_ACCURACY}"))
    })
}

fn too_good_for_amounts(rules: &Rules, sample: &Sample, contests: &[Contest]) -> Option<String> {
    if rules.metric.better() == Better::Higher {
        return None;
    }
    let best = contests.iter().filter_map(|contest| contest.theirs).reduce(f64::min)?;
    let own = rules.metric.of(sample)?;
    (own * TIMES_BELOW < best)
        .then(|| format!("{} {own:.4}, below a twentieth of the best baseline's {best:.4}", rules.metric.name()))
}

/// At the threshold that makes it best.
fn best_balanced_accuracy(sample: &Sample) -> Option<f64> {
    confusions(sample)?.iter().filter_map(|(_, confusion)| confusion.balanced_accuracy()).reduce(f64::max)
}

/// Whether luck alone cannot put two classes apart.
pub(super) fn has_enough_of_both(labels: &[f64]) -> bool {
    let positives = labels.iter().filter(|&&label| label == POSITIVE).count();
    positives.min(labels.len() - positives) >= OF_EACH_CLASS
}

/// What a reader must know of the scan.
pub(super) fn notes(evidence: &Evidence) -> Option<String> {
    let is_too_little = evidence.data.is_two_class() && !has_enough_of_both(&evidence.test().labels);
    is_too_little.then(|| {
        format!("fewer than {OF_EACH_CLASS} rows of a class judge: too few to tell a leak from luck; bring more rows")
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_accuracy_is_that_of_the_best_threshold() {
        let labels = [1.0, 0.0, 1.0, 0.0, 0.0];
        let found = best_balanced_accuracy(&Sample::new(&labels, &[0.03, 0.02, 0.02, 0.01, 0.0]));
        assert_eq!(found, Some((1.0 + 2.0 / 3.0) / 2.0));
        assert_eq!(best_balanced_accuracy(&Sample::new(&[1.0], &[0.5])), None);
    }
}
