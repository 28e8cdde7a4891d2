//! What is asked of a fleet and what the fleet is like: arrivals, classes and sizes of requests, laws of service times,
//! hosts of unlike speed.
//!
//! No I/O, no clock: a seed and a description give a stream, the same on sockets and in virtual time. A description is
//! data (serde), so that a scenario can be a file.

mod antagonist;
mod arrivals;
mod fleet;
mod law;
mod mix;
mod requests;

pub use antagonist::{Antagonist, Antagonists};
pub use arrivals::{Arrivals, Pattern};
pub use fleet::{Fleet, FleetError, FleetHost};
pub use law::{Law, LawError};
pub use mix::{Class, Mix, MixError};
pub use requests::{Request, Requests};
