//! One host as its pool knows it.

use std::net::SocketAddr;
use std::sync::Arc;

use outrider_core::Time;

use super::record::Record;
use super::status::{DrainedBy, HostState, HostStatus};
use crate::agent::{AgentHealth, AgentReport, AgentState};
use crate::exchange::Host;
use crate::guards::ejection::Cause;
use crate::guards::health::Health;
use crate::settings::{BreakerSettings, HostSpec};
use crate::strategies::grpc_wrr::Earned;

/// A host, what it was told to be, and the verdicts on it.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) spec: HostSpec,
    pub(super) host: Arc<Host>,
    /// By hand.
    pub(super) drained: bool,
    /// By hand, instead of the configured one.
    pub(super) weight: Option<u32>,
    pub(super) agent: AgentView,
    pub(super) health: Health,
    pub(super) phase: Phase,
    /// Ejections that still count for the length of the next.
    pub(super) ejections: u32,
    pub(super) record: Record,
    pub(super) earned: Earned,
    /// In hundredths, where the pool's rule goes by earned weights and there are enough of them.
    pub(super) earned_share: Option<u64>,
}

/// Where a host stands with the ejection guard.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Phase {
    /// Trusted; since when, or since when an old ejection was last forgiven.
    In { since: Time },
    /// Ejected.
    Out { why: Cause, until: Time },
    /// Its time is over and it is being tried.
    Trial { since: Time },
}

/// What the host's agent has said so far.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct AgentView {
    pub(super) weight_percent: u32,
    pub(super) state: AgentState,
    pub(super) health: AgentHealth,
    pub(super) max_connections: Option<u32>,
}

impl Default for AgentView {
    fn default() -> AgentView {
        AgentView { weight_percent: 100, state: AgentState::Ready, health: AgentHealth::Up, max_connections: None }
    }
}

impl AgentView {
    /// Takes in a report; whether it changed anything.
    pub(super) fn hear(&mut self, report: &AgentReport) -> bool {
        let before = *self;
        self.weight_percent = report.weight_percent.unwrap_or(self.weight_percent);
        self.state = report.state.unwrap_or(self.state);
        self.health = report.health.unwrap_or(self.health);
        self.max_connections = report.max_connections.or(self.max_connections);
        *self != before
    }
}

/// What a host is to the fast path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role {
    pub(super) address: SocketAddr,
    pub(super) part: Part,
    /// What waits there is moved, but in panic.
    pub(super) ejected: bool,
    /// Weight in hundredths.
    pub(super) share: u64,
}

/// Whether a host may be picked.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Part {
    /// Yes.
    Fit,
    /// On trial.
    Trial,
    /// Only in panic.
    Unfit,
    /// Not even then: drained, or its weight is 0.
    Retired,
}

impl Role {
    pub(super) fn is_fit(&self) -> bool {
        self.part == Part::Fit
    }

    pub(super) fn is_usable(&self) -> bool {
        self.part != Part::Retired
    }
}

impl Member {
    pub(super) fn new(pool: &Arc<str>, spec: &HostSpec, now: Time) -> Member {
        Member {
            spec: spec.clone(),
            host: Host::new(Arc::clone(pool), spec.address),
            drained: false,
            weight: None,
            agent: AgentView::default(),
            health: Health::default(),
            phase: Phase::In { since: now },
            ejections: 0,
            record: Record::new(now),
            earned: Earned::default(),
            earned_share: None,
        }
    }

    pub(super) fn is_ejected(&self) -> bool {
        matches!(self.phase, Phase::Out { .. })
    }

    /// Whether checks and agent have nothing against it.
    pub(super) fn is_healthy(&self) -> bool {
        self.health.is_healthy() && self.agent.health == AgentHealth::Up
    }

    /// Who keeps new requests from it.
    pub(super) fn drained_by(&self) -> Option<DrainedBy> {
        if self.drained {
            Some(DrainedBy::Hand)
        } else if self.agent.state != AgentState::Ready {
            Some(DrainedBy::Agent)
        } else {
            (self.share() == 0).then_some(DrainedBy::Weight)
        }
    }

    /// Weight in hundredths: as it was told, or what it has earned where the pool's rule goes by that.
    pub(super) fn share(&self) -> u64 {
        let told = u64::from(self.weight.unwrap_or(self.spec.weight)) * u64::from(self.agent.weight_percent);
        self.earned_share.filter(|_| told > 0).unwrap_or(told)
    }

    /// The same, after it has been away: what it had earned is to be earned again, and the pool's rule may be another.
    pub(super) fn begun_anew(mut self) -> Member {
        self.earned.restart();
        self.earned_share = None;
        self
    }

    /// How many requests it may have in flight.
    pub(super) fn limit(&self, settings: &BreakerSettings) -> u32 {
        match self.agent.max_connections {
            None => settings.max_connections,
            Some(0) => u32::MAX,
            Some(limit) => limit,
        }
    }

    pub(super) fn role(&self) -> Role {
        let part = match self.phase {
            _ if self.drained_by().is_some() => Part::Retired,
            _ if !self.is_healthy() => Part::Unfit,
            Phase::In { .. } => Part::Fit,
            Phase::Trial { .. } => Part::Trial,
            Phase::Out { .. } => Part::Unfit,
        };
        Role { address: self.spec.address, part, ejected: self.is_ejected(), share: self.share() }
    }

    pub(super) fn status(&self, now: Time) -> HostStatus {
        let live = &self.host.live;
        HostStatus {
            address: self.spec.address,
            labels: self.spec.labels.clone(),
            weight_configured: self.spec.weight,
            weight: self.share() as f64 / 100.0,
            state: self.state(),
            in_flight: live.in_flight(),
            pending: live.pending(),
            max_connections: live.max_connections(),
            totals: live.totals(),
            success_rate: self.record.success_rate(),
            peak_ewma_ms: live.peak_ewma_ns(now).map(|ns| ns / 1e6),
            report: live.report(now),
            feedback: live.feedback(now),
        }
    }

    fn state(&self) -> HostState {
        if let Some(by) = self.drained_by() {
            return HostState::Drained { by };
        }
        match self.phase {
            Phase::Out { why, until } => HostState::Ejected { why, until },
            _ if !self.is_healthy() => {
                let why = self.health.why().unwrap_or("its agent says it is down");
                HostState::Unhealthy { why: why.to_owned() }
            }
            Phase::Trial { .. } => HostState::Trial,
            Phase::In { .. } => HostState::Healthy,
        }
    }
}
