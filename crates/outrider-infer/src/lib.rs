//! Models as they predict: kinds of models without their training, and the artifact that carries them.

pub mod artifact;
mod encode;
pub mod import;
pub mod imported;
pub mod linear;
mod matrix;
mod model;
mod recalibration;
mod shap;
pub mod trees;

pub use encode::{EncodeError, Encoding};
pub use matrix::{Cells, Matrix, MatrixError};
pub use model::{Contribution, Model, ModelError, PartsError};
pub use recalibration::{Recalibration, RecalibrationError};
