//! `outrider lab`: experiments, and their halves alone.

use std::process::ExitCode;

use clap::{Args, Subcommand};
use outrider_lab::commands::{
    BackendsArgs, CollectPlacementArgs, FaultArgs, ListArgs, LoadArgs, RunArgs, TruthArgs, run_backends,
    run_collect_placement, run_experiment, run_list, run_load, run_truth, send_fault,
};

use crate::commands::terminal;

/// Measure balancers; hosts to balance over, and load to balance.
#[derive(Debug, Args)]
pub(super) struct Lab {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Measure balancers side by side, as an experiment says
    Run(RunArgs),
    /// Show the experiments that come with the binary
    List(ListArgs),
    /// Start uneven hosts on this machine, with faults on a script
    Backends(BackendsArgs),
    /// Send an open-loop load to any URL
    Load(Box<LoadArgs>),
    /// Break or mend a host of a demo that is held up
    Fault(FaultArgs),
    /// Collect data to learn from, by a designed experiment
    Collect {
        #[command(subcommand)]
        what: Collect,
    },
    /// Check the bench itself: queues beside theory, and a stopped balancer
    Truth(TruthArgs),
}

#[derive(Debug, Subcommand)]
enum Collect {
    /// Which platform serves which request better: serverless or container
    Placement(CollectPlacementArgs),
}

impl Lab {
    pub(super) fn run(&self) -> ExitCode {
        match &self.what {
            What::Backends(args) => terminal::finish(run_backends(args)),
            What::Load(args) => terminal::finish(run_load(args)),
            What::Run(args) => terminal::finish(run_experiment(args)),
            What::List(args) => terminal::finish(run_list(args)),
            What::Fault(args) => terminal::finish(send_fault(args)),
            What::Collect { what: Collect::Placement(args) } => terminal::finish(run_collect_placement(args)),
            What::Truth(args) => terminal::finish(run_truth(args)),
        }
    }
}
