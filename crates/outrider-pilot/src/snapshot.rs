//! What a worker sees of the world: one value, swapped whole, so that hosts, routes and classes always fit together.

use std::sync::Arc;

use outrider_features::{ClassTable, Classifier};

use crate::pool::PoolView;
use crate::routing::Router;

/// Hosts, routes and classes of one epoch. Immutable; only the live counters inside it move.
#[derive(Debug)]
pub struct Snapshot {
    /// Grows with every publication.
    pub epoch: u64,
    /// From a request to the index of its pool.
    pub router: Router,
    /// The pools, in the order that [`Router`] counts them.
    pub pools: Vec<Arc<PoolView>>,
    /// From a request to its class key.
    pub classifier: Arc<Classifier>,
    /// From a class key to its class.
    pub classes: Arc<ClassTable>,
}

impl Snapshot {
    /// The pool called `name`, if there is one.
    pub fn pool(&self, name: &str) -> Option<&Arc<PoolView>> {
        self.pools.iter().find(|pool| pool.name() == name)
    }
}
