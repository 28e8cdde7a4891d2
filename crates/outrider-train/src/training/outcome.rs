//! What a training has come to.

use std::collections::BTreeMap;
use std::time::Duration;

use outrider_core::frame::{Frame, Values};
use outrider_infer::Model;

use super::Options;
use super::replay::Replay;
use super::scoring::Figure;
use crate::dataset::Dataset;
use crate::gates::{Baseline, Decile, Judgement, Verdict, by_load_decile};
use crate::metrics::{Metric, Sample};
use crate::split::Split;
use crate::tasks::{Fitted, Task};

/// All that a training has come to.
#[derive(Debug)]
pub struct Trained {
    /// Of what.
    pub task: &'static Task,
    /// What it was told.
    pub options: Options,
    /// Numbers that features are made with.
    pub fitted: Fitted,
    /// The rows, with their features.
    pub data: Dataset,
    /// What each row was for.
    pub split: Split,
    /// Labels by group.
    pub labels: BTreeMap<String, Labels>,
    /// The models.
    pub candidates: Vec<Candidate>,
    /// Models that could not be made, and why, a sentence each.
    pub failures: Vec<String>,
    /// What the data says besides.
    pub remarks: Vec<String>,
    /// The one that did best on rows that choose.
    pub best: usize,
    /// The verdict on each of its heads.
    pub heads: Vec<Head>,
    /// How baselines did, head by head.
    pub baselines: Vec<Scored>,
    /// Features of the best by what shuffling them costs.
    pub importances: Vec<(String, f64)>,
    /// What it would have come to, had policies decided; `None` where rows are no trial.
    pub replay: Option<Replay>,
}

/// Labels of a group.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Labels {
    /// Rows.
    pub rows: usize,
    /// Those with the label 1; `None`: labels are amounts.
    pub positive: Option<usize>,
}

/// A name and its figures on rows that judge.
#[derive(Clone, Debug, PartialEq)]
pub struct Scored {
    /// Of a model or a baseline.
    pub name: String,
    /// Name, value and interval of each.
    pub figures: Vec<Figure>,
}

/// A model, and how it did.
#[derive(Clone, Debug)]
pub struct Candidate {
    /// Its name and figures.
    pub scored: Scored,
    /// The sum of the task's losses on rows that choose.
    pub validation: Option<f64>,
    /// The mean loss on rows that choose before the first tree and after each, head by head, as its trainer has it: of quantiles, of
    /// logarithms. Empty unless it is boosted.
    pub validation_losses: Vec<Vec<f64>>,
    /// Of an ensemble: its members with their shares.
    pub members: Option<String>,
    /// How long training took.
    pub took: Duration,
    /// From which probability on a row is called positive, chosen on rows that choose.
    pub threshold: Option<f64>,
    /// What it says of rows that trained, head by head.
    pub train_scores: Vec<Vec<f64>>,
    /// What it says of rows that judge, head by head.
    pub test_scores: Vec<Vec<f64>>,
    /// The model.
    pub model: Model,
}

/// One thing that a model says, and what the gates say of it.
#[derive(Clone, Debug)]
pub struct Head {
    /// What it goes by.
    pub metric: Metric,
    /// What the gates say.
    pub judgement: Judgement,
    /// What each baseline says of rows that judge.
    pub baselines: Vec<Baseline>,
    /// The metric by deciles of load; empty without one.
    pub deciles: Vec<Decile>,
}

impl Trained {
    /// The best model.
    pub fn best(&self) -> &Candidate {
        &self.candidates[self.best]
    }

    /// The verdict on the worst of its heads.
    pub fn verdict(&self) -> &Verdict {
        let severity = |head: &&Head| match head.judgement.verdict {
            Verdict::Credible => 0,
            Verdict::NoBetterThan(_) => 1,
            Verdict::Suspicious(_) => 2,
        };
        &self.heads.iter().max_by_key(severity).expect("a model has a head").judgement.verdict
    }

    /// The verdict as reports have it.
    pub fn verdict_text(&self) -> String {
        match self.verdict() {
            Verdict::NoBetterThan(baseline) => format!("no_better_than {baseline}"),
            other => other.name().to_owned(),
        }
    }

    /// Why it is not credible, a sentence each, of all heads.
    pub fn reasons(&self) -> Vec<String> {
        let mut reasons: Vec<String> = Vec::new();
        for reason in self.heads.iter().flat_map(|head| head.judgement.verdict.reasons()) {
            if !reasons.contains(&reason) {
                reasons.push(reason);
            }
        }
        reasons
    }

    /// Whether no model is to be written: it is suspicious, and nobody has taken that upon themselves.
    pub fn is_refused(&self) -> bool {
        let refused =
            |head: &Head| matches!(head.judgement.verdict, Verdict::Suspicious(_)) && !head.judgement.accepted;
        self.heads.iter().any(refused)
    }

    /// Whether decisions may go by it.
    pub fn may_decide(&self) -> bool {
        self.heads.iter().all(|head| head.judgement.may_decide())
    }

    /// What a reader must know besides.
    pub fn notes(&self) -> Vec<String> {
        let mut notes = [&self.failures[..], &self.remarks].concat();
        for note in self.heads.iter().flat_map(|head| &head.judgement.notes) {
            if !notes.contains(note) {
                notes.push(note.clone());
            }
        }
        notes
    }
}

/// Labels by the group of `task`, and of all rows under `all`.
pub(super) fn labels(task: &Task, rows: &Frame, data: &Dataset) -> BTreeMap<String, Labels> {
    let is_two_class = data.is_two_class();
    let column = rows.column(task.groups).map(|column| &column.values);
    let mut labels: BTreeMap<String, Labels> = BTreeMap::new();
    for row in 0..data.rows() {
        let positive = is_two_class.then(|| usize::from(data.labels()[row] == 1.0));
        let group = match column {
            Some(Values::Word(words)) => Some(words.get(row).unwrap_or("none").to_owned()),
            _ => None,
        };
        for name in group.into_iter().chain(["all".to_owned()]) {
            let counted = labels.entry(name).or_insert(Labels { rows: 0, positive: is_two_class.then_some(0) });
            counted.rows += 1;
            counted.positive = counted.positive.zip(positive).map(|(sum, one)| sum + one);
        }
    }
    labels
}

/// The numbers of a column, for some rows.
pub(super) fn numbers_of(data: &Dataset, name: &str, rows: &[usize]) -> Option<Vec<f64>> {
    match &data.frame().column(name)?.values {
        Values::Number(numbers) => Some(rows.iter().map(|&row| numbers[row]).collect()),
        _ => None,
    }
}

/// The metric by deciles of load, if that is known.
pub(super) fn deciles(
    load: Option<&[f64]>,
    data: &Dataset,
    split: &Split,
    scores: &[f64],
    metric: Metric,
) -> Vec<Decile> {
    let labels: Vec<f64> = split.test.iter().map(|&row| data.labels()[row]).collect();
    load.map_or_else(Vec::new, |load| by_load_decile(load, &Sample::new(&labels, scores), metric))
}
