//! Laws of growing trees.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]
#![expect(clippy::cast_possible_truncation, reason = "small numbers drawn by lot")]

#[path = "trees/boosting.rs"]
mod boosting;
#[path = "trees/data.rs"]
mod data;
#[path = "trees/forest.rs"]
mod forest;
#[path = "trees/meaning.rs"]
mod meaning;
#[path = "trees/refused.rs"]
mod refused;
