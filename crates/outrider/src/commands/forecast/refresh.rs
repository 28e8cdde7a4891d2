//! One refresh: model, source, prediction, file. Where a step fails the last good forecast stays, and says so.

use std::path::PathBuf;

use outrider_infer::artifact::Artifact;
use outrider_lab::Stop;
use outrider_store::{AtlasError, Options, read, read_model};
use outrider_train::training::Predictor;
use thiserror::Error;

use super::file::{self, Failure, ForecastFileError, Latest};
use super::outcome;
use super::source::{Source, SourceError};

const TASK: &str = "degradation";

/// What is read and written.
pub(super) struct Refresh {
    pub(super) model: PathBuf,
    pub(super) source: Source,
    pub(super) out: PathBuf,
    /// The present, seconds since 1970, where it is not that of the clock.
    pub(super) now: Option<i64>,
}

/// Why there is no new forecast.
#[derive(Debug, Error)]
pub(super) enum RefreshError {
    #[error("step {step} failed, and the last good forecast, if there is one, stays: {why}")]
    Step { step: &'static str, why: String },
    #[error("it was told to stop before there was a new forecast")]
    Stopped,
    #[error(transparent)]
    File(#[from] ForecastFileError),
}

impl Refresh {
    /// Writes what is forecast at `now_s`, or keeps what was there with a word on what failed.
    pub(super) fn refresh(&self, now_s: f64, stop: &Stop) -> Result<(), RefreshError> {
        let error = match self.latest(now_s, stop) {
            Ok(latest) => return Ok(file::write(&latest, &self.out)?),
            Err(error) => error,
        };
        if let RefreshError::Step { step, why } = &error {
            let mut kept = file::read_any(&self.out)?.unwrap_or_default();
            kept.failed = Some(Failure { at_s: now_s, step: (*step).to_owned(), why: why.clone() });
            file::write(&kept, &self.out)?;
        }
        Err(error)
    }

    fn latest(&self, now_s: f64, stop: &Stop) -> Result<Latest, RefreshError> {
        let (artifact, predictor) = self.model()?;
        let files = self.source.files(&self.out, now_s, stop).map_err(|error| match error {
            SourceError::Atlas(AtlasError::Stopped) => RefreshError::Stopped,
            error => step("source", &error),
        })?;
        let read = read(&files, &Options::default(), &mut |_| ());
        let (frame, _) = read.map_err(|error| step("source", &error))?;
        let features = predictor.features(&frame).map_err(|error| step("source", &error))?;
        let said = predictor.model.predict(&features).map_err(|error| step("predict", &error))?;
        let mut latest = Latest {
            made_at_s: Some(now_s),
            model: self.model.display().to_string(),
            verdict: artifact.header().gate.verdict.clone(),
            ..Latest::default()
        };
        outcome::sort(&features, &said[0], now_s, &mut latest);
        Ok(latest)
    }

    fn model(&self) -> Result<(Artifact, Predictor), RefreshError> {
        let artifact = read_model(&self.model).map_err(|error| step("model", &error))?;
        let predictor = Predictor::of(&artifact).map_err(|error| step("model", &error))?;
        if predictor.task.name == TASK {
            return Ok((artifact, predictor));
        }
        let found = predictor.task.name;
        Err(RefreshError::Step { step: "model", why: format!("it is of task {found:?}, expected {TASK:?}") })
    }
}

fn step(step: &'static str, error: &dyn std::fmt::Display) -> RefreshError {
    RefreshError::Step { step, why: error.to_string() }
}
