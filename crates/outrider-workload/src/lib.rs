//! What is asked of a fleet and what the fleet is like: arrivals, classes and sizes of requests, laws of service times,
//! hosts of unlike speed, luck, faults on a script.
//!
//! No I/O, no clock: a seed and a description give a stream, the same on sockets and in virtual time. A description is
//! data (serde), so that a scenario can be a file.

mod antagonist;
mod arrivals;
mod fault;
mod fleet;
mod law;
mod luck;
mod mix;
mod requests;
mod span;

pub use antagonist::{Antagonist, Antagonists};
pub use arrivals::{Arrivals, Pattern};
pub use fault::{Fault, FaultError, ScriptedFault};
pub use fleet::{Fleet, FleetError, FleetHost};
pub use law::{Law, LawError};
pub use luck::HostLuck;
pub use mix::{Class, Mix, MixError};
pub use requests::{Request, Requests};
pub use span::{SpanError, parse_span};
