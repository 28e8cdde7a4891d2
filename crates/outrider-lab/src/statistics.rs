//! What a handful of seeds can say: geometric means with intervals.

/// A value and the interval that a mean over many more seeds would lie in, 19 times out of 20.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// The geometric mean.
    pub center: f64,
    /// The lower end; none with fewer than two seeds.
    pub low: Option<f64>,
    /// The upper end; none with fewer than two seeds.
    pub high: Option<f64>,
}

/// Quantiles 0.975 of Student's t with 1, 2, ... degrees of freedom.
const T_975: [f64; 15] =
    [12.706, 4.303, 3.182, 2.776, 2.571, 2.447, 2.365, 2.306, 2.262, 2.228, 2.201, 2.179, 2.160, 2.145, 2.131];
/// Beyond the table: the normal law's, a little low for 16 to 30 degrees (2.12 to 2.04).
const T_975_MANY: f64 = 2.04;

/// The geometric mean of `values` with Student's 95 % interval of their logarithms. None for no value, or one that is
/// not above 0.
pub fn geometric_mean(values: &[f64]) -> Option<Interval> {
    if values.is_empty() || !values.iter().all(|&v| v > 0.0 && v.is_finite()) {
        return None;
    }
    let n = values.len() as f64;
    let mean = values.iter().map(|v| v.ln()).sum::<f64>() / n;
    let squares: f64 = values.iter().map(|v| (v.ln() - mean).powi(2)).sum();
    let half = t_975(values.len() - 1).map(|t| t * (squares / (n - 1.0) / n).sqrt());
    Some(Interval { center: mean.exp(), low: half.map(|h| (mean - h).exp()), high: half.map(|h| (mean + h).exp()) })
}

/// The geometric mean of the ratios `a / b`, seed by seed: what both met alike drops out. None where they do not pair.
pub fn geometric_mean_ratio(a: &[f64], b: &[f64]) -> Option<Interval> {
    if a.len() != b.len() {
        return None;
    }
    let ratios: Vec<f64> = a.iter().zip(b).map(|(a, b)| a / b).collect();
    geometric_mean(&ratios)
}

fn t_975(degrees: usize) -> Option<f64> {
    let index = degrees.checked_sub(1)?;
    Some(T_975.get(index).copied().unwrap_or(T_975_MANY))
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrider_core::Random;
    use outrider_workload::Law;
    use proptest::prelude::*;

    #[test]
    fn one_seed_has_no_interval_and_no_seed_no_mean() {
        let one = geometric_mean(&[7.0]).unwrap();
        assert!((one.center - 7.0).abs() < 1e-12);
        assert_eq!((one.low, one.high), (None, None));
        assert_eq!(geometric_mean(&[]), None);
        assert_eq!(geometric_mean(&[1.0, 0.0]), None);
        assert_eq!(geometric_mean(&[1.0, f64::NAN]), None);
    }

    #[test]
    fn a_worked_example() {
        // Logarithms 0, 1, 2: mean 1, deviation 1, t = 4.303, half width 4.303 / sqrt(3).
        let e = std::f64::consts::E;
        let interval = geometric_mean(&[1.0, e, e * e]).unwrap();
        assert!((interval.center - e).abs() < 1e-9);
        assert!((interval.low.unwrap().ln() - (1.0 - 2.484_3)).abs() < 1e-3);
        assert!((interval.high.unwrap().ln() - (1.0 + 2.484_3)).abs() < 1e-3);
    }

    #[test]
    fn the_interval_holds_the_truth_19_times_out_of_20() {
        let law = Law::LogNormal { mu: 1.0, sigma: 0.4 };
        let mut random = Random::new(8);
        let holds = (0..4_000).filter(|_| {
            let seeds: Vec<f64> = (0..5).map(|_| law.sample(&mut random)).collect();
            let interval = geometric_mean(&seeds).unwrap();
            interval.low.unwrap() <= 1f64.exp() && 1f64.exp() <= interval.high.unwrap()
        });
        let share = holds.count() as f64 / 4_000.0;
        assert!((0.935..0.965).contains(&share), "{share}");
    }

    proptest! {
        #[test]
        fn a_constant_factor_is_found_exactly(values in prop::collection::vec(0.1..1e4f64, 2..8), factor in 0.1..10.0f64) {
            let more: Vec<f64> = values.iter().map(|v| v * factor).collect();
            let ratio = geometric_mean_ratio(&more, &values).unwrap();
            prop_assert!((ratio.center / factor - 1.0).abs() < 1e-9);
            prop_assert!(ratio.high.unwrap() / ratio.low.unwrap() - 1.0 < 1e-6);
        }
    }
}
