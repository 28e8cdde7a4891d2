//! What a model must beat: rules that know nothing, or only what is at hand anyway.
//!
//! A constant (the mean is the majority, once a threshold calls), a table by cell, the last label known, a live average. Those that
//! live see a label only after it is known.

mod cells;
mod ewma;
mod persistence;
mod replay;
mod statistic;

pub use cells::{BaselineError, CellTable};
pub use ewma::{Live, live_ewma};
pub use persistence::persistence;
pub use statistic::Statistic;
