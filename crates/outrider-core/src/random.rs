//! Seeded streams of random numbers.

/// One stream of random numbers. The same seed and the same calls give the same numbers; there is no other source of
/// luck in anything that decides.
#[derive(Clone, Debug)]
pub struct Random(fastrand::Rng);

impl Random {
    /// The stream of `seed`.
    pub fn new(seed: u64) -> Random {
        Random(fastrand::Rng::with_seed(seed))
    }

    /// A stream of its own for part `part` of the world of `seed`, so that a draw more in one part leaves the others
    /// as they were.
    pub fn stream(seed: u64, part: u64) -> Random {
        // SplitMix64's finaliser (Steele, Lea, Flood 2014) spreads neighbouring parts over the whole range.
        let mut z = seed ^ part.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
        z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        Random::new(z ^ (z >> 31))
    }

    /// Uniform over all of `u64`.
    #[inline]
    pub fn next_u64(&mut self) -> u64 {
        self.0.u64(..)
    }

    /// Uniform over `0..bound`. `bound` must not be 0.
    #[inline]
    pub fn below(&mut self, bound: usize) -> usize {
        debug_assert!(bound > 0, "a bound of 0 leaves nothing to draw");
        self.0.usize(..bound)
    }

    /// Uniform over `[0, 1)`.
    #[inline]
    pub fn unit(&mut self) -> f64 {
        self.0.f64()
    }

    /// True with chance `p`.
    #[inline]
    pub fn chance(&mut self, p: f64) -> bool {
        self.unit() < p
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn same_seed_same_numbers_other_part_other_numbers() {
        let draw = |mut r: Random| -> Vec<u64> { (0..8).map(|_| r.next_u64()).collect() };
        assert_eq!(draw(Random::stream(7, 1)), draw(Random::stream(7, 1)));
        assert_ne!(draw(Random::stream(7, 1)), draw(Random::stream(7, 2)));
        assert_ne!(draw(Random::stream(7, 1)), draw(Random::stream(8, 1)));
    }
}
