//! From a table of columns to a model that may be trusted, or a clear reason not to.

pub mod baselines;
pub mod class_weights;
pub mod dataset;
pub mod gates;
pub mod impact;
mod inputs;
pub mod linear;
pub mod metrics;
pub mod network;
pub mod recalibrate;
pub mod resample;
pub mod search;
pub mod split;
pub mod stacking;
pub mod tasks;
#[cfg(test)]
mod testing;
pub mod threshold;
pub mod training;
pub mod trees;

pub use inputs::InfiniteError;
