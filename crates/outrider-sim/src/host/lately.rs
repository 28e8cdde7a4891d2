//! What a host says when it is probed: the median of its recent latencies at or near what it has in flight, as a server of
//! Prequal estimates it (NSDI'24, section 4.1). Failures are no latencies.

use std::collections::VecDeque;
use std::time::Duration;

use outrider_core::Time;

const REMEMBERED: usize = 64;
const RECENT: Duration = Duration::from_secs(10);
/// A median is of so many answers, the nearest by in flight; of equally near ones the latest.
const OF: usize = 7;

/// The last answers of a host, latest first.
#[derive(Debug, Default)]
pub(super) struct Lately(VecDeque<Answered>);

#[derive(Clone, Copy, Debug)]
struct Answered {
    at: Time,
    found: u32,
    took: Duration,
}

impl Lately {
    /// A request that found `found` others was answered after `took`.
    pub(super) fn answered(&mut self, found: u32, took: Duration, at: Time) {
        self.0.truncate(REMEMBERED - 1);
        self.0.push_front(Answered { at, found, took });
    }

    /// `None` without a recent answer.
    pub(super) fn latency_near(&self, in_flight: u32, now: Time) -> Option<Duration> {
        let mut nearest: Vec<(u32, Duration)> = Vec::with_capacity(OF + 1);
        for answered in self.0.iter().take_while(|answered| now.since(answered.at) <= RECENT) {
            let distance = answered.found.abs_diff(in_flight);
            let at = nearest.partition_point(|(nearer, _)| *nearer <= distance);
            if at < OF {
                nearest.truncate(OF - 1);
                nearest.insert(at, (distance, answered.took));
            }
        }
        nearest.sort_unstable_by_key(|(_, took)| *took);
        Some(nearest.get(nearest.len() / 2)?.1)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// The same by sorting everything.
    fn plainly(answers: &[(u32, u64)], in_flight: u32) -> Option<Duration> {
        let mut near: Vec<&(u32, u64)> = answers.iter().rev().take(REMEMBERED).collect();
        near.sort_by_key(|(found, _)| found.abs_diff(in_flight));
        near.truncate(OF);
        near.sort_by_key(|(_, took)| *took);
        Some(Duration::from_millis(near.get(near.len() / 2)?.1))
    }

    proptest! {
        #[test]
        fn it_is_the_median_of_the_seven_nearest(
            answers in prop::collection::vec((0u32..12, 0u64..100), 0..150), in_flight in 0u32..12,
        ) {
            let mut lately = Lately::default();
            for (found, took) in &answers {
                lately.answered(*found, Duration::from_millis(*took), Time::from_millis(50));
            }
            prop_assert_eq!(lately.latency_near(in_flight, Time::from_millis(60)), plainly(&answers, in_flight));
        }
    }

    #[test]
    fn what_is_long_past_is_not_recent() {
        let mut lately = Lately::default();
        lately.answered(1, Duration::from_millis(5), Time::ZERO);
        assert_eq!(lately.latency_near(1, Time::from_millis(10_000)), Some(Duration::from_millis(5)));
        assert_eq!(lately.latency_near(1, Time::from_millis(10_001)), None);
    }
}
