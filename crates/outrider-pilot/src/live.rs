//! The one file of atomics: what the cores share about a host, a pool's retries and its turn. With its parts, that is:
//! trials, the windows of two guards, recent requests, turns, sums, reports, averages and latencies have a file each in `live/`.
//!
//! Everything else in the crate is either owned by one thread or immutable; whoever looks for a race looks here. Under
//! `cfg(loom)` the atomics are loom's, and `live/loom.rs` walks every interleaving of what is below: `make loom`.
//!
//! Orderings are relaxed: every cell stands for itself, no cell publishes memory that another one guards, and what must
//! agree is packed into one word (or, in `live/recent.rs`, behind a version). The exception are requests in flight and
//! pending, which are sequentially consistent so that no wake-up is lost: whoever finds a host full counts itself as
//! pending and looks again; whoever ends counts down and looks for pending ones; in any one order of these four, one of
//! the two sees the other. (Loom takes `SeqCst` for `AcqRel`, so it cannot check this; on x86-64 they cost the same.)
//!
//! Cost per request over begin, answered and finish: five read-modify-writes on the host's own 128 bytes, one more once a
//! millisecond, two on its `Arc`, one on the window of either guard, one on the turn. A pick by load only loads.

mod accept_count;
mod decaying;
mod feedback;
mod in_flight;
mod latency_memory;
#[cfg(all(test, loom))]
mod loom;
mod recent;
mod report;
mod rolling_count;
mod silence;
mod totals;
mod trial_gate;
mod turn;
mod words;
mod work;

use std::time::Duration;

#[cfg(loom)]
use ::loom::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, fence};
use std::sync::atomic::Ordering::{Relaxed, SeqCst};
#[cfg(not(loom))]
use std::sync::atomic::{AtomicBool, AtomicU16, AtomicU32, AtomicU64, fence};

use crossbeam_utils::CachePadded;
use outrider_core::Time;

use crate::exchange::FailureKind;
pub(crate) use accept_count::{AcceptCount, Asked, Slot};
use decaying::Decaying;
use feedback::Feedback;
pub use feedback::FeedbackSeen;
pub(crate) use in_flight::PoolInFlight;
use latency_memory::LatencyMemory;
pub(crate) use recent::{Recent, Remembered, Since};
pub use report::ReportSeen;
use report::Reported;
pub(crate) use rolling_count::RollingCount;
pub(crate) use silence::Silence;
pub use totals::Totals;
pub(crate) use trial_gate::TrialGate;
pub(crate) use turn::Turn;
pub(crate) use words::TrialCount;
use words::{high, low, nanos, nanos_f32};
pub(crate) use work::Due;
use work::Workload;

/// How fast the memory of a failure fades: to 1/e in this time.
const PENALTY_DECAY_MS: f32 = 1_000.0;
/// Less than this is nothing, or one failure would lose a host all ties for as long as floats go.
const PENALTY_MIN: f32 = 0.01;
/// How fast the peak EWMA forgets (Finagle's and Linkerd's default).
const LATENCY_DECAY_MS: f32 = 10_000.0;
/// Requests that come further apart do not belong to one silence.
const SILENCE_GAP: Duration = Duration::from_secs(1);
/// One unanswered request in [`Cells::load`], whose low half counts those in flight.
const ONE_UNANSWERED: u64 = 1 << 32;

/// What is known of a host right now. Survives reload, re-resolution and ejection; never indexed by position.
#[derive(Debug)]
pub struct HostLive(CachePadded<Cells>, Reported, Feedback, LatencyMemory, Workload);

