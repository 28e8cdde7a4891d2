//! Laws of training a network: what it learns, that luck is seeded, and what it refuses.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

#[path = "network/data.rs"]
mod data;
#[path = "network/learns.rs"]
mod learns;
#[path = "network/refuses.rs"]
mod refuses;
