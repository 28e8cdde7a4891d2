//! A request's dealings with the storm guard: admitted or shed before a host is picked, and what became of it told at its
//! end, whichever way it ends.
//!
//! Before a pick, since a pick may claim a trial of an ejected host, which a request that is not sent would waste.

use std::time::Duration;

use http::StatusCode;
use outrider_core::{ClassKey, Random, Time};
use outrider_pilot::Verdict;

use crate::access_log::Ending;
use crate::errors::ProxyError;
use crate::passage::Passage;

/// A client that is shed is told to come back after 1 to so many seconds, at random, so that not all come back at once.
const RETRY_AFTER_MAX_S: u8 = 10;

/// Lets the request through, or answers in the hosts' stead because they reject most that are like it.
pub(crate) fn admit(passage: &mut Passage) -> Result<(), ProxyError> {
    let mut picker = passage.connection.worker.picker.borrow_mut();
    let random = picker.random();
    let guard = passage.view().storm_guard();
    let admitted = guard.admit(passage.class, key(passage), passage.now(), random);
    if admitted.is_none() {
        let error = ProxyError::Shed { retry_after_s: retry_after_s(random) };
        count(passage);
        return Err(error);
    }
    drop(picker);
    passage.admitted = admitted;
    Ok(())
}

/// Tells the guard what became of the request, once.
pub(crate) fn settle(passage: &mut Passage) {
    let Some(admitted) = passage.admitted.take() else { return };
    let verdict = verdict(passage);
    passage.view().storm_guard().settle(admitted, verdict, passage.now());
}

/// Whether requests like this one are being shed.
pub(crate) fn is_in_storm(passage: &Passage) -> bool {
    passage.view().storm_guard().is_shedding(passage.class, key(passage), passage.now())
}

/// Whether the client has waited for the answer for longer than such requests should take.
pub(crate) fn is_slow(passage: &Passage) -> bool {
    let waited = waited_until(passage, passage.timings.answered.unwrap_or(passage.now()));
    passage.pool.is_some() && passage.view().storm_guard().is_slow(passage.class, key(passage), waited)
}

/// Whether the connection was cut because the host, and nobody else, had been silent for too long.
pub(crate) fn host_was_silent(passage: &Passage) -> bool {
    passage.connection.activity.is_timed_out() && passage.waits_for_host && passage.request_body.is_ended()
}

fn key(passage: &Passage) -> ClassKey {
    passage.class_key.unwrap_or(ClassKey(0))
}

fn retry_after_s(random: &mut Random) -> u8 {
    let drawn = random.below(usize::from(RETRY_AFTER_MAX_S));
    1 + u8::try_from(drawn).unwrap_or(RETRY_AFTER_MAX_S)
}

fn count(passage: &Passage) {
    let metrics = &passage.connection.worker.metrics;
    metrics.class(passage.class).shed(1);
    if let Some(pool) = passage.pool {
        metrics.pool(pool).shed.add(1);
    }
}

/// How long the client had been waiting for the answer at `end`, since its request was whole.
fn waited_until(passage: &Passage, end: Time) -> Duration {
    let asked = passage.request_body.ended_at().map_or(passage.started, |ended| ended.max(passage.started));
    end.since(asked)
}

fn verdict(passage: &Passage) -> Verdict {
    match passage.ending {
        Ending::Refused(error) => of_error(error),
        Ending::Complete => of_status(passage, passage.status),
        Ending::HostBroke => Verdict::Accepted { after: None },
        Ending::TimedOut if host_was_silent(passage) => Verdict::NotAccepted,
        Ending::TimedOut => Verdict::Unknown,
        Ending::ClientLeft => of_leaving(passage),
    }
}

/// An answer of ours. What was never sent says nothing of whether hosts accept.
fn of_error(error: ProxyError) -> Verdict {
    match error {
        ProxyError::Refused
        | ProxyError::ConnectTimeout
        | ProxyError::FirstByteTimeout
        | ProxyError::RequestTimeout => Verdict::NotAccepted,
        ProxyError::Terminated | ProxyError::BadResponse | ProxyError::ResponseHeadTooLarge => {
            Verdict::Accepted { after: None }
        }
        _ => Verdict::Unknown,
    }
}

/// A host's answer. A failure is often quicker than what is usual.
fn of_status(passage: &Passage, status: Option<StatusCode>) -> Verdict {
    let Some(status) = status else { return Verdict::Unknown };
    if passage.view().settings().storm_guard.statuses.contains(&status.as_u16()) {
        return Verdict::NotAccepted;
    }
    let after = passage.timings.answered.filter(|_| !status.is_server_error());
    Verdict::Accepted { after: after.map(|at| waited_until(passage, at)) }
}

/// The client left: out of patience if it had waited for longer than usual, else for reasons of its own.
fn of_leaving(passage: &Passage) -> Verdict {
    if passage.timings.answered.is_some() {
        Verdict::Accepted { after: None }
    } else if passage.request_body.is_ended() && is_slow(passage) {
        Verdict::NotAccepted
    } else {
        Verdict::Unknown
    }
}
