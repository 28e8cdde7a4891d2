//! Laws of trees as they predict: the kernels against the obvious loop, bytes against damage, SHAP against its definition.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]
#![expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "places in short lists")]

#[path = "trees/codec.rs"]
mod codec;
#[path = "trees/grown.rs"]
mod grown;
#[path = "trees/kernel.rs"]
mod kernel;
#[path = "trees/shap.rs"]
mod shap;
