//! A first comparison of strategies that anybody can run: the shipped binary between uneven hosts and open-loop load, all
//! on one machine.
//!
//! Every strategy gets a balancer of its own, all in front of the same hosts, and they take turns: in each round every one
//! meets the very same requests and the same luck, so that what the machine does meanwhile falls on all alike.

mod balancer;
mod progress;
mod report;
mod table;
mod warnings;

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use outrider_core::Time;
use outrider_workload::{Fleet, FleetError, Pattern};
use thiserror::Error;

pub use balancer::{Balancer, BalancerCommand, BalancerError, Listening};
pub use progress::Progress;
pub use report::{BenchReport, DemoReport, FleetReport, HostReport, SeedReport, StrategyReport};
pub use table::render;

use progress::Step;
use report::Round;
use warnings::warnings;

use crate::backends::{Backends, BackendsError, BackendsSpec};
use crate::load::{self, LoadError, Patience, Summary, Target, plan};
use crate::stop::Stop;

/// What is compared, on what, for how long.
#[derive(Clone, Debug, PartialEq)]
pub struct DemoSettings {
    /// How the balancer is started.
    pub balancer: BalancerCommand,
    /// The strategies, by the names that the balancer's configuration knows.
    pub strategies: Vec<String>,
    /// The hosts.
    pub fleet: Fleet,
    /// Arrivals over the fleet's capacity.
    pub load: f64,
    /// Rounds, each with a seed of its own.
    pub rounds: usize,
    /// Time of each round that is left out at its beginning.
    pub warm_up: Duration,
    /// Time of each round that is measured.
    pub measured: Duration,
    /// Seed of the first round; the others follow.
    pub seed: u64,
}

/// Why there is no comparison.
#[derive(Debug, Error)]
pub enum DemoError {
    /// The fleet makes no sense.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// The hosts cannot start.
    #[error(transparent)]
    Backends(#[from] BackendsError),
    /// A balancer cannot be had, or ended.
    #[error("{strategy}: {source}")]
    Balancer {
        /// Under which strategy.
        strategy: String,
        /// What happened.
        source: BalancerError,
    },
    /// Load cannot be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It was stopped before its end.
    #[error("stopped before the end: no figures")]
    Stopped,
}

/// Hosts of the demo's fleet.
const HOSTS: usize = 8;
/// Times are so many times those of `uneven-mixed`: as long as timers need, as short as a demo wants.
const SCALE: f64 = 2.0;
const LOAD: f64 = 0.7;
const ROUNDS: usize = 4;
/// The share of a round that warms up: the fleet's queues fill in a few service times.
const WARM_UP_SHARE: f64 = 0.25;
/// What a round takes beyond its length: the last answers, and queues that a poor strategy built up.
const OVERHEAD: Duration = Duration::from_millis(250);
const OVERHEAD_FACTOR: f64 = 1.4;
const ROUND_MIN: Duration = Duration::from_millis(400);
/// Patience of a simulated user.
const TIMEOUT: Duration = Duration::from_secs(10);

impl DemoSettings {
    /// The strategies on the demo's fleet, drawn from `seed`, in about `total` altogether.
    ///
    /// # Errors
    /// Never for the built-in fleet; the signature is that of its making.
    pub fn new(
        balancer: BalancerCommand,
        strategies: Vec<String>,
        total: Duration,
        seed: u64,
    ) -> Result<DemoSettings, FleetError> {
        let runs = u32::try_from(strategies.len().max(1) * ROUNDS).unwrap_or(u32::MAX);
        let round = (total / runs).saturating_sub(OVERHEAD).div_f64(OVERHEAD_FACTOR).max(ROUND_MIN);
        let warm_up = round.mul_f64(WARM_UP_SHARE);
        // Rounds are shorter than the steps of the scenario's neighbours: none here, rather than almost none.
        let fleet = Fleet { antagonists: None, ..Fleet::uneven_mixed(HOSTS, seed).scaled(SCALE)? };
        Ok(DemoSettings {
            balancer,
            strategies,
            fleet,
            load: LOAD,
            rounds: ROUNDS,
            warm_up,
            measured: round - warm_up,
            seed,
        })
    }

    fn rate_per_s(&self) -> f64 {
        self.load * self.fleet.capacity_per_s()
    }
}

/// Runs the comparison. Whatever happens, balancers and hosts are gone on return.
///
/// # Errors
/// When hosts, balancers or load cannot be had, a balancer ends, or `stop` is raised.
pub fn run(settings: &DemoSettings, stop: &Stop, progress: &mut Progress) -> Result<DemoReport, DemoError> {
    // Ctrl-C reaches the balancers too: their end is then no failure of theirs.
    compare(settings, stop, progress).map_err(|error| if stop.is_stopped() { DemoError::Stopped } else { error })
}

fn compare(settings: &DemoSettings, stop: &Stop, progress: &mut Progress) -> Result<DemoReport, DemoError> {
    let backends = Backends::start(BackendsSpec::new(settings.fleet.clone(), settings.seed))?;
    let mut lanes = start_lanes(settings, &backends.addresses())?;
    let mut late = Summary::default();
    let of = settings.rounds * lanes.len();
    let mut number = 0;
    for round in 0..settings.rounds {
        let seed = settings.seed.wrapping_add(round as u64);
        // Another one begins each round, so that none is always first.
        lanes.rotate_left(1);
        for lane in &mut lanes {
            number += 1;
            let expected = settings.rate_per_s() * settings.measured.as_secs_f64();
            let step = Step { number, of, strategy: &lane.strategy, expected: whole(expected) };
            let summary = run_round(settings, &backends, lane.address(), seed, stop, &step, progress)?;
            lane.check()?;
            late.merge(&summary);
            lane.rounds.push(Round { seed, summary });
        }
    }
    lanes.sort_by_key(|lane| lane.place);
    Ok(report(settings, &backends, &lanes, &late))
}

/// One strategy's balancer and what it has shown so far.
struct Lane {
    /// Its place in the order asked for.
    place: usize,
    strategy: String,
    balancer: Balancer,
    rounds: Vec<Round>,
}

impl Lane {
    fn address(&self) -> SocketAddr {
        self.balancer.listening().clients
    }

