//! `consistent_hash` with bounded loads, weighted: a key keeps its host while that has room, and goes on around the ring
//! while it has not.
//!
//! Source: Mirrokni, Thorup, Zadimoghaddam, "Consistent hashing with bounded loads", 2016 (SODA 2018): no host takes more
//! than ceil(c x m x w / W) requests at a time, where m is what the pool has in flight, this request included, and w / W
//! the host's share of the weights. The ring, and why not Maglev's table: `docs/adr/0009-rules.md`.
//!
//! Failures count as load for a while, so that a host that fails fast hands its keys on. A request without a key goes to
//! a random point of the ring; a retry walks on from where its key is. When no open host is below its bound (which
//! happens when those that are have been tried, are full, or have just failed) the least loaded is taken.
//!
//! Up to 128 hosts all loads are read, and the bound is exact on one core (on several, each may add one). Above, m is
//! what the last tick saw, and [`LOOKS`] points are looked at.

use std::net::SocketAddr;
use std::sync::Arc;

use super::lowest::{EXACT, lowest};
use super::ring::Ring;
use super::{Candidate, Field, Rule};
use crate::live::PoolInFlight;
use crate::picker::Picker;

/// How many points of a large pool's ring are looked at.
const LOOKS: usize = 64;
/// A host of the ring that is no candidate.
const NONE: u32 = u32::MAX;
/// Subtracted before rounding up, so that 2.0000000001 is 2.
const ROUNDING: f64 = 1e-9;

/// Cost: one cache line per host (up to 128), two for the ring.
#[derive(Debug)]
pub(super) struct ConsistentHash {
    ring: Arc<Ring>,
    /// By position on the ring's list: which candidate the host is.
    candidates: Box<[u32]>,
    in_flight: Arc<PoolInFlight>,
    /// c / W.
    factor_per_share: f64,
}

impl ConsistentHash {
    #[allow(clippy::cast_possible_truncation)] // a pool has fewer than 2^32 hosts
    pub(super) fn new(
        candidates: &[Candidate],
        ring: &Arc<Ring>,
        in_flight: &Arc<PoolInFlight>,
        load_factor: f64,
    ) -> ConsistentHash {
        let total: f64 = candidates.iter().map(|candidate| candidate.share as f64).sum();
        // Both lists are in the order of the addresses.
        let mut rest = (0_u32..).zip(candidates).peekable();
        let of = |address: &SocketAddr| rest.next_if(|(_, candidate)| candidate.host.address == *address);
        ConsistentHash {
            candidates: ring.hosts().iter().map(of).map(|found| found.map_or(NONE, |(at, _)| at)).collect(),
            ring: Arc::clone(ring),
            in_flight: Arc::clone(in_flight),
            factor_per_share: load_factor / total.max(1.0),
        }
    }

    /// The candidates at the points from `key` on, once around.
    #[inline]
    fn walk(&self, key: u64) -> impl Iterator<Item = usize> {
        let at = self.ring.walk(key).map(|host| self.candidates[host]);
        at.filter(|&at| at != NONE).map(|at| at as usize)
    }

    /// Whether a host of `share` and `load` may take one more when `others` are in flight in the pool.
    #[inline]
    fn has_room(&self, load: f64, share: u64, others: u64) -> bool {
        let bound = self.factor_per_share * (others + 1) as f64 * share as f64;
        load + 1.0 <= (bound - ROUNDING).ceil()
    }

    /// Reads all loads.
    fn pick_exactly(&self, field: &Field<'_>, key: u64, picker: &mut Picker) -> Option<usize> {
        let candidates = field.candidates;
        let others = candidates.iter().map(|candidate| u64::from(candidate.host.live.in_flight())).sum();
        let has_room = |at: usize| {
            let load = field.load_if_open(at);
            load.is_some_and(|load| self.has_room(load, candidates[at].share, others))
        };
        let with_room = (0..candidates.len()).filter(|&at| has_room(at)).fold(0_u128, |bits, at| bits | 1 << at);
        if with_room == 0 {
            return lowest(
                candidates.len(),
                |at| Some(field.load_if_open(at)? * candidates[at].per_share),
                picker.random(),
            );
        }
        self.walk(key).find(|&at| with_room >> at & 1 == 1)
    }

    /// Reads the loads on the way.
    fn pick_nearby(&self, field: &Field<'_>, key: u64) -> Option<usize> {
        let others = self.in_flight.get();
        let mut least: Option<(f64, usize)> = None;
        for at in self.walk(key).take(LOOKS) {
            let Some(load) = field.load_if_open(at) else { continue };
            let candidate = &field.candidates[at];
            if self.has_room(load, candidate.share, others) {
                return Some(at);
            }
            let cost = load * candidate.per_share;
            if least.is_none_or(|(lowest, _)| cost < lowest) {
                least = Some((cost, at));
            }
        }
        least.map(|(_, at)| at)
    }
}

impl Rule for ConsistentHash {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let key = field.request.key.unwrap_or_else(|| picker.random().next_u64());
        if field.candidates.len() <= EXACT {
            self.pick_exactly(field, key, picker)
        } else {
            self.pick_nearby(field, key)
        }
    }
}

#[cfg(test)]
mod tests;
