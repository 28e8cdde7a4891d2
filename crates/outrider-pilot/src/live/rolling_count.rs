//! A count over the last seconds, for the retry budget: a part of `live.rs`, with the same rules.

use std::sync::atomic::Ordering::Relaxed;

use super::AtomicU64;
use super::words::{high, low, pair};

/// How often something happened in each of the last [`RollingCount::SECONDS`] seconds.
#[derive(Debug)]
pub(crate) struct RollingCount {
    /// The second (high half) and its count (low half), at the index of the second modulo the length.
    slots: [AtomicU64; RollingCount::SECONDS],
}

impl RollingCount {
    pub(crate) const SECONDS: usize = 16;

    pub(crate) fn new() -> RollingCount {
        RollingCount { slots: std::array::from_fn(|_| AtomicU64::new(0)) }
    }

    /// Counts one in `second`; not if that is so long ago that its place is taken.
    #[inline]
    pub(crate) fn add(&self, second: u32) -> bool {
        let slot = self.slot(second);
        if high(slot.load(Relaxed)) == second {
            slot.fetch_add(1, Relaxed);
            return true;
        }
        self.start(second)
    }

    /// Takes one back that was counted in `second`, if that is still remembered.
    pub(crate) fn take_back(&self, second: u32) {
        let _ = self
            .slot(second)
            .fetch_update(Relaxed, Relaxed, |word| (high(word) == second && low(word) > 0).then(|| word - 1));
    }

    /// The count over `first..=last`.
    pub(crate) fn sum(&self, first: u32, last: u32) -> u64 {
        let words = self.slots.iter().map(|slot| slot.load(Relaxed));
        words.filter(|&w| (first..=last).contains(&high(w))).map(|w| u64::from(low(w))).sum()
    }

    /// The first of a second throws out what its slot held.
    fn start(&self, second: u32) -> bool {
        let counted = |word: u64| match high(word).cmp(&second) {
            std::cmp::Ordering::Less => Some(pair(second, 1)),
            std::cmp::Ordering::Equal => Some(word + 1),
            std::cmp::Ordering::Greater => None,
        };
        self.slot(second).fetch_update(Relaxed, Relaxed, counted).is_ok()
    }

    fn slot(&self, second: u32) -> &AtomicU64 {
        &self.slots[second as usize % RollingCount::SECONDS]
    }
}
