//! What a reader wants to know of a strategy beside its [`Run`](super::Run): phases between marks, overload, how far to
//! believe the tail.

use std::time::Duration;

use serde::Serialize;

use super::latencies::{BEYOND_MIN, Latencies};
use super::placement::{counted, placed, shares};
use super::recovery::{between, fault};
use super::run::{Run, is_measured, measured_rows};
use outrider_sim::{End, Measured, Row};

/// One strategy in one scenario at one load: an entry for each [`Run`], in their order.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Detail {
    /// Name of the experiment.
    pub scenario: String,
    /// Arrivals over capacity, where known.
    pub load: Option<f64>,
    /// The balancer's label.
    pub strategy: String,
    /// Requests that ended well over requests.
    pub success_rate: f64,
    /// Requests that timed out.
    pub timed_out: u64,
    /// Requests that found no connection or lost it.
    pub broken: u64,
    /// Requests whose latency lies beyond the p99 of all.
    pub beyond_p99: u64,
    /// Requests whose latency lies beyond the p99.9 of all.
    pub beyond_p999: u64,
    /// What shares count: `picks`, `arrivals` or `answers`.
    pub shares_of: &'static str,
    /// The most that a host was given over what it can serve; above 1 its queue grew as long as the round lasted.
    pub max_host_load: Option<f64>,
    /// The least share of a host over its share of the capacity: below 0.5 it starved.
    pub min_fair_share: Option<f64>,
    /// The same after the fault alone, over hosts that no mark is about.
    pub min_fair_share_after: Option<f64>,
    /// Whether some host's queue grew from quarter to quarter of the measured time, in every round.
    pub queue_grew: bool,
    /// How late the bench took up requests: quantile 0.99, ms.
    pub late_p99_ms: Option<f64>,
    /// CPU time of the balancer over time, in cores: mean over rounds.
    pub balancer_cpu_cores: Option<f64>,
    /// Between marks; empty without any.
    pub phases: Vec<Phase>,
}

/// The measured time between two marks.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Phase {
    /// What began it; none for the time before the first mark.
    pub after: Option<String>,
    /// Its beginning in the round, s.
    pub from_s: f64,
    /// Its end, s.
    pub to_s: f64,
    /// Requests of users scheduled in it.
    pub requests: u64,
    /// Good answers per second, by when their requests were scheduled.
    pub goodput_per_s: f64,
    /// Requests without a good answer over requests.
    pub error_rate: f64,
    /// Requests that reached hosts (or picks) over requests of users.
    pub attempts_per_request: Option<f64>,
    /// Median, ms.
    pub p50_ms: Option<f64>,
    /// Quantile 0.99, ms.
    pub p99_ms: Option<f64>,
}

impl Detail {
    pub(super) fn of(run: &Run, rounds: &[&Measured]) -> Detail {
        let rows = || rounds.iter().flat_map(|round| measured_rows(round));
        let all = Latencies::of(rows());
        let count = |keep: fn(End) -> bool| rows().filter(|row| keep(row.end)).count() as u64;
        let whole = |round: &&Measured| (round.warm_up, round.length);
        Detail {
            scenario: run.scenario.clone(),
            load: run.load,
            strategy: run.strategy.clone(),
            success_rate: 1.0 - run.error_rate,
            timed_out: count(|end| end == End::TimedOut),
            broken: count(|end| matches!(end, End::NotConnected | End::Broken)),
            beyond_p99: floor(all.beyond(0.99)),
            beyond_p999: floor(all.beyond(0.999)),
            shares_of: counted(rounds).name(),
            max_host_load: run.load.and_then(|load| {
                let most = fair_shares(rounds, whole, |_, _| true).into_iter().reduce(f64::max);
                most.map(|most| most * load)
            }),
            min_fair_share: fair_shares(rounds, whole, |_, _| true).into_iter().reduce(f64::min),
            min_fair_share_after: rounds
                .iter()
                .all(|round| fault(round).is_some())
                .then(|| after_fault(rounds))
                .flatten(),
            queue_grew: !rounds.is_empty() && rounds.iter().all(|round| queue_grew(round)),
            late_p99_ms: late_ms(rounds, 0.99),
            balancer_cpu_cores: mean(rounds.iter().map(|round| round.bench?.balancer_cpu_cores)),
            phases: phases(rounds),
        }
    }
}

/// Share over share of the capacity, of every host that `keep` keeps, each over all rounds.
fn fair_shares(
    rounds: &[&Measured],
    window: impl Fn(&&Measured) -> (Duration, Duration),
    keep: impl Fn(&Measured, usize) -> bool,
) -> Vec<f64> {
    let by = counted(rounds);
    let hosts = rounds.iter().map(|round| round.hosts.len()).min().unwrap_or(0);
    let of = |host: usize| {
        let ratios = rounds.iter().filter_map(|round| {
            let (from, to) = window(round);
            let fair = round.hosts[host].capacity_share;
            (keep(round, host) && fair > 0.0).then(|| shares(&placed(round, by, from, to))[host] / fair)
        });
        mean(ratios.map(Some))
    };
    (0..hosts).filter_map(of).collect()
}

