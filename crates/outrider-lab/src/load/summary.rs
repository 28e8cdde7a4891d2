//! Many records in few numbers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use hdrhistogram::Histogram;

use super::record::{Outcome, Record};

/// Histograms and counts of records. Latencies are those of answers below 500 and of timeouts (which waited at least that
/// long); fast failures are counted, not averaged in, or a broken host would look quick.
#[derive(Clone, Debug)]
pub struct Summary {
    latency_us: Histogram<u64>,
    late_us: Histogram<u64>,
    waited_us: Histogram<u64>,
    /// Requests that ended.
    pub requests: u64,
    /// Tries that they took.
    pub tries: u64,
    /// Those that ended without a good answer (below 400).
    pub errors: u64,
    /// Those of the errors that timed out.
    pub timeouts: u64,
    /// Those of the errors that found no connection or lost it.
    pub broken: u64,
    /// Answers by the host that named itself; beyond 1024 names, none is added.
    pub by_host: BTreeMap<Arc<str>, u64>,
}

const LATENCY_MAX_US: u64 = 3_600_000_000;
const HOSTS_MAX: usize = 1024;

impl Default for Summary {
    fn default() -> Summary {
        Summary {
            latency_us: histogram(),
            late_us: histogram(),
            waited_us: histogram(),
            tries: 0,
            requests: 0,
            errors: 0,
            timeouts: 0,
            broken: 0,
            by_host: BTreeMap::new(),
        }
    }
}

pub(super) fn histogram() -> Histogram<u64> {
    Histogram::new_with_bounds(1, LATENCY_MAX_US, 3).expect("bounds and digits are sound")
}

impl Summary {
    /// Adds one request.
    pub fn add(&mut self, record: &Record) {
        self.requests += 1;
        self.tries += u64::from(record.tries);
        self.late_us.saturating_record(micros(record.late()));
        self.waited_us.saturating_record(micros(record.waited()));
        self.errors += u64::from(!record.outcome.is_good());
        match record.outcome {
            Outcome::TimedOut => self.timeouts += 1,
            Outcome::NotConnected | Outcome::Broken => self.broken += 1,
            Outcome::Answered(_) => {}
        }
        if matches!(record.outcome, Outcome::TimedOut | Outcome::Answered(..500)) {
            self.latency_us.saturating_record(micros(record.latency()));
        }
        if let Some(host) = &record.host {
            self.count_host(host, 1);
        }
    }

    /// Adds all of `other`.
    pub fn merge(&mut self, other: &Summary) {
        let same = "both histograms have the same bounds";
        self.latency_us.add(&other.latency_us).expect(same);
        self.late_us.add(&other.late_us).expect(same);
        self.waited_us.add(&other.waited_us).expect(same);
        self.tries += other.tries;
        self.requests += other.requests;
        self.errors += other.errors;
        self.timeouts += other.timeouts;
        self.broken += other.broken;
        for (host, &count) in &other.by_host {
            self.count_host(host, count);
        }
    }

    fn count_host(&mut self, host: &Arc<str>, count: u64) {
        if let Some(known) = self.by_host.get_mut(host) {
            *known += count;
        } else if self.by_host.len() < HOSTS_MAX {
            self.by_host.insert(Arc::clone(host), count);
        }
    }

    /// Latency that a share `quantile` (0 to 1) of requests did not exceed, ms.
    pub fn quantile_ms(&self, quantile: f64) -> f64 {
        self.latency_us.value_at_quantile(quantile) as f64 / 1e3
    }

    /// Mean latency, ms.
    pub fn mean_ms(&self) -> f64 {
        self.latency_us.mean() / 1e3
    }

    /// Standard deviation of latency, ms.
    pub fn sd_ms(&self) -> f64 {
        self.latency_us.stdev() / 1e3
    }

