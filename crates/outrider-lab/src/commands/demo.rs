//! `outrider demo`: rules side by side on this machine.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use thiserror::Error;

use super::run::{RunExperimentError, conclude, this_binary};
use crate::Stop;
use crate::balancers::{Contender, Tools};
use crate::demo::{self, DemoSettings, HoldError};
use crate::experiment::{self, Experiment, Progress};
use crate::report;
use crate::simulation::Comparing;

/// The rule whose decisions are explained.
const PREDICTIVE: &str = "predictive";

/// Compare rules on this machine: simulated uneven hosts, open-loop load, this very binary between them
#[derive(Clone, Debug, clap::Args)]
pub struct DemoArgs {
    /// How long the comparison may take, in seconds, altogether; left out: about a minute, longer with more rules; 0: none,
    /// with --hold
    #[arg(long, value_parser = clap::value_parser!(u64).range(0..=86_400))]
    pub seconds: Option<u64>,
    /// Seed of the fleet, the arrivals and all luck
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// The rules, by name; the others are compared with the first
    #[arg(long, value_delimiter = ',', conflicts_with = "all")]
    pub strategies: Vec<String>,
    /// Every rule there is
    #[arg(long)]
    pub all: bool,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
    /// Folder of the report
    #[arg(long, value_name = "DIR", default_value = "outrider-report/demo")]
    pub out: PathBuf,
    /// Keep hosts, balancer (under the last of the rules) and traffic up afterwards, and say what to try
    #[arg(long, conflicts_with = "json")]
    pub hold: bool,
}

/// Why the demo has nothing to show.
#[derive(Debug, Error)]
pub enum RunDemoError {
    /// The comparison failed.
    #[error(transparent)]
    Compare(#[from] RunExperimentError),
    /// Nothing could be held up.
    #[error(transparent)]
    Hold(#[from] HoldError),
    /// Virtual time has no room for it.
    #[error(transparent)]
    Simulate(#[from] outrider_sim::ScenarioError),
    /// Standard output is not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
    /// There would be nothing to do.
    #[error("--seconds 0 compares nothing: with --hold there is something to play with, else give it at least 5")]
    Nothing,
}

/// Runs the comparison with this very binary as the balancer, writes the report and prints what it found.
///
/// # Errors
/// When something cannot be started, a balancer ends, output fails, or it is stopped before its first round is over.
pub fn run_demo(args: &DemoArgs) -> Result<(), RunDemoError> {
    let tools = this_binary().map_err(RunExperimentError::from)?;
    run_demo_with(args, &tools)
}

/// The same with another program in Outrider's place.
///
/// # Errors
/// As [`run_demo`].
pub fn run_demo_with(args: &DemoArgs, tools: &Tools) -> Result<(), RunDemoError> {
    if args.seconds == Some(0) && !args.hold {
        return Err(RunDemoError::Nothing);
    }
    let experiment = demo::experiment(&settings(args));
    let stop = Stop::on_signals().map_err(RunExperimentError::from)?;
    if args.seconds != Some(0) {
        let progress = Progress::on_stderr();
        let outcome = experiment::run(&experiment, tools, &stop, &progress).map_err(RunExperimentError::from)?;
        drop(progress);
        conclude(&experiment, &outcome, Path::new(&args.out), &command(args), args.json)?;
        if !args.json && !stop.is_stopped() {
            go_on(args, &experiment, tools, &stop)?;
        }
    }
    match experiment.balancers.last() {
        Some(last) if args.hold && !stop.is_stopped() => Ok(demo::hold(&experiment, last, tools, &stop)?),
        _ => Ok(()),
    }
}

/// What comes after the comparison on sockets: three decisions explained, and the rules that it left out in virtual time.
fn go_on(args: &DemoArgs, experiment: &Experiment, tools: &Tools, stop: &Stop) -> Result<(), RunDemoError> {
    let flown: Vec<&str> = experiment.balancers.iter().map(|balancer| balancer.label.as_str()).collect();
    if flown.contains(&PREDICTIVE)
        && let Some(page) = demo::explain_decisions(experiment, tools, stop, &args.out)?
    {
        say(&format!("Three decisions of {PREDICTIVE} explained: {}\n", page.display()))?;
    }
    if args.strategies.is_empty() && !args.all {
        say(&left_out(&flown)?)?;
    }
    Ok(())
}

/// The other rules on fleets of the same kind, in virtual time.
fn left_out(flown: &[&str]) -> Result<String, RunDemoError> {
    let usual = Contender::every_rule().into_iter().filter(|rule| !flown.contains(&rule.as_str()));
    let contenders = usual.filter_map(|rule| outrider_sim::Contender::named(&rule)).collect();
    let jobs = std::thread::available_parallelism().unwrap_or(std::num::NonZero::<usize>::MIN);
    let comparing = Comparing { contenders, seeds: 5, requests: Some(20_000), jobs };
    let scenario = outrider_sim::by_name("uneven-mixed").expect("it is built in");
    let measured = comparing.fly(&scenario, 0.7)?;
    let table = report::render_table(&report::figures(&measured), false);
    Ok(format!("The rules left out, in virtual time on twelve hosts of the same kind (times not times 5):\n\n{table}"))
}

fn say(text: &str) -> Result<(), RunDemoError> {
    let mut out = super::printer();
    Ok(writeln!(out, "\n{text}").and_then(|()| out.flush())?)
}

fn settings(args: &DemoArgs) -> DemoSettings {
    let rules = if args.all { Contender::every_rule() } else { args.strategies.clone() };
    let total = args.seconds.filter(|seconds| *seconds > 0).map(Duration::from_secs);
    DemoSettings { total, seed: args.seed, rules }
}

/// The command that repeats it.
fn command(args: &DemoArgs) -> String {
    let mut words = vec![format!("outrider demo --seed {}", args.seed)];
    words.extend(args.seconds.map(|seconds| format!("--seconds {seconds}")));
    words.extend(args.all.then(|| "--all".to_owned()));
    words.extend((!args.strategies.is_empty()).then(|| format!("--strategies {}", args.strategies.join(","))));
    words.join(" ")
}
