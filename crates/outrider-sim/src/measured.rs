//! What a round has shown, request by request: the raw material of every figure.
//!
//! In the shape that the bench on real sockets keeps, so that one code makes figures of both.

use std::time::Duration;

/// One rule in one round: the same requests, the same luck as its rivals met.
#[derive(Clone, Debug, PartialEq)]
pub struct Measured {
    /// Name of the scenario.
    pub scenario: String,
    /// Arrivals over the hosts' capacity, where that is how they are set.
    pub load: Option<f64>,
    /// The rule's label.
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
    /// Every request, warm-up included, by number.
    pub rows: Vec<Row>,
    /// The hosts at regular times.
    pub samples: Vec<HostSample>,
    /// What happened when.
    pub marks: Vec<Mark>,
}

/// One host that was balanced.
#[derive(Clone, Debug, PartialEq)]
pub struct MeasuredHost {
    /// Its name.
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
    /// How late it was taken up, us. Virtual time is never late: 0.
    pub late_us: u32,
    /// Index of its class.
    pub class: u16,
    /// Index of the host that answered; `None` if none did.
    pub host: Option<u16>,
    /// How it ended.
    pub end: End,
    /// Tries of the user, 1 and more.
    pub tries: u8,
}

/// How a request ended for its user.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum End {
    /// An answer with this status, whole.
    Status(u16),
    /// No whole answer in the time allowed.
    TimedOut,
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
    /// Time that each has spent serving so far in the round, over all its servers, s.
    pub busy_s: Vec<f64>,
    /// Requests in service at each.
    pub in_service: Vec<u32>,
    /// Requests waiting at each.
    pub queued: Vec<u32>,
    /// Requests that the balancers have sent to each so far in the round.
    pub picks: Option<Vec<u64>>,
}

/// Something that happened in a round: a fault begins or ends, a host joins or leaves.
#[derive(Clone, Debug, PartialEq)]
pub struct Mark {
    /// When, from the start of the round.
    pub at: Duration,
    /// The host that it is about, if one.
    pub host: Option<usize>,
    /// What happened, in a few words.
    pub what: String,
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
