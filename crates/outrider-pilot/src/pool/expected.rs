//! What the table in force says of one request, for whoever holds a decision against it.

use std::net::SocketAddr;

use outrider_core::{ClassId, Time};

use super::Pool;

/// What a table says of one request on one host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Expected {
    /// How long it takes, as in [`Work::table_ns`](crate::Work::table_ns), ns.
    pub table_ns: u64,
    /// Which table, as in [`Work::epoch`](crate::Work::epoch).
    pub epoch: u64,
    /// When it was written.
    pub written: Time,
}

impl Pool {
    /// What the table in force says of a request of `class` and `size` on the host at `address`; `None` if there is none, or it
    /// does not know the host.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // as in a decision; above 0
    pub fn expected(&self, address: SocketAddr, class: ClassId, size: Option<f32>) -> Option<Expected> {
        let predict = &self.settings.predict;
        let table = self.table().filter(|_| self.predicts())?;
        let cell = table.rows.get(&address)?.cell(if predict.classes { class } else { ClassId::OTHER });
        let service_ns = cell.service_ns(size.filter(|_| predict.sizes));
        Some(Expected { table_ns: service_ns as u64, epoch: table.epoch, written: table.at })
    }
}