    fn check(&mut self) -> Result<(), DemoError> {
        self.balancer.check().map_err(|source| DemoError::Balancer { strategy: self.strategy.clone(), source })
    }
}

fn start_lanes(settings: &DemoSettings, hosts: &[SocketAddr]) -> Result<Vec<Lane>, DemoError> {
    let start = |(place, strategy): (usize, &String)| {
        let balancer = Balancer::start(&settings.balancer, &config(strategy, hosts));
        let strategy = strategy.clone();
        match balancer {
            Ok(balancer) => Ok(Lane { place, strategy, balancer, rounds: Vec::new() }),
            Err(source) => Err(DemoError::Balancer { strategy, source }),
        }
    };
    settings.strategies.iter().enumerate().map(start).collect()
}

/// What the balancer is told; all else are its defaults.
fn config(strategy: &str, hosts: &[SocketAddr]) -> String {
    let hosts: String = hosts.iter().map(|h| format!("      - {h}\n")).collect();
    format!(
        "listeners:\n  - address: 127.0.0.1:0\n\
         pools:\n  - name: demo\n    strategy: {strategy}\n    health: {{ path: /healthz }}\n    hosts:\n{hosts}\
         admin:\n  address: 127.0.0.1:0\n"
    )
}

fn run_round(
    settings: &DemoSettings,
    backends: &Backends,
    balancer: SocketAddr,
    seed: u64,
    stop: &Stop,
    step: &Step<'_>,
    progress: &mut Progress,
) -> Result<Summary, DemoError> {
    settle(backends, stop);
    backends.begin_round(seed);
    let target = Target { patience: Patience::once(TIMEOUT), ..Target::at(balancer) };
    let length = settings.warm_up + settings.measured;
    let requests = plan::mixed(&settings.fleet, &Pattern::Poisson, settings.rate_per_s(), length, seed);
    let warm = Time::ZERO + settings.warm_up;
    let mut summary = Summary::default();
    let end = load::run(&target, requests, stop, |record| {
        if record.scheduled >= warm {
            summary.add(record);
            progress.update(step, &summary);
        }
    })?;
    if end.stopped {
        return Err(DemoError::Stopped);
    }
    progress.finish(step, &summary);
    Ok(summary)
}

/// Waits until the hosts have nothing left of the round before: a user who gave up may have left work behind.
fn settle(backends: &Backends, stop: &Stop) {
    let hosts = backends.addresses().len();
    let busy = |host| backends.counts(host).in_service + backends.counts(host).queued > 0;
    let start = Instant::now();
    while (0..hosts).any(busy) && start.elapsed() < TIMEOUT && !stop.is_stopped() {
        std::thread::sleep(Duration::from_millis(5));
    }
}

fn report(settings: &DemoSettings, backends: &Backends, lanes: &[Lane], late: &Summary) -> DemoReport {
    let fleet = fleet(settings, &backends.names());
    let of = |lane: &Lane| StrategyReport::new(&lane.strategy, settings.load, &lane.rounds, &fleet);
    let lag = backends.timer_lag();
    let mut report = DemoReport {
        runs: lanes.iter().map(of).collect(),
        fleet,
        bench: BenchReport {
            late_p50_ms: late.late_ms(0.5),
            late_p99_ms: late.late_ms(0.99),
            late_max_ms: late.late_ms(1.0),
            timer_lag_mean_ms: lag.mean().as_secs_f64() * 1e3,
            timer_lag_max_ms: lag.max.as_secs_f64() * 1e3,
        },
        warnings: Vec::new(),
    };
    report.warnings = warnings(&report);
    report
}

fn fleet(settings: &DemoSettings, names: &[String]) -> FleetReport {
    let fleet = &settings.fleet;
    let capacity_per_s = fleet.capacity_per_s();
    let host = |(index, name): (usize, &String)| HostReport {
        name: name.clone(),
        speed: fleet.hosts[index].speed,
        parallelism: fleet.hosts[index].parallelism,
        capacity_share: fleet.host_capacity_per_s(index) / capacity_per_s,
    };
    let classes = fleet.mix.classes().iter();
    FleetReport {
        simulated: true,
        capacity_per_s,
        rate_per_s: settings.rate_per_s(),
        measured_s: settings.measured.as_secs_f64(),
        warm_up_s: settings.warm_up.as_secs_f64(),
        class_mean_ms: classes.map(|c| (c.name.clone(), c.mean_ms)).collect(),
        hosts: names.iter().enumerate().map(host).collect(),
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate, which is what is wanted"
)]
fn whole(count: f64) -> u64 {
    count.round() as u64
}
