//! Swaps what the workers read, and frees what they no longer read.
//!
//! A superseded value goes to the graveyard and is dropped there, on the control thread, when nobody else holds it:
//! freeing thousands of hosts in the middle of a request would be that request's tail latency.

use std::sync::Arc;

use crate::metrics::Metrics;
use crate::shared::{Published, Shared};

/// The only writer of [`Shared::published`].
#[derive(Debug)]
pub(super) struct Publisher {
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    graveyard: Vec<Arc<Published>>,
}

impl Publisher {
    /// Takes over `shared`, whose first value names the positions in `metrics`.
    pub(super) fn new(shared: Arc<Shared>, metrics: Arc<Metrics>) -> Publisher {
        let publisher = Publisher { shared, metrics, graveyard: Vec::new() };
        publisher.label(&publisher.shared.published.load());
        publisher
    }

    /// What the workers read.
    pub(super) fn shared(&self) -> Arc<Shared> {
        Arc::clone(&self.shared)
    }

    /// Makes `published` what every worker reads from its next request on.
    pub(super) fn publish(&mut self, published: Published) {
        self.label(&published);
        let superseded = self.shared.published.swap(Arc::new(published));
        self.graveyard.push(superseded);
        self.metrics.control.publications.add(1);
    }

    /// Frees what only the graveyard holds.
    pub(super) fn sweep(&mut self) {
        self.graveyard.retain(|superseded| Arc::strong_count(superseded) > 1);
        let held = u64::try_from(self.graveyard.len()).unwrap_or(u64::MAX);
        self.metrics.control.snapshots_held.set(held);
    }

    fn label(&self, published: &Published) {
        let snapshot = &published.snapshot;
        self.metrics.relabel(snapshot.pools.iter().map(|pool| pool.name()), snapshot.classes.iter());
    }
}
