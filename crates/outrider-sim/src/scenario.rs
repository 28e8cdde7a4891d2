//! What is flown: hosts, traffic, clients, what goes wrong and when. As data, so that a scenario can be a file; names are
//! those of the experiments on real sockets wherever they mean the same.

mod built_in;
mod engine;
mod fleet_source;
mod llm_fleet;
mod reading;
mod sound;

use std::sync::Arc;
use std::time::Duration;

use outrider_core::Time;
use outrider_workload::{Fleet, HostTimes, Law, MixChange, Pattern, Requests, ScriptedFault, Trace, TraceFile, span};
use serde::{Deserialize, Serialize};

use crate::host::Discipline;
use crate::measured::Recovery;
pub use built_in::{by_name, file_of, names};
pub use engine::{EngineKind, EngineLine};
pub use fleet_source::{FleetSource, LanguageModel, Questions};
pub use llm_fleet::LlmFleetError;
pub use reading::read_scenario;
use sound::LENGTH_MAX;
pub use sound::ScenarioError;

/// One scenario.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// Its name.
    pub name: String,
    /// What it is and why, in a sentence or two.
    #[serde(default)]
    pub about: String,
    /// The hosts.
    pub fleet: FleetSource,
    /// All times of the fleet are so many times as long, 0.001 to 1000.
    #[serde(default = "unscaled")]
    pub scale: f64,
    /// How they divide themselves among their requests.
    #[serde(default)]
    pub discipline: Discipline,
    /// Arrivals over the hosts' capacity, without neighbours; one round each.
    #[serde(default)]
    pub loads: Vec<f64>,
    /// How arrivals are spread.
    #[serde(default)]
    pub pattern: Pattern<TraceFile>,
    /// The trace that the pattern names, once somebody has read it: here nothing can.
    #[serde(skip)]
    pub trace: Option<Arc<Trace>>,
    /// What hosts that run a language model take, one each, likewise.
    #[serde(skip)]
    pub times: Option<Arc<[HostTimes]>>,
    /// Time of each round that figures leave out at its beginning.
    #[serde(with = "span")]
    pub warm_up: Duration,
    /// Time of each round that is measured.
    #[serde(with = "span")]
    pub measured: Duration,
    /// The users.
    #[serde(default)]
    pub clients: Clients,
    /// Balancers before the same hosts, each with counts of its own; a request goes to one of them at random. 1 to 1000.
    #[serde(default = "one")]
    pub instances: u16,
    /// The way between a balancer and a host, each direction, ms.
    #[serde(default = "near")]
    pub network_ms: Law,
    /// Whether hosts report their load on answers.
    #[serde(default)]
    pub orca: bool,
    /// Whether hosts answer probes, and a rule that can do without them uses them.
    #[serde(default)]
    pub probes: bool,
    /// Whether a host notices that nobody waits for a request any more, and drops it.
    #[serde(default = "yes")]
    pub notices_leaving: bool,
    /// What goes wrong; times from the start of the round.
    #[serde(default)]
    pub faults: Vec<ScriptedFault>,
    /// Other shares of the classes, from a time on; the rate stays.
    #[serde(default)]
    pub mix_change: Option<MixChange>,
    /// Hosts that are not in the pool at first.
    #[serde(default)]
    pub joins: Vec<Move>,
    /// Hosts that are taken out of the pool.
    #[serde(default)]
    pub leaves: Vec<Move>,
    /// How the engine that predicts is, and from when on; well unless something is said here.
    #[serde(default)]
    pub engine: Vec<EngineLine>,
    /// What must have come back after the first of these, if that is asked.
    #[serde(default)]
    pub recovery: Option<Recovery>,
}

/// The users: how long they wait, and what they do then.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Clients {
    /// A try without an answer this long after it began has failed.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// Further tries, after a time-out or an answer of 500 and more.
    pub retries: u8,
    /// The longest wait before the second try; each further one doubles it.
    #[serde(with = "span")]
    pub backoff: Duration,
    /// The longest wait there is.
    #[serde(with = "span")]
    pub backoff_max: Duration,
    /// Whether a wait is drawn evenly between nothing and its longest, instead of being that.
    pub jitter: bool,
}

