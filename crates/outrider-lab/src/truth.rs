//! Whether the bench tells the truth: queues on real sockets beside theory, and a stop that must not be omitted.
//!
//! Anyone can ask it of their own machine: `outrider lab truth`.

mod queues;
mod stall;
mod theory;

use thiserror::Error;

pub use queues::{QueueSettings, QueueTruth, QueuesTruth, run_queues};
pub use stall::{Clock, Quantiles, StallSettings, StallTruth, run_stall};

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
    /// It was stopped before its end.
    #[error("stopped before the end: no figures")]
    Stopped,
}
