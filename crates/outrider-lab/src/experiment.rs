//! Experiments: a file says which balancers meet which load on which hosts, and the runner measures them.
//!
//! A *round* is a pattern, a load and a seed; within it every balancer meets the same requests and the same luck. For each
//! balancer of a round hosts and balancer are started anew: nothing is left over from the one before, neither work in a
//! queue nor a host that is still ejected, and a seed may draw other hosts. What that costs is stated as warm-up.

mod about;
mod admin;
mod built_in;
mod director;
mod lanes;
mod progress;
mod reading;
mod round;
mod rows;
mod schedule;
mod turns;
mod written;

use std::path::Path;
use std::time::Duration;

use outrider_workload::{Fleet, Pattern, TraceFile};

pub(crate) use admin::Admin;
pub use built_in::{BuiltIn, built_in, built_ins};
pub use lanes::{Outcome, RunError, run};
pub use progress::Progress;
pub use round::RoundError;
pub(crate) use round::Scene;
pub(crate) use turns::OVERHEAD;
pub use turns::{Plan, PlanError, plan};

use crate::ScriptedFault;
use crate::balancers::Contender;
use crate::load::Patience;
use outrider_sim::{Mistakes, Recovery};

/// One experiment, as its file means it.
#[derive(Clone, Debug, PartialEq)]
pub struct Experiment {
    /// Its name.
    pub name: String,
    /// What it is, in a sentence or two.
    pub about: String,
    /// The hosts.
    pub fleet: FleetSource,
    /// All times of the fleet are so many times as long.
    pub scale: f64,
    /// How much is asked of them; one round each.
    pub demands: Vec<Demand>,
    /// How arrivals are spread; one round each.
    pub patterns: Vec<Named<Pattern<TraceFile>>>,
    /// Time of each round that figures leave out at its beginning.
    pub warm_up: Duration,
    /// Time of each round that is measured.
    pub measured: Duration,
    /// Seeds; one round each.
    pub seeds: Vec<u64>,
    /// How patient the simulated users are.
    pub clients: Patience,
    /// Whether hosts report their load on answers.
    pub orca: bool,
    /// What goes wrong; times from the start of the round.
    pub faults: Vec<ScriptedFault>,
    /// Hosts that are not there at first.
    pub joins: Vec<Join>,
    /// What counts as recovered.
    pub recovery: Option<Recovery>,
    /// Balancers measured at a time, each with hosts of its own.
    pub jobs: usize,
    /// Threads of each balancer that forward.
    pub workers: usize,
    /// The balancers; the others are compared with the first.
    pub balancers: Vec<Contender>,
}

/// Something with a name for reports; empty where it goes without saying.
#[derive(Clone, Debug, PartialEq)]
pub struct Named<T> {
    /// The name.
    pub name: String,
    /// What has it.
    pub it: T,
}

/// Where hosts come from.
#[derive(Clone, Debug, PartialEq)]
pub enum FleetSource {
    /// The fleet of `uneven-mixed`.
    UnevenMixed {
        /// How many hosts.
        hosts: usize,
        /// Whether they have neighbours that slow them down.
        antagonists: bool,
        /// The seed that draws them; `None`: each round's own.
        seed: Option<u64>,
    },
    /// Always the same.
    Same(Fleet),
}

/// How much is asked of the hosts.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Demand {
    /// Arrivals over the hosts' capacity, without neighbours.
    Load(f64),
    /// Arrivals per second.
    RatePerS(f64),
}

/// A host that is not there at first: not in the list of a balancer that watches one, refusing connections for the others.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Join {
    /// Which host.
    pub host: usize,
    /// When it is there, from the start of the round.
    pub at: Duration,
}

impl FleetSource {
    /// How many hosts there are.
    pub fn hosts(&self) -> usize {
        match self {
            FleetSource::UnevenMixed { hosts, .. } => *hosts,
            FleetSource::Same(fleet) => fleet.hosts.len(),
        }
    }

    /// From now on it is `seed` that draws the hosts, where they are drawn.
    pub fn set_seed(&mut self, seed: u64) {
        if let FleetSource::UnevenMixed { seed: own, .. } = self {
            *own = Some(seed);
        }
    }

    /// The hosts of the round with `seed`, times as described.
    pub fn draw(&self, seed: u64) -> Fleet {
        match self {
            FleetSource::UnevenMixed { hosts, antagonists, seed: own } => {
                let fleet = Fleet::uneven_mixed(*hosts, own.unwrap_or(seed));
                Fleet { antagonists: fleet.antagonists.filter(|_| *antagonists), ..fleet }
            }
            FleetSource::Same(fleet) => fleet.clone(),
        }
    }
}

impl Demand {
    /// Arrivals over capacity, where that is what was asked.
    pub fn load(self) -> Option<f64> {
        match self {
            Demand::Load(load) => Some(load),
            Demand::RatePerS(_) => None,
        }
    }

    /// Arrivals per second at `fleet`.
    pub fn rate_per_s(self, fleet: &Fleet) -> f64 {
        match self {
            Demand::Load(load) => load * fleet.capacity_per_s(),
            Demand::RatePerS(rate) => rate,
        }
    }
}

impl Experiment {
    /// The experiment that `text` describes; `source` names it in mistakes.
    ///
    /// # Errors
    /// Every mistake that can be told apart, with line and column; the first alone where what follows cannot be trusted.
    pub fn read(text: &str, source: &str) -> Result<Experiment, Mistakes> {
        reading::read(text, source)
    }

    /// Warm-up and what is measured.
    pub fn length(&self) -> Duration {
        self.warm_up + self.measured
    }

    /// From now on it is the file at `path` that traces are read from.
    pub fn replay(&mut self, path: &Path) {
        for pattern in &mut self.patterns {
            if let Pattern::Trace(trace) = &mut pattern.it {
                path.clone_into(&mut trace.file);
            }
        }
    }

    /// The name of its rounds under `pattern`.
    pub fn scenario(&self, pattern: &Named<Pattern<TraceFile>>) -> String {
        if pattern.name.is_empty() { self.name.clone() } else { format!("{}-{}", self.name, pattern.name) }
    }

    /// The fleet of the round with `seed`, at scale.
    ///
    /// # Errors
    /// When the scale makes a time impossible.
    pub fn fleet(&self, seed: u64) -> Result<Fleet, outrider_workload::FleetError> {
        self.fleet.draw(seed).scaled(self.scale)
    }
}
