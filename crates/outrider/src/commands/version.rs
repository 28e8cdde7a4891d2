//! `outrider version`.

use std::io;
use std::process::ExitCode;

use clap::Args;
use serde_json::json;

use crate::commands::terminal;

/// Prints the version.
#[derive(Debug, Args)]
pub(super) struct Version {
    /// Print it as JSON
    #[arg(long)]
    json: bool,
}

impl Version {
    pub(super) fn run(self) -> io::Result<ExitCode> {
        let version = env!("CARGO_PKG_VERSION");
        terminal::say(&match self.json {
            true => format!("{}\n", json!({ "name": "outrider", "version": version })),
            false => format!("outrider {version}\n"),
        })?;
        Ok(ExitCode::SUCCESS)
    }
}
