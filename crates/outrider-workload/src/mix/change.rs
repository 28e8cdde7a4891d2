//! A mix that changes at a time.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::{Mix, MixError};
use crate::Class;
use crate::span;

/// From a time on, classes come in other shares.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct MixChange {
    /// When, from the start of the round.
    #[serde(with = "span")]
    pub at: Duration,
    /// The new share of each class, relative to the others, in the mix's order.
    pub shares: Vec<f64>,
}

impl Mix {
    /// The same classes in other shares.
    ///
    /// # Errors
    /// When there is not one share for each class, or they make no sense.
    pub fn with_shares(&self, shares: &[f64]) -> Result<Mix, MixError> {
        let classes = self.classes();
        if shares.len() != classes.len() {
            return Err(MixError::Shares { given: shares.len(), classes: classes.len() });
        }
        let of = |(class, share): (&Class, &f64)| Class { share: *share, ..class.clone() };
        Mix::new(classes.iter().zip(shares).map(of).collect())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn other_shares_are_of_the_same_classes() {
        let mix = Mix::uneven_mixed();
        let changed = mix.with_shares(&[0.0, 0.0, 1.0, 0.0, 0.0, 3.0]).unwrap();
        assert_eq!((changed.share(1), changed.share(2), changed.share(5)), (0.0, 0.25, 0.75));
        assert!((changed.mean_ms() - 92.0).abs() < 1e-9);
        assert_eq!(mix.with_shares(&[1.0]), Err(MixError::Shares { given: 1, classes: 6 }));
        assert!(matches!(mix.with_shares(&[f64::NAN; 6]), Err(MixError::Number(_))));
    }
}
