//! The admin API: what the balancer is doing, for people, scrapers and scripts; drains and weights, for who has the token.
//!
//! It listens on an address of its own, loopback unless configured otherwise, and runs on the runtime of whoever calls
//! [`serve`], never on a worker. Reading needs no token; changing does. Every error is problem+json (RFC 9457).
//!
//! The life of a request, a file a step: `server` accepts within its limits, `gate` refuses whom a browser was tricked
//! into sending, `routes` finds the endpoint, `endpoints/` answer.

mod change;
mod endpoints;
mod exposition;
mod gate;
mod parameters;
mod predictions;
mod problem;
pub mod reference;
mod routes;
mod server;

use std::sync::Arc;

use arc_swap::ArcSwap;
use outrider_proxy::Shared;
use outrider_proxy::control::ControlHandle;
use outrider_proxy::metrics::Metrics;

pub use server::serve;

/// What the admin API speaks about.
#[derive(Clone)]
pub struct AdminState {
    /// What the workers read.
    pub shared: Arc<Shared>,
    /// Who can change it.
    pub control: ControlHandle,
    /// What is counted.
    pub metrics: Arc<Metrics>,
    /// What `Authorization: Bearer` must carry to change anything; none: nothing can be changed.
    pub token: Option<String>,
    /// The configuration in use, without secrets.
    pub config: Arc<ArcSwap<serde_json::Value>>,
}

/// Without the token.
impl std::fmt::Debug for AdminState {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let token = self.token.as_ref().map(|_| "...");
        f.debug_struct("AdminState").field("token", &token).finish_non_exhaustive()
    }
}
