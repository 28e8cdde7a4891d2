//! `outrider simulate`: scenarios in virtual time.

use std::process::ExitCode;

use clap::Args;
use outrider_lab::commands::{SimulateArgs, run_simulate};

use crate::commands::terminal;

/// Compares rules.
#[derive(Debug, Args)]
pub(super) struct Simulate {
    #[command(flatten)]
    args: SimulateArgs,
}

impl Simulate {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(run_simulate(&self.args))
    }
}
