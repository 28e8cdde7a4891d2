//! A host that does not answer, as the counters show it. What it means is judged in `guards/ejection/silence.rs`.

use std::time::Duration;

use outrider_core::Time;

/// Requests without an answer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Silence {
    /// The last answer before, or when the first of them went out.
    pub(crate) since: Time,
    /// From there to now, or to the last request if nobody waits now.
    pub(crate) length: Duration,
    /// How many there were.
    pub(crate) requests: u32,
    /// Whether one of them was sent after the last answer. If not, the host has answered what came later, and may be
    /// at work on a long one.
    pub(crate) is_ignoring: bool,
}
