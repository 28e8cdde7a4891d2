//! Whether the bench tells the truth: queues on real sockets beside theory, a stop that must not be omitted, and one scenario on
//! sockets and in virtual time.
//!
//! Anyone can ask it of their own machine: `outrider lab truth`.

mod queues;
mod stall;
mod theory;
mod worlds;

use thiserror::Error;

pub use queues::{QueueSettings, QueueTruth, QueuesTruth, run_queues};
pub use stall::{Clock, Quantiles, StallSettings, StallTruth, run_stall};
pub use worlds::{BothWorlds, WorldsTruth, run_worlds};

use crate::backends::BackendsError;
use crate::load::LoadError;

/// Why the truth could not be found out.
#[derive(Debug, Error)]
pub enum TruthError {
    /// The hosts cannot be described.
    #[error(transparent)]
    Fleet(#[from] outrider_workload::FleetError),
    /// The hosts cannot start.
    #[error(transparent)]
    Backends(#[from] BackendsError),
    /// Nothing can be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// The experiment cannot be measured.
    #[error(transparent)]
    Run(#[from] crate::experiment::RunError),
    /// The scenario cannot be flown.
    #[error(transparent)]
    Scenario(#[from] outrider_sim::ScenarioError),
    /// It was stopped before its end.
    #[error("stopped before the end: no figures")]
    Stopped,
}
