//! What a training has come to, as tables and as JSON.

use std::fmt::Write as _;
use std::io;
use std::path::Path;

use outrider_store::Reading;
use outrider_train::gates::Contest;
use outrider_train::split::SplitKind;
use outrider_train::training::{Candidate, Labels, Replay, Scored, Trained};
use serde_json::{Map, Value, json};

use super::cost::Cost;
use crate::commands::terminal;

const US_PER_S: f64 = 1e6;

/// Prints it.
pub(in crate::commands) fn tell(
    trained: &Trained,
    reading: &Reading,
    artifact: Option<(&Path, Option<&Cost>)>,
    report: Option<&Path>,
    json: bool,
) -> io::Result<()> {
    if json {
        return terminal::say(&format!("{}\n", value(trained, reading, artifact)));
    }
    let mut text = rows(trained, reading);
    let is_shown = if trained.data.episodes().is_some() { is_shown_of_alarms } else { is_shown };
    text += &figures("model", is_shown, trained.candidates.iter().map(|candidate| &candidate.scored));
    text += &figures("baseline", is_shown, trained.baselines.iter());
    text += &contests(trained);
    text += &replay(trained);
    text += &verdict(trained);
    match artifact {
        Some((path, cost)) => {
            let _ = writeln!(text, "Model: {}", path.display());
            cost.iter().for_each(|cost| _ = writeln!(text, "  {cost}"));
        }
        None => text.push_str("No model is written.\n"),
    }
    report.iter().for_each(|folder| _ = writeln!(text, "Report: {}", folder.join("index.html").display()));
    terminal::say(&text)
}

fn rows(trained: &Trained, reading: &Reading) -> String {
    let split = &trained.split;
    let label = trained.task.label.map_or(String::new(), |label| format!(" (label {label})"));
    let mut text = format!("{}{label}: {}\n\n", trained.task.name, trained.task.question);
    let _ = writeln!(
        text,
        "{} rows read, {} rejected, {} used; split by {}: {} train, {} choose, {} judge ({} in the embargo, {} copies dropped)",
        reading.rows,
        reading.rejected,
        trained.data.rows(),
        split.kind.name(),
        split.train.len(),
        split.validation.len(),
        split.test.len(),
        split.embargoed,
        split.copies_dropped,
    );
    reading.samples.iter().for_each(|sample| _ = writeln!(text, "  rejected: {sample}"));
    if matches!(split.kind, SplitKind::Random { .. }) {
        text.push_str("The split is random: where neighbours in time are alike, figures are too good.\n");
    }
    text.push('\n');
    text
}

/// A table of the figures of all that have the same ones; a line each.
pub(super) fn figures<'a>(what: &str, is_shown: fn(&str) -> bool, scored: impl Iterator<Item = &'a Scored>) -> String {
    let mut text = String::new();
    let mut head: Vec<&str> = Vec::new();
    for scored in scored {
        let names: Vec<&str> =
            scored.figures.iter().map(|(name, ..)| name.as_str()).filter(|name| is_shown(name)).collect();
        if names != head {
            let _ = writeln!(text, "{what:32}{}", names.iter().map(|name| format!(" {name:>28}")).collect::<String>());
            head = names;
        }
        let shown = scored.figures.iter().filter(|(name, ..)| is_shown(name));
        let cells: String =
            shown.map(|(_, value, interval)| format!(" {:>28}", cell(*value, interval.as_ref()))).collect();
        let _ = writeln!(text, "{:32}{cells}", scored.name);
    }
    text + "\n"
}

/// What a table has room for; JSON and the report have all.
pub(super) fn is_shown(name: &str) -> bool {
    ["roc_auc", "log_loss", "pr_auc", "calibration_error"].contains(&name)
        || name.starts_with("pinball")
        || name.starts_with("coverage")
}

/// Where alarms are rare and early ones count.
pub(super) fn is_shown_of_alarms(name: &str) -> bool {
    ["pr_auc", "f1", "precision", "recall", "episodes", "warned_share", "lead_min"].contains(&name)
}

/// The best model against each baseline, where the task goes by alarms.
fn contests(trained: &Trained) -> String {
    if trained.data.episodes().is_none() {
        return String::new();
    }
    let contests = trained.heads.iter().flat_map(|head| &head.judgement.contests);
    let line = |contest: &Contest| {
        let lead = cell(contest.advantage.map(|lead| lead.value), contest.advantage.as_ref());
        format!("{} less that of {}: {lead}\n", contest.metric, contest.baseline)
    };
    format!("Advantage of {}\n{}\n", trained.best().scored.name, contests.map(line).collect::<String>())
}

