//! `least_request`, weighted: the host with the fewest requests in flight per weight, (active + 1) / weight; ties at
//! random. The default.
//!
//! Source: Envoy, `source/extensions/load_balancing_policies/least_request/`, and HAProxy's `leastconn`. How many hosts
//! are looked at: [`super::lowest`] (Envoy takes 2 at any size).

use super::lowest::lowest;
use super::{Field, Rule};
use crate::picker::Picker;

/// Cost: one cache line per host looked at.
#[derive(Debug)]
pub(super) struct LeastRequest;

impl Rule for LeastRequest {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let cost = |at: usize| Some((field.load_if_open(at)? + 1.0) * field.candidates[at].per_share);
        lowest(field.candidates.len(), cost, picker.random())
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::Time;
    use proptest::prelude::*;

    use super::super::lowest::EXACT;
    use super::*;
    use crate::testing::{candidates, field, load, picker, request_at};

    fn hosts() -> impl Strategy<Value = Vec<(u64, usize)>> {
        prop::collection::vec((1u64..6, 0usize..4), 1..=EXACT)
    }

    proptest! {
        #[test]
        fn it_is_always_a_minimum(hosts in hosts(), seed: u64) {
            let (shares, loads): (Vec<u64>, Vec<usize>) = hosts.into_iter().unzip();
            let candidates = candidates(&shares);
            let _held = load(&candidates, &loads);
            let request = request_at(Time::ZERO);
            let picked = LeastRequest.pick(&field(&candidates, &request), &mut picker(seed)).unwrap();
            // (a + 1) / w <= (b + 1) / v, multiplied out.
            for (share, load) in shares.iter().zip(&loads) {
                prop_assert!((loads[picked] as u64 + 1) * share <= (*load as u64 + 1) * shares[picked]);
            }
        }
    }

    #[test]
    fn ties_go_to_all_alike() {
        let candidates = candidates(&[1; 5]);
        let _held = load(&candidates, &[1, 0, 1, 0, 0]);
        let (request, mut picker) = (request_at(Time::ZERO), picker(3));
        let mut counts = [0; 5];
        for _ in 0..9_000 {
            counts[LeastRequest.pick(&field(&candidates, &request), &mut picker).unwrap()] += 1;
        }
        assert_eq!((counts[0], counts[2]), (0, 0));
        assert!([1, 3, 4].iter().all(|&at| (2_700..3_300).contains(&counts[at])), "{counts:?}");
    }
}
