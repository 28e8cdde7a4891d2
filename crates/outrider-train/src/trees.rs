//! Growing trees: boosting and forests by histograms, on the caller's pool of threads.
//!
//! Features are cut into at most 254 bins of equal shares and kept as bytes, in blocks of eight features; a split is found by
//! the sums of gradient and hessian per bin. Sums are of `f64`, over rows in their order, in chunks whose number depends
//! on the rows alone and which are merged in their order: the model has the same bits whatever the number of threads.

mod binner;
mod boosting;
pub(crate) mod check;
mod forest;
mod grower;
mod histogram;
mod importance;
mod objective;
mod partition;
mod scored;
mod split;
mod tree;

use std::ops::ControlFlow;

use outrider_infer::Matrix;

pub use boosting::{Boosted, BoostingSettings, boost};
pub use check::TrainError;
pub use forest::{ForestSettings, grow_forest};
pub use importance::permutation_importances;
pub use objective::Objective;

/// What is learnt from.
#[derive(Clone, Copy, Debug)]
pub struct Examples<'a> {
    /// Features.
    pub matrix: &'a Matrix,
    /// What is to be predicted, one for each row.
    pub labels: &'a [f64],
    /// How much each row counts, 0 or more; `None`: each 1.
    pub weights: Option<&'a [f64]>,
}

impl Examples<'_> {
    fn weight(&self, row: usize) -> f64 {
        self.weights.map_or(1.0, |weights| weights[row])
    }
}

/// How far a training has come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Progress {
    /// Trees that are grown.
    pub trees: usize,
    /// Trees that were asked for.
    pub of: usize,
    /// The mean loss on the rows that are held out; `None`: there are none.
    pub validation_loss: Option<f64>,
}

/// Is told of progress between trees, and breaks off by [`ControlFlow::Break`].
pub type Watch<'a> = &'a mut (dyn FnMut(Progress) -> ControlFlow<()> + Send);