/// What policies would have come to, where rows are a trial.
fn replay(trained: &Trained) -> String {
    let Some(replay) = &trained.replay else { return String::new() };
    let table = figures("policy", |_| true, replay.policies.iter());
    format!(
        "Replayed on {} rows that judge, each where it went ({} tell nothing); money and waiting in dollars per 1000 requests\n\n{table}",
        replay.rows, replay.left_out
    )
}

pub(super) fn cell(value: Option<f64>, interval: Option<&outrider_train::metrics::Interval>) -> String {
    match (value, interval) {
        (Some(value), Some(interval)) => format!("{value:.4} ({:.4} to {:.4})", interval.low, interval.high),
        (Some(value), None) => format!("{value:.4}"),
        (None, _) => "-".to_owned(),
    }
}

fn verdict(trained: &Trained) -> String {
    let mut text =
        format!("Best on rows that choose: {}. Verdict: {}\n", trained.best().scored.name, trained.verdict_text());
    trained.reasons().iter().for_each(|reason| _ = writeln!(text, "  - {reason}"));
    trained.notes().iter().for_each(|note| _ = writeln!(text, "  (note) {note}"));
    text + "\n"
}

fn value(trained: &Trained, reading: &Reading, artifact: Option<(&Path, Option<&Cost>)>) -> Value {
    let split = &trained.split;
    let cost = artifact.and_then(|(_, cost)| cost);
    let embargo_s = match split.kind {
        SplitKind::Time { embargo_us } => Some(embargo_us as f64 / US_PER_S),
        _ => None,
    };
    json!({
        "task": trained.task.name,
        "label": trained.task.label,
        "rows": trained.data.rows(),
        "rejected_rows": reading.rejected,
        "labels": labels(trained),
        "split": {
            "kind": split.kind.name(),
            "train": split.train.len(),
            "validation": split.validation.len(),
            "test": split.test.len(),
            "embargo_s": embargo_s,
        },
        "models": models(trained),
        "baselines": baselines(trained),
        "best": trained.best().scored.name,
        "replay": trained.replay.as_ref().map(replay_value),
        "verdict": trained.verdict_text(),
        "reasons": trained.reasons(),
        "notes": trained.notes(),
        "artifact": artifact.map(|(path, _)| path.display().to_string()),
        "artifact_bytes": cost.map(|cost| cost.bytes),
        "row_p50_us": cost.map(|cost| cost.row_p50_us),
        "row_p99_us": cost.map(|cost| cost.row_p99_us),
    })
}

fn replay_value(replay: &Replay) -> Value {
    let policy = |scored: &Scored| json!({ "name": scored.name, "metrics": metrics(scored) });
    json!({
        "rows": replay.rows,
        "left_out": replay.left_out,
        "policies": replay.policies.iter().map(policy).collect::<Vec<_>>(),
    })
}

fn labels(trained: &Trained) -> Map<String, Value> {
    let of = |labels: &Labels| json!({ "rows": labels.rows, "positive": labels.positive });
    trained.labels.iter().map(|(group, labels)| (group.clone(), of(labels))).collect()
}

fn models(trained: &Trained) -> Vec<Value> {
    let of = |candidate: &Candidate| {
        let scored = &candidate.scored;
        json!({ "name": scored.name, "metrics": metrics(scored), "train_s": candidate.took.as_secs_f64() })
    };
    trained.candidates.iter().map(of).collect()
}

/// One entry for each baseline, whatever its heads.
fn baselines(trained: &Trained) -> Vec<Value> {
    let mut all: Vec<(String, Map<String, Value>)> = Vec::new();
    for scored in &trained.baselines {
        match all.iter_mut().find(|(name, _)| *name == scored.name) {
            Some((_, known)) => known.extend(metrics(scored)),
            None => all.push((scored.name.clone(), metrics(scored))),
        }
    }
    all.into_iter().map(|(name, metrics)| json!({ "name": name, "metrics": metrics })).collect()
}

pub(super) fn metrics(scored: &Scored) -> Map<String, Value> {
    let mut metrics = Map::new();
    for (name, value, interval) in &scored.figures {
        metrics.insert(name.clone(), json!(value));
        if let Some(interval) = interval {
            metrics.insert(format!("{name}_low"), json!(interval.low));
            metrics.insert(format!("{name}_high"), json!(interval.high));
        }
    }
    metrics
}
