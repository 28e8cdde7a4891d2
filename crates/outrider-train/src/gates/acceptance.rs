//! What a task would have a model be like before it is taken: bounds within which it is as it should be, and others beyond which it is refused.
//! Every check is told, met or not.

use std::fmt;

use outrider_core::frame::Values;

use super::shape::{CONTRIBUTES, shares};
use super::{Evidence, Rules};
use crate::metrics::{Confusion, Sample};

/// From here on a probability calls a row positive.
const THRESHOLD: f64 = 0.5;

/// Bounds of a model of two classes. Of two bounds of one thing, the first is as it should be, and beyond the second it is refused.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Acceptance {
    /// The share of rows called right, from and to.
    pub accuracy: (f64, f64),
    /// The same, beyond which it is refused: less is bad data, more a lookup table.
    pub accuracy_at_all: (f64, f64),
    /// How much larger that share may be on rows that trained.
    pub gap: (f64, f64),
    /// The share of all importance that one feature may have.
    pub top_share: (f64, f64),
    /// How many features must contribute.
    pub contributing: usize,
    /// The column of words within whose groups the label should vary.
    pub varies_within: &'static str,
    /// The share of rows with the label 1 in each of them, from and to.
    pub share: (f64, f64),
}

/// How a check went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum State {
    Met,
    Missed,
    Failed,
}

/// One check, as a sentence.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Check {
    state: State,
    told: String,
}

impl Check {
    /// Whether the model is to be refused.
    pub(super) fn has_failed(&self) -> bool {
        self.state == State::Failed
    }

    /// `missed` beyond what should be, `failed` beyond what may.
    fn new(missed: bool, failed: bool, told: String) -> Check {
        let state = match (missed, failed) {
            (_, true) => State::Failed,
            (true, false) => State::Missed,
            (false, false) => State::Met,
        };
        Check { state, told }
    }
}

impl fmt::Display for Check {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let state = match self.state {
            State::Met => "met",
            State::Missed => "missed, within what is bearable",
            State::Failed => "not met",
        };
        write!(f, "acceptance: {}: {state}", self.told)
    }
}

/// All checks of the task, if it has any.
pub(super) fn checks(rules: &Rules, evidence: &Evidence) -> Vec<Check> {
    let Some(bounds) = rules.shape.acceptance else { return Vec::new() };
    let (train, test) = (evidence.train(), evidence.test());
    let of_train = accuracy(&train.sample(evidence.train_scores));
    let of_test = accuracy(&test.sample(evidence.test_scores));
    let mut checks = Vec::new();
    checks.extend(of_test.map(|accuracy| right(&bounds, accuracy)));
    checks.extend(of_train.zip(of_test).map(|(train, test)| gap(&bounds, train, test)));
    checks.extend(top(&bounds, evidence.importances));
    checks.push(contributing(&bounds, evidence.importances));
    checks.extend(groups(&bounds, evidence));
    checks
}

fn accuracy(sample: &Sample) -> Option<f64> {
    Confusion::at(sample, THRESHOLD).accuracy()
}

fn right(bounds: &Acceptance, accuracy: f64) -> Check {
    let beyond = |(from, to): (f64, f64)| accuracy < from || accuracy > to;
    let ((from, to), (least, most)) = (bounds.accuracy, bounds.accuracy_at_all);
    let told = format!(
        "accuracy {accuracy:.4} at a probability of {THRESHOLD}, expected {from} to {to} (below {least} the data is bad, above {most} a lookup table would do)"
    );
    Check::new(beyond(bounds.accuracy), beyond(bounds.accuracy_at_all), told)
}

fn gap(bounds: &Acceptance, train: f64, test: f64) -> Check {
    let ((good, most), gap) = (bounds.gap, train - test);
    let told = format!(
        "accuracy on rows that trained {train:.4}, {gap:.4} more, expected below {good} (above {most} it is overfit)"
    );
    Check::new(gap >= good, gap > most, told)
}

fn top(bounds: &Acceptance, importances: &[(String, f64)]) -> Option<Check> {
    let (name, share) = shares(importances).first().copied()?;
    let (good, most) = bounds.top_share;
    let told = format!("the share of the top feature {name:?} {share:.4}, expected below {good} (at most {most})");
    Some(Check::new(share >= good, share > most, told))
}

fn contributing(bounds: &Acceptance, importances: &[(String, f64)]) -> Check {
    let found = shares(importances).iter().filter(|(_, share)| *share >= CONTRIBUTES).count();
    let is_short = found < bounds.contributing;
    Check::new(is_short, is_short, format!("{found} features contribute, expected at least {}", bounds.contributing))
}

/// The share of the label 1 in each group.
fn groups(bounds: &Acceptance, evidence: &Evidence) -> Vec<Check> {
    let column = evidence.data.frame().column(bounds.varies_within).map(|column| &column.values);
    let Some(Values::Word(words)) = column else { return Vec::new() };
    let group = |(code, name): (u32, &String)| {
        let rows = words.codes.iter().zip(evidence.data.labels()).filter(|(other, _)| **other == code);
        let (count, positive) = rows.fold((0usize, 0.0), |(count, sum), (_, label)| (count + 1, sum + label));
        (count > 0).then(|| share(bounds, name, positive / count as f64))
    };
    (0..).zip(&words.dictionary).filter_map(group).collect()
}

fn share(bounds: &Acceptance, name: &str, share: f64) -> Check {
    let (from, to) = bounds.share;
    let is_beyond = !(from..=to).contains(&share);
    let told = format!("label 1 in {share:.4} of {} {name:?}, expected {from} to {to}", bounds.varies_within);
    Check::new(is_beyond, is_beyond, told)
}
