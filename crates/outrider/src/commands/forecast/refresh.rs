//! One refresh: model, source, prediction, file. Where a step fails the last good forecast stays, and says so.

use std::collections::BTreeMap;
use std::path::PathBuf;

use outrider_core::frame::{Frame, NO_TIME, Values};
use outrider_infer::artifact::Artifact;
use outrider_lab::Stop;
use outrider_store::{AtlasError, Options, read, read_model};
use outrider_train::training::Predictor;
use thiserror::Error;

use super::file::{self, Failure, ForecastFileError, Latest, LinkForecast};
use super::source::{Source, SourceError};

const TASK: &str = "degradation";
/// Missing where the last hour of a link is too thin: nothing can be said then.
const NEEDED: &str = "rise_over_normal";

/// What is read and written.
pub(super) struct Refresh {
    pub(super) model: PathBuf,
    pub(super) source: Source,
    pub(super) out: PathBuf,
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
        let all = by_link(&features, &said[0]);
        let (links, without): (Vec<LinkForecast>, Vec<LinkForecast>) =
            all.into_iter().partition(|link| !link.probability.is_nan());
        Ok(Latest {
            made_at_s: Some(now_s),
            model: self.model.display().to_string(),
            verdict: artifact.header().gate.verdict.clone(),
            links,
            links_without: without.len(),
            failed: None,
        })
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

/// What is said of the last sample of each link; not a number where its hour is too thin.
fn by_link(features: &Frame, said: &[f64]) -> Vec<LinkForecast> {
    let values = |name: &str| features.column(name).map(|column| &column.values);
    let (Some(Values::Word(links)), Some(Values::Time(at_us)), Some(Values::Number(needed))) =
        (values("link"), values("at"), values(NEEDED))
    else {
        return Vec::new();
    };
    let mut last: BTreeMap<&str, usize> = BTreeMap::new();
    for row in (0..said.len()).filter(|&row| at_us[row] != NO_TIME) {
        let Some(link) = links.get(row) else { continue };
        let known = last.entry(link).or_insert(row);
        if at_us[row] > at_us[*known] {
            *known = row;
        }
    }
    let of = |(link, row): (&str, usize)| LinkForecast {
        link: link.to_owned(),
        sampled_at_s: at_us[row] as f64 / 1e6,
        probability: if needed[row].is_nan() { f64::NAN } else { said[row] },
    };
    last.into_iter().map(of).collect()
}
