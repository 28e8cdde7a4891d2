//! `p2c`, weighted: of two distinct random hosts the one with fewer requests in flight.
//!
//! Source: Mitzenmacher, "The power of two choices in randomized load balancing", IEEE TPDS 12(10), 2001. With weights
//! both hosts are drawn by weight and the fuller one *per weight* loses, so that with no load the shares are the
//! weights, and under load the queues are. A tie goes to the first drawn.

use super::alias::AliasTable;
use super::{Candidate, Field, Rule};
use crate::picker::Picker;

/// Two draws, one comparison.
#[derive(Debug)]
pub(super) struct P2c(AliasTable);

impl P2c {
    pub(super) fn new(candidates: &[Candidate]) -> P2c {
        P2c(AliasTable::new(candidates))
    }
}

impl Rule for P2c {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let load = |at: usize| {
            let candidate = &field.candidates[at];
            candidate.host.live.load_at(field.request.now) * candidate.per_share
        };
        let (first, second) = self.0.draw_two(field, picker.random())?;
        Some(second.filter(|&second| load(second) < load(first)).unwrap_or(first))
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::Time;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{candidates, field, load, picker, request_at};

    fn pick(shares: &[u64], loads: &[usize], seed: u64) -> usize {
        let candidates = candidates(shares);
        let _held = load(&candidates, loads);
        let request = request_at(Time::ZERO);
        P2c::new(&candidates).pick(&field(&candidates, &request), &mut picker(seed)).unwrap()
    }

    proptest! {
        #[test]
        fn of_two_the_more_loaded_is_never_picked(loads in [0usize..20, 0usize..20], seed: u64) {
            let picked = pick(&[1, 1], &loads, seed);
            prop_assert!(loads[picked] <= loads[1 - picked]);
        }

        #[test]
        fn the_most_loaded_of_many_is_never_picked(
            mut loads in prop::collection::vec(0usize..20, 2..30), at: prop::sample::Index, seed: u64,
        ) {
            // The two that are drawn are distinct, so a sole maximum always meets one that is less loaded.
            let most = at.index(loads.len());
            loads[most] = 20;
            prop_assert_ne!(pick(&vec![1; loads.len()], &loads, seed), most);
        }

        #[test]
        fn load_counts_per_weight(seed: u64) {
            // 4 on a weight of 10 are less than 1 on a weight of 1.
            prop_assert!(pick(&[10, 10, 1], &[4, 4, 1], seed) != 2);
        }
    }

    #[test]
    fn idle_hosts_share_by_weight() {
        let candidates = candidates(&[3, 1]);
        let (rule, request, mut picker) = (P2c::new(&candidates), request_at(Time::ZERO), picker(4));
        let heavy = (0..10_000).filter(|_| rule.pick(&field(&candidates, &request), &mut picker) == Some(0)).count();
        assert!((7_200..7_800).contains(&heavy), "{heavy}");
    }
}
