//! What was asked and what was accepted over the last two minutes, for the storm guard: a part of `live.rs`, with the
//! same rules.
//!
//! Both counts of ten seconds share a word, so that they cannot disagree, and a request that is counted as asked and as
//! accepted costs one addition. Requests are counted by when they were asked, over two minutes, and once more by when
//! it was known what became of them, over the last seconds. All words of a count lie in 128 bytes of their own.

use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use crossbeam_utils::CachePadded;
use outrider_core::Time;

use super::AtomicU64;
use super::words::{AcceptWord, Fading, nanos_f32};

/// How much of the window one word counts.
const SLOT: Duration = Duration::from_secs(10);
/// How long the usual time to an answer is remembered: longer than a storm, whose own times must not become usual.
const USUAL_MEMORY_MS: u64 = 600_000;

/// Requests of one kind in each of the last [`AcceptCount::SLOTS`] spans of ten seconds, how many of them were
/// accepted, and how long an answer usually takes.
#[derive(Debug)]
pub(crate) struct AcceptCount(CachePadded<Cells>);

#[derive(Debug)]
struct Cells {
    /// [`AcceptWord`]s, at the index of the slot modulo the length.
    slots: [AtomicU64; AcceptCount::SLOTS],
    /// The same by when they ended: this slot and the one before.
    ended: [AtomicU64; AcceptCount::ENDED_SLOTS],
    /// A value and when it was written.
    usual_ns: AtomicU64,
    /// When the first answer was, modulo 2^32; 0: none.
    first_answer_ms: AtomicU64,
}

/// A whole count fits into the lines that it has to itself.
#[cfg(not(loom))]
const _: () = assert!(size_of::<Cells>() <= 128);

/// The ten seconds in which a request was counted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Slot(u64);

impl Slot {
    pub(crate) fn of(now: Time) -> Slot {
        Slot(now.as_millis() / (SLOT.as_secs() * 1_000))
    }
}

/// Two sums that belong together.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Asked {
    pub(crate) requests: u64,
    pub(crate) accepts: u64,
}

impl AcceptCount {
    pub(crate) const SLOTS: usize = 12;
    const LATE_SLOTS: usize = 3;
    const ENDED_SLOTS: usize = 2;

    pub(crate) fn new() -> AcceptCount {
        AcceptCount(CachePadded::new(Cells {
            slots: std::array::from_fn(|_| AtomicU64::new(0)),
            ended: std::array::from_fn(|_| AtomicU64::new(0)),
            usual_ns: AtomicU64::new(0),
            first_answer_ms: AtomicU64::new(0),
        }))
    }

    /// Counts one request in `slot`, and as accepted if it is; not if that is so long ago that its place is taken, nor
    /// beyond the 16 million that a word has room for.
    #[inline]
    pub(crate) fn add(&self, slot: Slot, accepted: bool) -> bool {
        count(place(&self.0.slots, slot), slot, accepted)
    }

    /// It is known in `slot` what became of a request.
    #[inline]
    pub(crate) fn end(&self, slot: Slot, accepted: bool) {
        count(place(&self.0.ended, slot), slot, accepted);
    }

    /// A request that was counted in `slot` as accepted was not, or, if it is to be `forgotten`, counts for nothing.
    pub(crate) fn take_back(&self, slot: Slot, forgotten: bool) {
        let less = |word| AcceptWord::of(word).less(slot.0, forgotten);
        let _ = place(&self.0.slots, slot).fetch_update(Relaxed, Relaxed, less);
    }

    /// The sums of what was asked over the whole window and in its last three slots, and of what has ended in the last two,
    /// that of `now` among them.
    #[inline]
    pub(crate) fn sums(&self, now: Slot) -> [Asked; 3] {
        let Cells { slots, ended, .. } = &*self.0;
        [sum(slots, AcceptCount::SLOTS, now), sum(slots, AcceptCount::LATE_SLOTS, now), sum(ended, ended.len(), now)]
    }

