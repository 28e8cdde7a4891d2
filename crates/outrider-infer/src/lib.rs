//! Models as they predict: kinds of models without their training, and the artifact that carries them.

mod encode;
mod matrix;
pub mod trees;

pub use encode::{EncodeError, Encoding};
pub use matrix::{Cells, Matrix, MatrixError};
