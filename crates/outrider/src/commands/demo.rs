//! `outrider demo`: the rules side by side on this machine.

use std::process::ExitCode;

use clap::Args;
use outrider_lab::commands::{DemoArgs, run_demo};

use crate::commands::terminal;

/// Compares rules.
#[derive(Debug, Args)]
pub(super) struct Demo {
    #[command(flatten)]
    args: DemoArgs,
}

impl Demo {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(run_demo(&self.args))
    }
}
