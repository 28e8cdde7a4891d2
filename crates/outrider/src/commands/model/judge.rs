//! `outrider model judge`: a model that is there already, before the gates.

use std::io;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use outrider_infer::PartsError;
use outrider_store::{ModelFileError, ReadError, read, read_model, write_model};
use outrider_train::tasks::model_kinds;
use outrider_train::training::{Options, Predictor, PredictorError, SplitChoice, TrainingError, judge_model};
use thiserror::Error;

use crate::commands::predict::reading;
use crate::commands::terminal;
use crate::commands::train::prices::{self, PricesError};
use crate::commands::train::{outcome, split};

/// Lets rows judge a model.
#[derive(Debug, Args)]
pub(super) struct Judge {
    /// The model, as `outrider model import` or `outrider train` wrote it
    #[arg(value_name = "ARTIFACT")]
    model: PathBuf,
    /// Rows with labels, best of later than its training: CSV, JSON lines or Parquet, gzipped or not
    #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
    data: Vec<PathBuf>,
    /// Price list of the platforms, YAML, for the task placement; left out: the one that the model was trained with
    #[arg(long, value_name = "FILE")]
    prices: Option<PathBuf>,
    /// Where the judged model goes; left out: in the place of the model
    #[arg(long, value_name = "ARTIFACT")]
    out: Option<PathBuf>,
    /// How rows are split: as of `outrider train`
    #[arg(long, value_name = "HOW", value_parser = split)]
    split: Option<SplitChoice>,
    /// All luck: the same model, data and seed give the same verdict
    #[arg(long, value_name = "N", default_value_t = 1)]
    seed: u64,
    /// Take what the gates find suspicious upon yourself; the model says so for ever
    #[arg(long)]
    accept_suspicious: bool,
    /// Print one JSON object instead of tables
    #[arg(long)]
    json: bool,
}

/// Why there is no verdict.
#[derive(Debug, Error)]
enum JudgeError {
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    #[error("{path}: {source}", path = path.display())]
    Predictor { path: PathBuf, source: PredictorError },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Prices(#[from] PricesError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Parts(#[from] PartsError),
    #[error("cannot write: {0}; is the disk full?")]
    Output(#[from] io::Error),
}

impl Judge {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.judge())
    }

    fn judge(&self) -> Result<(), JudgeError> {
        let artifact = read_model(&self.model)?;
        let predictor =
            Predictor::of(&artifact).map_err(|source| JudgeError::Predictor { path: self.model.clone(), source })?;
        let kinds = reading(model_kinds(predictor.task, &artifact.header().schema()));
        let (rows, reading) = read(&self.data, &kinds, &mut |_| ())?;
        let own = &artifact.header().lineage.parameters;
        let (rows, remembered) = prices::by_list(predictor.task, rows, self.prices.as_deref(), Some(own))?;
        let options = Options { remembered, ..self.options() };
        let judged = judge_model(predictor, &artifact.header().schema(), &rows, &options)?;
        let out: &Path = self.out.as_deref().unwrap_or(&self.model);
        write_model(&judged.on(&artifact)?, out)?;
        Ok(outcome::tell(&judged, &reading, Some((out, None)), None, self.json)?)
    }

    fn options(&self) -> Options {
        Options {
            split: self.split.clone().unwrap_or_default(),
            seed: self.seed,
            accept_suspicious: self.accept_suspicious,
            ..Options::default()
        }
    }
}
