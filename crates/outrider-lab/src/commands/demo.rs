//! `outrider demo`: strategies side by side on this machine.

use std::io::{self, IsTerminal, Write};
use std::time::Duration;

use outrider_workload::FleetError;
use thiserror::Error;

use super::print_json;
use crate::demo::{self, BalancerCommand, DemoError, DemoSettings, Progress};
use crate::stop::Stop;

/// Compare strategies on this machine: simulated uneven hosts, open-loop load, this very binary between them
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// How long it may take, in seconds, altogether
    #[arg(long, default_value_t = 45, value_parser = clap::value_parser!(u64).range(5..=86_400))]
    pub seconds: u64,
    /// Seed of the fleet, the arrivals and all luck
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The strategies, by name; the first is the one that the others are compared with
    #[arg(long, value_delimiter = ',', default_values = ["round_robin", "p2c", "least_request"])]
    pub strategies: Vec<String>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
}

/// Why the demo has nothing to show.
#[derive(Debug, Error)]
pub enum RunDemoError {
    /// The comparison failed.
    #[error(transparent)]
    Demo(#[from] DemoError),
    /// The fleet makes no sense.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// Its own path, standard output or signals are not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs the comparison with this very binary as the balancer (`serve -c FILE`) and prints what it found.
///
/// # Errors
/// When something cannot be started, a balancer ends, output fails, or it is stopped by Ctrl-C or SIGTERM.
pub fn run_demo(args: &DemoArgs) -> Result<(), RunDemoError> {
    let balancer = BalancerCommand { program: std::env::current_exe()?, arguments: vec!["serve".into(), "-c".into()] };
    run_demo_with(args, balancer)
}

/// The same with any command that keeps to the balancer's manners: it takes the path of a configuration as its last
/// argument and says on standard error where it listens and that it is ready.
///
/// # Errors
/// As [`run_demo`].
pub fn run_demo_with(args: &DemoArgs, balancer: BalancerCommand) -> Result<(), RunDemoError> {
    let total = Duration::from_secs(args.seconds);
    let settings = DemoSettings::new(balancer, args.strategies.clone(), total, args.seed)?;
    let stop = Stop::on_signals()?;
    let report = demo::run(&settings, &stop, &mut Progress::on_stderr())?;
    if args.json {
        print_json(&report)?;
        return Ok(());
    }
    let mut out = io::stdout().lock();
    let bold = out.is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|v| v.is_empty());
    write!(out, "\n{}", demo::render(&report, bold))?;
    out.flush()?;
    Ok(())
}
