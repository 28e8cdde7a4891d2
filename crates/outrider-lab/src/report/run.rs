//! One strategy over all its seeds, in the very keys that `lab run --json`, `demo --json` and the simulator print.

use std::collections::BTreeMap;

use serde::Serialize;

use super::latencies::{BEYOND_MIN, BEYOND_MIN_SEED, Latencies};
use super::placement::{counted, placed, shares};
use super::recovery::recovery_s;
use crate::statistics::geometric_mean;
use outrider_sim::{Measured, Row};

/// One strategy in one scenario at one load, over all seeds. Latencies count from the scheduled arrival, over answers below
/// 500 and timeouts; only requests scheduled after the warm-up are in. `None` where a figure does not apply, or where
/// fewer than five requests lie beyond a quantile (one, in each seed's p99).
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Run {
    /// Name of the experiment.
    pub scenario: String,
    /// Arrivals over capacity, where known.
    pub load: Option<f64>,
    /// The balancer's label.
    pub strategy: String,
    /// How many seeds, one round each.
    pub seeds: usize,
    /// Requests of users, over all seeds.
    pub requests: u64,
    /// Mean over all requests.
    pub mean_ms: Option<f64>,
    /// Median over all requests.
    pub p50_ms: Option<f64>,
    /// Quantile 0.9 over all requests.
    pub p90_ms: Option<f64>,
    /// Quantile 0.95 over all requests.
    pub p95_ms: Option<f64>,
    /// Geometric mean over seeds of each seed's quantile 0.99.
    pub p99_ms: Option<f64>,
    /// Lower end of its 95 % interval over seeds (Student's, of the logarithms).
    pub p99_ms_low: Option<f64>,
    /// Upper end of its 95 % interval over seeds.
    pub p99_ms_high: Option<f64>,
    /// Quantile 0.999 over all requests.
    pub p999_ms: Option<f64>,
    /// Standard deviation over all requests.
    pub sd_ms: Option<f64>,
    /// Coefficient of variation over all requests.
    pub cv: Option<f64>,
    /// Requests without a good answer (below 400) over requests.
    pub error_rate: f64,
    /// Good answers per second of measured time.
    pub goodput_per_s: f64,
    /// Requests that reached hosts (picks, where the balancer tells them) over requests of users.
    pub attempts_per_request: Option<f64>,
    /// The least share that one host was given.
    pub min_host_share: Option<f64>,
    /// Time from the fault to recovery as the experiment defines it, s: the median over seeds, `None` if that seed never
    /// recovered.
    pub recovery_s: Option<f64>,
    /// Each seed by itself.
    pub by_seed: Vec<SeedFigures>,
    /// Each class by itself, over all seeds.
    pub by_class: BTreeMap<String, ClassFigures>,
    /// Share by host.
    pub by_host: BTreeMap<String, f64>,
}

/// One round.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct SeedFigures {
    /// Its seed.
    pub seed: u64,
    /// Its quantile 0.99.
    pub p99_ms: Option<f64>,
    /// Its mean.
    pub mean_ms: Option<f64>,
}

/// The requests of one class.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct ClassFigures {
    /// How many.
    pub requests: u64,
    /// Their median.
    pub p50_ms: Option<f64>,
    /// Their quantile 0.99.
    pub p99_ms: Option<f64>,
}

impl Run {
    /// The figures of `rounds`, which are of one scenario, load and strategy.
    pub(super) fn of(rounds: &[&Measured]) -> Run {
        let Some(first) = rounds.first() else {
            return Run::default();
        };
        let requests = count(rounds, |_| true);
        let good = count(rounds, |row| row.end.is_good());
        let given = given(rounds);
        Run {
            scenario: first.scenario.clone(),
            load: first.load,
            strategy: first.strategy.clone(),
            seeds: rounds.len(),
            requests,
            error_rate: (requests - good) as f64 / requests.max(1) as f64,
            goodput_per_s: good as f64 / measured_s(rounds),
            attempts_per_request: given.attempts.map(|attempts| attempts as f64 / requests.max(1) as f64),
            min_host_share: given.shares.values().copied().reduce(f64::min),
            recovery_s: recovery_s(rounds),
            by_class: by_class(rounds),
            by_host: given.shares,
            ..Run::of_latencies(rounds)
        }
    }

