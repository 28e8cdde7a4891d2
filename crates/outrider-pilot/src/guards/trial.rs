//! The way back: an ejected host whose time is over is tried before it is trusted.
//!
//! Envoy lets an ejected host back in whole when its time is over, so a host that is still bad costs a share of the
//! traffic each time. Here it first gets one repeatable request at a time, at most four a second (the gate is
//! [`crate::live::TrialGate`]); if one fails, another host answers and the client never knows.

use std::time::Duration;

use outrider_core::Time;

use crate::live::{HostLive, TrialCount};

/// Successes that bring a host back.
const SUCCESSES: u16 = 3;

/// What a trial has come to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Trial {
    /// Nothing yet.
    Open,
    /// Enough successes.
    Passed,
    /// A failure, or no answer.
    Failed,
    /// Nobody came to try it: there is no traffic, or none that can be repeated.
    Untested,
}

/// How the trial of a host stands that began at `since`. A request on trial without answer after `stall` has failed;
/// a host that nobody tries for `patience` is let back untested, or it would stay out for good.
pub(crate) fn judge(live: &HostLive, since: Time, stall: Duration, patience: Duration, now: Time) -> Trial {
    let TrialCount { waiting, successes, failures, .. } = live.trial().count();
    let claimed = live.trial().claimed_at();
    let is_late = |claimed: Time| waiting > 0 && now.since(claimed) >= stall;
    if failures > 0 || claimed.is_some_and(is_late) {
        Trial::Failed
    } else if successes >= SUCCESSES {
        Trial::Passed
    } else if waiting == 0 && now.since(claimed.unwrap_or(since)) >= patience {
        Trial::Untested
    } else {
        Trial::Open
    }
}
