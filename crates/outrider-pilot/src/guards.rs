//! What protects: verdicts on hosts, limits, budgets. One mechanism, one file.

pub(crate) mod breaker;
pub(crate) mod client_retries;
pub(crate) mod ejection;
pub(crate) mod health;
pub(crate) mod panic;
pub(crate) mod prediction;
pub(crate) mod retry_budget;
pub(crate) mod storm;
pub(crate) mod trial;
