//! A model whatever its kind: rows of a table in, what it says of each out.

mod explained;
mod parts;

use outrider_core::frame::Frame;

pub use explained::Contribution;
pub use parts::PartsError;

use crate::BindError;
use crate::linear::LogisticRegression;
use crate::trees::Trees;
use crate::{EncodeError, Encoding, Recalibration};

/// A model of any kind.
#[derive(Clone, Debug, PartialEq)]
pub enum Model {
    /// Logistic regression.
    Logistic {
        /// The regression.
        regression: LogisticRegression,
        /// What mends its probabilities, if classes were weighed or made.
        recalibration: Option<Recalibration>,
    },
    /// Trees, boosted or a forest: one for each head.
    Trees {
        /// How rows become what trees take.
        encoding: Encoding,
        /// One for a probability, one for each quantile.
        heads: Vec<Trees>,
        /// Whether heads say logarithms of amounts.
        logarithmic: bool,
        /// What mends its probabilities, if classes were weighed or made.
        recalibration: Option<Recalibration>,
    },
}

/// Why a table cannot be predicted.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ModelError {
    /// Its columns are not those of the model.
    #[error(transparent)]
    Encode(#[from] EncodeError),
    /// Its columns are not those of the model.
    #[error(transparent)]
    Bind(#[from] BindError),
}

impl Model {
    /// What it says of each row, head by head. Quantiles of a row ascend.
    ///
    /// # Errors
    ///
    /// If columns are missing or hold something else.
    pub fn predict(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, ModelError> {
        match self {
            Model::Logistic { regression, recalibration } => {
                Ok(vec![recalibrated(regression.predict(frame)?, recalibration.as_ref())])
            }
            Model::Trees { encoding, heads, logarithmic, recalibration } => {
                let matrix = encoding.encode(frame)?;
                let mut said: Vec<Vec<f64>> = heads.iter().map(|head| head.predict(&matrix)).collect();
                if *logarithmic {
                    said.iter_mut().flatten().for_each(|value| *value = value.exp());
                }
                ascend(&mut said);
                Ok(said.into_iter().map(|head| recalibrated(head, recalibration.as_ref())).collect())
            }
        }
    }

    /// The same with other probabilities: as trained, then mended by `by`.
    #[must_use]
    pub fn mended(self, by: Option<Recalibration>) -> Model {
        match self {
            Model::Logistic { regression, .. } => Model::Logistic { regression, recalibration: by },
            Model::Trees { encoding, heads, logarithmic, .. } => {
                Model::Trees { encoding, heads, logarithmic, recalibration: by }
            }
        }
    }

    /// Its kind, as artifacts have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Model::Logistic { .. } => "logistic",
            Model::Trees { .. } => "trees",
        }
    }
}

fn recalibrated(mut said: Vec<f64>, by: Option<&Recalibration>) -> Vec<f64> {
    if let Some(by) = by {
        said.iter_mut().for_each(|value| *value = by.apply(*value));
    }
    said
}

/// A higher quantile is no lower than the one before it: heads that were learnt apart may cross where they know little.
fn ascend(heads: &mut [Vec<f64>]) {
    for head in 1..heads.len() {
        let (before, after) = heads.split_at_mut(head);
        for (value, low) in after[0].iter_mut().zip(&before[head - 1]) {
            *value = value.max(*low);
        }
    }
}
