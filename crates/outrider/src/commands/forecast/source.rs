//! Where round trips come from: files, or a measurement of RIPE Atlas whose last hours are kept beside the forecast.

use std::path::{Path, PathBuf};
use std::time::Duration;

use clap::Args;
use outrider_lab::Stop;
use outrider_store::{AtlasError, AtlasQuery, AtlasSettings, update_atlas};
use thiserror::Error;

use super::span;

const HOUR_S: i64 = 3_600;

/// Files or a measurement.
#[derive(Clone, Debug, Args)]
pub(super) struct Source {
    /// Round trips: ping results of RIPE Atlas, CSV, JSON lines or Parquet; files or folders, read anew each time
    #[arg(long, value_name = "PATH", num_args = 1..)]
    source: Vec<PathBuf>,
    /// A measurement of RIPE Atlas instead: its last hours are kept in OUT.atlas, and only what is new is fetched
    #[arg(long, value_name = "ID")]
    measurement: Option<u64>,
    /// Only these probes, separated by commas; left out: all, which are thousands
    #[arg(long, value_name = "IDS", value_delimiter = ',', requires = "measurement")]
    probes: Vec<u64>,
    /// How far back; features look back a day
    #[arg(long, value_name = "N", default_value_t = 24, value_parser = clap::value_parser!(u16).range(1..=720), requires = "measurement")]
    hours: u16,
    /// Where the API is
    #[arg(long, value_name = "URL", default_value = "https://atlas.ripe.net", requires = "measurement")]
    api: String,
    /// Tries for each part of 4 hours
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20), requires = "measurement")]
    tries: u32,
    /// For each try
    #[arg(long, value_name = "SPAN", default_value = "80s", value_parser = span, requires = "measurement")]
    timeout: Duration,
}

/// Why there are no round trips.
#[derive(Debug, Error)]
pub(super) enum SourceError {
    #[error("--source and --measurement exclude each other; name the files or the measurement")]
    Both,
    #[error("nothing says where round trips come from; give --source with files, or --measurement with its number")]
    Neither,
    #[error(transparent)]
    Atlas(#[from] AtlasError),
    #[error("measurement {measurement} has no results of the last {hours} hours; are measurement and probes right?")]
    Nothing { measurement: u64, hours: u16 },
}

impl Source {
    /// Whether it says one thing.
    pub(super) fn check(&self) -> Result<(), SourceError> {
        match (self.source.is_empty(), self.measurement) {
            (false, Some(_)) => Err(SourceError::Both),
            (true, None) => Err(SourceError::Neither),
            _ => Ok(()),
        }
    }

    /// The files to read at `now_s`, once what is new is there.
    pub(super) fn files(&self, out: &Path, now_s: f64, stop: &Stop) -> Result<Vec<PathBuf>, SourceError> {
        let Some(measurement) = self.measurement else { return Ok(self.source.clone()) };
        #[allow(clippy::cast_possible_truncation)] // seconds since 1970
        let to_s = now_s as i64;
        let query = AtlasQuery {
            api: self.api.clone(),
            measurement,
            from_s: to_s - i64::from(self.hours) * HOUR_S,
            to_s,
            probes: self.probes.clone(),
        };
        let settings = AtlasSettings { tries: self.tries, timeout: self.timeout, ..AtlasSettings::default() };
        let files = update_atlas(&query, &settings, &out.with_added_extension("atlas"), stop.stopped())?;
        if files.is_empty() { Err(SourceError::Nothing { measurement, hours: self.hours }) } else { Ok(files) }
    }
}
