//! What a client connection is doing, and by when it must have done it.
//!
//! Every connection has one lazy timer: reads, writes and requests only note the time here, and the timer looks at the
//! notes when it goes off. A busy connection therefore never touches the timer wheel.
//!
//! Cost per read or write: one clock read and one relaxed store. The atomics are there because hyper hands an upgraded
//! connection over as `Send`; a connection never leaves its thread.

use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::time::Duration;

use outrider_core::Time;

use crate::shared::Clock;

/// Where a client connection stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Phase {
    /// Between requests.
    Idle,
    /// Some bytes of a head have come, not all.
    Head,
    /// A request is being served; who serves it minds the time.
    Serving,
    /// Bodies are passing.
    Streaming,
}

/// How long each phase may last.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Allowance {
    pub(crate) keep_alive: Duration,
    pub(crate) head: Duration,
    pub(crate) idle: Duration,
}

/// The notes of one connection.
#[derive(Debug)]
pub(crate) struct Activity {
    clock: Clock,
    phase: AtomicU8,
    /// Start of `Idle` and `Head`; last byte of `Serving` and `Streaming`.
    since: AtomicU64,
    /// End of the whole request; `u64::MAX` = none.
    request_deadline: AtomicU64,
    timed_out: AtomicU8,
}

impl Activity {
    pub(crate) fn new(clock: Clock) -> Activity {
        Activity {
            clock,
            phase: AtomicU8::new(Phase::Idle as u8),
            since: AtomicU64::new(clock.now().as_nanos()),
            request_deadline: AtomicU64::new(u64::MAX),
            timed_out: AtomicU8::new(0),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Serving,
            _ => Phase::Streaming,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        self.touch();
    }

    fn touch(&self) {
        self.since.store(self.clock.now().as_nanos(), Relaxed);
    }

    /// Bytes have come from the client.
    pub(crate) fn read(&self) {
        match self.phase() {
            Phase::Idle => self.enter(Phase::Head),
            Phase::Streaming => self.touch(),
            Phase::Head | Phase::Serving => {}
        }
    }

    /// Bytes have moved in either body.
    pub(crate) fn progress(&self) {
        if matches!(self.phase(), Phase::Serving | Phase::Streaming) {
            self.touch();
        }
    }

    /// When this phase began, or a byte of a body last moved.
    pub(crate) fn since(&self) -> Time {
        Time::from_nanos(self.since.load(Relaxed))
    }

    /// The whole request must be over by `deadline`.
    pub(crate) fn limit_request(&self, deadline: Option<Time>) {
        let nanos = deadline.map_or(u64::MAX, Time::as_nanos);
        self.request_deadline.store(nanos, Relaxed);
    }

    /// The connection was cut because a phase took too long.
    pub(crate) fn time_out(&self) {
        self.timed_out.store(1, Relaxed);
    }

    pub(crate) fn is_timed_out(&self) -> bool {
        self.timed_out.load(Relaxed) != 0
    }

    /// When the present phase must have ended.
    pub(crate) fn deadline(&self, allowance: &Allowance) -> Option<Time> {
        let since = self.since();
        match self.phase() {
            Phase::Idle => Some(since + allowance.keep_alive),
            Phase::Head => Some(since + allowance.head),
            Phase::Serving => None,
            Phase::Streaming => {
                let request = Time::from_nanos(self.request_deadline.load(Relaxed));
                Some(request.min(since + allowance.idle))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance = Allowance {
        keep_alive: Duration::from_secs(75),
        head: Duration::from_secs(10),
        idle: Duration::from_secs(60),
    };

    #[test]
    fn the_first_byte_starts_the_head_and_later_ones_do_not_extend_it() {
        let activity = Activity::new(Clock::start());
        activity.read();
        assert_eq!(activity.phase(), Phase::Head);
        let due = activity.deadline(&ALLOWANCE);
        activity.read();
        assert_eq!(activity.deadline(&ALLOWANCE), due, "a slow head gains nothing by dripping");
    }

    #[test]
    fn a_body_that_moves_has_time_but_not_beyond_the_request() {
        let activity = Activity::new(Clock::start());
        activity.enter(Phase::Streaming);
        let soon = Time::from_nanos(1);
        assert!(activity.deadline(&ALLOWANCE) > Some(soon));
        activity.limit_request(Some(soon));
        assert_eq!(activity.deadline(&ALLOWANCE), Some(soon));
    }

    #[test]
    fn who_serves_minds_the_time() {
        let activity = Activity::new(Clock::start());
        activity.enter(Phase::Serving);
        assert_eq!(activity.deadline(&ALLOWANCE), None);
    }
}
