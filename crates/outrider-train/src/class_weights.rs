//! How much rows of either class count.

use crate::metrics::POSITIVE;

/// How much rows of either class count in training, on top of weights of their own.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum ClassWeights {
    /// As much as they are.
    #[default]
    Equal,
    /// Both classes half of the whole, as scikit-learn's `balanced`. Probabilities are then those of a world with as many positives as
    /// negatives: recalibrate.
    Balanced,
    /// So much each.
    Given {
        /// Of a negative row.
        negative: f64,
        /// Of a positive row.
        positive: f64,
    },
}

impl ClassWeights {
    /// The weight of each row.
    pub fn of_rows(self, labels: &[f64], weights: Option<&[f64]>) -> Vec<f64> {
        let own = |row: usize| weights.map_or(1.0, |weights| weights[row]);
        let is_positive = |row: usize| labels[row] == POSITIVE;
        let [negative, positive] = match self {
            ClassWeights::Equal => [1.0, 1.0],
            ClassWeights::Given { negative, positive } => [negative, positive],
            ClassWeights::Balanced => {
                let sum = |class| (0..labels.len()).filter(|&row| is_positive(row) == class).map(own).sum::<f64>();
                let (of_negative, of_positive) = (sum(false), sum(true));
                [of_negative, of_positive].map(|of_class| (of_negative + of_positive) / (2.0 * of_class))
            }
        };
        (0..labels.len()).map(|row| own(row) * if is_positive(row) { positive } else { negative }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn balanced_classes_weigh_half_each() {
        let weights = ClassWeights::Balanced.of_rows(&[1.0, 0.0, 0.0, 0.0], Some(&[1.0, 1.0, 1.0, 2.0]));
        let expected = [2.5, 0.625, 0.625, 1.25];
        assert!(weights.iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-12), "{weights:?}");
    }

    #[test]
    fn given_weights_multiply_those_of_rows() {
        let given = ClassWeights::Given { negative: 0.5, positive: 3.0 };
        assert_eq!(given.of_rows(&[1.0, 0.0], Some(&[2.0, 4.0])), [6.0, 2.0]);
        assert_eq!(ClassWeights::Equal.of_rows(&[1.0, 0.0], None), [1.0, 1.0]);
    }
}
