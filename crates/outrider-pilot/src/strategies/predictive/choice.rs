//! What a comparison of hosts comes to: the one that costs least, unless one is to be tried.

use std::time::Duration;

use outrider_core::Time;

use super::Quote;

/// A host that is tried costs at most so many times the best.
const COST_MAX: f64 = 3.0;
/// Each host gets a request a second, or one in so many of the pool's, whichever is more ...
const ONE_IN: f64 = 1_000.0;
/// ... but all of them together at most one in so many.
const ALL_ONE_IN: f64 = 20.0;

/// The least cost so far and whose it is, and since when the host that has rested longest was not sent to.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice {
    pub(super) best: Option<(f64, usize)>,
    rested_since: Time,
}

impl Choice {
    /// Nothing has been compared; time ends at `now`.
    pub(super) fn at(now: Time) -> Choice {
        Choice { best: None, rested_since: now }
    }

    /// Candidate `at` costs this much.
    #[inline]
    pub(super) fn offer(&mut self, at: usize, cost_ns: f64) {
        if self.best.is_none_or(|(least, _)| cost_ns < least) {
            self.best = Some((cost_ns, at));
        }
    }

    /// A candidate was last sent to at `last_begin`.
    #[inline]
    pub(super) fn rests_since(&mut self, last_begin: Time) {
        self.rested_since = self.rested_since.min(last_begin);
    }
}

/// When a host is tried that does not cost least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exploring {
    /// A host that nobody was sent to for so long.
    after: Duration,
    /// What is no dearer than this is cheap.
    cheap_ns: f64,
}

impl Exploring {
    /// In a pool of `hosts` with so many requests per second of mean service `mean_ns`.
    pub(super) fn new(hosts: usize, rate_per_s: f64, mean_ns: f64) -> Exploring {
        let rate_per_s = rate_per_s.max(1.0);
        let wanted_s = (ONE_IN / rate_per_s).min(1.0);
        let bearable_s = hosts as f64 * ALL_ONE_IN / rate_per_s;
        Exploring { after: Duration::from_secs_f64(wanted_s.max(bearable_s)), cheap_ns: mean_ns }
    }

    /// Whether any of those compared has rested so long that it might be tried.
    #[inline]
    pub(super) fn is_due(&self, choice: &Choice, now: Time) -> bool {
        now.since(choice.rested_since) > self.after
    }

    /// Whether a host is tried that rests since `last_begin` and for which `quote` was made, where the least cost is `best_ns`:
    /// with a cheap request, or with any if none came for as long again.
    pub(super) fn tries(&self, quote: &Quote, last_begin: Time, best_ns: f64, now: Time) -> bool {
        let rest = now.since(last_begin);
        let is_due = rest > self.after && (quote.service_ns <= self.cheap_ns || rest > self.after * 2);
        is_due && quote.cost_ns <= COST_MAX * best_ns
    }
}
