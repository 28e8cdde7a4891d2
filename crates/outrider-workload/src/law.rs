//! Laws by which service times and sizes are drawn.
//!
//! Few closed forms instead of a distributions library: every sampler takes its luck as an argument and draws the same
//! number of uniforms each time, so that streams stay aligned when a parameter changes. Means and deviations stand
//! beside the samplers because loads are computed from them.

use std::f64::consts::{PI, SQRT_2};

use outrider_core::Random;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// A law over numbers >= 0. What the numbers mean (ms, a factor) is the user's choice.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Law {
    /// Always the same number.
    Fixed(f64),
    /// Exponential, the service law of M/M/c queues.
    Exponential {
        /// Its mean, and its standard deviation.
        mean: f64,
    },
    /// Uniform over `[low, high)`.
    Uniform {
        /// The least value.
        low: f64,
        /// The bound above.
        high: f64,
    },
    /// The exponential of a normal variable.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Normal, where draws below 0 count as 0 (Prequal's workload, NSDI'24 section 5, with `mean` = `sd`).
    CutNormal {
        /// Mean before the cut.
        mean: f64,
        /// Standard deviation before the cut.
        sd: f64,
    },
}

/// A law that cannot be drawn from.
#[derive(Clone, Copy, Debug, PartialEq, Error)]
#[error("{0:?} has a parameter that is negative, not finite or out of order")]
pub struct LawError(pub Law);

/// Beyond this a parameter is a slip of the pen, and a sample might overflow.
const PARAMETER_MAX: f64 = 1e9;

impl Law {
    /// The law itself, if all its parameters make sense.
    ///
    /// # Errors
    /// When a parameter is negative, not finite, beyond 1e9 or out of order (`mu` may be negative; `sigma` is at most 5).
    pub fn checked(self) -> Result<Law, LawError> {
        let positive = |x: f64| (0.0..=PARAMETER_MAX).contains(&x);
        let good = match self {
            Law::Fixed(x) | Law::Exponential { mean: x } => positive(x),
            Law::Uniform { low, high } => positive(low) && positive(high) && low <= high,
            Law::LogNormal { mu, sigma } => mu.abs() <= 20.0 && (0.0..=5.0).contains(&sigma),
            Law::CutNormal { mean, sd } => positive(mean) && positive(sd),
        };
        good.then_some(self).ok_or(LawError(self))
    }

    /// One draw.
    pub fn sample(&self, random: &mut Random) -> f64 {
        match *self {
            Law::Fixed(x) => x,
            Law::Exponential { mean } => mean * standard_exponential(random),
            Law::Uniform { low, high } => low + (high - low) * random.unit(),
            Law::LogNormal { mu, sigma } => (mu + sigma * standard_normal(random)).exp(),
            Law::CutNormal { mean, sd } => (mean + sd * standard_normal(random)).max(0.0),
        }
    }

    /// The mean of all draws.
    pub fn mean(&self) -> f64 {
        match *self {
            Law::Fixed(x) | Law::Exponential { mean: x } => x,
            Law::Uniform { low, high } => f64::midpoint(low, high),
            Law::LogNormal { mu, sigma } => (mu + sigma * sigma / 2.0).exp(),
            Law::CutNormal { mean, sd } => cut_normal_moments(mean, sd).0,
        }
    }

    /// The standard deviation of all draws.
    pub fn deviation(&self) -> f64 {
        match *self {
            Law::Fixed(_) => 0.0,
            Law::Exponential { mean } => mean,
            Law::Uniform { low, high } => (high - low) / 12f64.sqrt(),
            Law::LogNormal { sigma, .. } => self.mean() * (sigma * sigma).exp_m1().sqrt(),
            Law::CutNormal { mean, sd } => {
                let (first, second) = cut_normal_moments(mean, sd);
                (second - first * first).max(0.0).sqrt()
            }
        }
    }
}

/// Exponential with mean 1, by inversion. `1 - u` lies in `(0, 1]`, so the logarithm is finite.
pub(crate) fn standard_exponential(random: &mut Random) -> f64 {
    -(1.0 - random.unit()).ln()
}

/// Normal with mean 0 and deviation 1 (Box and Muller 1958; the second of the pair is left, to draw a fixed number of
/// uniforms).
fn standard_normal(random: &mut Random) -> f64 {
    let radius = (2.0 * standard_exponential(random)).sqrt();
    radius * (2.0 * PI * random.unit()).cos()
}

/// First and second moment of max(0, Normal(mean, sd)).
fn cut_normal_moments(mean: f64, sd: f64) -> (f64, f64) {
    if sd == 0.0 {
        return (mean, mean * mean);
    }
    let z = mean / sd;
    let density = (-z * z / 2.0).exp() / (2.0 * PI).sqrt();
    let below = normal_cdf(z);
    let first = mean * below + sd * density;
    let second = (mean * mean + sd * sd) * below + mean * sd * density;
    (first, second)
}

