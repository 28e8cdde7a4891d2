//! `least_request`, weighted: the host with the fewest requests in flight per weight, (active + 1) / weight; ties at
//! random. The default.
//!
//! Source: Envoy, `source/extensions/load_balancing_policies/least_request/`, and HAProxy's `leastconn`. Exact up to
//! [`EXACT`] hosts; above, the best of [`SAMPLE`] distinct random ones (Envoy takes 2 at any size), which differs from
//! the exact minimum by little and costs the same at any size.

use outrider_core::Random;

use super::{Field, Strategy};

/// The largest pool that is scanned whole: ties are a mask of as many bits.
const EXACT: usize = 128;
/// How many hosts of a larger pool are looked at.
const SAMPLE: usize = 16;

/// Cost: one cache line per host looked at.
#[derive(Debug)]
pub(super) struct LeastRequest;

impl Strategy for LeastRequest {
    fn pick(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        let len = field.candidates.len();
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
