//! Queues whose mean response time is known in closed form, and what the simulator makes of them.
//!
//! Statistics: independent replications (a seed each), their means taken as normal, an interval by Student's t.

use outrider_sim::{Discipline, FleetSource, Rule, Scenario, fly};
use outrider_workload::{Fleet, Law};

use outrider_pilot::StrategyKind;

/// One queue at one load.
pub(crate) struct Queue {
    pub(crate) name: &'static str,
    pub(crate) load: f64,
    /// Mean response time by theory, ms.
    pub(crate) theory_ms: f64,
    scenario: Scenario,
}

/// A mean over replications and half the width of its interval.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Interval {
    pub(crate) mean: f64,
    pub(crate) half: f64,
}

const SERVICE_MS: f64 = 10.0;
/// Student's t for 19 degrees of freedom, 99.9 % two-sided: a right simulator leaves an interval once in a thousand.
const T_19: f64 = 3.883;
/// Replications that [`T_19`] is for.
const REPLICATIONS: u64 = 20;

/// Laws of mean 1 with the square of their coefficient of variation.
const EXPONENTIAL: (Law, f64) = (Law::Exponential { mean: 1.0 }, 1.0);
const FIXED: (Law, f64) = (Law::Fixed(1.0), 0.0);
/// e^1 - 1.
const LOG_NORMAL: (Law, f64) = (Law::LogNormal { mu: -0.5, sigma: 1.0 }, std::f64::consts::E - 1.0);

/// All queues at one load.
pub(crate) fn queues_at(load: f64) -> Vec<Queue> {
    let fifo = Discipline::Fifo;
    let sharing = Discipline::Sharing;
    let (single, shared) = (pollaczek_khinchine, |load: f64, _: f64| SERVICE_MS / (1.0 - load));
    vec![
        queue("M/M/1", load, EXPONENTIAL, 1, fifo, single),
        queue("M/D/1", load, FIXED, 1, fifo, single),
        queue("M/G/1, log-normal", load, LOG_NORMAL, 1, fifo, single),
        queue("M/M/4", load, EXPONENTIAL, 4, fifo, |load, _| erlang(4, load)),
        queue("M/M/1-PS", load, EXPONENTIAL, 1, sharing, shared),
        queue("M/D/1-PS", load, FIXED, 1, sharing, shared),
        queue("M/G/1-PS, log-normal", load, LOG_NORMAL, 1, sharing, shared),
    ]
}

fn queue(
    name: &'static str,
    load: f64,
    (law, cv_squared): (Law, f64),
    parallelism: usize,
    discipline: Discipline,
    theory: impl Fn(f64, f64) -> f64,
) -> Queue {
    let fleet = Fleet::equal(1, parallelism, SERVICE_MS, law).expect("numbers make sense");
    let scenario = Scenario { discipline, ..Scenario::new(name, FleetSource::Full(fleet)) };
    Queue { name, load, theory_ms: theory(load, cv_squared), scenario }
}

/// Mean response time of M/G/1, ms (Pollaczek 1930, Khinchine 1932).
fn pollaczek_khinchine(load: f64, cv_squared: f64) -> f64 {
    SERVICE_MS * (1.0 + load * (1.0 + cv_squared) / (2.0 * (1.0 - load)))
}

/// Mean response time of M/M/c, ms (Erlang 1917).
fn erlang(servers: u32, load: f64) -> f64 {
    let offered = load * f64::from(servers);
    let term = |k: u32| (1..=k).map(|i| offered / f64::from(i)).product::<f64>();
    let all_busy = term(servers) / (1.0 - load);
    let chance_of_waiting = all_busy / ((0..servers).map(term).sum::<f64>() + all_busy);
    SERVICE_MS * (1.0 + chance_of_waiting / (f64::from(servers) * (1.0 - load)))
}

impl Queue {
    /// Mean response time over replications of `requests` each, ms.
    pub(crate) fn response_ms(&self, requests: u32) -> Interval {
        let scenario = self.scenario.with_requests(requests, self.load, 1).expect("the scenario makes sense");
        interval(|seed| {
            let latencies_ms = flown(&scenario, self.load, seed).latencies_ms();
            latencies_ms.iter().sum::<f64>() / latencies_ms.len() as f64
        })
    }
}

/// One round under a rule that has no choice to make.
pub(crate) fn flown(scenario: &Scenario, load: f64, seed: u64) -> outrider_sim::Measured {
    fly(scenario, Rule::Pilot(StrategyKind::Random), load, seed).expect("the scenario makes sense").measured
}

/// The mean of `shown` over replications, and its 99.9 % interval.
pub(crate) fn interval(shown: impl Fn(u64) -> f64) -> Interval {
    let shown: Vec<f64> = (1..=REPLICATIONS).map(shown).collect();
    let n = shown.len() as f64;
    let mean = shown.iter().sum::<f64>() / n;
    let variance = shown.iter().map(|x| (x - mean).powi(2)).sum::<f64>() / (n - 1.0);
    Interval { mean, half: T_19 * (variance / n).sqrt() }
}

impl Interval {
    pub(crate) fn holds(self, truth: f64) -> bool {
        (self.mean - truth).abs() <= self.half
    }
}
