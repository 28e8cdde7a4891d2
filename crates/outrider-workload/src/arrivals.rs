//! When requests arrive.
//!
//! An open loop: arrivals never wait for answers. Each pattern is a rule for the next arrival, so that a ramp, a burst or
//! a trace is one variant more.

use outrider_core::{Random, Time};
use serde::{Deserialize, Serialize};

use crate::law::standard_exponential;

/// How arrivals are spread around their rate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern {
    /// Independent users: gaps are exponential.
    #[default]
    Poisson,
    /// A metronome: all gaps are equal.
    Pace,
}

impl Pattern {
    /// The pattern called `name`, if there is one.
    pub fn from_name(name: &str) -> Option<Pattern> {
        match name {
            "poisson" => Some(Pattern::Poisson),
            "pace" => Some(Pattern::Pace),
            _ => None,
        }
    }

    /// Its name on command lines and in reports.
    pub const fn name(self) -> &'static str {
        match self {
            Pattern::Poisson => "poisson",
            Pattern::Pace => "pace",
        }
    }
}

/// An endless stream of arrival times, never decreasing, from the origin on.
#[derive(Clone, Debug)]
pub struct Arrivals {
    pattern: Pattern,
    gap_ns: f64,
    random: Random,
    /// Arrivals so far in units of the mean gap, exact enough for 2^53 of them.
    gaps: f64,
}

impl Arrivals {
    /// Arrivals at `rate_per_s` on average. A rate that is not above 0 never arrives: its first time is the end of time.
    pub fn new(pattern: Pattern, rate_per_s: f64, random: Random) -> Arrivals {
        let gap_ns = if rate_per_s > 0.0 { 1e9 / rate_per_s } else { f64::INFINITY };
        Arrivals { pattern, gap_ns, random, gaps: 0.0 }
    }
}

impl Iterator for Arrivals {
    type Item = Time;

    fn next(&mut self) -> Option<Time> {
        self.gaps += match self.pattern {
            Pattern::Poisson => standard_exponential(&mut self.random).max(f64::MIN_POSITIVE),
            Pattern::Pace => 1.0,
        };
        Some(time_at(self.gaps * self.gap_ns))
    }
}

/// A time from a non-negative count of ns; beyond the end of time, the end.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate, which is what is wanted"
)]
fn time_at(nanos: f64) -> Time {
    Time::from_nanos(nanos as u64)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn gaps_s(pattern: Pattern, rate_per_s: f64, n: usize) -> Vec<f64> {
        let times: Vec<f64> =
            Arrivals::new(pattern, rate_per_s, Random::new(3)).take(n + 1).map(Time::as_secs_f64).collect();
        times.windows(2).map(|w| w[1] - w[0]).collect()
    }

    #[test]
    fn poisson_gaps_are_exponential() {
        let n = 100_000;
        let gaps = gaps_s(Pattern::Poisson, 250.0, n);
        let mean = gaps.iter().sum::<f64>() / n as f64;
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((mean * 250.0 - 1.0).abs() < 0.016, "mean {mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "cv");
    }

    #[test]
    fn poisson_counts_vary_as_much_as_their_mean() {
        let mut counts = vec![0.0; 2_000];
        for t in Arrivals::new(Pattern::Poisson, 50.0, Random::new(9)) {
            let second = (t.as_millis() / 1_000) as usize;
            let Some(count) = counts.get_mut(second) else {
                break;
            };
            *count += 1.0;
        }
        let mean = counts.iter().sum::<f64>() / 2_000.0;
        let variance = counts.iter().map(|c| (c - mean) * (c - mean)).sum::<f64>() / 2_000.0;
        assert!((0.85..1.15).contains(&(variance / mean)), "{variance}");
    }

    #[test]
    fn a_pace_does_not_drift() {
        let thousandth = Arrivals::new(Pattern::Pace, 3.0, Random::new(0)).nth(29_999);
        assert_eq!(thousandth.unwrap().as_millis(), 10_000_000);
    }

    #[test]
    fn no_rate_no_arrival() {
        for rate in [0.0, -1.0, f64::NAN] {
            let first = Arrivals::new(Pattern::Poisson, rate, Random::new(0)).next();
            assert_eq!(first.unwrap().as_nanos(), u64::MAX);
        }
    }

    #[test]
    fn names_lead_back_to_patterns() {
        for pattern in [Pattern::Poisson, Pattern::Pace] {
            assert_eq!(Pattern::from_name(pattern.name()), Some(pattern));
        }
        assert_eq!(Pattern::from_name("ramp"), None);
    }

    proptest! {
        #[test]
        fn arrivals_never_go_back_and_repeat_with_their_seed(seed: u64, rate in 1e-3..1e6) {
            for pattern in [Pattern::Poisson, Pattern::Pace] {
                let draw = || -> Vec<Time> {
                    Arrivals::new(pattern, rate, Random::new(seed)).take(64).collect()
                };
                prop_assert!(draw().is_sorted());
                prop_assert_eq!(draw(), draw());
            }
        }
    }
}
