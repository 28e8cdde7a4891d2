//! What a host has been given to do and how it does now: a part of `live.rs`, with the same rules.
//!
//! **Outstanding work** is a sum of whole nanoseconds: added at dispatch, the very same number taken off at the end by the
//! guard that counts the request in flight, so it cannot leak or drift.
//!
//! **Factor**: how many times as long as its reference the host takes (see [`crate::prediction`]), a mean over about the last
//! second or the last [`SAMPLES`] answers that did not wait, whichever is less. In logarithms: an answer ten times too late is
//! as wrong as one ten times too soon.
//!
//! **Overdue**: each request is counted under the moment by which nine in ten of its like have been answered, in steps of
//! 100 ms around a wheel. What still stands under a moment that has passed is overdue: so a host that completes nothing does
//! not look calm. A request that is overdue for more than [`BEHIND`] turns is forgotten here; silence has spoken by then.
//!
//! Kept only where the pool predicts. Cost: three read-modify-writes per request at either end, on lines of their own.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crossbeam_utils::CachePadded;
use outrider_core::Time;

use super::decaying::Decaying;
use super::words::Fading;
use super::{AtomicU16, AtomicU64, HostLive};

/// Answers that the factor remembers.
const SAMPLES: f32 = 40.0;
/// The time that it remembers.
const MEMORY_MS: f32 = 1_000.0;
/// No single answer counts for more than this.
const SHARE_MAX: f32 = 0.04;
/// No answer says more than that a host takes e^3 = 20 times as long as was known, or as little.
const LOG_MAX: f32 = 3.0;
/// No host is taken to be further off its reference.
const FACTOR_RANGE: (f32, f32) = (1e-4, 1e4);
/// A factor is believed for so long after the last answer, ...
const FRESH_MS: u32 = 1_000;
/// ... and then goes by this share in every 100 ms: to 1/e in 5 s.
const FORGOTTEN: f32 = 0.02;
/// What others have in flight is known for this long.
const OTHERS_AGE_MS: u32 = 1_000;

const STEP_NS: u64 = 100_000_000;
const STEPS: usize = 128;
/// Steps into the past that are looked at.
const BEHIND: usize = 48;

/// A place on the wheel of those who will be overdue.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due(u8);

#[derive(Debug)]
pub(super) struct Workload {
    cells: CachePadded<Cells>,
    due: CachePadded<[AtomicU16; STEPS]>,
}

#[derive(Debug)]
struct Cells {
    outstanding_ns: AtomicU64,
    factor: Decaying,
    others: AtomicU64,
}

impl Workload {
    pub(super) fn new() -> Workload {
        let cells = Cells { outstanding_ns: AtomicU64::new(0), factor: Decaying::new(), others: AtomicU64::new(0) };
        Workload { cells: CachePadded::new(cells), due: CachePadded::new(std::array::from_fn(|_| AtomicU16::new(0))) }
    }

    fn others(&self, now: Time) -> f32 {
        let word = self.cells.others.load(Relaxed);
        let heard = Fading::of(word);
        if word != 0 && heard.age_ms(now) <= OTHERS_AGE_MS { heard.written() } else { 0.0 }
    }
}

impl HostLive {
    /// The standard error of the factor over the standard deviation of what it is a mean of: that of an exponential average is
    /// the root of a / (2 - a) (Roberts 1959); its share a is at least this.
    pub(crate) const FACTOR_ERROR: f32 = 0.112;

    /// What the requests in flight are expected to take in sum, by the table that each was sent by, ns.
    #[inline]
    pub fn outstanding_ns(&self) -> u64 {
        self.4.cells.outstanding_ns.load(Relaxed)
    }

    /// Requests in flight of which something is expected: all that stand on the wheel of those who will be overdue.
    pub fn expected(&self) -> u32 {
        self.4.due.iter().map(|due| u32::from(due.load(Relaxed))).sum()
    }

    /// How many times as long as its reference the host takes now; `None` before the first answer.
    #[inline]
    pub fn factor(&self) -> Option<f32> {
        self.4.cells.factor.get().map(Fading::written)
    }

    /// Requests of others on the host, by what it said within the last second; 0 if it said nothing.
    #[inline]
    pub fn others(&self, now: Time) -> f32 {
        self.4.others(now)
    }

