//! What a training has come to, in sentences.

use outrider_core::frame::Values;
use outrider_train::gates::Verdict;
use outrider_train::split::SplitKind;
use outrider_train::training::Trained;

use super::numbers::thousands;
use crate::report::numbers::{counted, short};

const MICROS_PER_S: f64 = 1e6;

/// The verdict in a plain sentence or two.
pub(super) fn verdict(trained: &Trained) -> String {
    let name = &trained.best().scored.name;
    let may = match (trained.may_decide(), trained.heads.iter().any(|head| head.judgement.accepted)) {
        (true, true) => "A person has accepted it all the same, so decisions may go by it.",
        (true, false) => "Decisions may go by it.",
        (false, _) => "No decision may go by it.",
    };
    let told = match trained.verdict() {
        Verdict::Credible => {
            format!(
                "The verdict is credible: {name} beats every baseline by more than luck explains, and nothing speaks against its data, its split or its shape."
            )
        }
        Verdict::NoBetterThan(baseline) => {
            format!(
                "The verdict is no better than a baseline: {name} is not shown to beat {baseline}, so that rule is the one to use."
            )
        }
        Verdict::Suspicious(reasons) => {
            format!(
                "The verdict is suspicious: the figures of {name} are not to be believed, for {}.",
                counted(reasons.len(), "reason")
            )
        }
    };
    format!("{told} {may}")
}

/// What must be known before the figures are believed, if anything.
pub(super) fn warning(trained: &Trained) -> Option<&'static str> {
    matches!(trained.split.kind, SplitKind::Random { .. }).then_some(
        "This is a random split: neighbours in time lie on both sides, so all figures are too good where time matters. Split by time to know what to expect.",
    )
}

/// How rows were used: names and values.
pub(super) fn split(trained: &Trained, rejected_rows: u64) -> Vec<(String, String)> {
    let split = &trained.split;
    let count = |rows: &Vec<usize>| thousands(rows.len());
    let rejected = usize::try_from(rejected_rows).unwrap_or(usize::MAX);
    let mut told = vec![
        ("kind", kind(trained)),
        ("rows", format!("{} used, {} rejected in reading", thousands(trained.data.rows()), thousands(rejected))),
        (
            "parts",
            format!("{} train, {} choose, {} judge", count(&split.train), count(&split.validation), count(&split.test)),
        ),
    ];
    if let SplitKind::Time { embargo_us } = split.kind {
        let span = short(embargo_us as f64 / MICROS_PER_S);
        told.push(("embargo", format!("{span} s before each cut: {} rows in no part", thousands(split.embargoed))));
    }
    told.push(("copies", format!("{} rows dropped since a later part holds a copy", thousands(split.copies_dropped))));
    told.push(("seed", trained.options.seed.to_string()));
    told.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
}

fn kind(trained: &Trained) -> String {
    match trained.split.kind {
        SplitKind::Time { .. } => "by time: what trains lies before what chooses, that before what judges".to_owned(),
        SplitKind::Random { .. } => "random: figures are too good where time matters".to_owned(),
        SplitKind::LeaveOut { group } => {
            format!(
                "leave one out: {} judges, and has not trained",
                left_out(trained).unwrap_or_else(|| format!("group {group}"))
            )
        }
    }
}

/// The name of the group that judges.
fn left_out(trained: &Trained) -> Option<String> {
    let column = trained.data.roles().group.as_deref()?;
    let row = *trained.split.test.first()?;
    match &trained.data.frame().column(column)?.values {
        Values::Word(words) => Some(format!("{column} {}", words.get(row)?)),
        _ => None,
    }
}

/// What a figure of this name means; none: nothing to say.
pub(super) fn meaning(figure: &str) -> Option<&'static str> {
    let told = match figure {
        "roc_auc" => "the chance that a positive row is ranked above another; 0.5 is luck, 1 is a reason for suspicion",
        "log_loss" => {
            "what the task goes by: the mean of -ln of the probability given to what happened; lower is better"
        }
        "pr_auc" => "precision averaged over recall; luck has the share of positives",
        "brier" => "the mean squared distance of the probability from what happened; lower is better",
        "calibration_error" => "how far probabilities lie from shares, tenth by tenth",
        "threshold" => "from which probability on a row is called positive",
        "accuracy" => "the share of right calls",
        "balanced_accuracy" => "the mean of the shares of right calls among positives and among the others",
        "precision" => "the share of positive calls that were right",
        "recall" => "the share of positives that were called so",
        "f1" => "the harmonic mean of precision and recall",
        "mae_ms" => "the mean distance of the median, ms",
        name if name.starts_with("pinball_") => {
            "what the task goes by: being too low costs the quantile, too high the rest, per ms; lower is better"
        }
        name if name.starts_with("coverage_") => {
            "the share of rows at or below the predicted quantile; the nearer to it, the better"
        }
        _ => return None,
    };
    Some(told)
}
