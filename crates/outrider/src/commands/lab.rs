//! `outrider lab`: the halves of an experiment, alone.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use outrider_lab::commands::{BackendsArgs, LoadArgs, run_backends, run_load};

use crate::commands::terminal;

/// Hosts to balance over, and load to balance.
#[derive(Debug, Args)]
pub(super) struct Lab {
    #[command(subcommand)]
    half: Half,
}

#[derive(Debug, Subcommand)]
enum Half {
    /// Start uneven hosts on this machine, with faults on a script
    Backends(BackendsArgs),
    /// Send an open-loop load to any URL
    Load(LoadArgs),
}

impl Lab {
    pub(super) fn run(&self) -> ExitCode {
        match &self.half {
            Half::Backends(args) => terminal::finish(run_backends(args)),
            Half::Load(args) => terminal::finish(run_load(args)),
        }
    }
}
