//! When requests arrive.
//!
//! An open loop: arrivals never wait for answers. A pattern's arrivals are those of a constant rate with time bent so that
//! the integral of the pattern's rate passes evenly (exact for an inhomogeneous Poisson process: Cinlar 1975); a trace's are
//! its own.

use std::time::Duration;

use outrider_core::{Random, Time};

use crate::Pattern;
use crate::law::standard_exponential;
use crate::pattern::Shape;
use crate::trace::{Asked, Replay, Replayed};

/// One arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Arrival {
    /// When, from the beginning of the run.
    pub at: Time,
    /// Its size, of mean 1, where the pattern is a trace that has sizes.
    pub size: Option<f64>,
    /// What it asks of a language model, where the pattern is a recording that tells.
    pub asked: Option<Asked>,
}

/// An endless stream of arrivals, never going back, from the origin on.
#[derive(Clone, Debug)]
pub struct Arrivals {
    source: Source,
    last: Time,
}

#[derive(Clone, Debug)]
enum Source {
    Never,
    Shape(Bent),
    Replay(Replay),
}

impl Arrivals {
    /// Arrivals at `rate_per_s` times the pattern's factor, in a run of `length` (a ramp ends and a trace is fitted to that).
    /// A rate that is not above 0 never arrives: its first time is the end of time.
    pub fn new(pattern: &Pattern, rate_per_s: f64, length: Duration, random: Random) -> Arrivals {
        let source = match pattern {
            _ if rate_per_s.is_nan() || rate_per_s <= 0.0 => Source::Never,
            Pattern::Trace(trace) => Source::Replay(Replay::new(trace.clone(), rate_per_s, length, random)),
            _ => Source::Shape(Bent {
                shape: Shape::new(pattern, length),
                even: matches!(pattern, Pattern::Pace),
                rate_per_s,
                random,
                gaps: 0.0,
            }),
        };
        Arrivals { source, last: Time::ZERO }
    }
}

impl Iterator for Arrivals {
    type Item = Arrival;

    fn next(&mut self) -> Option<Arrival> {
        let plain = |at_s| Replayed { at_s, size: None, asked: None };
        let Replayed { at_s, size, asked } = match &mut self.source {
            Source::Never => plain(f64::INFINITY),
            Source::Shape(bent) => plain(bent.next_s()),
            Source::Replay(replay) => replay.next()?,
        };
        // Rounding may not turn time back.
        self.last = self.last.max(time_at(at_s * 1e9));
        Some(Arrival { at: self.last, size, asked })
    }
}

/// Even arrivals, or those of a Poisson process, in time that is bent by a shape.
#[derive(Clone, Debug)]
struct Bent {
    shape: Shape,
    even: bool,
    rate_per_s: f64,
    random: Random,
    /// Arrivals so far in units of the mean gap, exact enough for 2^53 of them.
    gaps: f64,
}

impl Bent {
    fn next_s(&mut self) -> f64 {
        self.gaps += if self.even { 1.0 } else { standard_exponential(&mut self.random).max(f64::MIN_POSITIVE) };
        self.shape.when(self.gaps / self.rate_per_s)
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
    use crate::{Burst, Ramp, Trace, TraceRow};
    use proptest::prelude::*;
    use std::sync::Arc;

    const HOUR: Duration = Duration::from_secs(3_600);

    fn times(pattern: &Pattern, rate_per_s: f64, length: Duration, seed: u64) -> impl Iterator<Item = Time> {
        Arrivals::new(pattern, rate_per_s, length, Random::new(seed)).map(|arrival| arrival.at)
    }

    fn patterns() -> Vec<Pattern> {
        let rows = (0..50).map(|i| TraceRow { at_s: f64::from(i * i), size: None }).collect();
        vec![
            Pattern::Poisson,
            Pattern::Pace,
            Pattern::Low,
            Pattern::Medium,
            Pattern::Ramp(Ramp { from: 0.0, to: 1.5 }),
            Pattern::Ramp(Ramp { from: 2.0, to: 0.0 }),
            Pattern::Burst(Burst::default()),
            Pattern::Trace(Arc::new(Trace::new(rows).unwrap())),
        ]
    }

    fn gaps_s(rate_per_s: f64, n: usize) -> Vec<f64> {
        let all = times(&Pattern::Poisson, rate_per_s, HOUR, 3).take(n + 1);
        let all: Vec<f64> = all.map(Time::as_secs_f64).collect();
        all.windows(2).map(|w| w[1] - w[0]).collect()
    }

    #[test]
    fn poisson_gaps_are_exponential() {
        let n = 100_000;
        let gaps = gaps_s(250.0, n);
        let mean = gaps.iter().sum::<f64>() / n as f64;
        let variance = gaps.iter().map(|g| (g - mean).powi(2)).sum::<f64>() / n as f64;
        assert!((mean * 250.0 - 1.0).abs() < 0.016, "mean {mean}");
        assert!((variance.sqrt() / mean - 1.0).abs() < 0.02, "cv");
    }

    #[test]
    fn poisson_counts_vary_as_much_as_their_mean() {
        let mut counts = vec![0.0; 2_000];
        for t in times(&Pattern::Poisson, 50.0, HOUR, 9) {
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
        let thousandth = times(&Pattern::Pace, 3.0, HOUR, 0).nth(29_999);
        assert_eq!(thousandth.unwrap().as_millis(), 10_000_000);
    }

    #[test]
    fn no_rate_no_arrival() {
        for rate in [0.0, -1.0, f64::NAN] {
            for pattern in patterns() {
                let first = times(&pattern, rate, HOUR, 0).next();
                assert_eq!(first.unwrap().as_nanos(), u64::MAX, "{} {rate}", pattern.name());
            }
        }
    }

    #[test]
    fn every_pattern_brings_as_many_as_its_mean_says() {
        let length = Duration::from_secs(1_000);
        for pattern in patterns() {
            let expected = 100.0 * 1_000.0 * pattern.mean_factor(length);
            let end = Time::ZERO + length;
            let counted = times(&pattern, 100.0, length, 4).take_while(|&at| at < end).count() as f64;
            // Five standard errors of a Poisson count.
            assert!((counted - expected).abs() < 5.0 * expected.sqrt(), "{}: {counted} {expected}", pattern.name());
        }
    }

    #[test]
    fn a_burst_comes_at_the_end_of_its_period_and_a_ramp_rises() {
        let share_late = |pattern: Pattern| {
            let seconds: Vec<u64> = times(&pattern, 200.0, Duration::from_secs(10), 5)
                .map(|at| at.as_millis() / 1_000)
                .take_while(|&second| second < 10)
                .collect();
            seconds.iter().filter(|&&second| second % 5 == 4).count() as f64 / seconds.len() as f64
        };
        // Three parts of seven in one second of five; on a ramp from nothing the seconds 4 and 9 have 9 + 19 of 100.
        assert!((share_late(Pattern::Burst(Burst::default())) - 3.0 / 7.0).abs() < 0.05);
        assert!((share_late(Pattern::Ramp(Ramp { from: 0.0, to: 1.0 })) - 0.28).abs() < 0.05);
    }

    proptest! {
        #[test]
        fn arrivals_never_go_back_and_repeat_with_their_seed(seed: u64, rate in 1e-3..1e3, length_ms in 1u64..5_000) {
            for pattern in patterns() {
                let draw = || -> Vec<Time> {
                    times(&pattern, rate, Duration::from_millis(length_ms), seed).take(64).collect()
                };
                prop_assert!(draw().is_sorted());
                prop_assert_eq!(draw(), draw());
            }
        }
    }
}
