//! `least_request`, weighted: the host with the fewest requests in flight per weight, (active + 1) / weight; ties at
//! random. The default.
//!
//! Source: Envoy, `source/extensions/load_balancing_policies/least_request/`, and HAProxy's `leastconn`. Exact up to
//! [`EXACT`] hosts; above, the best of [`SAMPLE`] distinct random ones (Envoy takes 2 at any size), which differs from
//! the exact minimum by little and costs the same at any size.

use outrider_core::Random;

use super::{Field, Rule};
use crate::picker::Picker;

/// The largest pool that is scanned whole: ties are a mask of as many bits.
const EXACT: usize = 128;
/// How many hosts of a larger pool are looked at.
const SAMPLE: usize = 16;

/// Cost: one cache line per host looked at.
#[derive(Debug)]
pub(super) struct LeastRequest;

impl Rule for LeastRequest {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        let (len, random) = (field.candidates.len(), picker.random());
        if len <= EXACT {
            return least(field, len, |nth| nth, random);
        }
        let sample = sample(len, random);
        least(field, SAMPLE, |nth| sample[nth], random)
    }
}

/// The least loaded open one of `count` (at most 128) candidates.
#[inline]
fn least(field: &Field<'_>, count: usize, index: impl Fn(usize) -> usize, random: &mut Random) -> Option<usize> {
    let (mut best, mut ties) = (f64::INFINITY, 0_u128);
    for nth in 0..count {
        let at = index(nth);
        let Some(load) = field.load_if_open(at) else { continue };
        let cost = (load + 1.0) * field.candidates[at].per_share;
        if cost < best {
            (best, ties) = (cost, 1 << nth);
        } else if cost == best {
            ties |= 1 << nth;
        }
    }
    one_of(ties, random).map(&index)
}

/// The position of a random bit of `bits`.
#[inline]
fn one_of(mut bits: u128, random: &mut Random) -> Option<usize> {
    let skip = match bits.count_ones() {
        0 => return None,
        1 => 0,
        ones => random.below(ones as usize),
    };
    for _ in 0..skip {
        bits &= bits - 1;
    }
    Some(bits.trailing_zeros() as usize)
}

/// Distinct random indices below `len`: one in each of [`SAMPLE`] strata of the circle, turned by a random angle so
/// that strata of unequal size favour nobody.
fn sample(len: usize, random: &mut Random) -> [usize; SAMPLE] {
    let turn = random.below(len);
    std::array::from_fn(|stratum| {
        let start = stratum * len / SAMPLE;
        let end = (stratum + 1) * len / SAMPLE;
        let at = turn + start + random.below(end - start);
        if at < len { at } else { at - len }
    })
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;

    use outrider_core::Time;
    use proptest::prelude::*;

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

        #[test]
        fn a_sample_is_distinct_and_in_range(len in EXACT + 1..5_000, seed: u64) {
            let sample = sample(len, &mut Random::new(seed));
            prop_assert!(sample.iter().all(|&at| at < len));
            prop_assert_eq!(sample.iter().collect::<HashSet<_>>().len(), SAMPLE);
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

    #[test]
    fn a_sample_favours_nobody_though_its_strata_differ_in_size() {
        // 16 strata of 8 or 9: without the turn the hosts of the small ones would be looked at an eighth more often.
        let (len, mut random) = (EXACT + 7, Random::new(11));
        let mut seen = vec![0_u32; len];
        for _ in 0..60_000 {
            sample(len, &mut random).into_iter().for_each(|at| seen[at] += 1);
        }
        let mean = 60_000.0 * SAMPLE as f64 / len as f64;
        let worst = seen.iter().map(|&n| (f64::from(n) / mean - 1.0).abs()).fold(0.0, f64::max);
        assert!(worst < 0.05, "{worst}");
    }
}
