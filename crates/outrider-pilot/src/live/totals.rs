//! What has happened on a host so far: a part of `live.rs`, with the same rules.

use std::sync::atomic::Ordering::Relaxed;

use super::HostLive;

/// What has happened on a host so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Requests sent to it, probes apart.
    pub picks: u64,
    /// Those that ended well.
    pub successes: u64,
    /// Those that failed by its fault.
    pub failures: u64,
    /// Those that ended by nobody's fault: the client left, a limit of ours.
    pub cancelled: u64,
}

impl HostLive {
    /// What has happened so far. The numbers are read one after the other, so they may be some requests apart; each
    /// only grows.
    pub fn totals(&self) -> Totals {
        Totals {
            picks: self.0.picks.load(Relaxed),
            successes: self.0.successes.load(Relaxed),
            failures: self.0.failures.load(Relaxed),
            cancelled: self.0.cancelled.load(Relaxed),
        }
    }
}
