//! The candidate of the lowest cost, ties at random: what `least_request` and `c3` share.
//!
//! Exact up to [`EXACT`] hosts; above, the best of [`SAMPLE`] distinct random ones, which differs from the exact minimum
//! by little and costs the same at any size (`docs/adr/0008-least-request-in-large-pools.md`).

use outrider_core::Random;

/// The largest pool that is scanned whole: ties are a mask of as many bits.
pub(super) const EXACT: usize = 128;
/// How many hosts of a larger pool are looked at.
const SAMPLE: usize = 16;

/// Of `len` candidates the one whose `cost` is lowest. One without a cost may not be picked.
#[inline]
pub(super) fn lowest(len: usize, cost: impl Fn(usize) -> Option<f64>, random: &mut Random) -> Option<usize> {
    if len <= EXACT {
        return lowest_of(len, |nth| nth, cost, random);
    }
    let sample = sample(len, random);
    lowest_of(SAMPLE, |nth| sample[nth], cost, random)
}

/// The same for costs that are dear to know: of up to [`SAMPLE`] candidates all, else as many.
#[inline]
pub(crate) fn lowest_of_few(len: usize, cost: impl Fn(usize) -> Option<f64>, random: &mut Random) -> Option<usize> {
    if len <= SAMPLE {
        return lowest_of(len, |nth| nth, cost, random);
    }
    let sample = sample(len, random);
    lowest_of(SAMPLE, |nth| sample[nth], cost, random)
}

/// The cheapest of `count` (at most 128) candidates.
#[inline]
fn lowest_of(
    count: usize,
    index: impl Fn(usize) -> usize,
    cost: impl Fn(usize) -> Option<f64>,
    random: &mut Random,
) -> Option<usize> {
    let (mut best, mut ties) = (f64::INFINITY, 0_u128);
    for nth in 0..count {
        let Some(cost) = cost(index(nth)) else { continue };
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

    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn a_sample_is_distinct_and_in_range(len in EXACT + 1..5_000, seed: u64) {
            let sample = sample(len, &mut Random::new(seed));
            prop_assert!(sample.iter().all(|&at| at < len));
            prop_assert_eq!(sample.iter().collect::<HashSet<_>>().len(), SAMPLE);
        }
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
