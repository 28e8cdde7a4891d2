//! The admin API on a real socket, in front of a real control thread.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

mod changes;
mod looks;
mod page;
mod peers;
mod predictions;
mod text_format;
mod world;
