//! Laws of the network as it predicts: against the obvious loop, at the edges of its inputs, as bytes, and taken apart.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]
#![expect(clippy::cast_possible_truncation, reason = "small numbers drawn by lot")]

#[path = "network/codec.rs"]
mod codec;
#[path = "network/explain.rs"]
mod explain;
#[path = "network/forward.rs"]
mod forward;
#[path = "network/made.rs"]
mod made;