    /// An answer began after so long. A mean over time since the first answer, at most over ten minutes; within one
    /// millisecond the first sample counts. What took longer than is `slow` counts, ten seconds after the first answer and
    /// later, as just slow and over all of the ten minutes, however short a time the mean is of.
    pub(crate) fn answered(&self, after: Duration, slow: Option<Duration>, now: Time) {
        let age_ms = self.age_ms(now).min(USUAL_MEMORY_MS);
        let slow = slow.filter(|slow| after > *slow && u128::from(age_ms) >= SLOT.as_millis());
        let (after, memory_ms) = slow.map_or((after, age_ms), |slow| (slow, USUAL_MEMORY_MS));
        let mean = |word| Fading::of(word).drawn_to(nanos_f32(after), now, memory_ms as f32);
        let first = |word| (word == 0).then(|| Fading::word(nanos_f32(after), now)).or_else(|| mean(word));
        let _ = self.0.usual_ns.fetch_update(Relaxed, Relaxed, first);
    }

    /// How long an answer usually takes to begin; `None` before the first.
    pub(crate) fn usual(&self) -> Option<Duration> {
        match self.0.usual_ns.load(Relaxed) {
            0 => None,
            word => Duration::try_from_secs_f64(f64::from(Fading::of(word).written()) / 1e9).ok(),
        }
    }

    /// From now on it counts something else. What is counted at this very moment may be lost, or left.
    pub(crate) fn clear(&self) {
        let Cells { slots, ended, usual_ns, first_answer_ms } = &*self.0;
        slots.iter().chain(ended).chain([usual_ns, first_answer_ms]).for_each(|cell| cell.store(0, Relaxed));
    }

    fn age_ms(&self, now: Time) -> u64 {
        match self.0.first_answer_ms.load(Relaxed) {
            0 => {
                self.0.first_answer_ms.store(now.as_millis().max(1), Relaxed);
                0
            }
            first_ms => now.as_millis().saturating_sub(first_ms),
        }
    }
}

/// Counts one request of `slot` in `cell`; whether it had room.
#[inline]
fn count(cell: &AtomicU64, slot: Slot, accepted: bool) -> bool {
    let word = AcceptWord::of(cell.load(Relaxed));
    if word.is_of(slot.0) {
        let has_room = word.has_room();
        if has_room {
            cell.fetch_add(AcceptWord::one(accepted), Relaxed);
        }
        return has_room;
    }
    start(cell, slot, accepted)
}

/// The first of a slot throws out what its place held.
fn start(cell: &AtomicU64, slot: Slot, accepted: bool) -> bool {
    let counted = |word| AcceptWord::of(word).with_one_of(slot.0, accepted);
    cell.fetch_update(Relaxed, Relaxed, counted).is_ok()
}

/// What `cells` hold of the last `count` slots, that of `now` among them.
#[inline]
fn sum(cells: &[AtomicU64], count: usize, now: Slot) -> Asked {
    let mut sum = Asked::default();
    for back in 0..count as u64 {
        let Some(slot) = now.0.checked_sub(back) else { break };
        let word = AcceptWord::of(place(cells, Slot(slot)).load(Relaxed));
        if word.is_of(slot) {
            sum.requests += word.requests();
            sum.accepts += word.accepts();
        }
    }
    sum
}

