//! What a client connection is doing, and by when it must have done it.
//!
//! Every connection has one lazy timer: reads, writes and requests only note the time here, and the timer looks at the
//! notes when it goes off. A busy connection therefore never touches the timer wheel.
//!
//! Cost per read or write: one clock read and one relaxed store. The atomics are there because hyper hands an upgraded
//! connection over as `Send`; a connection never leaves its thread.

use std::sync::atomic::{AtomicBool, AtomicU8, AtomicU64, Ordering::Relaxed};
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
    /// The answer is complete; some of it may not have left yet.
    Flushing,
    /// The connection is to end; the client is given a while to take what was meant for it.
    Closing,
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
    /// Start of `Idle`, `Head` and `Closing`; last byte of the others.
    since: AtomicU64,
    /// Whether the present request has a body, so that bytes that come belong to it.
    has_body: AtomicBool,
    /// Bytes of a next request have come while the present one was served.
    ahead: AtomicBool,
    /// End of the whole request; `u64::MAX` = none.
    request_deadline: AtomicU64,
    timed_out: AtomicBool,
}

impl Activity {
    pub(crate) fn new(clock: Clock) -> Activity {
        Activity {
            clock,
            phase: AtomicU8::new(Phase::Idle as u8),
            since: AtomicU64::new(clock.now().as_nanos()),
            request_deadline: AtomicU64::new(u64::MAX),
            has_body: AtomicBool::new(false),
            ahead: AtomicBool::new(false),
            timed_out: AtomicBool::new(false),
        }
    }

    pub(crate) fn phase(&self) -> Phase {
        match self.phase.load(Relaxed) {
            0 => Phase::Idle,
            1 => Phase::Head,
            2 => Phase::Serving,
            3 => Phase::Streaming,
            4 => Phase::Flushing,
            _ => Phase::Closing,
        }
    }

    pub(crate) fn enter(&self, phase: Phase) {
        self.phase.store(phase as u8, Relaxed);
        self.touch();
    }

    fn touch(&self) {
        self.since.store(self.clock.now().as_nanos(), Relaxed);
    }

    /// A request has come, of which the head is read.
    pub(crate) fn serve(&self) {
        self.ahead.store(false, Relaxed);
        self.has_body.store(false, Relaxed);
        self.limit_request(None);
        self.enter(Phase::Serving);
    }

    /// The request has a body.
    pub(crate) fn expect_body(&self) {
        self.has_body.store(true, Relaxed);
    }

    /// The answer is complete. The connection goes on once it has left, unless some of the request is still to come: then
    /// hyper closes it.
    pub(crate) fn finish(&self, request_is_whole: bool) {
        self.enter(if request_is_whole { Phase::Flushing } else { Phase::Closing });
    }

    /// Bytes have come from the client.
    pub(crate) fn read(&self) {
        match self.phase() {
            Phase::Idle => self.enter(Phase::Head),
            Phase::Serving | Phase::Streaming | Phase::Flushing if !self.has_body.load(Relaxed) => {
                self.ahead.store(true, Relaxed);
            }
            Phase::Streaming => self.touch(),
            Phase::Head | Phase::Serving | Phase::Flushing | Phase::Closing => {}
        }
    }

    /// All that was written has left: hyper flushes only when its buffer is empty.
    pub(crate) fn flushed(&self) {
        if self.phase() == Phase::Flushing {
            let next = if self.ahead.load(Relaxed) { Phase::Head } else { Phase::Idle };
            self.enter(next);
        }
    }

    /// Bytes have moved in either body.
    pub(crate) fn progress(&self) {
        if matches!(self.phase(), Phase::Serving | Phase::Streaming | Phase::Flushing) {
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
        self.timed_out.store(true, Relaxed);
    }

    pub(crate) fn is_timed_out(&self) -> bool {
        self.timed_out.load(Relaxed)
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
            Phase::Flushing | Phase::Closing => Some(since + allowance.idle),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ALLOWANCE: Allowance =
        Allowance { keep_alive: Duration::from_secs(75), head: Duration::from_secs(10), idle: Duration::from_secs(60) };

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
    fn a_connection_is_idle_only_when_its_answer_has_left() {
        let activity = Activity::new(Clock::start());
        activity.serve();
        activity.finish(true);
        assert_eq!(activity.phase(), Phase::Flushing);
        activity.flushed();
        assert_eq!(activity.phase(), Phase::Idle);
    }

    #[test]
    fn a_head_begun_while_another_request_was_served_has_the_time_of_a_head() {
        let activity = Activity::new(Clock::start());
        activity.serve();
        activity.read();
        activity.finish(true);
        activity.flushed();
        assert_eq!(activity.phase(), Phase::Head);
    }

    #[test]
    fn bytes_of_a_body_are_no_head() {
        let activity = Activity::new(Clock::start());
        activity.serve();
        activity.expect_body();
        activity.read();
        activity.finish(true);
        activity.flushed();
        assert_eq!(activity.phase(), Phase::Idle);
        activity.serve();
        activity.expect_body();
        activity.finish(false);
        activity.flushed();
        activity.read();
        assert_eq!(activity.phase(), Phase::Closing, "the rest of a body that nobody wants");
    }

    #[test]
    fn who_serves_minds_the_time() {
        let activity = Activity::new(Clock::start());
        activity.enter(Phase::Serving);
        assert_eq!(activity.deadline(&ALLOWANCE), None);
    }
}
