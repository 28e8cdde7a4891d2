//! Of probabilities: proper scores, which only the true probability makes least.

use super::{POSITIVE, Sample};

/// A probability this near to 0 or 1 counts as this: one sure mistake must not be infinite.
const CLIP: f64 = f64::EPSILON;

/// Mean of -ln of the probability given to what happened.
pub fn log_loss(sample: &Sample) -> Option<f64> {
    sample.mean(|label, probability| {
        let of_label = if label == POSITIVE { probability } else { 1.0 - probability };
        // `clamp` keeps what is not a number.
        -of_label.clamp(CLIP, 1.0 - CLIP).ln()
    })
}

/// Mean squared distance of probabilities from what happened (Brier 1950).
pub fn brier(sample: &Sample) -> Option<f64> {
    sample.mean(|label, probability| (f64::from(u8::from(label == POSITIVE)) - probability).powi(2))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scores_are_as_computed_by_hand() {
        let sample = Sample::new(&[1.0, 0.0], &[0.8, 0.4]);
        assert!((log_loss(&sample).unwrap() + (0.8f64.ln() + 0.6f64.ln()) / 2.0).abs() < 1e-15);
        assert!((brier(&sample).unwrap() - (0.04 + 0.16) / 2.0).abs() < 1e-15);
    }

    #[test]
    fn a_sure_mistake_is_dear_but_finite() {
        let loss = log_loss(&Sample::new(&[1.0], &[0.0])).unwrap();
        assert!((30.0..40.0).contains(&loss), "{loss}");
        assert_eq!(log_loss(&Sample::new(&[1.0], &[f64::NAN])), None);
        assert_eq!(brier(&Sample::new(&[], &[])), None);
    }
}