#[derive(Debug)]
struct Cells {
    /// In flight (low 32 bits) and unanswered (high 32 bits).
    load: AtomicU64,
    penalty: Decaying,
    latency_ns: Decaying,
    /// When the first of the requests that are now unanswered in a row went out, and when the last one did.
    waiting_since_ns: AtomicU64,
    last_begin_ns: AtomicU64,
    last_answer_ns: AtomicU64,
    /// `picks` when the requests that are unanswered in a row began.
    picks_before_silence: AtomicU64,
    /// Since it was last taken by the slow path.
    slowest_answer_ns: AtomicU64,
    picks: AtomicU64,
    successes: AtomicU64,
    failures: AtomicU64,
    cancelled: AtomicU64,
    failures_in_row: AtomicU32,
    last_failure: AtomicU16,
    pending: AtomicU32,
    max_connections: AtomicU32,
    suspended: AtomicBool,
    /// Whether the pool's rule reads the feedback: else it is not kept.
    wants_feedback: AtomicBool,
    trial: TrialGate,
}

/// All that a request touches on a host lies side by side.
#[cfg(not(loom))]
const _: () = assert!(size_of::<Cells>() <= 128);

impl HostLive {
    pub(crate) fn new() -> HostLive {
        let cells = CachePadded::new(Cells {
            load: AtomicU64::new(0),
            penalty: Decaying::new(),
            latency_ns: Decaying::new(),
            waiting_since_ns: AtomicU64::new(0),
            last_begin_ns: AtomicU64::new(0),
            last_answer_ns: AtomicU64::new(0),
            picks_before_silence: AtomicU64::new(0),
            slowest_answer_ns: AtomicU64::new(0),
            picks: AtomicU64::new(0),
            successes: AtomicU64::new(0),
            failures: AtomicU64::new(0),
            cancelled: AtomicU64::new(0),
            failures_in_row: AtomicU32::new(0),
            last_failure: AtomicU16::new(0),
            pending: AtomicU32::new(0),
            max_connections: AtomicU32::new(u32::MAX),
            suspended: AtomicBool::new(false),
            wants_feedback: AtomicBool::new(false),
            trial: TrialGate::new(),
        });
        HostLive(cells, Reported::new(), Feedback::new(), LatencyMemory::default(), Workload::new())
    }

    /// Requests on the host now.
    #[inline]
    pub fn in_flight(&self) -> u32 {
        low(self.0.load.load(Relaxed))
    }

    /// Of those, the ones whose response head has not arrived.
    #[inline]
    pub fn unanswered(&self) -> u32 {
        high(self.0.load.load(Relaxed))
    }

    /// Requests that wait for a place on the host.
    #[inline]
    pub fn pending(&self) -> u32 {
        self.0.pending.load(SeqCst)
    }

    /// How many requests the host may have in flight: the breaker's limit, or what its agent reported.
    #[inline]
    pub fn max_connections(&self) -> u32 {
        self.0.max_connections.load(Relaxed)
    }

    /// Whether the host is at its limit.
    #[inline]
    pub fn is_full(&self) -> bool {
        self.in_flight() >= self.max_connections()
    }

    /// Whether the host has been ejected: what waits there for a response head had better be moved. Cleared when its
    /// trial begins, when it returns, and in panic.
    #[inline]
    pub fn is_suspended(&self) -> bool {
        self.0.suspended.load(Relaxed)
    }

    /// Requests in flight as the rules that read load see them: each recent failure counts as one more, fading with a
    /// time constant of 1 s, so that a host that fails fast does not look free.
    #[inline]
    pub fn load_at(&self, now: Time) -> f64 {
        f64::from(self.in_flight()) + self.penalty_at(now)
    }

    /// [`HostLive::load_at`] of a host below its limit, else `None`.
    #[inline]
    pub(crate) fn load_if_open(&self, now: Time) -> Option<f64> {
        let in_flight = self.in_flight();
        (in_flight < self.max_connections()).then(|| f64::from(in_flight) + self.penalty_at(now))
    }

    /// What recent failures count for, in requests in flight.
    #[inline]
    pub(crate) fn penalty_at(&self, now: Time) -> f64 {
        let penalty = self.0.penalty.get();
        penalty.map_or(0.0, |penalty| f64::from(penalty.while_it_matters(now, PENALTY_DECAY_MS, PENALTY_MIN)))
    }

    /// Peak EWMA of the time to the response head, ns, faded to `now`; `None` before the first success.
    #[inline]
    pub fn peak_ewma_ns(&self, now: Time) -> Option<f64> {
        self.0.latency_ns.at(now, LATENCY_DECAY_MS).map(f64::from)
    }