    /// The host has `in_flight` requests by its own count, which are more than ours.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    pub(crate) fn hear_in_flight(&self, in_flight: f64, now: Time) {
        let others = (in_flight - f64::from(self.in_flight())).clamp(0.0, 1e6) as f32;
        self.4.cells.others.store(Fading::word(others, now), Relaxed);
    }

    /// A request begins that is expected to take `ns`, and that is overdue after `late_after`.
    pub(crate) fn take_on(&self, ns: u64, late_after: Duration, now: Time) -> Due {
        self.4.cells.outstanding_ns.fetch_add(ns, Relaxed);
        let ahead = steps(late_after).min((STEPS - BEHIND - 2) as u64) + 1;
        let due = Due(place(step(now) + ahead));
        self.4.due[usize::from(due.0)].fetch_add(1, Relaxed);
        due
    }

    /// The same request ends.
    pub(crate) fn put_down(&self, ns: u64, due: Due) {
        self.4.cells.outstanding_ns.fetch_sub(ns, Relaxed);
        self.4.due[usize::from(due.0)].fetch_sub(1, Relaxed);
    }

    /// An answer that did not wait took e^`log` times its reference; a host that had no answer yet was taken to need `start`
    /// times it.
    pub(crate) fn learn_factor(&self, log: f32, start: f32, now: Time) {
        self.4.cells.factor.draw_towards(log, 1.0, start, now);
    }

    /// `requests` that have no answer yet have taken e^`log` times their reference already: they raise the factor, and never
    /// lower it.
    pub(crate) fn censor(&self, log: f32, requests: u32, now: Time) {
        if self.factor().unwrap_or(1.0).ln() < log {
            self.4.cells.factor.draw_towards(log, requests as f32, 1.0, now);
        }
    }

    /// A host that has given no answer for a second is, by and by, taken to be again what it was, `usual` times its reference: what
    /// was slow once must not be thought slow for ever because nobody is sent there. To be called every 100 ms.
    pub(crate) fn forget_factor(&self, usual: f32, now: Time) {
        self.4.cells.factor.update(|word| {
            let factor = Fading::of(word);
            let is_old = word != 0 && factor.age_ms(now) > FRESH_MS;
            is_old.then(|| factor.at_same_time(usual * (factor.written() / usual).powf(1.0 - FORGOTTEN)))
        });
    }

    /// Requests that nine in ten of their like would have been answered before, and for how long the longest.
    pub(crate) fn overdue(&self, now: Time) -> (u32, Duration) {
        let now = step(now);
        let count = |back: u64| self.4.due[usize::from(place(now.wrapping_sub(back)))].load(Relaxed);
        let late = (1..BEHIND as u64).map(|back| (back, count(back))).filter(|(_, count)| *count > 0);
        late.fold((0, Duration::ZERO), |(sum, _), (back, count)| {
            (sum + u32::from(count), Duration::from_nanos(STEP_NS * back))
        })
    }
}

impl Decaying {
    /// Draws the mean of logarithms towards `log`, as `times` answers would; before the first it was `start`.
    fn draw_towards(&self, log: f32, times: f32, start: f32, now: Time) {
        self.update(|word| {
            let (factor, by_time) = match word {
                0 => (start, SHARE_MAX),
                word => (Fading::of(word).written(), 1.0 - Fading::of(word).kept(now, MEMORY_MS)),
            };
            let share = (by_time.clamp(1.0 / SAMPLES, SHARE_MAX) * times).min(0.5);
            let off = (log - factor.ln()).clamp(-LOG_MAX, LOG_MAX);
            let factor = (factor * (share * off).exp()).clamp(FACTOR_RANGE.0, FACTOR_RANGE.1);
            Some(Fading::word(factor, now))
        });
    }
}

fn step(now: Time) -> u64 {
    now.as_nanos() / STEP_NS
}

fn steps(span: Duration) -> u64 {
    u64::try_from(span.as_nanos()).unwrap_or(u64::MAX) / STEP_NS
}

#[allow(clippy::cast_possible_truncation)] // below the number of steps
fn place(step: u64) -> u8 {
    (step % STEPS as u64) as u8
}

#[cfg(all(test, not(loom)))]
mod tests;
