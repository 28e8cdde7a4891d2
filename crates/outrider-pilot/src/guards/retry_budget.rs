//! The retry budget: retries stay a small share of requests, so that a pool in trouble is not asked three times as
//! often just when it can do least.
//!
//! Rule (Linkerd's and Finagle's, as a window instead of a token bucket, so that it can be read off the metrics): in
//! the 10 s before every retry there are at most `ratio` x requests + `min_per_s` x 10 retries, that one included. The
//! window moves in whole seconds: requests are counted over the part of the 10 s that is surely inside, retries over
//! the part that may be, so the rule holds for every moment, not only on second boundaries.

use std::sync::Arc;

use crossbeam_utils::CachePadded;
use outrider_core::Time;

use crate::live::RollingCount;
use crate::settings::RetrySettings;

/// The window, whole seconds.
const WINDOW_S: u32 = 10;

/// The budget of one pool. What has been counted is shared by all copies and survives reload.
#[derive(Clone, Debug)]
pub struct RetryBudget {
    counts: Arc<Counts>,
    ratio: f64,
    min_per_s: u32,
}

#[derive(Debug)]
struct Counts {
    requests: CachePadded<RollingCount>,
    retries: CachePadded<RollingCount>,
}

impl RetryBudget {
    pub(crate) fn new(settings: &RetrySettings) -> RetryBudget {
        let counts =
            Counts { requests: CachePadded::new(RollingCount::new()), retries: CachePadded::new(RollingCount::new()) };
        RetryBudget { counts: Arc::new(counts), ratio: settings.budget_ratio, min_per_s: settings.budget_min_per_s }
    }

    /// The same counts under other limits.
    pub(crate) fn with(&self, settings: &RetrySettings) -> RetryBudget {
        RetryBudget {
            counts: Arc::clone(&self.counts),
            ratio: settings.budget_ratio,
            min_per_s: settings.budget_min_per_s,
        }
    }

    /// A request came in. Its retries are not requests.
    pub fn request(&self, now: Time) {
        self.counts.requests.add(second(now));
    }

    /// Whether one retry more is allowed; if so it is counted. Ask when the retry is decided, before any back-off.
    pub fn try_retry(&self, now: Time) -> bool {
        // Counted first and taken back if too many: two cores that ask at once can both be refused the last one, but
        // never both be granted it.
        if !self.counts.retries.add(second(now)) {
            return false;
        }
        let (requests, retries) = self.counts(now);
        let allowed = retries as f64 <= self.allowed(requests);
        if !allowed {
            self.counts.retries.take_back(second(now));
        }
        allowed
    }

    /// Requests and retries in the last 10 s, as the budget counts them.
    pub fn counts(&self, now: Time) -> (u64, u64) {
        let last = second(now);
        let requests = self.counts.requests.sum(last.saturating_sub(WINDOW_S - 1), last);
        let retries = self.counts.retries.sum(last.saturating_sub(WINDOW_S), last);
        (requests, retries)
    }

    fn allowed(&self, requests: u64) -> f64 {
        self.ratio * requests as f64 + f64::from(self.min_per_s) * f64::from(WINDOW_S)
    }
}

fn second(now: Time) -> u32 {
    u32::try_from(now.as_nanos() / 1_000_000_000).unwrap_or(u32::MAX)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn budget(ratio: f64, min_per_s: u32) -> RetryBudget {
        RetryBudget::new(&RetrySettings {
            budget_ratio: ratio,
            budget_min_per_s: min_per_s,
            ..RetrySettings::default()
        })
    }

    proptest! {
        #[test]
        fn no_retry_exceeds_the_budget_of_the_ten_seconds_before_it(
            steps in prop::collection::vec((0u64..900, prop::bool::ANY), 1..400),
            ratio in 0.0f64..1.0,
            min_per_s in 0u32..3,
        ) {
            let budget = budget(ratio, min_per_s);
            let window = Duration::from_secs(u64::from(WINDOW_S));
            let (mut now, mut requests, mut retries) = (Time::ZERO, Vec::new(), Vec::new());
            for (after_ms, is_retry) in steps {
                now = now + Duration::from_millis(after_ms);
                if !is_retry {
                    budget.request(now);
                    requests.push(now);
                } else if budget.try_retry(now) {
                    retries.push(now);
                    let recent = |times: &[Time]| times.iter().filter(|t| now.since(**t) < window).count() as f64;
                    let allowed = ratio * recent(&requests) + f64::from(min_per_s * WINDOW_S);
                    prop_assert!(recent(&retries) <= allowed + 1e-9);
                }
            }
        }
    }

    #[test]
    fn a_steady_pool_gets_its_share() {
        let budget = budget(0.2, 0);
        let granted = (0..60_000_u64).filter(|&ms| {
            budget.request(Time::from_millis(ms));
            budget.try_retry(Time::from_millis(ms))
        });
        // 20 % less what counting in whole seconds may cost, at most one of ten.
        let granted = granted.count();
        assert!((10_700..=12_000).contains(&granted), "{granted}");
    }

    #[test]
    fn the_minimum_is_there_without_a_request() {
        let budget = budget(0.0, 1);
        let at = |ms| Time::from_millis(ms);
        assert_eq!((0..20).filter(|_| budget.try_retry(at(500))).count(), 10);
        assert!(!budget.try_retry(at(10_400)));
        assert!(budget.try_retry(at(11_500)));
        assert_eq!(budget.counts(at(11_500)), (0, 1));
    }

    #[test]
    fn what_was_counted_survives_other_limits() {
        let before = budget(1.0, 0);
        before.request(Time::ZERO);
        let after = before.with(&RetrySettings { budget_ratio: 0.0, budget_min_per_s: 0, ..RetrySettings::default() });
        assert!(!after.try_retry(Time::ZERO));
        assert_eq!(after.counts(Time::ZERO), (1, 0));
    }
}