fn after_fault(rounds: &[&Measured]) -> Option<f64> {
    let window = |round: &&Measured| (fault(round).map_or(round.length, |mark| mark.at), round.length);
    let spared = |round: &Measured, host| round.marks.iter().all(|mark| mark.host != Some(host));
    fair_shares(rounds, window, spared).into_iter().reduce(f64::min)
}

/// Whether the mean queue of some host grew in every quarter, to more than it serves at a time four times over.
fn queue_grew(round: &Measured) -> bool {
    let quarter = round.length.saturating_sub(round.warm_up) / 4;
    let means = |host: usize| -> Vec<f64> {
        let from = |n: u32| round.warm_up + quarter * n;
        let of = |n: u32| {
            let within = round.samples.iter().filter(|s| s.at >= from(n) && s.at < from(n + 1));
            mean(within.map(|sample| sample.queued.get(host).map(|&queued| f64::from(queued)))).unwrap_or(0.0)
        };
        (0..4).map(of).collect()
    };
    let grew = |(host, slots): (usize, f64)| {
        let means = means(host);
        means.windows(2).all(|pair| pair[0] < pair[1]) && means[3] > 4.0 * slots
    };
    round.hosts.iter().map(|host| host.parallelism as f64).enumerate().any(grew)
}

/// How late a share `quantile` of requests was taken up by the bench at most, ms.
pub(super) fn late_ms(rounds: &[&Measured], quantile: f64) -> Option<f64> {
    let as_latency = |row: &Row| Row { latency_us: row.late_us.into(), end: End::Status(200), ..*row };
    let late: Vec<Row> = rounds.iter().flat_map(|round| measured_rows(round)).map(as_latency).collect();
    Latencies::of(late.iter()).at_rank(quantile)
}

/// The mean of what is known; none if nothing is.
pub(super) fn mean(values: impl Iterator<Item = Option<f64>>) -> Option<f64> {
    let (sum, count) = values.flatten().fold((0.0, 0u32), |(sum, count), value| (sum + value, count + 1));
    (count > 0).then(|| sum / f64::from(count))
}

/// Marks differ between the seeds of an experiment by less than its samples do: the first round's count for all.
fn phases(rounds: &[&Measured]) -> Vec<Phase> {
    let Some(first) = rounds.first().filter(|round| fault(round).is_some()) else {
        return Vec::new();
    };
    let mut bounds: Vec<(Duration, Option<String>)> = vec![(first.warm_up, None)];
    let within = first.marks.iter().filter(|mark| mark.at >= first.warm_up && mark.at < first.length);
    bounds.extend(within.map(|mark| (mark.at, Some(mark.what.clone()))));
    bounds.sort_by_key(|(at, _)| *at);
    bounds.dedup_by(|later, earlier| later.0 == earlier.0 && earlier.1.is_some() && join(later, earlier));
    let ends = bounds.iter().skip(1).map(|(at, _)| *at).chain([first.length]);
    let spans = bounds.iter().zip(ends).filter(|((from, _), to)| from < to);
    spans.map(|((from, after), to)| phase(rounds, *from, to, after.clone())).collect()
}

/// Marks of one moment begin one phase.
fn join(later: &(Duration, Option<String>), earlier: &mut (Duration, Option<String>)) -> bool {
    if let (Some(what), Some(also)) = (&mut earlier.1, &later.1) {
        *what = format!("{what}, {also}");
    }
    true
}

fn phase(rounds: &[&Measured], from: Duration, to: Duration, after: Option<String>) -> Phase {
    let rows = || rounds.iter().flat_map(|round| between(round, from, to)).filter(|row| is_measured(rounds[0], row));
    let all = Latencies::of(rows());
    let requests = rows().count() as u64;
    let good = rows().filter(|row| row.end.is_good()).count() as u64;
    let by = counted(rounds);
    let attempts: u64 = rounds.iter().flat_map(|round| placed(round, by, from, to)).sum();
    let seconds = (to - from).as_secs_f64() * rounds.len() as f64;
    Phase {
        after,
        from_s: from.as_secs_f64(),
        to_s: to.as_secs_f64(),
        requests,
        goodput_per_s: good as f64 / seconds,
        error_rate: (requests - good) as f64 / requests.max(1) as f64,
        attempts_per_request: by.sees_attempts().then(|| attempts as f64 / requests.max(1) as f64),
        p50_ms: all.quantile_ms(0.5, BEYOND_MIN),
        p99_ms: all.quantile_ms(0.99, BEYOND_MIN),
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "counts are positive")]
fn floor(count: f64) -> u64 {
    count as u64
}
