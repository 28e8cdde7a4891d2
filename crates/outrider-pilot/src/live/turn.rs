//! Whose turn it is: a part of `live.rs`, with the same rules.

use std::sync::atomic::Ordering::Relaxed;

use crossbeam_utils::CachePadded;

use super::AtomicU64;

/// The position in a round robin sequence, shared by all cores.
#[derive(Debug)]
pub(crate) struct Turn(CachePadded<AtomicU64>);

impl Turn {
    pub(crate) fn new() -> Turn {
        Turn(CachePadded::new(AtomicU64::new(0)))
    }

    /// The next position; no two calls get the same.
    #[inline]
    pub(crate) fn next(&self) -> u64 {
        self.0.fetch_add(1, Relaxed)
    }
}