#[inline]
fn place(cells: &[AtomicU64], slot: Slot) -> &AtomicU64 {
    &cells[usize::try_from(slot.0 % cells.len() as u64).expect("less than the length")]
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What a request did: after how many milliseconds it came, what became of it, and after how many more.
    type Step = (u64, Fate, u64);

    #[derive(Clone, Copy, Debug, PartialEq)]
    enum Fate {
        Accepted,
        NotAccepted,
        Forgotten,
        RefusedHere,
    }

    fn steps() -> impl Strategy<Value = Vec<Step>> {
        let fate = prop::sample::select(vec![Fate::Accepted, Fate::NotAccepted, Fate::Forgotten, Fate::RefusedHere]);
        prop::collection::vec((0u64..40_000, fate, 1u64..200_000), 1..200)
    }

    /// What is to be counted at `now_ms` of requests that came at a time, had a fate, and had it at a time: by when they
    /// came.
    fn asked(requests: &[Step], first: u64, now_ms: u64) -> Asked {
        let within = requests.iter().filter(|(at, ..)| Slot::of(Time::from_millis(*at)).0 >= first);
        within.fold(Asked::default(), |sum, &(_, fate, due)| {
            let is_open = matches!(fate, Fate::NotAccepted | Fate::Forgotten) && due > now_ms;
            let is_accepted = is_open || fate == Fate::Accepted;
            let is_gone = fate == Fate::Forgotten && !is_open;
            Asked { requests: sum.requests + u64::from(!is_gone), accepts: sum.accepts + u64::from(is_accepted) }
        })
    }

    /// The same by when they ended.
    fn ended(requests: &[Step], first: u64, now_ms: u64) -> Asked {
        let end = |&(at, fate, due): &Step| match fate {
            Fate::Accepted | Fate::RefusedHere => Some((at, fate == Fate::Accepted)),
            Fate::NotAccepted => Some((due, false)).filter(|(due, _)| *due <= now_ms),
            Fate::Forgotten => None,
        };
        let within = requests.iter().filter_map(end).filter(|(at, _)| Slot::of(Time::from_millis(*at)).0 >= first);
        within.fold(Asked::default(), |sum, (_, accepted)| Asked {
            requests: sum.requests + 1,
            accepts: sum.accepts + u64::from(accepted),
        })
    }

    proptest! {
        /// Against a list of all requests; also across the number at which slots begin anew.
        #[test]
        fn the_sums_are_those_of_the_slots_in_the_window(
            steps in steps(),
            origin_ms in prop_oneof![Just(0u64), Just(655_350_000u64), 0u64..10_000_000_000],
        ) {
            let count = AcceptCount::new();
            let (mut now_ms, mut open, mut all) = (origin_ms, Vec::new(), Vec::<Step>::new());
            for (gap_ms, fate, after_ms) in steps {
                now_ms += gap_ms;
                let due;
                (due, open) = open.into_iter().partition(|(due, ..): &(u64, Slot, bool)| *due <= now_ms);
                for (due_ms, slot, forgotten) in due {
                    count.take_back(slot, forgotten);
                    if !forgotten {
                        count.end(Slot::of(Time::from_millis(due_ms)), false);
                    }
                }
                let slot = Slot::of(Time::from_millis(now_ms));
                prop_assert!(count.add(slot, fate != Fate::RefusedHere));
                if matches!(fate, Fate::NotAccepted | Fate::Forgotten) {
                    open.push((now_ms + after_ms, slot, fate == Fate::Forgotten));
                } else {
                    count.end(slot, fate == Fate::Accepted);
                }
                all.push((now_ms, fate, now_ms + after_ms));
                let [long, late, short] = count.sums(slot);
                prop_assert_eq!(long, asked(&all, slot.0.saturating_sub(11), now_ms));
                prop_assert_eq!(late, asked(&all, slot.0.saturating_sub(2), now_ms));
                prop_assert_eq!(short, ended(&all, slot.0.saturating_sub(1), now_ms));
            }
        }

        #[test]
        fn the_usual_time_stays_between_the_least_and_the_most(
            samples in prop::collection::vec((1u64..1_000_000_000, 0u64..100_000), 1..100),
        ) {
            let count = AcceptCount::new();
            let mut now = Time::from_millis(5);
            for &(ns, gap_ms) in &samples {
                now = now + Duration::from_millis(gap_ms);
                count.answered(Duration::from_nanos(ns), count.usual().map(|usual| usual * 3), now);
            }
            let usual = count.usual().unwrap().as_nanos() as f64;
            let all = || samples.iter().map(|&(ns, _)| ns as f64);
            let (least, most) = (all().fold(f64::MAX, f64::min), all().fold(0.0, f64::max));
            prop_assert!(usual >= least * 0.999 - 1.0 && usual <= most * 1.001);
        }
    }

    #[test]
    fn a_cold_start_is_soon_forgotten_and_a_storm_is_not_soon_usual() {
        let count = AcceptCount::new();
        count.answered(Duration::from_secs(2), None, Time::from_millis(1));
        for ms in (10..120_000).step_by(10) {
            count.answered(Duration::from_millis(20), None, Time::from_millis(ms));
        }
        let calm = count.usual().unwrap();
        assert!((20..22).contains(&calm.as_millis()), "{calm:?}");
        for ms in (120_000..140_000).step_by(10) {
            count.answered(Duration::from_millis(900), None, Time::from_millis(ms));
        }
        let after = count.usual().unwrap();
        assert!(after < Duration::from_millis(200), "{after:?}");
    }

    #[test]
    fn a_full_word_counts_no_more_and_spills_nothing() {
        let count = AcceptCount::new();
        let slot = Slot::of(Time::from_millis(25_000));
        let added = (0..(1 << 24) + 10).filter(|_| count.add(slot, true)).count() as u64;
        assert_eq!(count.sums(slot)[0], Asked { requests: added, accepts: added });
        assert!(added < 1 << 24);
    }
}
