//! `outrider forecast`: the latest forecast per link, written by a background refresh and only ever read by whoever asks.

mod file;
mod refresh;
mod show;

use std::path::PathBuf;
use std::process::ExitCode;
use std::thread;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use clap::{Args, Subcommand};

use crate::commands::terminal;
use crate::config::units::parse_duration;

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
    Run {
        /// A model of degradation, as `outrider train` wrote it
        #[arg(long, value_name = "ARTIFACT")]
        model: PathBuf,
        /// Round trips: ping results of RIPE Atlas, CSV, JSON lines or Parquet; files or folders, read anew each time
        #[arg(long, value_name = "PATH", required = true, num_args = 1..)]
        source: Vec<PathBuf>,
        /// Where forecasts are written
        #[arg(long, value_name = "FILE", default_value = "outrider-forecast.json")]
        out: PathBuf,
        /// How often
        #[arg(long, value_name = "SPAN", default_value = "10m", value_parser = span)]
        every: Duration,
        /// Write one forecast and end
        #[arg(long)]
        once: bool,
    },
    /// Say what was last forecast. Exit code 3: nothing yet
    Show {
        /// Where forecasts are written
        #[arg(long, value_name = "FILE", default_value = "outrider-forecast.json")]
        file: PathBuf,
        #[command(flatten)]
        bounds: show::Bounds,
        /// Print one JSON object
        #[arg(long)]
        json: bool,
    },
}

fn span(text: &str) -> Result<Duration, String> {
    let span = parse_duration(text).map_err(|_| format!("{text:?}: expected a whole number and a unit, as 10m"))?;
    if span.is_zero() { Err("expected more than nothing, as 10m".to_owned()) } else { Ok(span) }
}

impl Forecast {
    pub(super) fn run(&self) -> ExitCode {
        match &self.command {
            Command::Run { model, source, out, every, once } => {
                let task = refresh::Refresh { model, source, out };
                keep_on(&task, (!once).then_some(*every))
            }
            Command::Show { file, bounds, json } => match file::read(file) {
                Ok(Some(forecast)) => {
                    let view = show::View::of(&forecast, bounds, now_s());
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

/// Refreshes at once, then `every` so often; without that the outcome of the first one is that of the command.
fn keep_on(task: &refresh::Refresh, every: Option<Duration>) -> ExitCode {
    loop {
        let outcome = task.refresh(now_s());
        match (every, outcome) {
            (None, outcome) => return terminal::finish(outcome),
            (Some(_), Err(error)) => terminal::complain(&error.to_string()),
            (Some(_), Ok(())) => {}
        }
        thread::sleep(every.unwrap_or_default());
    }
}

/// Seconds since 1970.
fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).map_or(0.0, |since| since.as_secs_f64())
}
