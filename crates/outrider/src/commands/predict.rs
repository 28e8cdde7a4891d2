//! `outrider predict`: what a model says of rows.

use std::fs::OpenOptions;
use std::io::{self, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use outrider_core::frame::Frame;
use outrider_store::{ModelFileError, ReadError, read, read_model};
use outrider_train::tasks::Target;
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
    #[error("rows cannot be read: {0}")]
    Input(io::Error),
    #[error("{rejected} of {rows} rows do not fit and nothing was said of any; the first: {first}")]
    Rejected { rejected: u64, rows: u64, first: String },
    #[error("cannot write: {0}; is the disk full?")]
    Output(#[from] io::Error),
}

impl Predict {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.predict())
    }

    fn predict(&self) -> Result<(), PredictError> {
        let predictor = predictor(&self.model)?;
        if predictor.task.name != self.task {
            return Err(PredictError::Task { found: predictor.task.name, expected: self.task.clone() });
        }
        let heads = predictor.predict(&self.rows.read()?)?;
        let mut out = io::BufWriter::new(io::stdout().lock());
        for row in 0..heads[0].len() {
            let said: Vec<f64> = heads.iter().map(|head| head[row]).collect();
            writeln!(out, "{}", line(&predictor, &said))?;
        }
        Ok(out.flush()?)
    }
}

/// The model at `path`.
pub(super) fn predictor(path: &Path) -> Result<Predictor, PredictError> {
    let artifact = read_model(path)?;
    Predictor::of(&artifact).map_err(|source| PredictError::Predictor { path: path.to_owned(), source })
}

impl Rows {
    /// All rows, or none: rows that do not fit are an error.
    pub(super) fn read(&self) -> Result<Frame, PredictError> {
        if !self.data.is_empty() {
            return frame(&self.data);
        }
        let spool = match &self.row {
            Some(row) => Spool::of(&mut row.as_bytes()),
            None => Spool::of(&mut io::stdin().lock()),
        };
        let spool = spool.map_err(PredictError::Input)?;
        frame(std::slice::from_ref(&spool.0))
    }
}

fn frame(paths: &[PathBuf]) -> Result<Frame, PredictError> {
    let (frame, reading) = read(paths, &outrider_store::Options::default(), &mut |_| ())?;
    match reading.samples.first() {
        Some(first) => Err(PredictError::Rejected {
            rejected: reading.rejected,
            rows: reading.rows + reading.rejected,
            first: first.to_string(),
        }),
        None => Ok(frame),
    }
}

/// A file for what can be read only once, of its owner alone, gone when dropped.
struct Spool(PathBuf);

impl Spool {
    /// Holds all of `from`.
    fn of(from: &mut dyn io::Read) -> io::Result<Spool> {
        let path = std::env::temp_dir().join(format!("outrider-rows-{}", std::process::id()));
        // Never through what somebody else has put there.
        let mut file = OpenOptions::new().write(true).create_new(true).mode(0o600).open(&path)?;
        let spool = Spool(path);
        if io::copy(&mut io::Read::take(from, INPUT_MAX + 1), &mut file)? > INPUT_MAX {
            return Err(io::Error::other("more than 1 GiB; put them into a file and name it with --data"));
        }
        Ok(spool)
    }
}

impl Drop for Spool {
    fn drop(&mut self) {
        // In the folder for what may go away at any time.
        let _ = std::fs::remove_file(&self.0);
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
