//! `outrider forecast`: the latest forecast per link, written by a background refresh and only ever read by whoever asks.

mod file;
mod keep_on;
mod outcome;
mod refresh;
mod show;
mod source;

use std::path::PathBuf;
use std::process::ExitCode;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};

use crate::commands::atlas::time;
use crate::commands::terminal;
use crate::config::units::parse_duration;
use refresh::Refresh;

/// The exit code of a question that came before the first forecast.
const NOT_YET: u8 = 3;

/// Forecasts.
#[derive(Debug, Args)]
pub(super) struct Forecast {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Write the forecast of every link into a file, again and again; where that fails the last good one stays
    Run(Run),
    /// Say what was last forecast. Exit code 3: nothing yet
    Show {
        /// Where forecasts are written
        #[arg(long, value_name = "FILE", default_value = "outrider-forecast.json")]
        file: PathBuf,
        #[command(flatten)]
        bounds: show::Bounds,
        /// As it was then, for replays: a date, RFC 3339 (without a zone UTC), or seconds since 1970
        #[arg(long, value_name = "TIME", value_parser = time)]
        now: Option<i64>,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

/// Keeps a forecast up to date.
#[derive(Clone, Debug, Args)]
struct Run {
    /// A model of degradation, as `outrider train` wrote it
    #[arg(long, value_name = "ARTIFACT")]
    model: PathBuf,
    #[command(flatten)]
    source: source::Source,
    /// Where forecasts are written
    #[arg(long, value_name = "FILE", default_value = "outrider-forecast.json")]
    out: PathBuf,
    /// How often
    #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = span)]
    every: Duration,
    /// Write one forecast and end
    #[arg(long)]
    once: bool,
    /// As it was then, for replays; later samples are left out: a date, RFC 3339 (without a zone UTC), or seconds since 1970
    #[arg(long, value_name = "TIME", value_parser = time, requires = "once")]
    now: Option<i64>,
}

fn span(text: &str) -> Result<Duration, String> {
    let span = parse_duration(text).map_err(|_| format!("{text:?}: expected a whole number and a unit, as 10m"))?;
    if span.is_zero() { Err("expected more than nothing, as 10m".to_owned()) } else { Ok(span) }
}

impl Forecast {
    pub(super) fn run(&self) -> ExitCode {
        match &self.command {
            Command::Run(run) => run.keep_on(),
            Command::Show { file, bounds, now, json } => match file::read(file) {
                Ok(Some(forecast)) => {
                    let view = show::View::of(&forecast, bounds, now.map_or_else(now_s, |at_s| at_s as f64));
                    terminal::finish(terminal::say(&if *json { view.json() } else { view.line() }))
                }
                Ok(None) => {
                    let place = file.display();
                    terminal::complain(&format!(
                        "There is no forecast yet in {place}; `outrider forecast run` writes the first one within moments."
                    ));
                    ExitCode::from(NOT_YET)
                }
                Err(error) => terminal::finish(Err(error)),
            },
        }
    }
}

impl Run {
    fn keep_on(&self) -> ExitCode {
        if let Err(error) = self.source.check() {
            return terminal::finish(Err(error));
        }
        let Run { model, source, out, every, once, now } = self.clone();
        let kept = keep_on::keep_on(Refresh { model, source, out, now }, (!once).then_some(every));
        kept.unwrap_or_else(|error| terminal::finish(Err(error)))
    }
}

/// Seconds since 1970.
fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
