//! Where the time of a passage goes.

use std::time::Duration;

use outrider_core::Time;

/// When the last try reached each step.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Timings {
    /// Waiting for a free connection of a host at its limit, all tries together.
    pub(crate) wait: Duration,
    /// Opening a connection, all tries together.
    pub(crate) connect: Duration,
    /// When the request was handed to the connection.
    pub(crate) sent: Time,
    /// When the head of the answer came.
    pub(crate) answered: Option<Time>,
}
