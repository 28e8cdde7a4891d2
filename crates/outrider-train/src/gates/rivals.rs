//! Gate 4: better than the baselines, beyond what luck of the blocks explains.

use super::{Evidence, Rules, thin};
use crate::metrics::{Bootstrap, Interval};

/// A rule without a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Baseline {
    /// As reports have it.
    pub name: String,
    /// What it predicts for the rows that judge, in the order of the split.
    pub scores: Vec<f64>,
}

/// The model beside a baseline, by the task's metric on the rows that judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Contest {
    /// The baseline's name.
    pub baseline: String,
    /// The metric's name.
    pub metric: String,
    /// Of the model.
    pub ours: Option<f64>,
    /// Of the baseline.
    pub theirs: Option<f64>,
    /// By how much the model is better, paired by blocks; `None` if it cannot be told.
    pub advantage: Option<Interval>,
}

impl Contest {
    /// Whether the model is better beyond luck.
    pub fn is_won(&self) -> bool {
        self.advantage.is_some_and(|advantage| advantage.is_above_zero())
    }

    pub(super) fn note(&self) -> Option<String> {
        self.advantage.is_none().then(|| {
            format!(
                "whether the model is better than {} cannot be told: {} is undefined, or there are too few blocks or episodes of rows \
                 that judge; bring data of more hosts or hours",
                self.baseline, self.metric
            )
        })
    }
}

pub(super) fn contests(rules: &Rules, evidence: &Evidence, bootstrap: &Bootstrap) -> Vec<Contest> {
    let all = evidence.data.blocks();
    let blocks: Vec<u32> = evidence.split.test.iter().map(|&row| all[row]).collect();
    let part = evidence.test();
    let ours = part.sample(evidence.test_scores);
    let better = rules.metric.better();
    let is_thin = thin::told(evidence).is_some();
    let contest = |baseline: &Baseline| {
        let theirs = part.sample(&baseline.scores);
        // An advantage is above 0 where the model is better, whichever way the metric goes.
        let signed =
            |sample: &crate::metrics::Sample| rules.metric.of(sample).map(|value| better.advantage(value, 0.0));
        Contest {
            baseline: baseline.name.clone(),
            metric: rules.metric.name(),
            ours: rules.metric.of(&ours),
            theirs: rules.metric.of(&theirs),
            advantage: bootstrap.difference(&ours, &theirs, &blocks, signed).filter(|_| !is_thin),
        }
    };
    evidence.baselines.iter().map(contest).collect()
}

/// The baseline that is nearest to the model, or ahead of it, among those that are not beaten.
pub(super) fn unbeaten(contests: &[Contest]) -> Option<String> {
    let lead = |contest: &Contest| contest.advantage.map_or(f64::NEG_INFINITY, |advantage| advantage.value);
    let lost = contests.iter().filter(|contest| !contest.is_won());
    let worst = lost.min_by(|a, b| lead(a).total_cmp(&lead(b))).map(|contest| contest.baseline.clone());
    worst.or_else(|| contests.is_empty().then(|| "any baseline: none was compared".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn contest(baseline: &str, advantage: Option<(f64, f64, f64)>) -> Contest {
        let interval = |(value, low, high)| Interval { value, low, high };
        Contest {
            baseline: baseline.to_owned(),
            metric: "mae".to_owned(),
            ours: None,
            theirs: None,
            advantage: advantage.map(interval),
        }
    }

    #[test]
    fn an_interval_that_holds_zero_is_no_victory() {
        let won = contest("mean", Some((2.0, 1.0, 3.0)));
        let open = contest("table", Some((0.5, -0.1, 1.0)));
        let lost = contest("ewma", Some((-0.5, -1.0, -0.1)));
        assert_eq!(unbeaten(std::slice::from_ref(&won)), None);
        assert_eq!(unbeaten(&[won.clone(), open.clone()]), Some("table".to_owned()));
        assert_eq!(unbeaten(&[won, open, lost]), Some("ewma".to_owned()));
        let untold = contest("mean", None);
        assert_eq!(unbeaten(std::slice::from_ref(&untold)), Some("mean".to_owned()));
        assert!(untold.note().is_some_and(|note| note.contains("better than mean cannot be told")));
        assert!(unbeaten(&[]).is_some(), "nothing compared is nothing shown");
    }
}
