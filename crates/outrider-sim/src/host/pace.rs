//! How fast a host is when a service begins, and what waits for it.

use std::time::Duration;

use outrider_core::Time;
use outrider_workload::HostLuck;

use crate::job::JobId;

/// A request as a host's line holds it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Ticket {
    pub(crate) job: JobId,
    /// Its service time here if nothing slows the host down, ns.
    pub(crate) need_ns: f64,
    /// Share of that which goes into reading a prompt, 0 to 1.
    pub(crate) reading: f64,
}

/// How fast a host is when a service begins.
#[derive(Clone, Debug)]
pub(crate) struct Pace {
    pub(crate) luck: HostLuck,
    pub(crate) slow: f64,
}

impl Pace {
    /// Service time, ns, of a request of `need_ns` whose service begins at `begin`. Never 0, at most a day.
    pub(crate) fn service_ns(&mut self, need_ns: f64, begin: Time) -> f64 {
        const DAY_NS: f64 = 24.0 * 3600.0 * 1e9;
        (need_ns * self.factor_at(begin)).clamp(1.0, DAY_NS)
    }

    /// How many times longer a service takes that begins at `begin`.
    pub(crate) fn factor_at(&mut self, begin: Time) -> f64 {
        self.luck.neighbours_at(begin) * self.slow
    }
}

/// A whole number of ns as a span.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "service times lie between 1 ns and a day")]
pub(crate) fn span(ns: f64) -> Duration {
    Duration::from_nanos(ns as u64)
}
