//! `outrider model`: look into a model, bring one from elsewhere, have one judged.

mod import;
mod judge;

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Args, Subcommand};
use outrider_infer::artifact::{Artifact, Gate, Header};
use outrider_store::read_model;
use serde_json::{Map, Value, json};

use crate::commands::predict::{PredictError, Rows, predictor};
use crate::commands::terminal;

/// Looks into a model, brings one from elsewhere, has one judged.
#[derive(Debug, Args)]
pub(super) struct Model {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// What it is for, what it takes, what it was learnt from and what the gates say
    Show {
        /// The model, as `outrider train` wrote it
        #[arg(value_name = "ARTIFACT")]
        model: PathBuf,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
    /// What each feature adds to its predictions: a JSON object for each row
    Explain {
        /// The model, as `outrider train` wrote it
        #[arg(value_name = "ARTIFACT")]
        model: PathBuf,
        #[command(flatten)]
        rows: Rows,
    },
    /// Bring a model that XGBoost (JSON, UBJSON) or LightGBM (text) has trained; nothing decides by it before it is judged
    Import(import::Import),
    /// Let rows judge a model, as training does: gates and baselines; the verdict is written into the model
    Judge(judge::Judge),
}

impl Model {
    pub(super) fn run(&self) -> ExitCode {
        match &self.command {
            Command::Show { model, json } => terminal::finish(show(model, *json)),
            Command::Explain { model, rows } => terminal::finish(explain(model, rows)),
            Command::Import(import) => import.run(),
            Command::Judge(judge) => judge.run(),
        }
    }
}

fn show(path: &Path, json: bool) -> Result<(), PredictError> {
    let artifact = read_model(path)?;
    let header = artifact.header();
    let text = if json { format!("{}\n", as_json(header)) } else { as_text(&artifact) };
    Ok(terminal::say(&text)?)
}

fn as_json(header: &Header) -> Value {
    let mut value = serde_json::to_value(header).expect("a header is plain data");
    value["schema_hash"] = json!(format!("{:016x}", header.schema().hash()));
    value
}

fn as_text(artifact: &Artifact) -> String {
    let header = artifact.header();
    let mut text = format!("task      {}\nmodel     {} ({} rows)\n", header.task, header.model, header.rows);
    text += &gate(&header.gate);
    let _ = writeln!(text, "schema    {:016x}", header.schema().hash());
    for feature in &header.features {
        let words =
            if feature.dictionary.is_empty() { String::new() } else { format!(", {} words", feature.dictionary.len()) };
        let _ = writeln!(
            text,
            "          {} ({}, known at {}{words})",
            feature.name,
            feature.kind.name(),
            feature.known_at.name()
        );
    }
    for (name, value) in &header.metrics {
        let value = value.map_or("undefined".to_owned(), |value| format!("{value:.4}"));
        let _ = writeln!(text, "metric    {name} {value}");
    }
    for (name, value) in &header.lineage.parameters {
        let _ = writeln!(text, "told      {name}: {value}");
    }
    let _ = writeln!(text, "data      {}\nseed      {}", header.lineage.data_sha256, header.lineage.seed);
    for name in artifact.section_names() {
        let bytes = artifact.section(name).map_or(0, <[u8]>::len);
        let _ = writeln!(text, "section   {name}, {bytes} bytes");
    }
    text
}

/// What the gates say, and whether decisions go by it.
fn gate(gate: &Gate) -> String {
    let by_hand = if gate.accepted_by_hand { ", accepted by hand" } else { "" };
    let mut text = format!("verdict   {}{by_hand}\n", gate.verdict);
    gate.reasons.iter().for_each(|reason| _ = writeln!(text, "          - {reason}"));
    text + "decides   " + if gate.may_decide() { "yes" } else { "no" } + "\n"
}

fn explain(path: &Path, rows: &Rows) -> Result<(), PredictError> {
    let (predictor, reading) = predictor(path)?;
    let features = predictor.features(&rows.read(&reading)?)?;
    let explained = predictor.model.explain(&features).map_err(outrider_train::training::PredictorError::from)?;
    let mut text = String::new();
    for row in explained {
        let sum = row.sum();
        let mut features = row.features;
        features.sort_by(|a, b| b.1.abs().total_cmp(&a.1.abs()));
        let adds: Map<String, Value> = features.into_iter().map(|(name, adds)| (name, json!(adds))).collect();
        let _ = writeln!(text, "{}", json!({ "base": row.base, "adds": adds, "sum": sum }));
    }
    Ok(terminal::say(&text)?)
}
