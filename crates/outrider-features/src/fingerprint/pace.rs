//! How a host does just now against what is known of it: what slows down whatever it serves is none of its cells' business.
//!
//! The mean logarithm of actual over expected of about the last second or the last 40 exchanges that did not wait, whichever is
//! less; none counts for more than a twenty-fifth, for where few come a larger share would be mostly noise. What lies within a
//! standard error of nothing is taken for nothing (a soft threshold; Donoho 1995), so that cells keep learning from hosts that only seem to
//! differ; the standard error of an exponential mean is the root of a / (2 - a) of its samples' deviation (Roberts 1959).

use std::time::Duration;

use outrider_core::Time;

/// Shares of a new sample, at the least and at the most.
const SHARE: (f64, f64) = (1.0 / 40.0, 1.0 / 25.0);
const MEMORY: Duration = Duration::from_secs(1);
/// After a second without any it fades, to 1/e in this time.
const FADE_S: f64 = 5.0;
/// The standard error over the deviation of one sample, at the least share.
const ERROR: f64 = 0.112;
/// No sample counts as further off: e^3 is 20 times.
const LOG_MAX: f64 = 3.0;
/// No host is taken to be further off: e^9 is 8,000 times.
const RANGE: f64 = 9.0;

/// How many times as long as is known a host takes, as a mean of logarithms.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub(crate) struct Pace {
    log: f64,
    at: Time,
}

impl Pace {
    /// An exchange took e^`log` times what is known, as far as most do.
    pub(crate) fn observe(&mut self, log: f64, now: Time) {
        self.log = self.log_at(now);
        let by_time = 1.0 - (-now.since(self.at).as_secs_f64() / MEMORY.as_secs_f64()).exp();
        let off = (log - self.log).clamp(-LOG_MAX, LOG_MAX);
        self.log = (self.log + by_time.clamp(SHARE.0, SHARE.1) * off).clamp(-RANGE, RANGE);
        self.at = self.at.max(now);
    }

    /// The logarithm, chance included.
    pub(crate) fn log(&self) -> f64 {
        self.log
    }

    /// The factor at `now` as far as it is beyond chance, where samples scatter by `sigma`.
    pub(crate) fn factor(&self, sigma: f64, now: Time) -> f64 {
        let (log, doubt) = (self.log_at(now), ERROR * sigma);
        (log.abs() - doubt).max(0.0).copysign(log).exp()
    }

    /// The logarithm at `now`: what was a while ago says less and less.
    fn log_at(&self, now: Time) -> f64 {
        let stale_s = now.since(self.at).saturating_sub(MEMORY).as_secs_f64();
        self.log * (-stale_s / FADE_S).exp()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_turn_shows_within_a_hundred_exchanges_and_a_second(log in -2.0..2.0f64, gap_ms in 1u64..200) {
            let mut pace = Pace::default();
            (1..=100).for_each(|nth| pace.observe(log, Time::from_millis(gap_ms * nth)));
            prop_assert!((pace.log() - log).abs() <= 0.1 * log.abs() + 1e-9);
        }

        #[test]
        fn no_sample_breaks_it(logs in prop::collection::vec(any::<f64>().prop_filter("a number", |log| !log.is_nan()), 1..300)) {
            let mut pace = Pace::default();
            logs.iter().zip(1..).for_each(|(&log, nth)| pace.observe(log, Time::from_millis(nth)));
            prop_assert!(pace.log().abs() <= RANGE && pace.factor(1.0, Time::from_millis(301)) > 0.0);
        }
    }

    #[test]
    fn what_is_within_chance_is_nothing_and_what_is_beyond_counts_less_that() {
        let at = |log: f64| Pace { log, at: Time::ZERO }.factor(0.5, Time::ZERO);
        assert_eq!((at(0.05), at(-0.05)), (1.0, 1.0));
        assert!((at(0.7).ln() - 0.644).abs() < 1e-9 && (at(-0.7).ln() + 0.644).abs() < 1e-9);
    }
}