/// P(Normal(0, 1) <= z) for z >= 0, to 1.5e-7 (Abramowitz and Stegun 7.1.26).
fn normal_cdf(z: f64) -> f64 {
    const COEFFICIENTS: [f64; 5] = [0.254_829_592, -0.284_496_736, 1.421_413_741, -1.453_152_027, 1.061_405_429];
    let x = z / SQRT_2;
    let t = 1.0 / (1.0 + 0.327_591_1 * x);
    let polynomial = COEFFICIENTS.iter().rev().fold(0.0, |sum, c| (sum + c) * t);
    f64::midpoint(1.0, 1.0 - polynomial * (-x * x).exp())
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const LAWS: [Law; 6] = [
        Law::Fixed(3.0),
        Law::Exponential { mean: 4.0 },
        Law::Uniform { low: 1.0, high: 2.0 },
        Law::LogNormal { mu: -0.18, sigma: 0.6 },
        Law::CutNormal { mean: 13.0, sd: 13.0 },
        Law::CutNormal { mean: 2.0, sd: 0.0 },
    ];

    /// Mean and standard deviation of `n` draws.
    fn moments(law: Law, n: u32, seed: u64) -> (f64, f64) {
        let mut random = Random::new(seed);
        let (mut sum, mut squares) = (0.0, 0.0);
        for _ in 0..n {
            let x = law.sample(&mut random);
            sum += x;
            squares += x * x;
        }
        let mean = sum / f64::from(n);
        (mean, (squares / f64::from(n) - mean * mean).max(0.0).sqrt())
    }

    #[test]
    fn draws_have_the_mean_and_deviation_the_law_states() {
        let n = 200_000;
        for law in LAWS {
            let (mean, deviation) = moments(law, n, 11);
            // Five standard errors: a right sampler fails once in two million seeds.
            let error = 5.0 * law.deviation() / f64::from(n).sqrt();
            assert!((mean - law.mean()).abs() <= error + 1e-6, "{law:?}: {mean}");
            let off = (deviation - law.deviation()).abs();
            assert!(off <= 0.02 * law.deviation() + 1e-6, "{law:?}: {deviation}");
        }
    }

    #[test]
    fn size_and_noise_of_uneven_mixed_have_mean_one() {
        for (mu, sigma) in [(-0.18, 0.6), (-0.125, 0.5)] {
            assert!((Law::LogNormal { mu, sigma }.mean() - 1.0).abs() < 1e-12);
        }
    }

    #[test]
    fn the_cut_normal_of_prequal_has_its_known_mean() {
        // mu x (Phi(1) + phi(1)) = mu x (0.841345 + 0.241971).
        let law = Law::CutNormal { mean: 1.0, sd: 1.0 };
        assert!((law.mean() - 1.083_316).abs() < 1e-5);
    }

    #[test]
    fn exponential_and_log_normal_have_the_right_medians() {
        for (law, median) in
            [(Law::Exponential { mean: 1.0 }, 2f64.ln()), (Law::LogNormal { mu: 0.3, sigma: 1.0 }, 0.3f64.exp())]
        {
            let mut random = Random::new(5);
            let below = (0..100_000).filter(|_| law.sample(&mut random) < median).count();
            assert!((49_200..50_800).contains(&below), "{law:?}: {below}");
        }
    }

    #[test]
    fn senseless_parameters_are_refused() {
        for law in [
            Law::Fixed(-1.0),
            Law::Fixed(f64::NAN),
            Law::Exponential { mean: f64::INFINITY },
            Law::Uniform { low: 2.0, high: 1.0 },
            Law::LogNormal { mu: 0.0, sigma: -0.1 },
            Law::LogNormal { mu: f64::NAN, sigma: 0.1 },
            Law::CutNormal { mean: 1.0, sd: -1.0 },
        ] {
            assert!(law.checked().is_err(), "{law:?}");
        }
        assert!(LAWS.iter().all(|law| law.checked().is_ok()));
    }

    #[test]
    fn a_law_is_written_in_json_by_name() {
        let law: Law = serde_json::from_str(r#"{"log_normal":{"mu":0,"sigma":0.5}}"#).unwrap();
        assert_eq!(law, Law::LogNormal { mu: 0.0, sigma: 0.5 });
        assert!(serde_json::from_str::<Law>(r#"{"exponential":{"rate":2}}"#).is_err());
    }

    proptest! {
        #[test]
        fn draws_are_finite_never_negative_and_repeat_with_their_seed(
            seed: u64, mu in -20.0..20.0, sigma in 0.0..5.0, mean in 0.0..1e9, sd in 0.0..1e9,
        ) {
            for law in [
                Law::Exponential { mean },
                Law::LogNormal { mu, sigma },
                Law::CutNormal { mean, sd },
                Law::Uniform { low: 0.0, high: mean },
            ] {
                let draw = || law.sample(&mut Random::new(seed));
                prop_assert!(draw().is_finite() && draw() >= 0.0);
                prop_assert_eq!(draw(), draw());
            }
        }
    }
}
