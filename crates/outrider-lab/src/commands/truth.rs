//! `outrider lab truth`: whether the bench tells the truth on this machine.

mod text;

use std::io::{self, IsTerminal};
use std::time::Duration;

use outrider_workload::{Fleet, Law};
use serde::Serialize;
use thiserror::Error;

use super::print_json;
use super::run::this_binary;
use crate::backends::{Backends, BackendsSpec};
use crate::balancers::{Balancer, BalancerCommand, BalancerError};
use crate::limits::confessions;
use crate::stop::Stop;
use crate::truth::{
    QueueSettings, QueueTruth, QueuesTruth, StallSettings, StallTruth, TruthError, WorldsTruth, run_queues, run_stall,
    run_worlds,
};

/// Check this bench on this machine: queues on real sockets beside theory, a stopped balancer by three clocks, and one scenario on
/// sockets and in virtual time
#[derive(Clone, Debug, clap::Args)]
pub struct TruthArgs {
    /// For how long requests arrive at the queues, in seconds
    #[arg(long, default_value_t = 150, value_parser = clap::value_parser!(u64).range(2..=3600))]
    pub seconds: u64,
    /// Seed of the first draw
    #[arg(long, default_value_t = 1)]
    pub seed: u64,
    /// Print one JSON object instead of tables
    #[arg(long)]
    pub json: bool,
}

/// Why there is nothing to tell.
#[derive(Debug, Error)]
pub enum RunTruthError {
    /// It could not be found out.
    #[error(transparent)]
    Truth(#[from] TruthError),
    /// The balancer that is to be stopped cannot be had.
    #[error(transparent)]
    Balancer(#[from] BalancerError),
    /// Its own path, standard output or signals are not to be had.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Theory is met within this.
const THEORY: f64 = 0.05;
/// The recursion on the very same draws is met within this.
const RECURSION: f64 = 0.02;
/// The stop's figures are met within this.
const STALL: f64 = 0.05;
/// Virtual time is met within this at p50.
const WORLDS_P50: f64 = 0.05;
/// Virtual time is met within this at p99.
const WORLDS_P99: f64 = 0.15;

#[derive(Serialize)]
struct Report {
    queues: Vec<Checked<QueueTruth>>,
    worlds: Vec<Checked<WorldsTruth>>,
    stall: StallTruth,
    stall_ok: bool,
    bench: Bench,
    warnings: Vec<String>,
}

#[derive(Serialize)]
struct Checked<T> {
    #[serde(flatten)]
    truth: T,
    ok: bool,
}

/// The bench's own part in the queues' figures.
#[derive(Serialize)]
struct Bench {
    requests: u64,
    rate_per_s: f64,
    late_p50_ms: f64,
    late_p99_ms: f64,
    late_max_ms: f64,
    timer_lag_mean_ms: f64,
    loader_cpu_cores: f64,
    process_cpu_cores: f64,
}

/// Finds out and prints it, with this very binary as the balancer that is stopped.
///
/// # Errors
/// When something cannot be started, output fails, or it is stopped by Ctrl-C or SIGTERM. A bench that is off is a figure,
/// not an error.
pub fn run_truth(args: &TruthArgs) -> Result<(), RunTruthError> {
    let stop = Stop::on_signals()?;
    let stall = stall(&stop)?;
    let settings = QueueSettings {
        length: Duration::from_secs(args.seconds),
        service: Duration::from_millis(50),
        hosts_of_one: 16,
        hosts_of_four: 8,
        seed: args.seed,
    };
    let queues = run_queues(&settings, &stop, progress())?;
    let worlds = run_worlds(&this_binary()?, &stop)?;
    let report = Report {
        stall_ok: stall_ok(&stall),
        stall,
        bench: bench(&queues),
        warnings: confessions(&queues.all, &queues.end),
        queues: queues.queues.into_iter().map(checked).collect(),
        worlds: worlds.into_iter().map(agreed).collect(),
    };
    if args.json {
        print_json(&report)?;
    } else {
        text::print(&mut super::printer(), &report)?;
    }
    Ok(())
}

/// Counts on standard error, if someone looks at it.
fn progress() -> impl Fn(usize) {
    let seen = io::stderr().is_terminal();
    move |done| {
        if seen && done.is_multiple_of(1_000) {
            eprint!("\r{done} requests answered ");
        }
    }
}

/// This binary between load and one host, stopped with SIGSTOP.
fn stall(stop: &Stop) -> Result<StallTruth, RunTruthError> {
    let fleet = Fleet::equal(1, 1_000, 1.0, Law::Fixed(1.0)).map_err(TruthError::from)?;
    let backends = Backends::start(BackendsSpec::new(fleet, 1)).map_err(TruthError::from)?;
    let command = BalancerCommand { program: std::env::current_exe()?, arguments: vec!["serve".into(), "-c".into()] };
    let host = backends.addresses()[0];
    let config = format!("listeners:\n  - address: 127.0.0.1:0\npools:\n  - name: truth\n    hosts: [\"{host}\"]\n");
    let balancer = Balancer::start_outrider(&command, &config)?;
    let clients = balancer.clients();
    Ok(run_stall(clients, &StallSettings::default(), stop, |length| balancer.pause(length))?)
}

/// Whether a ratio is 1 within `bound`.
fn near(ratio: f64, bound: f64) -> bool {
    (ratio - 1.0).abs() <= bound
}

fn agreed(truth: WorldsTruth) -> Checked<WorldsTruth> {
    let ok = near(truth.p50.ratio, WORLDS_P50) && near(truth.p99.ratio, WORLDS_P99);
    Checked { truth, ok }
}

fn checked(truth: QueueTruth) -> Checked<QueueTruth> {
    let ok = near(truth.measured_over_theory, THEORY) && near(truth.measured_over_recursion, RECURSION);
    Checked { truth, ok }
}

fn stall_ok(stall: &StallTruth) -> bool {
    let near = |seen: f64, expected: f64| near(seen / expected, STALL);
    let (seen, expected) = (&stall.from_schedule, &stall.expected);
    near(seen.slow as f64, stall.expected_slow)
        && near(seen.of_slow.p50_ms, expected.p50_ms)
        && near(seen.of_slow.p99_ms, expected.p99_ms)
}

fn bench(truth: &QueuesTruth) -> Bench {
    let took_s = truth.end.took.as_secs_f64();
    Bench {
        requests: truth.all.requests,
        rate_per_s: truth.all.requests as f64 / took_s,
        late_p50_ms: truth.all.late_ms(0.5),
        late_p99_ms: truth.all.late_ms(0.99),
        late_max_ms: truth.all.late_ms(1.0),
        timer_lag_mean_ms: truth.timer_lag.as_secs_f64() * 1e3,
        loader_cpu_cores: truth.end.effort.loader_cpu.as_secs_f64() / took_s,
        process_cpu_cores: truth.end.effort.process_cpu.as_secs_f64() / took_s,
    }
}
