//! What is counted of a host, and of how late its timers were.

use std::time::Duration;

/// What has happened at one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, serde::Serialize)]
pub struct HostCounts {
    /// Requests that arrived, health checks not among them.
    pub requests: u64,
    /// Those answered 200.
    pub answered: u64,
    /// Those answered 500.
    pub failed: u64,
    /// Those being served now.
    pub in_service: u64,
    /// Those waiting for a slot now.
    pub queued: u64,
    /// Time spent serving so far, over all slots, those under way included, s. Over parallelism and time it is utilisation.
    pub busy_s: f64,
}

impl HostCounts {
    /// What has happened since `earlier`; what is under way as it is now.
    pub fn since(&self, earlier: &HostCounts) -> HostCounts {
        HostCounts {
            requests: self.requests.saturating_sub(earlier.requests),
            answered: self.answered.saturating_sub(earlier.answered),
            failed: self.failed.saturating_sub(earlier.failed),
            busy_s: (self.busy_s - earlier.busy_s).max(0.0),
            ..*self
        }
    }
}

/// How late the timers of the simulated hosts fired. It lengthens single answers; it does not add up in queues.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TimerLag {
    /// Services timed.
    pub count: u64,
    /// Sum over them.
    pub total: Duration,
    /// The worst.
    pub max: Duration,
}

impl TimerLag {
    pub(super) fn add(&mut self, lag: Duration) {
        self.count += 1;
        self.total += lag;
        self.max = self.max.max(lag);
    }

    pub(super) fn merge(self, other: TimerLag) -> TimerLag {
        TimerLag { count: self.count + other.count, total: self.total + other.total, max: self.max.max(other.max) }
    }

    /// Mean over all services.
    pub fn mean(&self) -> Duration {
        let count = u32::try_from(self.count.max(1)).unwrap_or(u32::MAX);
        self.total / count
    }
}
