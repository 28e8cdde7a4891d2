//! Logistic regression as it predicts: a weight for each place of its inputs.

mod codec;

use outrider_core::frame::Frame;

use crate::BindError;
use crate::inputs::Inputs;
use crate::recalibration::sigmoid;

/// A trained logistic regression.
#[derive(Clone, Debug, PartialEq)]
pub struct LogisticRegression {
    inputs: Inputs,
    bias: f64,
    weights: Vec<f64>,
}

/// Why weights make no model.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// Not one for each place.
    #[error("{weights} weights for {places} places, expected as many")]
    Length {
        /// Weights given.
        weights: usize,
        /// Places of the inputs.
        places: usize,
    },
    /// One is not finite.
    #[error("a weight is not finite, expected numbers; train anew with more regularisation")]
    NotFinite,
}

impl LogisticRegression {
    /// Of inputs, the bias, and a weight for each place.
    ///
    /// # Errors
    ///
    /// If there are more or fewer weights than places, or one is not finite.
    pub fn new(inputs: Inputs, bias: f64, weights: Vec<f64>) -> Result<LogisticRegression, WeightsError> {
        if weights.len() != inputs.places() {
            return Err(WeightsError::Length { weights: weights.len(), places: inputs.places() });
        }
        if !bias.is_finite() || !weights.iter().all(|weight| weight.is_finite()) {
            return Err(WeightsError::NotFinite);
        }
        Ok(LogisticRegression { inputs, bias, weights })
    }

    /// The probability of the positive class for each row.
    ///
    /// # Errors
    ///
    /// If a column is not there, or holds something else; all such columns are named.
    pub fn predict(&self, frame: &Frame) -> Result<Vec<f64>, BindError> {
        let bound = self.inputs.bind(frame)?;
        let log_odds = |row| bound.row(row).map(|(place, value)| self.weights[place] * value).sum::<f64>() + self.bias;
        Ok((0..frame.rows()).map(|row| sigmoid(log_odds(row))).collect())
    }

    /// What each input adds to the log odds of each row.
    ///
    /// # Errors
    ///
    /// As [`LogisticRegression::predict`].
    pub fn terms(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, BindError> {
        let bound = self.inputs.bind(frame)?;
        let of_row = |row| bound.row(row).map(|(place, value)| self.weights[place] * value).collect();
        Ok((0..frame.rows()).map(of_row).collect())
    }

    /// What it takes.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Log odds of a row without features.
    pub fn bias(&self) -> f64 {
        self.bias
    }

    /// Each place by name with its weight: of a number, log odds per standard deviation.
    pub fn coefficients(&self) -> impl Iterator<Item = (String, f64)> + '_ {
        self.inputs.names().zip(self.weights.iter().copied())
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::{Column, Values};

    use super::*;
    use crate::inputs::{Input, InputKind};

    fn model() -> LogisticRegression {
        let size = Input { name: "size_bytes".to_owned(), kind: InputKind::Number { mean: 10.0, scale: 2.0 } };
        let words = vec!["get".to_owned(), "post".to_owned()];
        let method = Input { name: "method".to_owned(), kind: InputKind::Category { words } };
        let inputs = Inputs::new(vec![size, method]).unwrap();
        LogisticRegression::new(inputs, 0.5, vec![1.0, -2.0, 0.1, 0.2, 0.3, 0.4]).unwrap()
    }

    fn columns() -> [Column; 2] {
        let words = [Some("post"), Some("put"), None, Some("get")].into_iter().collect();
        [
            Column { name: "size_bytes".to_owned(), values: Values::Number(vec![12.0, 10.0, f64::NAN, f64::INFINITY]) },
            Column { name: "method".to_owned(), values: Values::Word(words) },
        ]
    }

    #[test]
    fn values_stand_in_their_places() {
        let frame = Frame::new(columns().to_vec()).unwrap();
        // What is not finite counts as missing; "put" is a word that training has not seen.
        let expected = [0.5 + 1.0 + 0.2, 0.5 + 0.3, 0.5 - 2.0 + 0.4, 0.5 - 2.0 + 0.1].map(sigmoid);
        let predicted = model().predict(&frame).unwrap();
        assert!(predicted.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-15), "{predicted:?}");
    }

    #[test]
    fn names_bind_and_places_do_not() {
        let [size, method] = columns();
        let as_trained = model().predict(&Frame::new(vec![size.clone(), method.clone()]).unwrap());
        let other = Column { name: "other".to_owned(), values: Values::Number(vec![1.0; 4]) };
        assert_eq!(model().predict(&Frame::new(vec![other, method, size]).unwrap()), as_trained);
    }

    #[test]
    fn a_mismatch_names_the_columns() {
        let method = Column { name: "method".to_owned(), values: Values::Number(vec![1.0]) };
        let told = model().predict(&Frame::new(vec![method]).unwrap()).unwrap_err().to_string();
        assert!(
            told.contains("no column \"size_bytes\"") && told.contains("\"method\" holds numbers, expected words"),
            "{told}"
        );
    }

    #[test]
    fn a_column_without_values_is_of_any_kind() {
        let [size, _] = columns();
        let method = Column { name: "method".to_owned(), values: Values::Number(vec![f64::NAN; 4]) };
        let predicted = model().predict(&Frame::new(vec![size, method]).unwrap()).unwrap();
        assert!((predicted[0] - sigmoid(0.5 + 1.0 + 0.4)).abs() < 1e-15, "missing: {predicted:?}");
    }

    #[test]
    fn weights_must_fit() {
        let told = LogisticRegression::new(model().inputs, 0.0, vec![1.0]).unwrap_err().to_string();
        assert_eq!(told, "1 weights for 6 places, expected as many");
        assert_eq!(LogisticRegression::new(model().inputs, f64::NAN, vec![0.0; 6]), Err(WeightsError::NotFinite));
        let named: Vec<(String, f64)> = model().coefficients().collect();
        assert_eq!(named[3], ("method=post".to_owned(), 0.2));
        assert_eq!((named[1].0.as_str(), named[4].0.as_str()), ("size_bytes is missing", "method is new"));
    }
}
