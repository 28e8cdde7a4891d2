//! The figures of a comparison, in the form in which they are printed as JSON.

use std::collections::BTreeMap;

use serde::Serialize;

use crate::load::Summary;
use crate::statistics::{Interval, geometric_mean};

/// What a comparison found. Keys are stable, units stand in their names.
#[derive(Clone, Debug, Serialize)]
pub struct DemoReport {
    /// One entry per strategy, in the order asked for.
    pub runs: Vec<StrategyReport>,
    /// The simulated hosts.
    pub fleet: FleetReport,
    /// How the bench itself did.
    pub bench: BenchReport,
    /// What a reader must know before believing the figures; empty if nothing.
    pub warnings: Vec<String>,
}

/// One strategy over all seeds. Latencies count from the scheduled arrival, over answers below 500 and timeouts.
#[derive(Clone, Debug, Serialize)]
pub struct StrategyReport {
    /// Name of the scenario.
    pub scenario: &'static str,
    /// Arrivals over capacity.
    pub load: f64,
    /// Name of the strategy.
    pub strategy: String,
    /// How many seeds, one round each.
    pub seeds: usize,
    /// Requests measured, over all seeds.
    pub requests: u64,
    /// Mean latency over all requests.
    pub mean_ms: f64,
    /// Median over all requests.
    pub p50_ms: f64,
    /// Quantile 0.9 over all requests.
    pub p90_ms: f64,
    /// Quantile 0.95 over all requests.
    pub p95_ms: f64,
    /// Geometric mean over seeds of each seed's quantile 0.99.
    pub p99_ms: Option<f64>,
    /// Lower end of its 95 % interval over seeds.
    pub p99_ms_low: Option<f64>,
    /// Upper end of its 95 % interval over seeds.
    pub p99_ms_high: Option<f64>,
    /// Quantile 0.999 over all requests.
    pub p999_ms: f64,
    /// Standard deviation over all requests.
    pub sd_ms: f64,
    /// Coefficient of variation over all requests.
    pub cv: Option<f64>,
    /// Requests without a good answer over requests.
    pub error_rate: f64,
    /// Good answers per second.
    pub goodput_per_s: f64,
    /// The least share of answers that one host gave.
    pub min_host_share: f64,
    /// The most that a host was given, over what it can serve: above 1 its queue grew as long as the round lasted.
    pub max_host_load: f64,
    /// Each seed by itself.
    pub by_seed: Vec<SeedReport>,
    /// Share of answers by host.
    pub by_host: BTreeMap<String, f64>,
}

/// One round.
#[derive(Clone, Debug, Serialize)]
pub struct SeedReport {
    /// Its seed.
    pub seed: u64,
    /// Its quantile 0.99.
    pub p99_ms: f64,
    /// Its mean.
    pub mean_ms: f64,
}

/// The hosts that were balanced.
#[derive(Clone, Debug, Serialize)]
pub struct FleetReport {
    /// Always true: hosts of the demo serve by timer.
    pub simulated: bool,
    /// Requests per second that all can serve.
    pub capacity_per_s: f64,
    /// Arrivals per second.
    pub rate_per_s: f64,
    /// Seconds measured in each round.
    pub measured_s: f64,
    /// Seconds of each round that were left out before.
    pub warm_up_s: f64,
    /// Mean service time of a request on a host of speed 1, per class of the mix.
    pub class_mean_ms: BTreeMap<String, f64>,
    /// Each host.
    pub hosts: Vec<HostReport>,
}

/// One simulated host.
#[derive(Clone, Debug, Serialize)]
pub struct HostReport {
    /// Its name.
    pub name: String,
    /// Its speed.
    pub speed: f64,
    /// Requests that it serves at a time.
    pub parallelism: usize,
    /// Its share of the fleet's capacity.
    pub capacity_share: f64,
}

/// How the bench itself did.
#[derive(Clone, Debug, Serialize)]
pub struct BenchReport {
    /// Requests taken up later than scheduled: median.
    pub late_p50_ms: f64,
    /// Quantile 0.99.
    pub late_p99_ms: f64,
    /// The worst.
    pub late_max_ms: f64,
    /// Answers of simulated hosts later than generated: mean.
    pub timer_lag_mean_ms: f64,
    /// The worst.
    pub timer_lag_max_ms: f64,
}

/// One round of one strategy.
#[derive(Clone, Debug)]
pub(super) struct Round {
    pub(super) seed: u64,
    pub(super) summary: Summary,
}

impl StrategyReport {
    /// `rounds` of `strategy` on `fleet` at `load`.
    pub(super) fn new(strategy: &str, load: f64, rounds: &[Round], fleet: &FleetReport) -> StrategyReport {
        let mut all = Summary::default();
        rounds.iter().for_each(|round| all.merge(&round.summary));
        let p99 = p99_over(rounds);
        let by_host: BTreeMap<String, f64> = fleet.hosts.iter().map(|h| (h.name.clone(), all.share(&h.name))).collect();
        let host_load = |h: &HostReport| load * all.share(&h.name) / h.capacity_share;
        let seconds = fleet.measured_s * rounds.len() as f64;
        StrategyReport {
            scenario: "demo",
            load,
            strategy: strategy.to_owned(),
            seeds: rounds.len(),
            requests: all.requests,
            mean_ms: all.mean_ms(),
            p50_ms: all.quantile_ms(0.5),
            p90_ms: all.quantile_ms(0.9),
            p95_ms: all.quantile_ms(0.95),
            p99_ms: p99.map(|p| p.center),
            p99_ms_low: p99.and_then(|p| p.low),
            p99_ms_high: p99.and_then(|p| p.high),
            p999_ms: all.quantile_ms(0.999),
            sd_ms: all.sd_ms(),
            cv: (all.mean_ms() > 0.0).then(|| all.sd_ms() / all.mean_ms()),
            error_rate: all.error_rate(),
            goodput_per_s: (all.requests - all.errors) as f64 / seconds,
            min_host_share: by_host.values().copied().fold(1.0, f64::min),
            max_host_load: fleet.hosts.iter().map(host_load).fold(0.0, f64::max),
            by_seed: rounds.iter().map(SeedReport::new).collect(),
            by_host,
        }
    }

    /// The greatest share of answers that one host gave.
    pub fn max_host_share(&self) -> f64 {
        self.by_host.values().copied().fold(0.0, f64::max)
    }

    /// Each seed's p99, in the order of seeds.
    pub fn p99_by_seed(&self) -> Vec<f64> {
        self.by_seed.iter().map(|s| s.p99_ms).collect()
    }
}

fn p99_over(rounds: &[Round]) -> Option<Interval> {
    let p99: Vec<f64> = rounds.iter().map(|r| r.summary.quantile_ms(0.99)).collect();
    geometric_mean(&p99)
}

impl SeedReport {
    fn new(round: &Round) -> SeedReport {
        SeedReport { seed: round.seed, p99_ms: round.summary.quantile_ms(0.99), mean_ms: round.summary.mean_ms() }
    }
}
