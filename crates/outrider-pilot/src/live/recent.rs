//! Requests that may come again, each with its mark, its time and its id: a part of `live.rs`, with one rule of its own.
//!
//! An entry is eight words that belong together, so a relaxed store of each would not do: it is a seqlock (Boehm, Can
//! seqlocks get along with programming language memory models?, 2012). A writer makes the version odd, writes, and makes
//! it even again; a reader that saw it odd, or changed, has seen nothing. Nobody waits: a writer that finds another one at
//! work leaves. What is lost then is one memory of many.
//!
//! Marks are spread over sets of four entries; the one whose memory is oldest makes room. One line read per look-up that
//! finds nothing in the first entry, four at most.

use std::sync::atomic::Ordering::{Acquire, Relaxed, Release};
use std::time::Duration;

use crossbeam_utils::CachePadded;
use outrider_core::Time;

use super::{AtomicU64, fence};

/// Entries that a mark may stand in.
const WAYS: usize = 4;
/// Words for the id of a request.
const ID_WORDS: usize = 5;

/// A table of fixed size.
#[derive(Debug)]
pub(crate) struct Recent {
    entries: Box<[Entry]>,
}

#[derive(Debug)]
#[repr(align(64))]
struct Entry {
    /// Odd while somebody writes.
    version: AtomicU64,
    mark: AtomicU64,
    /// When it was remembered, plus one; 0: never.
    at_ms: AtomicU64,
    id: [AtomicU64; ID_WORDS],
}

/// What is remembered of a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Remembered {
    pub(crate) at_ms: u64,
    /// Its id, filled up with zeros; all zeros: none that is short enough.
    pub(crate) id: [u8; Recent::ID_BYTES],
}

impl Recent {
    pub(crate) const ID_BYTES: usize = 8 * ID_WORDS;

    /// Room for `sets` times four.
    pub(crate) fn new(sets: usize) -> Recent {
        Recent { entries: (0..sets * WAYS).map(|_| Entry::new()).collect() }
    }

    /// Remembers `mark` in the place of the same mark, else of the oldest.
    pub(crate) fn put(&self, mark: u64, what: &Remembered) {
        let set = self.set(mark);
        let same = set.iter().find(|entry| entry.mark.load(Relaxed) == mark);
        let oldest = || set.iter().min_by_key(|entry| entry.at_ms.load(Relaxed));
        if let Some(entry) = same.or_else(oldest) {
            entry.write(mark, what);
        }
    }

    /// What is remembered of `mark`.
    pub(crate) fn get(&self, mark: u64) -> Option<Remembered> {
        let same = self.set(mark).iter().filter(|entry| entry.mark.load(Relaxed) == mark);
        same.filter_map(Entry::read).find(|(found, _)| *found == mark).map(|(_, what)| what)
    }

    fn set(&self, mark: u64) -> &[Entry] {
        let sets = self.entries.len() / WAYS;
        let first = usize::try_from(mark % sets as u64).expect("less than the sets") * WAYS;
        &self.entries[first..first + WAYS]
    }
}

impl Entry {
    fn new() -> Entry {
        let zero = || AtomicU64::new(0);
        Entry { version: zero(), mark: zero(), at_ms: zero(), id: std::array::from_fn(|_| zero()) }
    }

    fn write(&self, mark: u64, what: &Remembered) {
        let version = self.version.load(Relaxed);
        let is_free =
            version.is_multiple_of(2) && self.version.compare_exchange(version, version + 1, Acquire, Relaxed).is_ok();
        if !is_free {
            return;
        }
        fence(Release);
        self.mark.store(mark, Relaxed);
        self.at_ms.store(what.at_ms + 1, Relaxed);
        for (word, bytes) in self.id.iter().zip(what.id.chunks_exact(8)) {
            word.store(u64::from_le_bytes(bytes.try_into().expect("chunks are of 8")), Relaxed);
        }
        self.version.store(version + 2, Release);
    }

    fn read(&self) -> Option<(u64, Remembered)> {
        let version = self.version.load(Acquire);
        let mark = self.mark.load(Relaxed);
        let at_ms = self.at_ms.load(Relaxed);
        let mut id = [0; Recent::ID_BYTES];
        for (word, bytes) in self.id.iter().zip(id.chunks_exact_mut(8)) {
            bytes.copy_from_slice(&word.load(Relaxed).to_le_bytes());
        }
        fence(Acquire);
        let is_whole = version.is_multiple_of(2) && self.version.load(Relaxed) == version;
        (is_whole && at_ms > 0).then(|| (mark, Remembered { at_ms: at_ms - 1, id }))
    }
}

/// When something last happened, to a second, in a line that is written once a second at most.
#[derive(Debug)]
pub(crate) struct Since(CachePadded<AtomicU64>);

impl Since {
    pub(crate) fn never() -> Since {
        Since(CachePadded::new(AtomicU64::new(0)))
    }

    /// It happens now.
    pub(crate) fn note(&self, now: Time) {
        let second = now.as_millis() / 1_000 + 1;
        if self.0.load(Relaxed) < second {
            self.0.store(second, Relaxed);
        }
    }

    /// Whether it has happened within `span`.
    #[inline]
    pub(crate) fn is_within(&self, span: Duration, now: Time) -> bool {
        match self.0.load(Relaxed) {
            0 => false,
            second => now.since(Time::from_millis((second - 1) * 1_000)) <= span,
        }
    }
}