    /// What latencies alone tell.
    fn of_latencies(rounds: &[&Measured]) -> Run {
        let all = Latencies::of(rounds.iter().flat_map(|round| measured_rows(round)));
        let by_seed: Vec<SeedFigures> = rounds.iter().map(|round| SeedFigures::of(round)).collect();
        let p99: Option<Vec<f64>> = by_seed.iter().map(|seed| seed.p99_ms).collect();
        let p99 = p99.and_then(|p99| geometric_mean(&p99));
        let quantile_ms = |quantile| all.quantile_ms(quantile, BEYOND_MIN);
        let (mean_ms, sd_ms) = (all.mean_ms(), all.sd_ms());
        Run {
            mean_ms,
            p50_ms: quantile_ms(0.5),
            p90_ms: quantile_ms(0.9),
            p95_ms: quantile_ms(0.95),
            p99_ms: p99.map(|p99| p99.center),
            p99_ms_low: p99.and_then(|p99| p99.low),
            p99_ms_high: p99.and_then(|p99| p99.high),
            p999_ms: quantile_ms(0.999),
            sd_ms,
            cv: sd_ms.zip(mean_ms).filter(|(_, mean)| *mean > 0.0).map(|(sd, mean)| sd / mean),
            by_seed,
            ..Run::default()
        }
    }
}

impl SeedFigures {
    fn of(round: &Measured) -> SeedFigures {
        let all = Latencies::of(measured_rows(round));
        SeedFigures { seed: round.seed, p99_ms: all.quantile_ms(0.99, BEYOND_MIN_SEED), mean_ms: all.mean_ms() }
    }
}

/// One round, by class too: what strategies are compared by, fleet by fleet. `None` where too few requests lie beyond.
#[derive(Clone, Debug, PartialEq)]
pub struct RoundFigures {
    /// Its quantile 0.99.
    pub p99_ms: Option<f64>,
    /// Its mean.
    pub mean_ms: Option<f64>,
    /// The quantile 0.99 of each class, by index.
    pub class_p99_ms: Vec<Option<f64>>,
}

impl RoundFigures {
    /// The figures of `round`.
    pub fn of(round: &Measured) -> RoundFigures {
        let SeedFigures { p99_ms, mean_ms, .. } = SeedFigures::of(round);
        let of_class = |class: usize| {
            let rows = measured_rows(round).filter(|row| usize::from(row.class) == class);
            Latencies::of(rows).quantile_ms(0.99, BEYOND_MIN_SEED)
        };
        RoundFigures { p99_ms, mean_ms, class_p99_ms: (0..round.classes.len()).map(of_class).collect() }
    }
}

/// The requests that figures are about: scheduled after the warm-up.
pub(super) fn measured_rows(round: &Measured) -> impl Iterator<Item = &Row> {
    round.rows.iter().filter(|row| is_measured(round, row))
}

/// Whether `row` counts in the figures of `round`.
pub(super) fn is_measured(round: &Measured, row: &Row) -> bool {
    let at_us = u128::from(row.scheduled_us);
    round.warm_up.as_micros() <= at_us && at_us < round.length.as_micros()
}

/// Time measured, over all rounds, s; never 0.
pub(super) fn measured_s(rounds: &[&Measured]) -> f64 {
    let all: f64 = rounds.iter().map(|round| round.length.saturating_sub(round.warm_up).as_secs_f64()).sum();
    all.max(1e-9)
}

fn count(rounds: &[&Measured], keep: impl Fn(&Row) -> bool) -> u64 {
    rounds.iter().flat_map(|round| measured_rows(round)).filter(|row| keep(row)).count() as u64
}

fn by_class(rounds: &[&Measured]) -> BTreeMap<String, ClassFigures> {
    let classes = rounds.first().map_or(&[][..], |round| &round.classes);
    let of = |(index, name): (usize, &String)| {
        let rows =
            || rounds.iter().flat_map(|round| measured_rows(round)).filter(|row| usize::from(row.class) == index);
        let all = Latencies::of(rows());
        let quantile_ms = |quantile| all.quantile_ms(quantile, BEYOND_MIN);
        let figures =
            ClassFigures { requests: rows().count() as u64, p50_ms: quantile_ms(0.5), p99_ms: quantile_ms(0.99) };
        (name.clone(), figures)
    };
    classes.iter().enumerate().map(of).collect()
}

