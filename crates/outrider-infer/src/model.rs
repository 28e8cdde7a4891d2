//! A model whatever its kind: rows of a table in, what it says of each out.

mod ensemble;
mod explained;
mod parts;

use outrider_core::frame::Frame;

pub use ensemble::{Ensemble, EnsembleError, MEMBERS_MAX};
pub use explained::{Contribution, Scale};
pub use parts::PartsError;

use crate::BindError;
use crate::imported::{Columns, Imported};
use crate::linear::LogisticRegression;
use crate::network::Network;
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
    /// Trees of another engine: one for each head.
    Imported {
        /// How rows become what the engine takes.
        columns: Columns,
        /// One for a probability, one for each quantile.
        heads: Vec<Imported>,
        /// What mends its probabilities.
        recalibration: Option<Recalibration>,
    },
    /// A neural network: an output for each head.
    Network {
        /// The network.
        network: Network,
        /// Whether heads say logarithms of amounts.
        logarithmic: bool,
        /// What mends its probabilities, if classes were weighed or made.
        recalibration: Option<Recalibration>,
    },
    /// Several models, averaged.
    Ensemble {
        /// The models, and how much each counts.
        ensemble: Ensemble,
        /// What mends its probabilities, if they need it besides those of its members.
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
    /// An imported model whose file does not say enough.
    #[error(
        "the file of this model did not tell how many rows came to each node (sum_hessian, leaf_count), so what features add \
         cannot be said; import a file that does"
    )]
    NoCovers,
}

impl Model {
    /// What it says of each row, head by head. Quantiles of a row ascend.
    ///
    /// # Errors
    ///
    /// If columns are missing or hold something else.
    pub fn predict(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, ModelError> {
        let mut said = match self {
            Model::Logistic { regression, .. } => vec![regression.predict(frame)?],
            Model::Trees { encoding, heads, .. } => {
                let matrix = encoding.encode(frame)?;
                heads.iter().map(|head| head.predict(&matrix)).collect()
            }
            Model::Imported { columns, heads, .. } => {
                let read = columns.read(frame)?;
                heads.iter().map(|head| head.predict(&read)).collect()
            }
            Model::Network { network, .. } => network.predict(frame)?,
            Model::Ensemble { ensemble, .. } => ensemble.predict(frame)?,
        };
        if self.is_logarithmic() {
            said.iter_mut().flatten().for_each(|value| *value = value.exp());
        }
        ascend(&mut said);
        if let Some(by) = self.recalibration() {
            said.iter_mut().flatten().for_each(|value| *value = by.apply(*value));
        }
        Ok(said)
    }

    /// The same with other probabilities: as trained, then mended by `by`.
    #[must_use]
    pub fn mended(mut self, by: Option<Recalibration>) -> Model {
        match &mut self {
            Model::Logistic { recalibration, .. }
            | Model::Trees { recalibration, .. }
            | Model::Imported { recalibration, .. }
            | Model::Network { recalibration, .. }
            | Model::Ensemble { recalibration, .. } => *recalibration = by,
        }
        self
    }

    /// Its kind, as artifacts have it.
    pub fn kind(&self) -> &'static str {
        match self {
            Model::Logistic { .. } => "logistic",
            Model::Trees { .. } => "trees",
            Model::Imported { .. } => "imported",
            Model::Network { .. } => "network",
            Model::Ensemble { .. } => "ensemble",
        }
    }

    /// How many numbers it says of a row.
    pub fn heads(&self) -> usize {
        match self {
            Model::Logistic { .. } => 1,
            Model::Trees { heads, .. } => heads.len(),
            Model::Imported { heads, .. } => heads.len(),
            Model::Network { network, .. } => network.outputs(),
            Model::Ensemble { ensemble, .. } => ensemble.heads(),
        }
    }

    fn is_logarithmic(&self) -> bool {
        match self {
            Model::Logistic { .. } | Model::Imported { .. } => false,
            Model::Trees { logarithmic, .. } | Model::Network { logarithmic, .. } => *logarithmic,
            Model::Ensemble { ensemble, .. } => ensemble.is_logarithmic(),
        }
    }

    fn recalibration(&self) -> Option<&Recalibration> {
        match self {
            Model::Logistic { recalibration, .. }
            | Model::Trees { recalibration, .. }
            | Model::Imported { recalibration, .. }
            | Model::Network { recalibration, .. }
            | Model::Ensemble { recalibration, .. } => recalibration.as_ref(),
        }
    }
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
