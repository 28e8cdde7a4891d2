//! How far times scatter around what is expected: the median, the 90th percentile and the deviation of the logarithm
//! of actual over expected.
//!
//! Two numbers and a step each instead of a histogram, for there are as many of these as hosts times classes. Each
//! quantile moves up by `p` steps when a sample lies above it and down by `1 - p` when below, so it rests where a share `p` of
//! samples lies below (Robbins, Monro, "A stochastic approximation method", Ann. Math. Stat. 22, 1951). The steps shrink like 1/n down
//! to a floor, so that a change is followed.

/// Quantiles of ln(actual / expected).
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Spread {
    seen: f64,
    p50: f64,
    p90: f64,
    mean: f64,
    square: f64,
}

/// What is taken for true of anything never measured: log-normal with a deviation of 0.5, mean 1.
const SIGMA_PRIOR: f64 = 0.5;
const P50_PRIOR: f64 = -SIGMA_PRIOR * SIGMA_PRIOR / 2.0;
const P90_PRIOR: f64 = P50_PRIOR + 1.2816 * SIGMA_PRIOR;
/// Pseudo-observations behind them.
const STRENGTH: f64 = 8.0;
/// First step, in two deviations; and the least.
const STEP: f64 = 2.0;
const STEP_MIN: f64 = 0.004;
/// No sample counts as further off: e^4 is 55 times.
const LOG_MAX: f64 = 4.0;

impl Default for Spread {
    fn default() -> Self {
        let square = SIGMA_PRIOR * SIGMA_PRIOR + P50_PRIOR * P50_PRIOR;
        Spread { seen: 0.0, p50: P50_PRIOR, p90: P90_PRIOR, mean: P50_PRIOR, square }
    }
}

impl Spread {
    /// One request took `ratio` times what was expected of it.
    pub(crate) fn observe(&mut self, ratio: f64) {
        let log = ratio.max(1e-9).ln().clamp(-LOG_MAX, LOG_MAX);
        self.seen += 1.0;
        let share = 1.0 / (self.seen + STRENGTH);
        let step = (STEP * share).max(STEP_MIN) * (2.0 * self.sigma()).clamp(0.02, 4.0);
        let towards =
            |quantile: f64, p: f64| if log > quantile { quantile + step * p } else { quantile - step * (1.0 - p) };
        (self.p50, self.p90) = (towards(self.p50, 0.5), towards(self.p90, 0.9));
        let share = share.max(STEP_MIN);
        self.mean += share * (log - self.mean);
        self.square += share * (log * log - self.square);
    }

    /// The standard deviation of the logarithm.
    pub(crate) fn sigma(&self) -> f64 {
        (self.square - self.mean * self.mean).max(0.0).sqrt()
    }

    /// The mean of the logarithm; below 0 by half the variance where times are log-normal around what was expected.
    pub(crate) fn mean_log(&self) -> f64 {
        self.mean
    }

    /// Median and 90th percentile of actual over expected, leaning on `prior` while little was seen.
    pub(crate) fn quantiles(&self, prior: &Spread) -> (f64, f64) {
        const PRIOR_WEIGHT: f64 = 50.0;
        let own = self.seen / (self.seen + PRIOR_WEIGHT);
        let blend = |mine: f64, theirs: f64| (own * mine + (1.0 - own) * theirs).exp();
        let p50 = blend(self.p50, prior.p50);
        (p50, blend(self.p90, prior.p90).max(p50))
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::Random;
    use proptest::prelude::*;

    use super::*;

    /// The share of 4000 further samples that lie below p50 and p90, after 4000 to learn from.
    fn coverage(mut draw: impl FnMut(&mut Random) -> f64, seed: u64) -> (f64, f64) {
        let (mut spread, mut random) = (Spread::default(), Random::new(seed));
        (0..4_000).for_each(|_| spread.observe(draw(&mut random)));
        let (p50, p90) = spread.quantiles(&Spread::default());
        let samples: Vec<f64> = (0..4_000).map(|_| draw(&mut random)).collect();
        let below = |bound: f64| samples.iter().filter(|&&x| x < bound).count() as f64 / 4_000.0;
        (below(p50), below(p90))
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn quantiles_cover_what_they_claim_whatever_the_law(seed: u64, exponent in 0.2..3.0f64) {
            // A Pareto-like law, skewed by its exponent.
            let (half, most) = coverage(|random| (1.0 - random.unit()).powf(-exponent / 2.0), seed);
            prop_assert!((0.39..0.61).contains(&half), "{half}");
            prop_assert!((0.84..0.96).contains(&most), "{most}");
        }

        #[test]
        fn a_median_never_exceeds_the_90th_percentile(ratios in prop::collection::vec(0.0..1e6f64, 0..200)) {
            let mut spread = Spread::default();
            ratios.iter().for_each(|&ratio| spread.observe(ratio));
            let (p50, p90) = spread.quantiles(&Spread::default());
            prop_assert!(p50 > 0.0 && p50 <= p90 && p90.is_finite());
            prop_assert!(spread.sigma().is_finite());
        }
    }
}
