//! Probabilities mended after training, on the scale of log odds.

/// log odds become `slope` x log odds + `shift`: Platt's sigmoid, or with slope 1 the correction of a changed share of positives.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Recalibration {
    /// Above 0, so that the order of rows stays.
    slope: f64,
    shift: f64,
}

/// Why it is not believed.
#[derive(Clone, Copy, Debug, PartialEq, thiserror::Error)]
pub enum RecalibrationError {
    /// Numbers that no training gives.
    #[error(
        "a recalibration of slope {slope} and shift {shift}: expected finite numbers, the slope above 0; train anew"
    )]
    Numbers {
        /// Of log odds.
        slope: f64,
        /// Added to them.
        shift: f64,
    },
    /// Of another length.
    #[error("a recalibration of {0} bytes, expected 16: the model is damaged; fetch or train it anew")]
    Length(usize),
}

impl Recalibration {
    /// Of these numbers.
    ///
    /// # Errors
    ///
    /// If they are not finite, or the slope is not above 0.
    pub fn new(slope: f64, shift: f64) -> Result<Recalibration, RecalibrationError> {
        let is_right = slope.is_finite() && shift.is_finite() && slope > 0.0;
        is_right.then_some(Recalibration { slope, shift }).ok_or(RecalibrationError::Numbers { slope, shift })
    }

    /// The mended probability. 0 and 1 stay what they are.
    pub fn apply(&self, probability: f64) -> f64 {
        sigmoid(self.slope * logit(probability) + self.shift)
    }

    /// As bytes: two numbers, little endian.
    pub fn write(&self) -> Vec<u8> {
        [self.slope, self.shift].iter().flat_map(|number| number.to_le_bytes()).collect()
    }

    /// Of bytes.
    ///
    /// # Errors
    ///
    /// If they are not what [`Recalibration::write`] gives.
    pub fn read(bytes: &[u8]) -> Result<Recalibration, RecalibrationError> {
        let ([slope, shift], []) = bytes.as_chunks::<8>() else { return Err(RecalibrationError::Length(bytes.len())) };
        Recalibration::new(f64::from_le_bytes(*slope), f64::from_le_bytes(*shift))
    }
}

/// Log odds of a probability.
pub(crate) fn logit(probability: f64) -> f64 {
    (probability / (1.0 - probability)).ln()
}

/// The probability of log odds.
pub(crate) fn sigmoid(log_odds: f64) -> f64 {
    1.0 / (1.0 + (-log_odds).exp())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn odds_are_raised_and_multiplied() {
        let mended = Recalibration::new(2.0, 3.0f64.ln()).unwrap();
        // Odds of 1/3 to the power of 2, times 3: 1/3.
        assert!((mended.apply(0.25) - 0.25).abs() < 1e-15);
        assert_eq!((mended.apply(0.0), mended.apply(1.0)), (0.0, 1.0));
        assert!(mended.apply(f64::NAN).is_nan());
    }

    #[test]
    fn bytes_read_back_and_others_do_not() {
        let mended = Recalibration::new(0.5, -1.0).unwrap();
        assert_eq!(Recalibration::read(&mended.write()), Ok(mended));
        assert_eq!(Recalibration::read(&mended.write()[1..]), Err(RecalibrationError::Length(15)));
        let negative = [(-1.0f64).to_le_bytes(), 0.0f64.to_le_bytes()].concat();
        assert!(matches!(Recalibration::read(&negative), Err(RecalibrationError::Numbers { .. })));
        assert!(Recalibration::new(1.0, f64::NAN).is_err());
    }
}