    /// What [`HostLive::peak_ewma_ns`] was when it was written while somebody waits for an answer, else what it has
    /// faded to.
    #[inline]
    pub(crate) fn expected_latency_ns(&self, now: Time) -> Option<f64> {
        let latency = self.0.latency_ns.get()?;
        let is_idle = self.unanswered() == 0;
        Some(f64::from(if is_idle { latency.at(now, LATENCY_DECAY_MS) } else { latency.written() }))
    }

    /// What C3 knows of the host; `None` before the first success, and in a pool that is not picked from by C3.
    #[inline]
    pub fn feedback(&self, now: Time) -> Option<FeedbackSeen> {
        self.2.seen(self.unanswered() == 0, now)
    }

    #[inline]
    fn wants_feedback(&self) -> bool {
        self.0.wants_feedback.load(Relaxed)
    }

    /// When a request was last sent to it.
    #[inline]
    pub(crate) fn last_begin(&self) -> Time {
        time(&self.0.last_begin_ns)
    }

    /// Failures since the last success.
    pub(crate) fn failures_in_row(&self) -> u32 {
        self.0.failures_in_row.load(Relaxed)
    }

    pub(crate) fn last_failure(&self) -> Option<FailureKind> {
        FailureKind::from_code(self.0.last_failure.load(Relaxed))
    }

    pub(crate) fn last_answer(&self) -> Time {
        time(&self.0.last_answer_ns)
    }

    /// The requests that have had no answer since the last one that had, if there are any: those that wait, and those
    /// whose clients gave up before. (A host that completes nothing must not look calm because nobody waits for long.)
    /// Over when nobody waits and nobody was sent there for a second: what is not asked is not silent.
    pub(crate) fn silence(&self, now: Time) -> Option<Silence> {
        let waiting = self.unanswered();
        let in_a_row = self.0.picks.load(Relaxed).saturating_sub(self.0.picks_before_silence.load(Relaxed));
        let requests = waiting.max(u32::try_from(in_a_row).unwrap_or(u32::MAX));
        let since = self.last_answer().max(time(&self.0.waiting_since_ns));
        let until = if waiting > 0 { now } else { time(&self.0.last_begin_ns) };
        let goes_on = requests > 0 && now.since(until) <= SILENCE_GAP;
        goes_on.then(|| Silence { since, length: until.since(since), requests, is_ignoring: in_a_row > 0 })
    }

    /// The slowest answer since this was last asked.
    pub(crate) fn take_slowest_answer(&self) -> Duration {
        if self.0.slowest_answer_ns.load(Relaxed) == 0 {
            return Duration::ZERO;
        }
        Duration::from_nanos(self.0.slowest_answer_ns.swap(0, Relaxed))
    }

    pub(crate) fn trial(&self) -> &TrialGate {
        &self.0.trial
    }

    pub(crate) fn set_max_connections(&self, limit: u32) {
        // A store would take the line from the cores that pick, even if it changes nothing.
        if self.max_connections() != limit {
            self.0.max_connections.store(limit, Relaxed);
        }
    }

    pub(crate) fn set_suspended(&self, suspended: bool) {
        if self.is_suspended() != suspended {
            self.0.suspended.store(suspended, Relaxed);
        }
    }

    pub(crate) fn set_wants_feedback(&self, wants: bool) {
        if self.wants_feedback() != wants {
            self.0.wants_feedback.store(wants, Relaxed);
        }
    }

    /// Forgets the failures in a row, when a host returns.
    pub(crate) fn forgive(&self) {
        self.0.failures_in_row.store(0, Relaxed);
    }

    /// How many requests were in flight before this one.
    pub(crate) fn begin(&self, now: Time) -> u32 {
        self.begun(self.0.load.fetch_add(ONE_UNANSWERED + 1, SeqCst), now)
    }

