//! The hosts of a pool beside what the snapshot says of them.

use std::collections::HashSet;
use std::net::SocketAddr;

use outrider_pilot::{HostStatus, Snapshot};
use outrider_proxy::control::PoolStatus;

/// The hosts of `pool`.
pub(super) fn hosts<'a>(pool: &'a PoolStatus, snapshot: &Snapshot) -> Vec<Host<'a>> {
    let name = pool.settings.name.as_str();
    let candidates = snapshot.pool(name).into_iter().flat_map(|view| view.candidates());
    let usable: HashSet<SocketAddr> = candidates.map(|host| host.address).collect();
    let host = |status: &'a HostStatus| Host {
        pool: name,
        address: status.address.to_string(),
        usable: usable.contains(&status.address),
        status,
    };
    pool.hosts.iter().map(host).collect()
}

/// One host, as rows are written of it.
pub(super) struct Host<'a> {
    pool: &'a str,
    address: String,
    pub(super) status: &'a HostStatus,
    pub(super) usable: bool,
}

impl Host<'_> {
    /// The values of the labels `pool` and `host`.
    pub(super) fn labels(&self) -> Vec<&str> {
        vec![self.pool, &self.address]
    }
}
