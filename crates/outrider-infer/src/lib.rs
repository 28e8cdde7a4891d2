//! Models as they predict: kinds of models without their training, and the artifact that carries them.

pub mod linear;
mod recalibration;

pub use recalibration::{Recalibration, RecalibrationError};
