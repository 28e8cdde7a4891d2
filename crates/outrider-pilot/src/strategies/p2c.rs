//! `p2c`, weighted: of two distinct random hosts the one with fewer requests in flight.
//!
//! Source: Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001. With weights
//! both hosts are drawn by weight and the fuller one *per weight* loses, so that with no load the shares are the
//! weights, and under load the queues are. A tie goes to the first drawn.

use outrider_core::Random;

use super::alias::AliasTable;
use super::{Candidate, Field, Strategy};

/// Two draws, one comparison.
#[derive(Debug)]
pub(super) struct P2c(AliasTable);

impl P2c {
    pub(super) fn new(candidates: &[Candidate]) -> P2c {
        P2c(AliasTable::new(candidates))
    }
}

impl Strategy for P2c {
    fn pick(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        let load = |at: usize| {
            let candidate = &field.candidates[at];
            candidate.host.live.load_at(field.request.now) * candidate.per_share
        };
        let (first, second) = self.0.draw_two(field, random)?;
        Some(second.filter(|&second| load(second) < load(first)).unwrap_or(first))
    }
}
