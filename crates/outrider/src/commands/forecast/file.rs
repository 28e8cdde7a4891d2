//! The file between the refresh and those who ask: replaced whole, so that a reader has the old one or the new one.

use std::fs::File;
use std::io::{self, ErrorKind, Read, Write};
use std::path::{Path, PathBuf};

use outrider_store::replace;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A forecast of more bytes is none of ours.
const BYTES_MAX: u64 = 64 << 20;

/// What was last forecast, and what has gone wrong since.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Latest {
    /// When the forecast was made, seconds since 1970; none: never yet.
    pub(super) made_at_s: Option<f64>,
    /// The model.
    pub(super) model: String,
    /// What its gates say.
    pub(super) verdict: String,
    /// Links by name.
    pub(super) links: Vec<LinkForecast>,
    /// Links that are lost now, so that nothing is forecast of them.
    #[serde(default)]
    pub(super) lost: Vec<LostLink>,
    /// Links whose last hour holds too few samples for a forecast.
    #[serde(default)]
    pub(super) too_little_history: Vec<ThinLink>,
    /// Samples that were later than the refresh, and left out.
    #[serde(default)]
    pub(super) samples_ahead: usize,
    /// The last refresh, if it failed: then all above is of the last good one.
    pub(super) failed: Option<Failure>,
}

/// What is forecast of a link.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LinkForecast {
    pub(super) link: String,
    /// When its last answered sample was taken, seconds since 1970: the forecast is for five minutes later.
    pub(super) sampled_at_s: f64,
    /// When its last sample was taken, answered or lost, seconds since 1970.
    #[serde(default)]
    pub(super) newest_sample_at_s: f64,
    /// Samples that were lost since the last answered one.
    #[serde(default)]
    pub(super) lost_samples: usize,
    /// That it will be degraded, 0 to 1.
    pub(super) probability: f64,
}

/// A link whose last samples are lost.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct LostLink {
    pub(super) link: String,
    /// When the first of them was taken, seconds since 1970.
    pub(super) lost_since_s: f64,
    /// When the last one was.
    pub(super) newest_sample_at_s: f64,
    /// How many there are in a row.
    pub(super) lost_samples: usize,
}

/// A link of which too little is known.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct ThinLink {
    pub(super) link: String,
    /// When its last sample was taken, seconds since 1970.
    pub(super) newest_sample_at_s: f64,
}

/// A refresh that failed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Failure {
    /// When, seconds since 1970.
    pub(super) at_s: f64,
    /// Which step: model, source, predict.
    pub(super) step: String,
    /// A sentence.
    pub(super) why: String,
}

/// Why the file cannot be used.
#[derive(Debug, Error)]
pub(super) enum ForecastFileError {
    #[error("{path}: {source}; is the path right, and may you use it?", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{path} is no forecast: {source}; name the file that `outrider forecast run` writes", path = path.display())]
    Content { path: PathBuf, source: serde_json::Error },
    #[error("{path} is larger than a forecast can be; name the file that `outrider forecast run` writes", path = .0.display())]
    Large(PathBuf),
}

/// What lies at `path`; none: no forecast was made yet.
pub(super) fn read(path: &Path) -> Result<Option<Latest>, ForecastFileError> {
    Ok(read_any(path)?.filter(|latest| latest.made_at_s.is_some()))
}

/// The same, with failures before the first forecast.
pub(super) fn read_any(path: &Path) -> Result<Option<Latest>, ForecastFileError> {
    let io_error = |source| ForecastFileError::Io { path: path.to_owned(), source };
    let file = match File::open(path) {
        Err(error) if error.kind() == ErrorKind::NotFound => return Ok(None),
        opened => opened.map_err(io_error)?,
    };
    let mut bytes = Vec::new();
    file.take(BYTES_MAX + 1).read_to_end(&mut bytes).map_err(io_error)?;
    if bytes.len() as u64 > BYTES_MAX {
        return Err(ForecastFileError::Large(path.to_owned()));
    }
    let content = |source| ForecastFileError::Content { path: path.to_owned(), source };
    serde_json::from_slice(&bytes).map(Some).map_err(content)
}

/// Puts `latest` in the place of what was at `path`.
pub(super) fn write(latest: &Latest, path: &Path) -> Result<(), ForecastFileError> {
    let text = serde_json::to_string_pretty(latest).expect("a forecast is plain data");
    let written = replace(path, |file| file.write_all(text.as_bytes()));
    written.map_err(|source| ForecastFileError::Io { path: path.to_owned(), source })
}
