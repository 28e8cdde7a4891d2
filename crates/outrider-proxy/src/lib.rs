//! The data plane: real sockets around the pilot.
//!
//! [`Proxy::start`] starts one thread per worker, each with a single-threaded runtime, listening sockets of its own and
//! upstream connections of its own, and one control thread that owns everything slow: health, DNS, files, verdicts. What
//! the control thread decides it publishes as one immutable value ([`Published`]); workers only read it.
//!
//! The life of a request, a file a step: `worker` accepts, `connection` serves, `inbound` admits, `forward` places and
//! rewrites (`headers`, `outgoing`), `admission` sheds, `attempt` picks (`tries`), connects (`upstream`, `gates`) and sends
//! (`head`), `probing` asks hosts for their load beside it, `passage` holds what must be let go of at the end, `body` streams, `tunnel` takes over after an upgrade,
//! `lessons` tells the control thread what there is to learn. Beside all that `links` measures the links to hosts, if told to.

mod access_log;
mod activity;
mod admission;
mod attempt;
mod body;
mod client_retry;
mod closing;
mod connection;
pub mod control;
mod errors;
pub mod events;
mod forward;
mod gates;
mod head;
mod headers;
mod inbound;
mod lessons;
mod links;
mod listener;
pub mod metrics;
mod outgoing;
mod passage;
mod probing;
mod proxy;
pub mod settings;
mod shared;
mod socket;
mod sticky;
mod tally;
mod tracked;
mod tries;
mod tunnel;
mod upstream;
mod worker;

pub use errors::ProxyError;
pub use links::{LinkFile, LinkFileError};
pub use proxy::{Proxy, ProxyStartError, StartOptions};
pub use shared::{Clock, Published, Shared};
