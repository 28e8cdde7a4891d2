//! What a whole pool has in flight, as its owner last saw it: a part of `live.rs`, with the same rules. Written by each
//! tick and read by picks in pools too large to be added up by each of them.

use std::sync::atomic::Ordering::Relaxed;

use crossbeam_utils::CachePadded;

use super::AtomicU64;

/// Requests in flight on all hosts of a pool.
#[derive(Debug)]
pub(crate) struct PoolInFlight(CachePadded<AtomicU64>);

impl PoolInFlight {
    pub(crate) fn new() -> PoolInFlight {
        PoolInFlight(CachePadded::new(AtomicU64::new(0)))
    }

    #[inline]
    pub(crate) fn get(&self) -> u64 {
        self.0.load(Relaxed)
    }

    pub(crate) fn set(&self, requests: u64) {
        if self.get() != requests {
            self.0.store(requests, Relaxed);
        }
    }
}
