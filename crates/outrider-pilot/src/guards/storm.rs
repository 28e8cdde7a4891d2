//! The storm guard: while most of a kind of request is rejected by the hosts, most of it is rejected here.
//!
//! Clients that are rejected or kept waiting ask again, so that the load is highest just when the hosts can do least, and
//! stays so after its cause is gone. The retry budget holds back our own tries only; this guard holds back the clients'.
//!
//! Rule (Beyer et al., Site Reliability Engineering, chapter 21 "Handling Overload", client-side throttling): over the last
//! two minutes, with `requests` asked (those that were rejected here among them) and `accepts` accepted by the hosts,
//! reject with probability `max(0, (requests - K accepts) / (requests + 1))`. Beside the book, for the clients' sake:
//!
//! * nobody is rejected with fewer than 50 requests in the window, and of ten at least one is let through: without one
//!   nobody would learn that the hosts are well again;
//! * a request counts when it is sent, as accepted, and is taken back in the same ten seconds if it turns out not to be.
//!   So a burst that is still waiting is no evidence, and an answer that comes late is evidence for when it was asked;
//! * the same over the last 20 to 30 s decides as well, and the higher of the two holds: two good minutes before a storm
//!   would put off the guard for one, in which the storm feeds itself;
//! * what has ended in the last 10 to 20 s must say so too, whenever it was asked, else the memory of two minutes goes
//!   on rejecting for minutes what the hosts have long been accepting.
//!
//! The unit is the client's request: what one host rejects and another one serves was accepted. Why all this, and what it
//! costs to recover: `docs/adr/0011-storm-guard.md`.
//!
//! Counts are per pool and class; what has no class counts by its key in one of 64 cells, so that an unknown kind in
//! trouble takes a 64th of the others with it at most. 16 KiB per pool, fixed. Cost of a request: two cache lines read,
//! one addition, one more at its end, and once a millisecond a write.

mod watch;

use std::sync::Arc;
use std::time::Duration;

use outrider_core::{ClassId, ClassKey, Random, Time};

use crate::live::{AcceptCount, Asked, Slot};
use crate::settings::StormGuardSettings;
pub(crate) use watch::StormWatch;

/// Requests in the window without which nothing is rejected.
const MIN_REQUESTS: u64 = 50;
/// Of all requests no more than this share is rejected.
const MAX_PROBABILITY: f64 = 0.9;
/// Cells for what has no class.
const UNCLASSED: usize = 64;
/// An answer is slow that takes longer than so many times the usual.
const SLOW_FACTOR: u32 = 3;
/// No answer is slow that takes less.
const SLOW_FLOOR: Duration = Duration::from_millis(100);
/// What is slow where nothing is known yet.
const SLOW_UNKNOWN: Duration = Duration::from_secs(1);

/// The guard of one pool. What has been counted is shared by all copies and survives reload.
#[derive(Clone, Debug)]
pub struct StormGuard {
    counts: Arc<[AcceptCount]>,
    enabled: bool,
    multiplier: f64,
}

/// A request that was counted as sent and accepted; to be settled when it is known what became of it.
#[must_use = "a request that is never settled counts as accepted"]
#[derive(Debug)]
pub struct Admitted {
    cell: usize,
    /// None: it was not counted.
    slot: Option<Slot>,
}

/// What became of a request, all tries together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Hosts did something about it, well or badly.
    Accepted {
        /// How long the client waited for the answer to begin, if that says anything of what is usual.
        after: Option<Duration>,
    },
    /// 429, 503, a timeout, a refused connection.
    NotAccepted,
    /// It was not sent, or the client broke it off: nothing is known.
    Unknown,
}

/// A class that is being shed.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shedding {
    /// The class.
    pub class: ClassId,
    /// Its requests within two minutes, those that were rejected here among them.
    pub requests: u64,
    /// Of these, what hosts accepted.
    pub accepts: u64,
    /// Share that is rejected now, 0 to 1.
    pub probability: f64,
}

impl StormGuard {
    pub(crate) fn new(settings: &StormGuardSettings) -> StormGuard {
        let counts = (0..ClassId::MAX + UNCLASSED).map(|_| AcceptCount::new()).collect();
        StormGuard { counts, enabled: settings.enabled, multiplier: settings.multiplier }
    }

    /// The same counts under other settings.
    pub(crate) fn with(&self, settings: &StormGuardSettings) -> StormGuard {
        StormGuard { counts: Arc::clone(&self.counts), enabled: settings.enabled, multiplier: settings.multiplier }
    }

    /// Counts a request that is about to be sent; `None`: it is rejected.
    #[inline]
    pub fn admit(&self, class: ClassId, key: ClassKey, now: Time, random: &mut Random) -> Option<Admitted> {
        let (cell, slot) = (cell_of(class, key), Slot::of(now));
        let probability = self.probability(cell, slot);
        let rejected = probability > 0.0 && random.chance(probability);
        let counted = self.counts[cell].add(slot, !rejected);
        if rejected {
            self.counts[cell].end(slot, false);
        }
        (!rejected).then_some(Admitted { cell, slot: counted.then_some(slot) })
    }