    /// How late the bench itself took up a share `quantile` (0 to 1) of requests at most, ms.
    pub fn late_ms(&self, quantile: f64) -> f64 {
        self.late_us.value_at_quantile(quantile) as f64 / 1e3
    }

    /// How long a share `quantile` (0 to 1) of requests waited for a connection of the generator's at most, ms.
    pub fn waited_ms(&self, quantile: f64) -> f64 {
        self.waited_us.value_at_quantile(quantile) as f64 / 1e3
    }

    /// Tries per request; 1 without requests.
    pub fn tries_per_request(&self) -> f64 {
        if self.requests == 0 { 1.0 } else { self.tries as f64 / self.requests as f64 }
    }

    /// Errors over requests, 0 to 1; 0 without requests.
    pub fn error_rate(&self) -> f64 {
        self.errors as f64 / self.requests.max(1) as f64
    }

    /// Share of the answers that came from `host`, 0 to 1.
    pub fn share(&self, host: &str) -> f64 {
        let all: u64 = self.by_host.values().sum();
        let own = self.by_host.get(host).copied().unwrap_or(0);
        own as f64 / all.max(1) as f64
    }
}

pub(super) fn micros(span: Duration) -> u64 {
    u64::try_from(span.as_micros()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrider_core::Time;
    use proptest::prelude::*;

    fn record(latency_ms: u64, outcome: Outcome) -> Record {
        let scheduled = Time::from_millis(10);
        Record {
            number: 0,
            class: 0,
            scheduled,
            taken: scheduled + Duration::from_micros(300),
            sent: None,
            done: scheduled + Duration::from_millis(latency_ms),
            outcome,
            tries: 2,
            due: scheduled,
            size: 1.0,
            before: Vec::new(),
            host: Some(Arc::from("h1")),
        }
    }

    #[test]
    fn fast_failures_are_counted_but_do_not_flatter_the_latency() {
        let mut summary = Summary::default();
        summary.add(&record(100, Outcome::Answered(200)));
        summary.add(&record(1, Outcome::Answered(500)));
        summary.add(&record(1, Outcome::Broken));
        summary.add(&record(1_000, Outcome::TimedOut));
        assert_eq!((summary.requests, summary.errors), (4, 3));
        assert_eq!((summary.timeouts, summary.broken), (1, 1));
        assert!((summary.tries_per_request() - 2.0).abs() < 1e-12);
        assert!((summary.mean_ms() - 550.0).abs() < 1.0);
        assert!((summary.late_ms(1.0) - 0.3).abs() < 0.01);
        assert!((summary.error_rate() - 0.75).abs() < 1e-12);
    }

    proptest! {
        #[test]
        fn merging_is_the_same_as_adding_all(a in prop::collection::vec(1u64..10_000, 0..50),
                                             b in prop::collection::vec(1u64..10_000, 1..50)) {
            let of = |latencies: &[u64]| {
                let mut summary = Summary::default();
                latencies.iter().for_each(|&ms| summary.add(&record(ms, Outcome::Answered(200))));
                summary
            };
            let mut merged = of(&a);
            merged.merge(&of(&b));
            let whole = of(&[a, b].concat());
            prop_assert_eq!(merged.requests, whole.requests);
            prop_assert_eq!(&merged.by_host, &whole.by_host);
            for q in [0.5, 0.9, 0.99] {
                prop_assert_eq!(merged.quantile_ms(q), whole.quantile_ms(q));
            }
        }

        #[test]
        fn quantiles_are_within_a_thousandth(mut latencies in prop::collection::vec(1u64..100_000, 1..200)) {
            let mut summary = Summary::default();
            latencies.iter().for_each(|&ms| summary.add(&record(ms, Outcome::Answered(200))));
            latencies.sort_unstable();
            let rank = (latencies.len() * 9).div_ceil(10) - 1;
            let exact = latencies[rank] as f64;
            prop_assert!((summary.quantile_ms(0.9) / exact - 1.0).abs() < 2e-3);
        }
    }
}