    /// Like [`HostLive::begin`], but not beyond the limit, whatever the other cores do.
    pub(crate) fn try_begin(&self, now: Time) -> Option<u32> {
        let limit = self.max_connections();
        let one_more = |word| (low(word) < limit).then_some(word + ONE_UNANSWERED + 1);
        let before = self.0.load.fetch_update(SeqCst, SeqCst, one_more);
        before.map(|before| self.begun(before, now)).ok()
    }

    fn begun(&self, before: u64, now: Time) -> u32 {
        let picks = self.0.picks.fetch_add(1, Relaxed);
        if high(before) == 0 {
            self.first_waits(picks, now);
        }
        self.0.last_begin_ns.store(now.as_nanos(), Relaxed);
        low(before)
    }

    /// The first request waits again: a new silence, unless the old one goes on with it.
    fn first_waits(&self, picks: u64, now: Time) {
        let goes_on = self.last_answer() < time(&self.0.waiting_since_ns)
            && now.since(time(&self.0.last_begin_ns)) <= SILENCE_GAP;
        if !goes_on {
            self.0.waiting_since_ns.store(now.as_nanos(), Relaxed);
            self.0.picks_before_silence.store(picks, Relaxed);
        }
    }

    /// A request that was in flight and is not waited for yet is waited for from now on.
    pub(crate) fn await_answer(&self, now: Time) {
        let before = self.0.load.fetch_add(ONE_UNANSWERED, SeqCst);
        if high(before) == 0 {
            self.first_waits(self.0.picks.load(Relaxed).saturating_sub(1), now);
        }
        self.0.last_begin_ns.store(now.as_nanos(), Relaxed);
    }

    /// A request in flight is not waited for for now.
    pub(crate) fn await_no_answer(&self) {
        self.0.load.fetch_sub(ONE_UNANSWERED, SeqCst);
    }

    /// An answer has begun, `after` its request was sent.
    pub(crate) fn answered(&self, after: Duration, now: Time) {
        self.0.last_answer_ns.store(now.as_nanos(), Relaxed);
        self.0.picks_before_silence.store(self.0.picks.load(Relaxed), Relaxed);
        let after_ns = nanos(after);
        if after_ns > self.0.slowest_answer_ns.load(Relaxed) {
            self.0.slowest_answer_ns.fetch_max(after_ns, Relaxed);
        }
    }

    /// One request less in flight, and one less waited for if it was.
    pub(crate) fn end(&self, awaited: bool) {
        let out = if awaited { ONE_UNANSWERED + 1 } else { 1 };
        self.0.load.fetch_sub(out, SeqCst);
    }

    pub(crate) fn succeeded(&self, after: Duration, now: Time) {
        self.0.successes.fetch_add(1, Relaxed);
        if self.failures_in_row() != 0 {
            self.0.failures_in_row.store(0, Relaxed);
        }
        self.0.latency_ns.sample(nanos_f32(after), now, LATENCY_DECAY_MS);
        if self.wants_feedback() {
            self.2.answered(after, now);
        }
    }

    /// A failure may raise the latency (a timeout took long) but never lowers it (a refusal is quick).
    pub(crate) fn failed(&self, kind: FailureKind, after: Duration, now: Time) {
        self.0.failures.fetch_add(1, Relaxed);
        self.0.failures_in_row.fetch_add(1, Relaxed);
        self.0.last_failure.store(kind.code(), Relaxed);
        self.0.penalty.add(1.0, now, PENALTY_DECAY_MS);
        self.0.latency_ns.raise(nanos_f32(after), now, LATENCY_DECAY_MS);
        if self.wants_feedback() {
            self.2.failed(after, now);
        }
    }

    pub(crate) fn cancelled(&self) {
        self.0.cancelled.fetch_add(1, Relaxed);
    }

    pub(crate) fn wait(&self) {
        self.0.pending.fetch_add(1, SeqCst);
    }

    pub(crate) fn stop_waiting(&self) {
        self.0.pending.fetch_sub(1, SeqCst);
    }
}

fn time(cell: &AtomicU64) -> Time {
    Time::from_nanos(cell.load(Relaxed))
}
