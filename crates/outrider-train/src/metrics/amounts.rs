//! Of amounts: means, and quantiles.

use super::Sample;

/// Mean absolute error.
pub fn mae(sample: &Sample) -> Option<f64> {
    sample.mean(|label, score| (label - score).abs())
}

/// Root of the mean squared error.
pub fn rmse(sample: &Sample) -> Option<f64> {
    sample.mean(|label, score| (label - score).powi(2)).map(f64::sqrt)
}

/// Mean loss of a predicted quantile (Koenker, Bassett 1978): the true quantile has the least.
pub fn pinball(sample: &Sample, quantile: f64) -> Option<f64> {
    sample.mean(|label, score| {
        let above = label - score;
        (quantile * above).max((quantile - 1.0) * above)
    })
}

/// The share of labels at or below their prediction: of a predicted quantile q, it should be q.
pub fn coverage(sample: &Sample) -> Option<f64> {
    sample.mean(|label, score| if score.is_nan() { f64::NAN } else { f64::from(u8::from(label <= score)) })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn errors_are_as_computed_by_hand() {
        let sample = Sample::new(&[1.0, 2.0, 4.0], &[1.0, 4.0, 3.0]);
        assert_eq!(mae(&sample), Some(1.0));
        assert_eq!(rmse(&sample), Some((5.0f64 / 3.0).sqrt()));
        // 0 + 0.1 * 2 (too high) + 0.9 * 1 (too low)
        assert!((pinball(&sample, 0.9).unwrap() - 1.1 / 3.0).abs() < 1e-15);
        assert_eq!(coverage(&sample), Some(2.0 / 3.0));
    }

    #[test]
    fn a_weight_counts_as_so_many_rows() {
        let weighted = Sample::new(&[1.0, 2.0], &[0.0, 5.0]).weighted(&[2.0, 1.0]);
        let repeated = Sample::new(&[1.0, 1.0, 2.0], &[0.0, 0.0, 5.0]);
        assert_eq!(mae(&weighted), mae(&repeated));
        assert_eq!(pinball(&weighted, 0.3), pinball(&repeated, 0.3));
    }

    #[test]
    fn what_is_undefined_is_none() {
        let metrics: [fn(&Sample) -> Option<f64>; 4] = [mae, rmse, |sample| pinball(sample, 0.5), coverage];
        for metric in metrics {
            assert_eq!(metric(&Sample::new(&[], &[])), None);
            assert_eq!(metric(&Sample::new(&[1.0], &[f64::NAN])), None);
            assert_eq!(metric(&Sample::new(&[1.0], &[2.0]).weighted(&[0.0])), None);
        }
    }
}
