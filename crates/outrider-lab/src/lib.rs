//! The lab: uneven hosts on real sockets, an open-loop load generator, and the demo that puts the shipped binary between
//! them.

pub mod backends;
pub mod commands;
pub mod demo;
mod fault;
pub mod load;
pub mod measured;
mod span;
pub mod statistics;
mod stop;

pub use backends::{Backends, BackendsError, BackendsSpec};
pub use fault::{Fault, FaultError, ScriptedFault};
pub use span::{SpanError, parse_span};
pub use stop::Stop;
