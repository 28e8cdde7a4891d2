//! `outrider predict`: what a model says of rows.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use outrider_core::frame::Frame;
use outrider_core::schema::FeatureKind;
use outrider_store::{ColumnKind, ModelFileError, Options, ReadError, read, read_model, read_once};
use outrider_train::tasks::{Target, model_kinds};
use outrider_train::training::{Predictor, PredictorError};
use serde_json::{Map, Value, json};
use thiserror::Error;

use crate::commands::terminal;

/// Bytes of rows on standard input or the command line, at most.
const INPUT_MAX: u64 = 1 << 30;

/// Predicts.
#[derive(Debug, Args)]
pub(super) struct Predict {
    /// What to predict; the model must be of this task
    task: String,
    /// The model, as `outrider train` wrote it
    #[arg(long, value_name = "ARTIFACT")]
    model: PathBuf,
    #[command(flatten)]
    rows: Rows,
}

/// Where rows come from.
#[derive(Debug, Args)]
pub(super) struct Rows {
    /// One row, as a JSON object
    #[arg(long, value_name = "JSON", conflicts_with = "data")]
    row: Option<String>,
    /// CSV, JSON lines or Parquet; left out, and without --row: JSON lines or CSV on standard input
    #[arg(long, value_name = "PATH", num_args = 1..)]
    data: Vec<PathBuf>,
}

/// Why nothing is said.
#[derive(Debug, Error)]
pub(super) enum PredictError {
    #[error(transparent)]
    Model(#[from] ModelFileError),
    #[error("{path}: {source}", path = path.display())]
    Predictor { path: PathBuf, source: PredictorError },
    #[error(transparent)]
    Predict(#[from] PredictorError),
    #[error("the model is of task {found:?}, expected {expected:?}; name the task of the model, or another model")]
    Task { found: &'static str, expected: String },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("--row: expected one JSON object, as {{\"size\": 1}}, found {0}")]
    Row(String),
    #[error("{rejected} of {rows} {} not fit and nothing was said of any; the first: {first}", if *rows == 1 { "row does" } else { "rows do" })]
    Rejected { rejected: u64, rows: u64, first: String },
    #[error("cannot write: {0}; is the disk full?")]
    Output(#[from] io::Error),
}

impl Predict {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.predict())
    }

    fn predict(&self) -> Result<(), PredictError> {
        let (predictor, reading) = predictor(&self.model)?;
        if predictor.task.name != self.task {
            return Err(PredictError::Task { found: predictor.task.name, expected: self.task.clone() });
        }
        let heads = predictor.predict(&self.rows.read(&reading)?)?;
        let said = |row: usize| heads.iter().map(|head| head[row]).collect::<Vec<f64>>();
        let lines = (0..heads[0].len()).map(|row| format!("{}\n", line(&predictor, &said(row))));
        Ok(terminal::say_lines(lines)?)
    }
}

/// The model at `path`, and how rows for it are read.
pub(super) fn predictor(path: &Path) -> Result<(Predictor, Options), PredictError> {
    let artifact = read_model(path)?;
    let predictor =
        Predictor::of(&artifact).map_err(|source| PredictError::Predictor { path: path.to_owned(), source })?;
    let reading = reading(model_kinds(predictor.task, &artifact.header().schema()));
    Ok((predictor, reading))
}

/// Columns read as they are known to be.
pub(super) fn reading(kinds: BTreeMap<String, FeatureKind>) -> Options {
    let kind = |kind| match kind {
        FeatureKind::Number => ColumnKind::Number,
        FeatureKind::Category => ColumnKind::Word,
    };
    Options { kinds: kinds.into_iter().map(|(name, is)| (name, kind(is))).collect(), ..Options::default() }
}

impl Rows {
    /// All rows, or none: rows that do not fit are an error.
    pub(super) fn read(&self, options: &Options) -> Result<Frame, PredictError> {
        let (frame, reading) = match &self.row {
            Some(row) if !row.trim_start().starts_with('{') => {
                return Err(PredictError::Row(format!("{:?}", row.chars().take(40).collect::<String>())));
            }
            Some(row) => read_once("--row", &mut row.as_bytes(), INPUT_MAX, options)?,
            None if self.data.is_empty() => read_once("standard input", &mut io::stdin().lock(), INPUT_MAX, options)?,
            None => read(&self.data, options, &mut |_| ())?,
        };
        match reading.samples.first() {
            Some(first) => Err(PredictError::Rejected {
                rejected: reading.rejected,
                rows: reading.rows + reading.rejected,
                first: first.to_string(),
            }),
            None => Ok(frame),
        }
    }
}

fn line(predictor: &Predictor, said: &[f64]) -> Value {
    match predictor.task.target {
        Target::Probability => {
            let is_positive = predictor.threshold.map(|threshold| said[0] >= threshold);
            json!({ "probability": said[0], "is_positive": is_positive })
        }
        Target::Anything => json!({ "prediction": said[0] }),
        Target::Quantiles(quantiles) => {
            let named = |(quantile, ms): (&f64, &f64)| (format!("p{:.0}_ms", 100.0 * quantile), json!(ms));
            Value::Object(quantiles.iter().zip(said).map(named).collect::<Map<_, _>>())
        }
    }
}
