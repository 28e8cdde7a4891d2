//! `outrider lab run`: an experiment from its file to its report. `outrider lab list`: those that come with the binary.

use std::fs;
use std::io::{self, IsTerminal, Write};
use std::path::{Path, PathBuf};
use std::time::Duration;

use outrider_sim::Mistakes;
use serde_json::Value;
use thiserror::Error;

use super::print_json;
use crate::balancers::{BalancerCommand, Tools};
use crate::experiment::{self, Experiment, Outcome, Progress, RunError, built_in, built_ins};
use crate::report::{self, Report, ReportError, Written};
use crate::{Stop, parse_span};

/// Measure balancers side by side: this binary, HAProxy, NGINX or any other, on simulated hosts under open-loop load
#[derive(Clone, Debug, clap::Args)]
pub struct RunArgs {
    /// The experiment: a YAML file, or the name of one that `lab list` shows
    #[arg(value_name = "FILE|NAME")]
    pub experiment: String,
    /// Folder of the report; left out: outrider-report/NAME
    #[arg(long, value_name = "DIR")]
    pub out: Option<PathBuf>,
    /// Print one JSON object instead of the table
    #[arg(long)]
    pub json: bool,
    /// So many seeds instead of the file's, from its first on
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u16).range(1..=1000))]
    pub seeds: Option<u16>,
    /// Only these of its balancers, by name, in this order
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    pub only: Vec<String>,
    /// So many balancers at a time instead of the file's, each with hosts of its own
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u8).range(1..=64))]
    pub jobs: Option<u8>,
    /// Measure so many seconds in each round instead of the file's time
    #[arg(long, value_name = "SECONDS", value_parser = clap::value_parser!(u32).range(1..=3_600))]
    pub seconds: Option<u32>,
    /// Warm up so long in each round instead of the file's time
    #[arg(long, value_name = "TIME", value_parser = parse_span)]
    pub warm_up: Option<Duration>,
    /// The file that a pattern `trace` replays
    #[arg(long, value_name = "PATH")]
    pub data: Option<PathBuf>,
}

