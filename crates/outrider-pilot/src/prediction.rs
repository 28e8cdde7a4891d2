//! What a pool expects of its hosts: the prediction table, and what one decision took from it.
//!
//! A table is written on the slow path (`pool/learning.rs`), read by every pick and never changed: one row a host, one cell a
//! class. A cell says what the class takes on the host when nothing slows that down; how the host does *now* is its live
//! factor ([`crate::live`]), which changes with every answer.
//!
//! **Level.** The live factor is kept relative to a reference that never moves. A row says which part of it the table has
//! learnt since (`level`), so whoever reads a new row divides by what that has learnt at the same moment, and whoever still
//! reads the old one does not: a slow-down is priced once, whichever of the two is read. What all hosts have in common
//! belongs to the table alone (`common`).
//!
//! Bytes: 40 a cell, so 64 classes on 10,000 hosts are 25 MB. Rows that have not changed are shared between tables.

mod cell;
mod doubt;
mod row;
mod work;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use outrider_core::Time;

pub(crate) use cell::Cell;
pub use doubt::Doubt;
pub(crate) use row::Row;
pub use work::{Outcome, Work};

/// One publication of what is expected. Immutable.
#[derive(Clone, Debug)]
pub(crate) struct Table {
    /// Which publication it is, from 1.
    pub(crate) epoch: u64,
    /// When it was written.
    pub(crate) at: Time,
    /// Whether enough is known to go by it.
    pub(crate) ready: bool,
    /// Whether its predictions have lately been better than simple averages.
    pub(crate) trusted: bool,
    /// Requests per second of the whole pool.
    pub(crate) rate_per_s: f64,
    /// What every host's live factor has in common, as a factor.
    pub(crate) common: f32,
    pub(crate) rows: BTreeMap<SocketAddr, Arc<Row>>,
}

impl Table {
    /// Why no choice may go by it at `now`; `None`: it may. Without a guard its predictions are always trusted.
    pub(crate) fn doubt(&self, is_guarded: bool, now: Time) -> Option<Doubt> {
        Doubt::of(self.ready, self.trusted || !is_guarded, self.at, now)
    }
}
