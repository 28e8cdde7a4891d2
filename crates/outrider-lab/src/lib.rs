//! The lab: uneven hosts on real sockets, an open-loop load generator, and the demo that puts the shipped binary between
//! them.

pub mod backends;
pub mod balancers;
mod chart;
pub mod commands;
pub mod demo;
pub mod experiment;
mod limits;
mod llm_fleet;
pub mod load;
pub mod placement;
pub mod report;
pub mod simulation;
pub mod statistics;
mod stop;
pub mod training_report;
pub mod truth;

pub use backends::{Backends, BackendsError, BackendsSpec};
pub use llm_fleet::{LLM_DATA, LlmDataError, needs_data, with_data};
pub use outrider_workload::{Fault, FaultError, ScriptedFault, SpanError, parse_span};
pub use stop::Stop;
