//! What is asked of a fleet and what the fleet is like: arrivals, classes and sizes of requests, laws of service times,
//! hosts of unlike speed, luck, faults on a script.
//!
//! No I/O, no clock: a seed and a description give a stream, the same on sockets and in virtual time. A description is
//! data (serde), so that a scenario can be a file.

mod antagonist;
mod arrivals;
mod class;
mod fault;
mod fleet;
mod form;
mod inference;
mod law;
mod luck;
mod mix;
mod pattern;
mod prices;
mod recent_latencies;
mod requests;
mod sizes;
pub mod span;
mod telemetry;
mod trace;

pub use antagonist::{Antagonist, Antagonists};
pub use arrivals::{Arrival, Arrivals};
pub use class::Class;
pub use fault::{Fault, FaultError, ScriptedFault};
pub use fleet::{Fleet, FleetError, FleetHost};
pub use form::{Form, FormError};
pub use inference::{HostTimes, InferenceError, Measurement};
pub use law::{Law, LawError};
pub use luck::HostLuck;
pub use mix::{Mix, MixChange, MixError};
pub use pattern::{Burst, Pattern, PatternError, PatternTextError, Ramp};
pub use prices::{ContainerPrices, Prices, PricesError, ServerlessPrices, TaskSize};
pub use recent_latencies::RecentLatencies;
pub use requests::{Request, Requests};
pub use sizes::{SizeShare, Sizes, SizesError};
pub use span::{SpanError, parse_span};
pub use telemetry::retry_telemetry;
pub use trace::{Asked, AskedRow, Trace, TraceError, TraceFile, TraceRow};