/// Why an experiment has nothing to show.
#[derive(Debug, Error)]
pub enum RunExperimentError {
    /// Neither a file nor a name.
    #[error("{path}: {source}; `outrider lab list` names the experiments that come with the binary", path = path.display())]
    Read {
        /// What was asked for.
        path: PathBuf,
        /// Why it cannot be read.
        source: io::Error,
    },
    /// The file has mistakes.
    #[error(transparent)]
    Mistakes(#[from] Mistakes),
    /// A balancer that the file does not have.
    #[error("--only {name}: the experiment has {known}")]
    Only {
        /// What was asked for.
        name: String,
        /// What there is.
        known: String,
    },
    /// A fault or a join lies beyond the round's end.
    #[error("with these times a round ends at {length:?}, but at {at:?} something is still to happen to host {host}")]
    Late {
        /// When the round ends.
        length: Duration,
        /// When it would happen.
        at: Duration,
        /// To which host.
        host: usize,
    },
    /// Nothing could be measured.
    #[error(transparent)]
    Run(#[from] RunError),
    /// The report could not be written.
    #[error(transparent)]
    Report(#[from] ReportError),
    /// Standard output or signals are not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Runs the experiment with this very binary as Outrider, writes the report and prints what was found.
///
/// # Errors
/// When the experiment cannot be read or has mistakes, something cannot be started, a balancer ends, or output fails.
pub fn run_experiment(args: &RunArgs) -> Result<(), RunExperimentError> {
    let tools = this_binary()?;
    run_experiment_with(args, &tools)
}

/// The same with other programs.
///
/// # Errors
/// As [`run_experiment`].
pub fn run_experiment_with(args: &RunArgs, tools: &Tools) -> Result<(), RunExperimentError> {
    let experiment = asked(args)?;
    let stop = Stop::on_signals()?;
    let progress = Progress::on_stderr();
    let outcome = experiment::run(&experiment, tools, &stop, &progress)?;
    drop(progress);
    let folder = args.out.clone().unwrap_or_else(|| Path::new("outrider-report").join(&experiment.name));
    let command = command(args);
    conclude(&experiment, &outcome, &folder, &command, args.json)
}

/// Writes the report into `folder` and prints its figures.
pub(super) fn conclude(
    experiment: &Experiment,
    outcome: &Outcome,
    folder: &Path,
    command: &str,
    json: bool,
) -> Result<(), RunExperimentError> {
    let report = report::figures(&outcome.measured);
    let about = experiment.about(outcome, command);
    let written = report::write_all(folder, &outcome.measured, &report, &about)?;
    if json {
        print_json(&report)?;
        return Ok(());
    }
    print(&report, outcome, &written)?;
    Ok(())
}

fn print(report: &Report, outcome: &Outcome, written: &Written) -> io::Result<()> {
    let mut out = super::printer();
    let bold = io::stdout().is_terminal() && std::env::var_os("NO_COLOR").is_none_or(|value| value.is_empty());
    write!(out, "\n{}", report::render_table(report, bold))?;
    for note in &outcome.notes {
        writeln!(out, "Note: {note}.")?;
    }
    let page = written.page.canonicalize().unwrap_or_else(|_| written.page.clone());
    writeln!(out, "\nReport: {} ({} plots beside it)", page.display(), written.plots.len())?;
    out.flush()
}

/// This binary in Outrider's place.
pub(super) fn this_binary() -> io::Result<Tools> {
    let outrider = BalancerCommand { program: std::env::current_exe()?, arguments: vec!["serve".into(), "-c".into()] };
    Ok(Tools::new(outrider, env!("CARGO_PKG_VERSION")))
}

/// The experiment as the options want it.
fn asked(args: &RunArgs) -> Result<Experiment, RunExperimentError> {
    let mut experiment = read(&args.experiment)?;
    if let Some(seeds) = args.seeds {
        let first = experiment.seeds.first().copied().unwrap_or(1);
        experiment.seeds = (0..u64::from(seeds)).map(|k| first.wrapping_add(k)).collect();
    }
    experiment.jobs = args.jobs.map_or(experiment.jobs, usize::from);
    experiment.measured = args.seconds.map_or(experiment.measured, |seconds| Duration::from_secs(seconds.into()));
    experiment.warm_up = args.warm_up.unwrap_or(experiment.warm_up);
    if let Some(data) = &args.data {
        experiment.replay(data);
    }
    only(&mut experiment, &args.only)?;
    in_time(&experiment)?;
    Ok(experiment)
}

fn read(asked: &str) -> Result<Experiment, RunExperimentError> {
    if let Some(built_in) = built_in(asked) {
        return Ok(Experiment::read(built_in.text, built_in.name)?);
    }
    let path = PathBuf::from(asked);
    let text = fs::read_to_string(&path).map_err(|source| RunExperimentError::Read { path, source })?;
    Ok(Experiment::read(&text, asked)?)
}

fn only(experiment: &mut Experiment, names: &[String]) -> Result<(), RunExperimentError> {
    if names.is_empty() {
        return Ok(());
    }
    let named = |name: &String| {
        let found = experiment.balancers.iter().find(|balancer| balancer.label == *name);
        found.cloned().ok_or_else(|| {
            let known: Vec<&str> = experiment.balancers.iter().map(|balancer| balancer.label.as_str()).collect();
            RunExperimentError::Only { name: name.clone(), known: known.join(", ") }
        })
    };
    experiment.balancers = names.iter().map(named).collect::<Result<_, _>>()?;
    Ok(())
}

/// A shorter time must not cut off what is to happen.
fn in_time(experiment: &Experiment) -> Result<(), RunExperimentError> {
    let length = experiment.length();
    let faults = experiment.faults.iter().map(|fault| (fault.host, fault.at));
    let joins = experiment.joins.iter().map(|join| (join.host, join.at));
    match faults.chain(joins).find(|(_, at)| *at >= length) {
        Some((host, at)) => Err(RunExperimentError::Late { length, at, host }),
        None => Ok(()),
    }
}

/// The command that repeats it.
fn command(args: &RunArgs) -> String {
    let mut words = vec![format!("outrider lab run {}", args.experiment)];
    let ms = |time: Duration| format!("{}ms", time.as_millis());
    words.extend(args.seeds.map(|seeds| format!("--seeds {seeds}")));
    words.extend((!args.only.is_empty()).then(|| format!("--only '{}'", args.only.join(","))));
    words.extend(args.jobs.map(|jobs| format!("--jobs {jobs}")));
    words.extend(args.seconds.map(|seconds| format!("--seconds {seconds}")));
    words.extend(args.warm_up.map(|time| format!("--warm-up {}", ms(time))));
    words.extend(args.data.as_ref().map(|path| format!("--data {}", path.display())));
    words.join(" ")
}

/// Show the experiments that come with the binary, or print the file of one, to start from
#[derive(Clone, Debug, clap::Args)]
pub struct ListArgs {
    /// Print this one's file
    pub name: Option<String>,
    /// Print a JSON list
    #[arg(long)]
    pub json: bool,
}

/// Prints what there is.
///
/// # Errors
/// When there is none of that name, or output fails.
pub fn run_list(args: &ListArgs) -> Result<(), RunExperimentError> {
    if let Some(name) = &args.name {
        let found = built_in(name)
            .ok_or_else(|| RunExperimentError::Read { path: name.into(), source: io::ErrorKind::NotFound.into() })?;
        super::printer().write_all(found.text.as_bytes())?;
        return Ok(());
    }
    let all: Vec<Experiment> =
        built_ins().iter().map(|b| Experiment::read(b.text, b.name)).collect::<Result<_, _>>()?;
    if args.json {
        let one = |e: &Experiment| serde_json::json!({ "name": e.name, "about": e.about });
        print_json(&all.iter().map(one).collect::<Vec<Value>>())?;
        return Ok(());
    }
    let mut out = super::printer();
    for experiment in &all {
        let time = experiment::plan(experiment).map(|plan| plan.time.as_secs().div_ceil(60)).unwrap_or_default();
        writeln!(out, "{:<20} {:>3} min  {}", experiment.name, time, experiment.about)?;
    }
    out.flush()?;
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use clap::Parser;

    #[derive(clap::Parser)]
    struct Cli {
        #[command(flatten)]
        args: RunArgs,
    }

    fn parse(line: &str) -> RunArgs {
        Cli::try_parse_from(line.split(' ')).unwrap().args
    }

    #[test]
    fn options_go_over_the_file_and_into_the_command() {
        let args = parse("x uneven-mixed --seeds 2 --only p2c,random --jobs 1 --seconds 3 --warm-up 500ms");
        let experiment = asked(&args).unwrap();
        let labels: Vec<&str> = experiment.balancers.iter().map(|b| b.label.as_str()).collect();
        assert_eq!((labels, experiment.seeds.as_slice()), (vec!["p2c", "random"], [1, 2].as_slice()));
        assert_eq!((experiment.jobs, experiment.length()), (1, Duration::from_millis(3_500)));
        let command = command(&args);
        assert_eq!(
            command,
            "outrider lab run uneven-mixed --seeds 2 --only 'p2c,random' --jobs 1 --seconds 3 --warm-up 500ms"
        );
    }

    #[test]
    fn what_cannot_be_asked_for_is_said() {
        let told = |line: &str| asked(&parse(line)).unwrap_err().to_string();
        assert!(told("x no-such-thing").contains("`outrider lab list` names"));
        assert!(told("x uneven-mixed --only best").starts_with("--only best: the experiment has round_robin, random"));
        assert!(told("x slow-host --seconds 1").contains("something is still to happen to host 2"));
    }
}
