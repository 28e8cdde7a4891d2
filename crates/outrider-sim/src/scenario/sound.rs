//! Whether a scenario can be flown: what makes no sense is told before anything is drawn or kept for it.

use std::time::Duration;

use outrider_workload::{Fleet, FleetError, LawError, MixError, PatternError};
use thiserror::Error;

use super::Scenario;
use crate::host::Discipline;

/// No fleet has more hosts.
pub(super) const HOSTS_MAX: usize = 1024;
pub(super) const LENGTH_MAX: Duration = Duration::from_secs(30 * 24 * 3600);
const REQUESTS_MAX: u32 = 100_000_000;

/// A scenario that cannot be flown.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum ScenarioError {
    /// The fleet makes no sense.
    #[error(transparent)]
    Fleet(#[from] FleetError),
    /// A law makes no sense.
    #[error("network_ms: {0}")]
    Network(#[from] LawError),
    /// The scale makes no sense.
    #[error("scale is 0.001 to 1000, not {0}")]
    Scale(f64),
    /// The pattern makes no sense.
    #[error("pattern: {0}")]
    Pattern(#[from] PatternError),
    /// The shares that are to come make no sense.
    #[error("mix_change: {0}")]
    MixChange(#[from] MixError),
    /// The pattern's trace is not there.
    #[error("the pattern is a trace, and nobody has read it: set the scenario's trace")]
    Unread,
    /// Hosts of measured times, and the times are not there.
    #[error("hosts of the discipline `batching` need measured times, one per host: set the scenario's times")]
    Unmeasured,
    /// The fleet is made of recordings, and they are not there.
    #[error("the fleet is made of recordings, and nobody has read them: hand them in")]
    NoData,
    /// A rule that knows everything over hosts that it cannot know.
    #[error("{0} needs FIFO hosts: where servers are shared, a request's finish depends on who comes later")]
    Unknowable(String),
    /// A load makes no sense.
    #[error("a load is above 0 and at most 10, not {0}")]
    Load(f64),
    /// No load is given.
    #[error("loads is a list of arrivals over capacity, at least one")]
    NoLoad,
    /// A count of balancers makes no sense.
    #[error("instances are 1 to 1000, not {0}")]
    Instances(u16),
    /// A line names a host that is not there.
    #[error("{what}: there is no host {host}, they are 0 to {}", hosts - 1)]
    NoSuchHost {
        /// The key that the line belongs to.
        what: &'static str,
        /// The host it names.
        host: usize,
        /// How many there are.
        hosts: usize,
    },
    /// Times that cannot be.
    #[error("measured must be above 0s, and the round at most {} h", LENGTH_MAX.as_secs() / 3600)]
    Length,
    /// More requests than a round keeps.
    #[error(
        "about {0:.0} requests are more than the {REQUESTS_MAX} that a round keeps: shorten `measured` or lower the load"
    )]
    TooMany(f64),
}

impl ScenarioError {
    /// The key of a file that it is about.
    pub(super) fn key(&self) -> &'static str {
        match self {
            ScenarioError::Fleet(_) | ScenarioError::NoData => "fleet",
            ScenarioError::Network(_) => "network_ms",
            ScenarioError::Scale(_) => "scale",
            ScenarioError::Pattern(_) | ScenarioError::Unread => "pattern",
            ScenarioError::MixChange(_) => "mix_change",
            ScenarioError::Unmeasured | ScenarioError::Unknowable(_) => "discipline",
            ScenarioError::Load(_) | ScenarioError::NoLoad => "loads",
            ScenarioError::Instances(_) => "instances",
            ScenarioError::NoSuchHost { what, .. } => what,
            ScenarioError::Length | ScenarioError::TooMany(_) => "measured",
        }
    }
}

impl Scenario {
    /// Whether it can be flown at each of its loads.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub(super) fn check_all(&self) -> Result<(), ScenarioError> {
        if self.loads.is_empty() {
            return Err(ScenarioError::NoLoad);
        }
        self.loads.iter().try_for_each(|load| self.check(*load, 1).map(drop))
    }

    /// Whether it can be flown at `load`; its fleet in the round of `seed` if so.
    ///
    /// # Errors
    /// The first thing that makes no sense.
    pub fn check(&self, load: f64, seed: u64) -> Result<Fleet, ScenarioError> {
        let fleet = self.fleet(seed)?;
        self.network_ms.checked()?;
        if !(load > 0.0 && load <= 10.0) {
            return Err(ScenarioError::Load(load));
        }
        if !(1..=1000).contains(&self.instances) {
            return Err(ScenarioError::Instances(self.instances));
        }
        let measured = self.times.as_ref().map_or(0, |times| times.len());
        if self.discipline == Discipline::Batching && measured != fleet.hosts.len() {
            return Err(ScenarioError::Unmeasured);
        }
        if let Some(change) = &self.mix_change {
            fleet.mix.with_shares(&change.shares)?;
        }
        self.check_hosts(fleet.hosts.len())?;
        self.check_length(load * fleet.capacity_per_s())?;
        Ok(fleet)
    }

    fn check_hosts(&self, hosts: usize) -> Result<(), ScenarioError> {
        let faults = self.faults.iter().map(|line| ("faults", line.host));
        let joins = self.joins.iter().map(|line| ("joins", line.host));
        let leaves = self.leaves.iter().map(|line| ("leaves", line.host));
        let beyond = faults.chain(joins).chain(leaves).find(|(_, host)| *host >= hosts);
        beyond.map_or(Ok(()), |(what, host)| Err(ScenarioError::NoSuchHost { what, host, hosts }))
    }

    fn check_length(&self, rate_per_s: f64) -> Result<(), ScenarioError> {
        if self.measured.is_zero() || self.warm_up > LENGTH_MAX || self.measured > LENGTH_MAX {
            return Err(ScenarioError::Length);
        }
        let requests = rate_per_s * self.length().as_secs_f64();
        if requests > f64::from(REQUESTS_MAX) { Err(ScenarioError::TooMany(requests)) } else { Ok(()) }
    }
}
