//! From a table of columns to a model that may be trusted, or a clear reason not to.

pub mod metrics;
