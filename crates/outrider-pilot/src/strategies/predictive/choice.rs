//! What a comparison of hosts comes to: the one that costs least, unless one is to be tried.

use std::time::Duration;

use outrider_core::{Random, Time};

use super::Quote;
use super::forecast::COMPARED;

/// A host that is tried costs at most so many times the best.
const COST_MAX: f64 = 3.0;
/// What takes less than this times what is usual on a host is cheap there.
const CHEAP: f64 = 1.1;
/// After so many times the rest of one that is near the best a host is tried whatever it costs.
const AT_ANY_COST: u32 = 10;
/// Each host gets a request a second, or one in so many of the pool's, whichever is more ...
const ONE_IN: f64 = 1_000.0;
/// ... but all of them together at most one in so many.
const ALL_ONE_IN: f64 = 10.0;

/// Costs within this share of the least are as good, however well they are known.
const AS_GOOD: f64 = 0.08;
/// However little is known: no cost so much above the least is as good.
const AS_GOOD_MAX: f64 = 0.25;

/// What was compared, and since when the host that has rested longest was not sent to.
#[derive(Debug)]
pub(super) struct Choice {
    costs: [(f64, usize); COMPARED],
    count: usize,
    /// The least cost and whose it is.
    pub(super) best: Option<(f64, usize)>,
    rested_since: Time,
}

impl Choice {
    /// Nothing has been compared; time ends at `now`.
    pub(super) fn at(now: Time) -> Choice {
        Choice { costs: [(0.0, 0); COMPARED], count: 0, best: None, rested_since: now }
    }

    /// Candidate `at`, of at most [`COMPARED`], costs this much.
    #[inline]
    pub(super) fn offer(&mut self, at: usize, cost_ns: f64) {
        self.costs[self.count] = (cost_ns, at);
        self.count += 1;
        if self.best.is_none_or(|(least, _)| cost_ns < least) {
            self.best = Some((cost_ns, at));
        }
    }

    /// From here on what is offered counts, and nothing before.
    pub(super) fn begin_anew(&mut self) {
        (self.count, self.best) = (0, None);
    }

    /// A candidate was last sent to at `last_begin`.
    #[inline]
    pub(super) fn rests_since(&mut self, last_begin: Time) {
        self.rested_since = self.rested_since.min(last_begin);
    }

    /// The cost that is as good as the least, where costs are known to this relative `uncertainty`.
    #[inline]
    pub(super) fn as_good_ns(&self, uncertainty: f64) -> f64 {
        self.best.map_or(0.0, |(least_ns, _)| least_ns * (1.0 + uncertainty.clamp(AS_GOOD, AS_GOOD_MAX)))
    }

    /// One of those that cost at most `most_ns`, at random: else of equal hosts that which seems fastest by chance would have all requests.
    #[inline]
    pub(super) fn settle(&self, most_ns: f64, random: &mut Random) -> Option<usize> {
        let (_, best) = self.best?;
        let as_good = || self.costs[..self.count].iter().filter(|(cost_ns, _)| *cost_ns <= most_ns);
        match as_good().count() {
            0 | 1 => Some(best),
            several => as_good().nth(random.below(several)).map(|&(_, at)| at),
        }
    }
}

/// When a host is tried that does not cost least.
#[derive(Clone, Copy, Debug)]
pub(super) struct Exploring {
    /// A host that nobody was sent to for so long.
    after: Duration,
}

impl Exploring {
    /// In a pool of `hosts` with so many requests per second.
    pub(super) fn new(hosts: usize, rate_per_s: f64) -> Exploring {
        let rate_per_s = rate_per_s.max(1.0);
        let wanted_s = (ONE_IN / rate_per_s).min(1.0);
        let bearable_s = hosts as f64 * ALL_ONE_IN / rate_per_s;
        Exploring { after: Duration::from_secs_f64(wanted_s.max(bearable_s)) }
    }

    /// Whether any of those compared has rested so long that it might be tried.
    #[inline]
    pub(super) fn is_due(&self, choice: &Choice, now: Time) -> bool {
        now.since(choice.rested_since) > self.after
    }

    /// Whether a host is tried that rests since `last_begin` and for which `quote` was made, where a request usually takes `usual_ns`
    /// on it and the least cost is `best_ns`:
    /// with a cheap request, or with any if none came for as long again; in the end whatever it costs, for what it costs is what is
    /// known of it, and that may be long past.
    pub(super) fn tries(&self, quote: &Quote, usual_ns: f64, last_begin: Time, best_ns: f64, now: Time) -> bool {
        let rest = now.since(last_begin);
        let is_due = rest > self.after && (quote.table_ns <= CHEAP * usual_ns || rest > self.after * 2);
        is_due && (quote.cost_ns <= COST_MAX * best_ns || rest > self.after * AT_ANY_COST)
    }
}
