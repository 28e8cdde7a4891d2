//! `outrider atlas`: results of RIPE Atlas.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use outrider_store::{AtlasError, AtlasQuery, AtlasSettings, fetch_atlas, seconds_of};

use crate::commands::terminal;

/// Deals with RIPE Atlas.
#[derive(Debug, Args)]
pub(super) struct Atlas {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Fetch results of a measurement into a file, 4 hours at a time and in parallel. What was fetched before a failure is kept
    Fetch {
        /// The measurement; 1001 and 1010 ping root servers from all probes
        #[arg(long, value_name = "ID")]
        measurement: u64,
        /// From then on: a date, RFC 3339 (without a zone UTC), or seconds since 1970
        #[arg(long, value_name = "TIME", value_parser = time)]
        from: i64,
        /// Up to then, not included
        #[arg(long, value_name = "TIME", value_parser = time)]
        to: i64,
        /// Only these probes, separated by commas; left out: all, which are thousands
        #[arg(long, value_name = "IDS", value_delimiter = ',')]
        probes: Vec<u64>,
        /// Where to: a result on each line, as `outrider train degradation` and `outrider forecast` read them
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Where the API is
        #[arg(long, value_name = "URL", default_value = "https://atlas.ripe.net")]
        api: String,
        /// Tries for each part of 4 hours
        #[arg(long, value_name = "N", default_value_t = 4, value_parser = clap::value_parser!(u32).range(1..=20))]
        tries: u32,
    },
}

/// Seconds since 1970 of a time as a person writes it.
pub(super) fn time(text: &str) -> Result<i64, String> {
    seconds_of(text).ok_or_else(|| {
        "expected a date as 2026-01-31, RFC 3339 as 2026-01-31T12:00:00Z, or seconds since 1970".to_owned()
    })
}

impl Atlas {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.fetch())
    }

    fn fetch(&self) -> Result<(), AtlasError> {
        let Command::Fetch { measurement, from, to, probes, out, api, tries } = &self.command;
        let query = AtlasQuery {
            api: api.clone(),
            measurement: *measurement,
            from_s: *from,
            to_s: *to,
            probes: probes.clone(),
        };
        let settings = AtlasSettings { tries: *tries, ..AtlasSettings::default() };
        let mut told = |done: usize, of: usize| terminal::complain(&format!("{done} of {of} parts are there"));
        fetch_atlas(&query, &settings, out, &mut told)
    }
}