/// A host that joins the pool, or leaves it.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Move {
    /// Which host, from 0.
    pub host: usize,
    /// When, from the start of the round.
    #[serde(with = "span")]
    pub at: Duration,
}

impl Default for Clients {
    fn default() -> Clients {
        Clients {
            timeout: Duration::from_secs(30),
            retries: 0,
            backoff: Duration::from_millis(50),
            backoff_max: Duration::from_secs(20),
            jitter: true,
        }
    }
}

impl Scenario {
    /// A scenario with `fleet`, one balancer, no network between, patient users and nothing that goes wrong.
    pub fn new(name: &str, fleet: FleetSource) -> Scenario {
        Scenario {
            name: name.to_owned(),
            about: String::new(),
            fleet,
            scale: 1.0,
            discipline: Discipline::Fifo,
            loads: Vec::new(),
            pattern: Pattern::Poisson,
            trace: None,
            times: None,
            warm_up: Duration::from_secs(5),
            measured: Duration::from_secs(20),
            clients: Clients::default(),
            instances: 1,
            network_ms: Law::Fixed(0.0),
            orca: false,
            probes: false,
            notices_leaving: true,
            faults: Vec::new(),
            mix_change: None,
            joins: Vec::new(),
            leaves: Vec::new(),
            engine: Vec::new(),
            recovery: None,
        }
    }

    /// Warm-up and what is measured.
    pub fn length(&self) -> Duration {
        self.warm_up + self.measured
    }

    /// Its hosts in the round of `seed`, at scale.
    ///
    /// # Errors
    /// When a number makes no sense.
    pub fn fleet(&self, seed: u64) -> Result<Fleet, ScenarioError> {
        if !(1e-3..=1e3).contains(&self.scale) {
            return Err(ScenarioError::Scale(self.scale));
        }
        let fleet = self.fleet.draw(seed)?.scaled(self.scale)?;
        fleet.check()?;
        Ok(fleet)
    }

    /// What each host that runs a language model takes, at scale; none where none does.
    pub(crate) fn host_times(&self) -> Vec<HostTimes> {
        self.times.iter().flat_map(|times| times.iter()).map(|times| times.scaled(self.scale)).collect()
    }

    /// How arrivals are spread, with the trace if it is one.
    ///
    /// # Errors
    /// When a number makes no sense, or the trace is missing.
    pub fn arrivals(&self) -> Result<Pattern, ScenarioError> {
        let pattern = self.pattern.clone().checked()?;
        pattern.with_trace(|_| self.trace.clone().ok_or(ScenarioError::Unread))
    }

    /// What comes in the round of `seed` to `fleet`, at `rate_per_s` times the pattern's factor.
    ///
    /// # Errors
    /// When a number makes no sense, or the trace is missing.
    pub(crate) fn requests(&self, fleet: &Fleet, rate_per_s: f64, seed: u64) -> Result<Requests, ScenarioError> {
        let requests = Requests::new(fleet, &self.arrivals()?, rate_per_s, self.length(), seed);
        let Some(change) = &self.mix_change else { return Ok(requests) };
        Ok(requests.changing(Time::ZERO + change.at, fleet.mix.with_shares(&change.shares)?))
    }

    /// The same with `requests` measured on average at `load` in the round of `seed`, and a tenth of them before for warm-up.
    ///
    /// # Errors
    /// When a number makes no sense.
    pub fn with_requests(&self, requests: u32, load: f64, seed: u64) -> Result<Scenario, ScenarioError> {
        let rate_per_s = load * self.fleet(seed)?.capacity_per_s();
        let measured = Duration::try_from_secs_f64(f64::from(requests) / rate_per_s).unwrap_or(LENGTH_MAX);
        Ok(Scenario { measured, warm_up: measured / 10, ..self.clone() })
    }
}

fn unscaled() -> f64 {
    1.0
}

fn one() -> u16 {
    1
}

fn near() -> Law {
    Law::Fixed(0.1)
}

fn yes() -> bool {
    true
}
