//! What a pool says about its hosts: status for whoever asks, events for whoever listens.

use std::fmt;
use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::{ClassId, Time};

use crate::agent::AgentReport;
use crate::guards::ejection::Cause;
use crate::guards::storm::Shedding;
use crate::live::{FeedbackSeen, ReportSeen, Totals};
use crate::prediction::Doubt;
use crate::settings::Labels;

/// One host, now.
#[derive(Clone, Debug, PartialEq)]
pub struct HostStatus {
    /// Where it listens.
    pub address: SocketAddr,
    /// What is known of it.
    pub labels: Labels,
    /// The weight that its source lists.
    pub weight_configured: u32,
    /// The weight that counts: set by hand or configured, times what its agent reports.
    pub weight: f64,
    /// Whether it gets traffic.
    pub state: HostState,
    /// Requests on it.
    pub in_flight: u32,
    /// Requests that wait for a place on it.
    pub pending: u32,
    /// Requests in flight that it may have.
    pub max_connections: u32,
    /// What has happened so far.
    pub totals: Totals,
    /// Share of successes in the ejection window, 0 to 1; `None` without answers.
    pub success_rate: Option<f64>,
    /// Peak EWMA of the time to the response head, ms; `None` before the first success.
    pub peak_ewma_ms: Option<f64>,
    /// What it has last said of its own load; `None` if it never has.
    pub report: Option<ReportSeen>,
    /// What `c3` goes by; `None` in other pools, and before the first success.
    pub feedback: Option<FeedbackSeen>,
}

/// Whether a host gets traffic, and why not. What comes first here is what is shown when several apply: drained,
/// ejected, unhealthy, on trial.
#[derive(Clone, Debug, PartialEq)]
pub enum HostState {
    /// It does.
    Healthy,
    /// Checks or its agent say no.
    Unhealthy {
        /// What the last failed check found.
        why: String,
    },
    /// Its traffic said no.
    Ejected {
        /// What was seen.
        why: Cause,
        /// When it will be tried again.
        until: Time,
    },
    /// One request at a time, to see whether it is well again.
    Trial,
    /// It shall not.
    Drained {
        /// Who wants it so.
        by: DrainedBy,
    },
}

impl HostState {
    /// A word for it, for labels and tables.
    pub const fn name(&self) -> &'static str {
        match self {
            HostState::Healthy => "healthy",
            HostState::Unhealthy { .. } => "unhealthy",
            HostState::Ejected { .. } => "ejected",
            HostState::Trial => "trial",
            HostState::Drained { .. } => "drained",
        }
    }
}

/// Who keeps new requests from a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DrainedBy {
    /// An operator.
    Hand,
    /// Its agent (`drain`, `maint`).
    Agent,
    /// Its weight is 0.
    Weight,
}

/// Something has changed in a pool. `Display` gives one line for humans, without the pool's name.
#[derive(Clone, Debug, PartialEq)]
pub enum HostEvent {
    /// A host is out because of its traffic.
    Ejected {
        /// Which.
        address: SocketAddr,
        /// What was seen.
        why: Cause,
        /// For how long.
        length: Duration,
    },
    /// A host's ejection is over and it is being tried.
    TrialStarted {
        /// Which.
        address: SocketAddr,
    },
    /// A host that was ejected is trusted again.
    Returned {
        /// Which.
        address: SocketAddr,
    },
    /// Active checks have turned against a host.
    Unhealthy {
        /// Which.
        address: SocketAddr,
        /// What the last check found.
        why: String,
    },
    /// Active checks find a host well again.
    Healthy {
        /// Which.
        address: SocketAddr,
    },
    /// A host's agent has reported something new.
    AgentReported {
        /// Which.
        address: SocketAddr,
        /// All that it reported.
        report: AgentReport,
    },
    /// Panic mode has begun or ended.
    Panic {
        /// Begun.
        on: bool,
        /// Hosts that are fit.
        fit: usize,
        /// Of how many (drained ones apart).
        total: usize,
    },
    /// From now on the fallback picks and not the table.
    Fallback {
        /// Why.
        doubt: Doubt,
    },
    /// From now on the table picks.
    FallbackEnded {
        /// For how long it did not.
        length: Duration,
    },
    /// Requests of a class are rejected from now on, so many of them, because hosts reject most.
    Shedding(Shedding),
    /// Requests of a class are not rejected any more.
    SheddingEnded {
        /// The class.
        class: ClassId,
        /// For how long they were.
        length: Duration,
    },
}

impl fmt::Display for HostEvent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            HostEvent::Ejected { address, why, length } => {
                write!(f, "{address} ejected for {} s: {why}", length.as_secs_f64())
            }
            HostEvent::TrialStarted { address } => write!(f, "{address} on trial"),
            HostEvent::Returned { address } => write!(f, "{address} back from ejection"),
            HostEvent::Unhealthy { address, why } => write!(f, "{address} unhealthy: {why}"),
            HostEvent::Healthy { address } => write!(f, "{address} healthy"),
            HostEvent::AgentReported { address, report } => write!(f, "{address} agent: {report}"),
            HostEvent::Panic { on: true, fit, total } => {
                write!(f, "panic: only {fit} of {total} hosts are fit, all are used")
            }
            HostEvent::Panic { on: false, fit, total } => {
                write!(f, "panic over: {fit} of {total} hosts are fit")
            }
            HostEvent::Fallback { doubt } => write!(f, "predictions do not route: {doubt}"),
            HostEvent::FallbackEnded { length } => {
                write!(f, "predictions route, after {:.1} s by the fallback", length.as_secs_f64())
            }
            HostEvent::Shedding(Shedding { class, requests, accepts, .. }) => {
                write!(f, "class {} is shed: hosts accept {accepts} of {requests} requests", class.0)
            }
            HostEvent::SheddingEnded { class, length } => {
                write!(f, "class {} is shed no more, after {} s", class.0, length.as_secs())
            }
        }
    }
}

/// The pool has no such host.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("pool {pool} has no host {address}")]
pub struct UnknownHost {
    /// The pool.
    pub pool: String,
    /// The host that it does not have.
    pub address: SocketAddr,
}
