//! Models as they predict: kinds of models without their training, and the artifact that carries them.

pub mod artifact;
mod bind;
mod bytes;
mod encode;
pub mod import;
pub mod imported;
pub mod inputs;
pub mod linear;
mod matrix;
mod model;
pub mod network;
mod recalibration;
mod shap;
pub mod trees;

pub use bind::BindError;
pub use bytes::{DamagedError, TooLargeError};
pub use encode::{EncodeError, Encoding};
pub use matrix::{Cells, Matrix, MatrixError};
pub use model::{Contribution, Ensemble, EnsembleError, MEMBERS_MAX, Model, ModelError, PartsError, Scale};
pub use recalibration::{Recalibration, RecalibrationError};
