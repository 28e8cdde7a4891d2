//! How models did on groups that they had never seen, as tables and as JSON.

use std::fmt::Write as _;
use std::fs;
use std::io;
use std::path::Path;

use outrider_store::Reading;
use outrider_train::metrics::Interval;
use outrider_train::training::{EachOut, Scored};
use serde_json::{Value, json};

use super::outcome::{cell, figures, is_shown, is_shown_of_alarms, metrics};
use crate::commands::terminal;

/// The report's name in its folder.
const REPORT: &str = "leave_each_out.md";

/// Prints it, and writes it down in `folder`.
pub(super) fn tell(judged: &EachOut, reading: &Reading, command: &str, folder: &Path, json: bool) -> io::Result<()> {
    let text = text(judged, reading);
    fs::create_dir_all(folder)?;
    let path = folder.join(REPORT);
    fs::write(&path, format!("# {}, each group left out\n\n`{command}`\n\n```\n{text}```\n", judged.task.name))?;
    if json {
        return terminal::say(&format!("{}\n", value(judged)));
    }
    terminal::say(&format!("{text}No model is written: train one with --split time.\nReport: {}\n", path.display()))
}

fn text(judged: &EachOut, reading: &Reading) -> String {
    let label = judged.task.label.map_or(String::new(), |label| format!(" (label {label})"));
    let mut text = format!("{}{label}: {}\n\n", judged.task.name, judged.task.question);
    let _ = writeln!(
        text,
        "{} rows read, {} rejected, {} used; each of {} groups judges in its turn, unseen by what judges it\n",
        reading.rows, reading.rejected, judged.rows, judged.groups
    );
    let is_of_alarms = judged.models.iter().any(|model| model.figures.iter().any(|(name, ..)| name == "lead_min"));
    let is_shown = if is_of_alarms { is_shown_of_alarms } else { is_shown };
    text += &figures("model", is_shown, judged.models.iter());
    text += &figures("baseline", is_shown, judged.baselines.iter());
    for (model, baseline, advantage) in &judged.contests {
        let lead = cell(advantage.map(|lead| lead.value), advantage.as_ref());
        let _ = writeln!(text, "advantage of {model} over {baseline}: {lead}");
    }
    text
}

fn value(judged: &EachOut) -> Value {
    let of = |scored: &Scored| json!({ "name": scored.name, "metrics": metrics(scored) });
    let bounds = |advantage: &Option<Interval>| {
        advantage.map(|each| json!({ "value": each.value, "low": each.low, "high": each.high }))
    };
    let contest = |(model, baseline, advantage): &(String, String, Option<Interval>)| json!({ "model": model, "baseline": baseline, "advantage": bounds(advantage) });
    json!({
        "task": judged.task.name,
        "label": judged.task.label,
        "rows": judged.rows,
        "groups": judged.groups,
        "split": { "kind": "leave_each_out" },
        "models": judged.models.iter().map(of).collect::<Vec<_>>(),
        "baselines": judged.baselines.iter().map(of).collect::<Vec<_>>(),
        "contests": judged.contests.iter().map(contest).collect::<Vec<_>>(),
    })
}
