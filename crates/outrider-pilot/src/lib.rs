//! The pilot: everything the balancer decides about hosts, without I/O, clock or luck of its own.
//!
//! A [`Pool`] is the slow-path owner of a pool's hosts: it is told of hosts, health and settings, judges every 100 ms
//! ([`Pool::tick`]) and publishes an immutable [`PoolView`]. The fast path picks from the view ([`PoolView::pick`],
//! no lock, no allocation), holds an [`Exchange`] while the request is out, and so feeds the live counters that both
//! sides read. Time comes in as [`outrider_core::Time`], luck with
//! the [`Picker`], what one core keeps to itself between picks.

mod agent;
mod exchange;
mod guards;
mod live;
mod picker;
mod pool;
mod prediction;
mod q_learning;
mod routing;
mod settings;
mod snapshot;
mod strategies;
#[cfg(test)]
mod testing;

pub use agent::{AgentError, AgentHealth, AgentReport, AgentState};
pub use exchange::{Exchange, FailureKind, Finish, Host, Waiting};
pub use guards::client_retries::{ClientRetries, Repeated};
pub use guards::ejection::Cause;
pub use guards::retry_budget::RetryBudget;
pub use guards::storm::{Admitted, Shedding, StormGuard, Verdict};
pub use live::{FeedbackSeen, HostLive, ReportSeen, Totals};
pub use picker::{Picker, ProbeAnswer};
pub use pool::{
    Accuracy, DrainedBy, EngineFault, Expected, Explanation, HostEvent, HostPrediction, HostState, HostStatus, NoHost,
    Pick, PickRequest, Pool, PoolView, PredictionStatus, Quoted, Reckoning, UnknownHost,
};
pub use prediction::{Doubt, Outcome, Work};
pub use q_learning::{Experience, Lesson, Q_LEARNING_HOSTS_MAX, SavedError};
pub use routing::{HostPattern, HostPatternError, Route, Router};
pub use settings::{
    AgentSettings, BreakerSettings, EjectionSettings, HashKey, HashSettings, HealthSettings, HostSpec, Labels,
    PoolKind, PoolSettings, PredictSettings, ProbeSettings, QLearningSettings, RetrySettings, StormGuardSettings,
    StrategyKind,
};
pub use snapshot::Snapshot;
