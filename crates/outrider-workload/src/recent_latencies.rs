//! What a host knows of its own speed: the median of its recent latencies at or near what it has in flight, as a server of
//! Prequal estimates it (Wydrowski et al., NSDI'24, section 4.1). Hosts that answer probes say it, simulated and real.

use std::collections::VecDeque;
use std::time::Duration;

use outrider_core::Time;

/// So many answers are remembered.
const REMEMBERED: usize = 64;
/// For so long.
const RECENT: Duration = Duration::from_secs(10);
/// The median is taken of so many, the nearest by requests in flight.
const NEAREST: usize = 7;

/// The last good answers of one host. Failures are none: a host that fails fast is not fast.
#[derive(Clone, Debug, Default)]
pub struct RecentLatencies(VecDeque<Answered>);

#[derive(Clone, Copy, Debug)]
struct Answered {
    at: Time,
    in_flight: u64,
    took: Duration,
}

impl RecentLatencies {
    /// A request that found `in_flight` others at the host was answered well at `at`, `took` after it came.
    pub fn answered(&mut self, in_flight: u64, took: Duration, at: Time) {
        self.0.truncate(REMEMBERED - 1);
        self.0.push_front(Answered { at, in_flight, took });
    }

    /// What a request may expect that finds `in_flight` others; `None` without an answer in the last 10 s.
    pub fn near(&self, in_flight: u64, now: Time) -> Option<Duration> {
        let mut recent: Vec<&Answered> = self.0.iter().filter(|answered| now.since(answered.at) <= RECENT).collect();
        recent.sort_by_key(|answered| answered.in_flight.abs_diff(in_flight));
        recent.truncate(NEAREST);
        recent.sort_by_key(|answered| answered.took);
        Some(recent.get(recent.len() / 2)?.took)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: Time = Time::from_millis(60_000);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    #[test]
    fn a_level_with_answers_of_its_own_speaks_for_itself() {
        let mut latencies = RecentLatencies::default();
        (0..7).for_each(|nth| latencies.answered(0, ms(10 + nth), NOW));
        (0..7).for_each(|nth| latencies.answered(5, ms(50 + nth), NOW));
        assert_eq!((latencies.near(0, NOW), latencies.near(6, NOW)), (Some(ms(13)), Some(ms(53))));
    }

    #[test]
    fn one_slow_answer_among_few_decides_nothing() {
        let mut latencies = RecentLatencies::default();
        [10, 900, 11].iter().for_each(|&took| latencies.answered(1, ms(took), NOW));
        assert_eq!(latencies.near(1, NOW), Some(ms(11)));
    }

    #[test]
    fn what_is_old_or_long_past_is_forgotten() {
        let mut latencies = RecentLatencies::default();
        latencies.answered(0, ms(10), NOW);
        assert_eq!(latencies.near(0, NOW + ms(10_000)), Some(ms(10)));
        assert_eq!(latencies.near(0, NOW + ms(10_001)), None);
        (0..1_000).for_each(|_| latencies.answered(0, ms(30), NOW));
        assert_eq!((latencies.near(0, NOW), latencies.0.len()), (Some(ms(30)), REMEMBERED));
    }
}