/// What hosts were given.
struct Given {
    shares: BTreeMap<String, f64>,
    /// Requests that reached hosts; `None` where only answers are known.
    attempts: Option<u64>,
}

fn given(rounds: &[&Measured]) -> Given {
    let by = counted(rounds);
    let mut counts: BTreeMap<String, u64> = BTreeMap::new();
    for round in rounds {
        let placed = placed(round, by, round.warm_up, round.length);
        for (host, placed) in round.hosts.iter().zip(placed) {
            *counts.entry(host.name.clone()).or_default() += placed;
        }
    }
    let all: Vec<u64> = counts.values().copied().collect();
    let attempts = (by.sees_attempts()).then(|| all.iter().sum());
    Given { shares: counts.into_keys().zip(shares(&all)).collect(), attempts }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{host_sample, round, row};
    use outrider_sim::End;

    /// A request a millisecond for five seconds; each takes as many microseconds as its number in the round.
    fn measured(seed: u64) -> Measured {
        let rows = (0..5_000).map(|n| Row { class: u16::from(n % 4 == 0), ..row(n * 1_000, n) }).collect();
        Measured { rows, ..round("a", seed) }
    }

    #[test]
    fn figures_of_a_known_round() {
        let [one, two] = [measured(1), measured(2)];
        let run = Run::of(&[&one, &two]);
        assert_eq!((run.seeds, run.requests, run.load), (2, 8_000, Some(0.5)));
        assert_eq!(run.p50_ms, Some(2.999), "1000 to 4999, the warm-up left out");
        assert_eq!((run.p99_ms.unwrap() * 1e3).round(), 4_959.0);
        assert_eq!((run.p99_ms_low, run.p99_ms_high), (run.p99_ms, run.p99_ms), "both seeds agree");
        assert_eq!(run.p999_ms, Some(4.995));
        assert!((run.goodput_per_s - 1_000.0).abs() < 1e-9);
        assert_eq!((run.error_rate, run.attempts_per_request, run.recovery_s), (0.0, None, None));
        assert_eq!(run.by_class["small"].requests + run.by_class["large"].requests, 8_000);
        assert_eq!((run.by_host["h1"], run.min_host_share), (1.0, Some(0.0)));
    }

    #[test]
    fn quantiles_of_few_requests_are_not_printed() {
        let mut few = measured(1);
        few.rows.truncate(1_200);
        let run = Run::of(&[&few]);
        assert_eq!(run.requests, 200);
        assert!(run.p50_ms.is_some() && run.p95_ms.is_some() && run.p99_ms.is_some());
        assert_eq!((run.p999_ms, run.by_class["large"].p99_ms), (None, None));
        assert_eq!((run.p99_ms_low, run.p99_ms_high), (None, None), "one seed has no interval");
    }

    #[test]
    fn errors_count_and_their_speed_does_not() {
        let mut half = measured(1);
        half.rows.iter_mut().step_by(2).for_each(|row| (row.end, row.latency_us) = (End::NotConnected, 1));
        let run = Run::of(&[&half]);
        assert!((run.error_rate - 0.5).abs() < 1e-9 && (run.goodput_per_s - 500.0).abs() < 1e-9);
        assert!(run.p50_ms.unwrap() > 2.0);
    }

    #[test]
    fn attempts_are_what_hosts_saw_in_the_measured_time() {
        let mut retried = measured(1);
        retried.samples = (0..=50).map(|n| host_sample(n * 100, &[n * 150, n * 50])).collect();
        let run = Run::of(&[&retried]);
        assert_eq!((run.attempts_per_request, run.min_host_share), (Some(2.0), Some(0.25)));
    }

    #[test]
    fn no_round_has_no_figures() {
        let run = Run::of(&[]);
        assert_eq!((run.requests, run.mean_ms, run.p99_ms, run.min_host_share), (0, None, None, None));
    }
}
