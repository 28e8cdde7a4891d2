//! What a round has shown, request by request: the raw material of every figure, table and plot.
//!
//! The bench on real sockets keeps the same, so that one code makes figures of both. Rows take 40 bytes: a comparison of a
//! dozen balancers over five seeds holds millions of them until its report is written.

use std::time::Duration;

use serde::{Deserialize, Serialize};

/// One balancer in one round: the same requests, the same luck as its rivals met.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Name of the experiment or scenario.
    pub scenario: String,
    /// Arrivals over the hosts' capacity, where that is known.
    pub load: Option<f64>,
    /// The balancer's label: a strategy, `haproxy leastconn`, whatever the experiment calls it. Unique in an experiment.
    pub strategy: String,
    /// Seed of the round.
    pub seed: u64,
    /// Time at the beginning that figures leave out.
    pub warm_up: Duration,
    /// Time over which requests are scheduled, the warm-up included.
    pub length: Duration,
    /// Names of the classes that rows index.
    pub classes: Vec<String>,
    /// The hosts that rows index.
    pub hosts: Vec<MeasuredHost>,
    /// Every request, warm-up included, by number, which is the order of their schedule.
    pub rows: Vec<Row>,
    /// Every try, in the order of their ends, where users try again and each is recorded.
    pub tries: Vec<Try>,
    /// The hosts at regular times.
    pub samples: Vec<HostSample>,
    /// What happened when.
    pub marks: Vec<Mark>,
    /// What must have come back after the first mark, if that is asked.
    pub recovery: Option<Recovery>,
    /// How the bench itself did; none in virtual time, which is never late.
    pub bench: Option<BenchTruth>,
}

/// One host that was balanced.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredHost {
    /// Its name, as answers carry it.
    pub name: String,
    /// Requests that it serves at a time.
    pub parallelism: usize,
    /// Its share of the capacity of all, 0 to 1.
    pub capacity_share: f64,
}

/// One request of a user, with all the tries that it took them.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Row {
    /// When it was to arrive, from the start of the round, us.
    pub scheduled_us: u64,
    /// From then to the end of its last try, us.
    pub latency_us: u64,
    /// How late the bench took it up, us.
    pub late_us: u32,
    /// Index of its class.
    pub class: u16,
    /// Index of the host that answered; `None` if none did, or none that is known.
    pub host: Option<u16>,
    /// How it ended.
    pub end: End,
    /// Tries of the user, 1 and more.
    pub tries: u8,
    /// How large it is beside others of its class.
    pub size: f32,
}

/// One try of a user, and what they did next.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Try {
    /// Index of its request in [`Measured::rows`].
    pub request: u32,
    /// Which one of the request's, from 1.
    pub nth: u8,
    /// When it was due, from the start of the round, us: the first when the request was scheduled, others after their back-off.
    pub due_us: u64,
    /// From then to its end, us.
    pub took_us: u64,
    /// Index of the host that answered; `None` if none did, or none that is known.
    pub host: Option<u16>,
    /// How it ended.
    pub end: End,
    /// Whether its user tried again.
    pub retried: bool,
}

/// How a request ended for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An answer with this status, whole.
    Status(u16),
    /// No whole answer in the time allowed.
    TimedOut,
    /// No connection.
    NotConnected,
    /// The connection broke.
    Broken,
}

impl End {
    /// Whether the user got what they asked for: an answer below 400.
    pub const fn is_good(self) -> bool {
        matches!(self, End::Status(status) if status < 400)
    }
}

/// The hosts at one moment. All lists have one entry per host.
#[derive(Clone, Debug, PartialEq)]
pub struct HostSample {
    /// When, from the start of the round.
    pub at: Duration,
    /// Requests that have arrived at each so far in the round.
    pub arrived: Vec<u64>,
    /// Time that each has spent serving so far in the round, over all its slots, s. Over parallelism and time it is
    /// utilisation.
    pub busy_s: Vec<f64>,
    /// Requests in service at each.
    pub in_service: Vec<u32>,
    /// Requests waiting at each.
    pub queued: Vec<u32>,
    /// Requests that the balancer says it has sent to each so far in the round, if it says so: other than `arrived` it
    /// counts those that a dead host never saw.
    pub picks: Option<Vec<u64>>,
}

/// Something that happened in a round: a fault begins or ends, a host joins.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, from the start of the round.
    pub at: Duration,
    /// The host that it is about, if one.
    pub host: Option<usize>,
    /// What happened, in a few words.
    pub what: String,
}

/// What counts as recovered. Time runs from the first mark that is not before the warm-up's end; what was *before* lies
/// between the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Recovery {
    /// Traffic has moved away: this host's share of picks (of arrivals, where picks are not known) stays below half of
    /// what it had before, until the next mark about this host or the end of the round.
    Host(usize),
    /// Users are served again: the share of their requests that end well, by when they were scheduled, is at 90 % of what it
    /// was before and stays there to the end of the round.
    Goodput,
    /// Users wait no longer than they will from now on: the mean latency of good answers, by when requests were scheduled in
    /// windows of 5 s, is at most half as much again as that of the median window after the mark, and stays there.
    Latency,
}

/// How the bench itself did in one round. Whoever reads figures has to know whether they are the balancer's.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct BenchTruth {
    /// Requests taken up later than scheduled: median, ms.
    pub late_p50_ms: f64,
    /// Quantile 0.99, ms.
    pub late_p99_ms: f64,
    /// The worst, ms.
    pub late_max_ms: f64,
    /// Service ends of simulated hosts later than planned: mean, ms.
    pub timer_lag_mean_ms: f64,
    /// The worst, ms.
    pub timer_lag_max_ms: f64,
    /// CPU time of the bench's own process (load and hosts) over the round's time, in cores.
    pub cpu_cores: f64,
    /// CPU time of the balancer's processes over the round's time, in cores; `None` where it could not be read.
    pub balancer_cpu_cores: Option<f64>,
}

impl Measured {
    /// Rows that figures are made of: scheduled after the warm-up.
    pub fn counted(&self) -> impl Iterator<Item = &Row> {
        let from_us = self.warm_up.as_micros();
        self.rows.iter().filter(move |row| u128::from(row.scheduled_us) >= from_us)
    }

    /// Latencies of counted rows that ended well, ascending, ms.
    pub fn latencies_ms(&self) -> Vec<f64> {
        let good = self.counted().filter(|row| row.end.is_good());
        let mut latencies: Vec<f64> = good.map(|row| row.latency_us as f64 / 1e3).collect();
        latencies.sort_unstable_by(f64::total_cmp);
        latencies
    }
}

/// The `q`-quantile (0 to 1) of ascending numbers: the least of which at least that share is no greater; NaN of none.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank lies between 0 and the length")]
pub fn quantile(ascending: &[f64], q: f64) -> f64 {
    let rank = (q * ascending.len() as f64).ceil() as usize;
    ascending.get(rank.saturating_sub(1)).copied().unwrap_or(f64::NAN)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_by_rank() {
        let numbers = [1.0, 2.0, 3.0, 4.0];
        let table = [(0.0, 1.0), (0.25, 1.0), (0.26, 2.0), (0.5, 2.0), (0.99, 4.0), (1.0, 4.0)];
        assert!(table.iter().all(|&(q, expected)| quantile(&numbers, q) == expected));
        assert!(quantile(&[], 0.5).is_nan());
    }
}
