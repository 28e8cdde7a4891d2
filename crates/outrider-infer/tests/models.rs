//! Laws of models whatever their kind: what they say through an artifact, ensembles beside averages by hand, and damage.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

#[path = "models/artifact.rs"]
mod artifact;
#[path = "models/ensemble.rs"]
mod ensemble;
#[path = "models/made.rs"]
mod made;
