//! The gate of a trial: who may try a host that has been ejected, and how it went. A part of `live.rs`, with the same
//! rules; what the counts mean is judged in [`crate::guards::trial`].

use std::sync::atomic::Ordering::Relaxed;

use outrider_core::Time;

use super::AtomicU64;
use super::words::TrialCount;

/// Lets one request at a time try a host that has been ejected, at most one per [`TrialGate::INTERVAL_MS`], and counts
/// how those fared. A request of an earlier trial counts for nothing in a later one.
#[derive(Debug)]
pub(crate) struct TrialGate {
    claimed_at_ms: AtomicU64,
    /// A [`TrialCount`].
    state: AtomicU64,
}

impl TrialGate {
    pub(crate) const INTERVAL_MS: u64 = 250;

    pub(super) fn new() -> TrialGate {
        TrialGate { claimed_at_ms: AtomicU64::new(0), state: AtomicU64::new(0) }
    }

    /// Begins the next trial.
    pub(crate) fn open(&self) {
        let next = |word| Some(TrialCount::first_of(TrialCount::of(word).number.wrapping_add(1)).word());
        let _ = self.state.fetch_update(Relaxed, Relaxed, next);
        self.claimed_at_ms.store(0, Relaxed);
    }

    /// Whether the caller may send the next request on trial. A claim that comes to nothing costs one interval.
    pub(crate) fn claim(&self, now: Time) -> bool {
        let now_ms = now.as_millis().max(1);
        let last_ms = self.claimed_at_ms.load(Relaxed);
        let due = last_ms == 0 || now_ms >= last_ms.saturating_add(TrialGate::INTERVAL_MS);
        due && self.count().waiting == 0
            && self.claimed_at_ms.compare_exchange(last_ms, now_ms, Relaxed, Relaxed).is_ok()
    }

    /// When the last claim was made, if any was.
    pub(crate) fn claimed_at(&self) -> Option<Time> {
        match self.claimed_at_ms.load(Relaxed) {
            0 => None,
            ms => Some(Time::from_millis(ms)),
        }
    }

    pub(crate) fn count(&self) -> TrialCount {
        TrialCount::of(self.state.load(Relaxed))
    }

    /// A request on trial goes out; the number of its trial is to be given back at its end.
    pub(crate) fn begin(&self) -> u16 {
        let number = self.count().number;
        self.change(number, |count| count.waiting = count.waiting.saturating_add(1));
        number
    }

    /// Its answer has begun, or it ends without one: the next may go.
    pub(crate) fn stop_waiting(&self, number: u16) {
        self.change(number, |count| count.waiting = count.waiting.saturating_sub(1));
    }

    pub(crate) fn succeeded(&self, number: u16) {
        self.change(number, |count| count.successes = count.successes.saturating_add(1));
    }

    pub(crate) fn failed(&self, number: u16) {
        self.change(number, |count| count.failures = count.failures.saturating_add(1));
    }

    fn change(&self, number: u16, change: impl Fn(&mut TrialCount)) {
        // `Err` says that the trial is over.
        let _ = self.state.fetch_update(Relaxed, Relaxed, |word| {
            let mut count = TrialCount::of(word);
            change(&mut count);
            (count.number == number).then(|| count.word())
        });
    }
}