    /// Says what became of a request.
    #[expect(clippy::needless_pass_by_value, reason = "nobody can settle a request twice")]
    pub fn settle(&self, admitted: Admitted, verdict: Verdict, now: Time) {
        let Admitted { cell, slot } = admitted;
        let count = &self.counts[cell];
        if let Verdict::Accepted { after: Some(after) } = verdict {
            count.answered(after, slow_from(count), now);
        }
        // What was not counted at its beginning is not counted at its end.
        let Some(slot) = slot else { return };
        match verdict {
            Verdict::Accepted { .. } => count.end(Slot::of(now), true),
            Verdict::NotAccepted => {
                count.take_back(slot, false);
                count.end(Slot::of(now), false);
            }
            Verdict::Unknown => count.take_back(slot, true),
        }
    }

    /// Whether requests like this one are being rejected.
    pub fn is_shedding(&self, class: ClassId, key: ClassKey, now: Time) -> bool {
        self.probability(cell_of(class, key), Slot::of(now)) > 0.0
    }

    /// Whether `waited` is longer than an answer to such a request should take: three times the usual of the last ten
    /// minutes, and a tenth of a second at least. Where nothing is known yet, more than a second.
    pub fn is_slow(&self, class: ClassId, key: ClassKey, waited: Duration) -> bool {
        waited > slow_from(&self.counts[cell_of(class, key)]).unwrap_or(SLOW_UNKNOWN)
    }

    /// The classes that are being shed, by id. What has no class is one line, with the counts of those of its kinds that
    /// are, and the highest of their shares.
    pub fn shedding(&self, now: Time) -> Vec<Shedding> {
        let mut shedding: Vec<Shedding> = Vec::new();
        for (class, line) in self.lines(Slot::of(now)) {
            match shedding.last_mut().filter(|last| last.class == class) {
                Some(last) => *last = together(*last, line),
                None => shedding.push(line),
            }
        }
        shedding
    }

    /// From now on `class` means something else.
    pub(crate) fn forget(&self, class: ClassId) {
        if class != ClassId::OTHER {
            self.counts[cell_of(class, ClassKey(0))].clear();
        }
    }

    /// Forgets everything: no key and no class means what it meant.
    pub(crate) fn forget_all(&self) {
        self.counts.iter().for_each(AcceptCount::clear);
    }

    /// The cells that shed, those without a class first.
    fn lines(&self, slot: Slot) -> impl Iterator<Item = (ClassId, Shedding)> {
        let unclassed = ClassId::MAX..self.counts.len();
        unclassed.chain(0..ClassId::MAX).filter_map(move |cell| {
            let probability = self.probability(cell, slot);
            let class = u8::try_from(cell).ok().map(ClassId).filter(|_| cell < ClassId::MAX).unwrap_or(ClassId::OTHER);
            let [Asked { requests, accepts }, ..] = self.counts[cell].sums(slot);
            (probability > 0.0).then_some((class, Shedding { class, requests, accepts, probability }))
        })
    }

    #[inline]
    fn probability(&self, cell: usize, slot: Slot) -> f64 {
        if !self.enabled {
            return 0.0;
        }
        let [long, late, short] = self.counts[cell].sums(slot);
        let of = |asked| rejected_share(asked, self.multiplier);
        let begun = [long, late].into_iter().filter(|asked| asked.requests >= MIN_REQUESTS).map(of);
        begun.fold(0.0, f64::max).min(of(short)).min(MAX_PROBABILITY)
    }
}

/// What takes longer is slow; `None` where nothing is known yet.
fn slow_from(count: &AcceptCount) -> Option<Duration> {
    count.usual().map(|usual| SLOW_FLOOR.max(usual.saturating_mul(SLOW_FACTOR)))
}

/// The book's formula.
#[inline]
fn rejected_share(asked: Asked, multiplier: f64) -> f64 {
    let (requests, accepts) = (asked.requests as f64, asked.accepts as f64);
    ((requests - multiplier * accepts) / (requests + 1.0)).max(0.0)
}

#[inline]
fn cell_of(class: ClassId, key: ClassKey) -> usize {
    match class {
        ClassId::OTHER => ClassId::MAX + usize::try_from(key.0 % UNCLASSED as u64).expect("less than 64"),
        class => class.index().min(ClassId::MAX - 1),
    }
}

fn together(a: Shedding, b: Shedding) -> Shedding {
    Shedding {
        class: a.class,
        requests: a.requests + b.requests,
        accepts: a.accepts + b.accepts,
        probability: a.probability.max(b.probability),
    }
}

#[cfg(all(test, not(loom)))]
mod tests;
