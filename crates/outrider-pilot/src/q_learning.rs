//! Q-learning (Watkins 1989): what sending a request to a host in a certain state is worth, learnt from what comes of it.
//!
//! Two forms. `q_learning` is the table of the predecessor ([`table`]): a state is a level of load per host, 3^N of them. `q_learning_linear`
//! ([`linear`]) shares one set of weights among all hosts, of any number.
//!
//! **Credit.** What was done travels with the request ([`Lesson`], held by its [`Exchange`](crate::Exchange)), and what followed is
//! looked at when that very request ends: with many in flight nothing can be credited to another. **Reward** is
//! minus a tenth of the response time in ms, or -1000 for a failure. A client that left teaches a bound: it would have taken at
//! least so long. **Exploration** decays with every answer that is learnt from.
//!
//! The slow path owns what is known and learns (`pool/values.rs`); what has changed is published with the next tick.
//! Cost of a pick: the levels of at most eight hosts, or the tiles of at most sixteen; as much again for what the request
//! carries and for what follows; one count up and down that all cores share.

mod experience;
mod level;
mod linear;
mod policy;
mod saved;
mod student;
mod table;

use std::net::SocketAddr;

use outrider_features::keyed_hash;

pub use experience::Experience;
pub(crate) use level::Level;
pub(crate) use linear::Usual;
pub use policy::Lesson;
pub(crate) use policy::{LinearPolicy, Policy, Seat, TablePolicy};
pub(crate) use saved::Saved;
pub use saved::SavedError;
pub(crate) use student::{Student, Values};
use table::HOSTS_MAX;

/// The most hosts that `q_learning` can tell the states of.
pub const Q_LEARNING_HOSTS_MAX: usize = HOSTS_MAX;

/// A number for a set of hosts in this order.
pub(crate) fn hosts_id(hosts: &[SocketAddr]) -> u64 {
    hosts.iter().fold(0, |id, host| keyed_hash(id, host.to_string().as_bytes()))
}
