//! What a host knows of its own speed: the median of its recent latencies at or near what it has in flight, as a server of
//! Prequal estimates it (Wydrowski et al., NSDI'24, section 4.1). Hosts that answer probes say it, simulated and real.
//!
//! Why the last answers of each level of in flight, and not the last answers: a host that was overloaded has only slow ones
//! among its last, given at levels far from where it stands once it has drained. It would say that it is slow while it is
//! idle, would be given nothing that could show otherwise, and the others would be overloaded in its stead.

use std::collections::VecDeque;
use std::time::Duration;

use outrider_core::Time;

/// Levels of in flight that are told apart; the last is from 3072 on.
const LEVELS: usize = 24;
/// Answers remembered per level.
const KEPT: usize = 7;
/// A median of fewer is taken only when there are no more.
const ENOUGH: usize = 3;
/// What is older is not recent.
const RECENT: Duration = Duration::from_secs(10);

/// The last good answers of one host by level of in flight, at most 168. Failures are none: a host that fails fast is not
/// fast.
#[derive(Clone, Debug, Default)]
pub struct RecentLatencies([VecDeque<Answered>; LEVELS]);

#[derive(Clone, Copy, Debug)]
struct Answered {
    at: Time,
    took: Duration,
}

impl RecentLatencies {
    /// A request that found `in_flight` others at the host was answered well at `at`, `took` after it came.
    pub fn answered(&mut self, in_flight: u64, took: Duration, at: Time) {
        let level = &mut self.0[level(in_flight)];
        level.truncate(KEPT - 1);
        level.push_front(Answered { at, took });
    }

    /// What a request may expect that finds `in_flight` others, by the answers at that level, or as near to it as there
    /// are enough; `None` without an answer in the last 10 s.
    pub fn near(&self, in_flight: u64, now: Time) -> Option<Duration> {
        let home = level(in_flight);
        let mut found = Vec::with_capacity(3 * KEPT);
        for distance in 0..LEVELS {
            let levels = self.0.iter().enumerate().filter(|(at, _)| at.abs_diff(home) == distance);
            let answers = levels.flat_map(|(_, answers)| answers);
            found.extend(answers.filter(|answer| now.since(answer.at) <= RECENT).map(|answer| answer.took));
            if found.len() >= ENOUGH {
                break;
            }
        }
        found.sort_unstable();
        found.get(found.len() / 2).copied()
    }
}

/// 0, 1, 2, 3, 4 to 5, 6 to 7, 8 to 11, 12 to 15, 16 to 23 and so on.
fn level(in_flight: u64) -> usize {
    let in_flight = usize::try_from(in_flight).unwrap_or(usize::MAX);
    if in_flight < 4 {
        return in_flight;
    }
    let octave = in_flight.ilog2() as usize;
    (2 * octave + (in_flight >> (octave - 1) & 1)).min(LEVELS - 1)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const NOW: Time = Time::from_millis(60_000);

    fn ms(millis: u64) -> Duration {
        Duration::from_millis(millis)
    }

    fn of(answers: &[(u64, u64)]) -> RecentLatencies {
        let mut latencies = RecentLatencies::default();
        answers.iter().for_each(|&(in_flight, took)| latencies.answered(in_flight, ms(took), NOW));
        latencies
    }

    proptest! {
        #[test]
        fn no_overload_makes_a_host_forget_what_it_does_when_idle(
            idle_ms in 1u64..20, overloaded in prop::collection::vec((8u64..10_000, 100u64..5_000), 0..500),
        ) {
            let mut latencies = of(&[(0, idle_ms); KEPT]);
            overloaded.iter().for_each(|&(in_flight, took)| latencies.answered(in_flight, ms(took), NOW));
            prop_assert_eq!(latencies.near(0, NOW), Some(ms(idle_ms)));
        }

        #[test]
        fn a_level_alone_says_the_median_of_its_last_seven(
            took_ms in prop::collection::vec(1u64..5_000, 3..40), in_flight: u64, asked: u64,
        ) {
            let answers: Vec<(u64, u64)> = took_ms.iter().map(|&took| (in_flight, took)).collect();
            let mut last = took_ms[took_ms.len().saturating_sub(KEPT)..].to_vec();
            last.sort_unstable();
            prop_assert_eq!(of(&answers).near(asked, NOW), Some(ms(last[last.len() / 2])));
        }

        #[test]
        fn levels_never_fall_with_in_flight_and_stay_in_range(a: u64, b: u64) {
            prop_assert!(level(a.min(b)) <= level(a.max(b)) && level(a.max(b)) < LEVELS);
        }
    }

    #[test]
    fn a_level_with_answers_of_its_own_speaks_for_itself_else_its_neighbours_too() {
        let latencies = of(&[(0, 10), (0, 11), (0, 12), (1, 20), (9, 90), (9, 91), (9, 92)]);
        assert_eq!(latencies.near(0, NOW), Some(ms(11)));
        assert_eq!(latencies.near(8, NOW), Some(ms(91)));
        // 20, and the three of the level below.
        assert_eq!(latencies.near(1, NOW), Some(ms(12)));
    }

    #[test]
    fn one_slow_answer_among_few_decides_nothing() {
        assert_eq!(of(&[(1, 10), (1, 900), (1, 11)]).near(1, NOW), Some(ms(11)));
    }

    #[test]
    fn what_is_old_is_forgotten() {
        let latencies = of(&[(0, 10)]);
        assert_eq!(latencies.near(0, NOW + ms(10_000)), Some(ms(10)));
        assert_eq!(latencies.near(0, NOW + ms(10_001)), None);
    }
}
