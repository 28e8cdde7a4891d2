//! `round_robin`, weighted: hosts in a fixed sequence in which each has exactly its weight, spread as evenly as can be.
//!
//! NGINX's smooth weighted round robin (`src/http/ngx_http_upstream_round_robin.c`) keeps a counter per host and scans
//! them all for every pick, under a lock. Here the sequence is computed once per publication and a pick is one shared
//! `fetch_add`, so the laws hold exactly on one core and within one cycle on several. The sequence is the one of
//! Tijdeman, "The chairman assignment problem", Discrete Mathematics 32, 1980: at no point of it is any host a whole
//! turn ahead of or behind its share, which NGINX's rule does not promise.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::sync::Arc;

use outrider_core::Random;

use super::{Candidate, Field, Strategy};
use crate::live::Turn;

/// The longest sequence. Weights whose sum (after division by their common divisor) is larger are scaled down to it,
/// but none below 1.
const MAX_TURNS: usize = 65_536;
/// How many turns a pick passes on before it gives up.
const SKIPS: usize = 16;

/// A sequence and the shared position in it.
#[derive(Debug)]
pub(super) struct RoundRobin {
    sequence: Box<[u32]>,
    turn: Arc<Turn>,
}

impl RoundRobin {
    pub(super) fn new(candidates: &[Candidate], turn: &Arc<Turn>) -> RoundRobin {
        let shares: Vec<u64> = candidates.iter().map(|c| c.share).collect();
        RoundRobin { sequence: sequence(&turns(&shares)), turn: Arc::clone(turn) }
    }
}

impl Strategy for RoundRobin {
    /// A turn that hits a closed host is passed on by taking the next one: were it handed to the neighbour in the
    /// sequence instead, that one would carry a double share.
    fn pick(&self, field: &Field<'_>, _: &mut Random) -> Option<usize> {
        (0..SKIPS).map(|_| self.next()).find(|&at| field.is_open(at))
    }
}

impl RoundRobin {
    #[inline]
    fn next(&self) -> usize {
        let position = self.turn.next() % self.sequence.len() as u64;
        self.sequence[usize::try_from(position).expect("below a length")] as usize
    }
}

/// How many turns of one cycle each host gets.
#[allow(clippy::cast_possible_truncation)] // at most MAX_TURNS after scaling
fn turns(shares: &[u64]) -> Vec<u64> {
    let divisor = shares.iter().copied().fold(0, gcd).max(1);
    let total: u64 = shares.iter().map(|&s| s / divisor).sum();
    if total <= MAX_TURNS as u64 {
        return shares.iter().map(|&s| s / divisor).collect();
    }
    let room = MAX_TURNS.saturating_sub(shares.len()).max(1) as u64;
    let scaled = |s: u64| ((s / divisor) * room).div_ceil(total);
    shares.iter().map(|&s| scaled(s)).collect()
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

/// One turn of a host: the slots, counted from 1, between which it must lie.
///
/// With n hosts, weight w of W in total, and e = 1/(2n - 2), turn j (from 0) may come at slot k once
/// k w / W >= j + e and must have come by k w / W = j + 1 - e + ... : the earliest deadline among the released goes
/// first. Everything is multiplied out to stay in integers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Due {
    /// Release or deadline, whichever the heap sorts by, in slots.
    slot: u64,
    host: u32,
}

#[allow(clippy::cast_possible_truncation)] // a pool has fewer than 2^32 hosts
fn sequence(turns: &[u64]) -> Box<[u32]> {
    let total: u64 = turns.iter().sum();
    let grain = (2 * turns.len() as u64).saturating_sub(2).max(1);
    let mut given = vec![0_u64; turns.len()];
    let release = |host: usize, given: u64| ((given * grain + 1) * total).div_ceil(turns[host] * grain);
    let deadline = |host: usize, given: u64| ((given + 1) * grain - 1) * total / (turns[host] * grain);
    let mut waiting: BinaryHeap<Reverse<Due>> =
        (0..turns.len()).map(|host| Reverse(Due { slot: release(host, 0), host: host as u32 })).collect();
    let mut released: BinaryHeap<Reverse<Due>> = BinaryHeap::with_capacity(turns.len());
    (1..=total)
        .map(|slot| {
            while let Some(&Reverse(due)) = waiting.peek().filter(|due| due.0.slot <= slot) {
                waiting.pop();
                let host = due.host as usize;
                released.push(Reverse(Due { slot: deadline(host, given[host]), host: due.host }));
            }
            let next = released.pop().or_else(|| waiting.pop());
            let host = next.expect("the turns add up to the slots").0.host;
            given[host as usize] += 1;
            let due = release(host as usize, given[host as usize]);
            waiting.push(Reverse(Due { slot: due, host }));
            host
        })
        .collect()
}
