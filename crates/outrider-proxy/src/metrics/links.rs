//! What the probes of links count. Only their thread writes.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use super::{Counter, Family, LinkResult};

/// The cells of the probes.
#[derive(Debug, Default)]
pub struct LinkMetrics {
    /// Probes made, by their result.
    pub probes: Family<LinkResult, { LinkResult::COUNT }>,
    /// Rows written to the file.
    pub rows_written: Counter,
    /// Rows that could not be.
    pub rows_dropped: Counter,
    /// Attempts to write that failed.
    pub write_errors: Counter,
    /// The last round trip of each host that is probed; none while its probes are lost.
    last: Mutex<BTreeMap<SocketAddr, Duration>>,
}

impl LinkMetrics {
    /// The last round trip of every host whose last probe was answered.
    pub fn round_trips(&self) -> Vec<(SocketAddr, Duration)> {
        let last = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        last.iter().map(|(&host, &took)| (host, took)).collect()
    }

    /// Counts a probe; `last` is its host, if that is still there, and its round trip, if it was answered.
    pub fn probed(&self, result: LinkResult, last: Option<(SocketAddr, Option<Duration>)>) {
        self.probes.add(result, 1);
        let mut trips = self.last.lock().unwrap_or_else(PoisonError::into_inner);
        match last {
            Some((host, Some(took))) => drop(trips.insert(host, took)),
            Some((host, None)) => drop(trips.remove(&host)),
            None => {}
        }
    }

    /// Only these hosts are there still.
    pub(crate) fn keep_hosts(&self, stays: impl Fn(&SocketAddr) -> bool) {
        self.last.lock().unwrap_or_else(PoisonError::into_inner).retain(|host, _| stays(host));
    }
}
