//! Models as they predict: kinds of models without their training, and the artifact that carries them.

pub mod artifact;
