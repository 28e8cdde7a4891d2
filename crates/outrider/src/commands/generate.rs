//! `outrider generate`: data that was made up, and says so.

use std::path::PathBuf;
use std::process::ExitCode;

use clap::{Args, Subcommand};
use outrider_store::{WriteError, write};
use outrider_workload::retry_telemetry;

use crate::commands::terminal;

/// Makes data up.
#[derive(Debug, Args)]
pub(super) struct Generate {
    #[command(subcommand)]
    command: Command,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Telemetry of client retries, in which a retry depends on failure alone: no model can do better than an AUC of 0.645
    Retry {
        /// How many rows
        #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=50_000_000))]
        rows: u32,
        /// Where to: a name that ends with .csv, .csv.gz or .parquet
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// The world to draw
        #[arg(long, value_name = "N", default_value_t = 1)]
        seed: u64,
        /// Plant a column that nearly tells the label, as telemetry that was joined with what came later does
        #[arg(long)]
        leak: bool,
    },
}

impl Generate {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.generate())
    }

    fn generate(&self) -> Result<(), WriteError> {
        let Command::Retry { rows, out, seed, leak } = &self.command;
        write(&retry_telemetry(*rows as usize, *seed, *leak), out)?;
        let planted = if *leak { ", with a planted leak: client_backoff_ms" } else { "" };
        terminal::complain(&format!("{rows} generated rows (seed {seed}{planted}) in {}", out.display()));
        Ok(())
    }
}
