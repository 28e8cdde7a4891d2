//! The pilot flown in virtual time.
//!
//! Users, balancers, a network and hosts, all from one seed: the same [`Pool`](outrider_pilot::Pool), the same picks, the
//! same guards as in the proxy, so that what is measured here is the code that ships. [`fly`] flies one round of a
//! [`Scenario`] under a [`Rule`] and gives every request of it as a row. Nothing here reads a clock: a minute of traffic
//! takes a second or less.

mod agenda;
mod balancer;
mod clairvoyant;
mod clock;
mod contender;
mod event;
mod host;
mod job;
mod measured;
mod meter;
mod mistake;
mod rule;
mod scenario;
mod slab;
mod swarm;
mod world;

pub use clairvoyant::{FAMILY, Omniscience};
pub use contender::Contender;
pub use host::Discipline;
pub use measured::{BenchTruth, End, HostSample, Mark, Measured, MeasuredHost, Recovery, Row, Try, quantile};
pub use mistake::{Mistake, Mistakes, read_form};
pub use rule::{Ablation, Rule};
pub use scenario::{
    Clients, EngineKind, EngineLine, FleetSource, LanguageModel, LlmFleetError, Move, Questions, Scenario,
    ScenarioError, by_name, file_of, names, read_scenario,
};
pub use swarm::{Breach, Calm, fly_swarm};
pub use world::{Flown, fly, fly_pool};
