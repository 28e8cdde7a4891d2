//! What goes wrong with the engine that predicts.

use std::time::Duration;

use outrider_pilot::EngineFault;
use outrider_workload::span;
use serde::{Deserialize, Serialize};

/// From a time on, every balancer's engine is like this.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct EngineLine {
    /// When, from the start of the round.
    #[serde(with = "span")]
    pub at: Duration,
    /// How it is.
    pub kind: EngineKind,
}

/// How an engine is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum EngineKind {
    /// Nothing is wrong with it.
    Well,
    /// There is no table.
    Silent,
    /// It writes no table any more; the last one stays.
    Stopped,
    /// It writes nonsense: every number times anything from 1/20 to 20.
    Nonsense,
}

impl EngineKind {
    /// What the pilot is told, with the `seed` that nonsense is drawn from.
    pub(crate) fn fault(self, seed: u64) -> Option<EngineFault> {
        match self {
            EngineKind::Well => None,
            EngineKind::Silent => Some(EngineFault::Silent),
            EngineKind::Stopped => Some(EngineFault::Stopped),
            EngineKind::Nonsense => Some(EngineFault::Nonsense(seed)),
        }
    }
}
