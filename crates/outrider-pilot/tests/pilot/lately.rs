//! What a host says when it is probed: the median of its recent latencies at or near what it has in flight, as a server
//! of Prequal estimates it. Failures are no latencies.

use std::collections::VecDeque;
use std::time::Duration;

use outrider_core::Time;

const REMEMBERED: usize = 64;
const RECENT: Duration = Duration::from_secs(10);
/// A median is of so many answers, the nearest by in flight.
const OF: usize = 7;

/// The last answers of a host.
#[derive(Default)]
pub(crate) struct Lately(VecDeque<Answered>);

struct Answered {
    at: Time,
    in_flight: u32,
    took: Duration,
}

impl Lately {
    /// A request that found `in_flight` others was answered after `took`.
    pub(crate) fn answered(&mut self, in_flight: u32, took: Duration, at: Time) {
        self.0.truncate(REMEMBERED - 1);
        self.0.push_front(Answered { at, in_flight, took });
    }

    pub(crate) fn latency_near(&self, in_flight: u32, now: Time) -> Option<Duration> {
        let mut recent: Vec<&Answered> = self.0.iter().filter(|answered| now.since(answered.at) <= RECENT).collect();
        recent.sort_by_key(|answered| answered.in_flight.abs_diff(in_flight));
        recent.truncate(OF);
        recent.sort_by_key(|answered| answered.took);
        Some(recent.get(recent.len() / 2)?.took)
    }
}
