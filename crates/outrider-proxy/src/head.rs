//! Sends a request and awaits the head of its answer.
//!
//! A request that waits looks up four times a second: if its host was ejected meanwhile, and it may be repeated, it moves to
//! another host, which is settled before it lets go of this one.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Response;
use hyper::body::Incoming;
use outrider_core::Time;
use outrider_pilot::FailureKind;

use crate::errors::ProxyError;
use crate::metrics::RetryReason;
use crate::outgoing::Outgoing;
use crate::passage::Passage;
use crate::tries::{Chosen, Setback, Tries};

/// How long a request waits for its head before it first looks whether its host still stands.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How often it looks after that.
const LOOK: Duration = Duration::from_millis(250);
/// A kept connection that ends sooner than this after a request went out on it had been closed by its host before, most
/// likely; later than this the host ended it over the request.
const STALE: Duration = Duration::from_millis(50);

/// Sends the request and awaits the head of its answer.
pub(crate) async fn exchange(
    passage: &mut Passage,
    outgoing: &mut Outgoing,
    chosen: &Chosen,
    tries: &mut Tries,
    reused: bool,
) -> Result<Response<Incoming>, Setback> {
    let metrics = Arc::clone(&passage.connection.worker.metrics);
    let keeps_copy = outgoing.repeatable && (reused || !tries.is_last(passage));
    let request = outgoing.take(chosen.host.address, keeps_copy, &metrics);
    let lease = passage.lease().expect("a connection was got just before");
    let mut answer = pin!(lease.sender.try_send_request(request));
    let mut look = pin!(tokio::time::sleep(first_look(passage)));
    let answered = poll_fn(|cx| {
        if let Poll::Ready(answered) = answer.as_mut().poll(cx) {
            return Poll::Ready(Ok(answered));
        }
        while look.as_mut().poll(cx).is_ready() {
            passage.note_sent();
            match verdict(passage, outgoing).and_then(|due| stay(passage, outgoing, chosen, tries, due)) {
                Err(setback) => return Poll::Ready(Err(setback)),
                Ok(next) => look.as_mut().reset(tokio::time::Instant::now() + next),
            }
        }
        Poll::Pending
    })
    .await?;
    answered.map_err(|mut error| match error.take_message() {
        Some(request) => {
            outgoing.give_back(request);
            if reused { Setback::stale() } else { terminated() }
        }
        None => broken(error.error(), passage, outgoing, reused),
    })
}

fn first_look(passage: &Passage) -> Duration {
    let timeouts = &passage.published.settings.timeouts;
    let shortest = FIRST_LOOK.min(timeouts.first_byte).min(timeouts.idle);
    match passage.deadline() {
        Some(deadline) => shortest.min(deadline.since(passage.now())),
        None => shortest,
    }
}

/// Whether to go on waiting for the head as far as time goes: for how long at most, or why not.
fn verdict(passage: &Passage, outgoing: &Outgoing) -> Result<Duration, Setback> {
    let now = passage.now();
    let timeouts = &passage.published.settings.timeouts;
    let sent = passage.timings.sent;
    let Some(ended_at) = outgoing.progress.ended_at() else {
        // The client's turn, and its fault.
        let due = until(passage, passage.connection.activity.since().max(sent) + timeouts.idle);
        return if now >= due { Err(Setback::ours(ProxyError::BodyTimeout)) } else { Ok(due.since(now)) };
    };
    let due = ended_at.max(sent) + timeouts.first_byte;
    if passage.deadline().is_some_and(|deadline| now >= deadline) {
        return Err(Setback::too_late(ProxyError::RequestTimeout));
    }
    if now >= due {
        return Err(Setback::blame(ProxyError::FirstByteTimeout, RetryReason::Timeout, FailureKind::Timeout));
    }
    Ok(until(passage, due).since(now))
}

/// `due`, or the end of the whole request if that is sooner.
fn until(passage: &Passage, due: Time) -> Time {
    passage.deadline().map_or(due, |deadline| deadline.min(due))
}

/// Whether to stay with this host: when to look again, or the move to another one, settled. `left` is the time until
/// something is due.
fn stay(
    passage: &Passage,
    outgoing: &mut Outgoing,
    chosen: &Chosen,
    tries: &mut Tries,
    left: Duration,
) -> Result<Duration, Setback> {
    let is_due = left.max(Duration::from_millis(1));
    if !outgoing.repeatable {
        // It cannot move, so there is nothing to look for; its body may end meanwhile.
        return Ok(if outgoing.progress.is_ended() { is_due } else { is_due.min(FIRST_LOOK) });
    }
    if chosen.trial || chosen.host.live.is_suspended() {
        let next = tries.next(passage, outgoing, chosen.host.address);
        if next.is_some() {
            let mut setback = Setback::blame(ProxyError::FirstByteTimeout, RetryReason::Ejected, FailureKind::Timeout);
            setback.next = next.map(Box::new);
            return Err(setback);
        }
    }
    Ok(is_due.min(LOOK))
}

fn terminated() -> Setback {
    Setback::blame(ProxyError::Terminated, RetryReason::Reset, FailureKind::Reset)
}

/// The request, or a part of it, was sent, and no head of an answer came that could be read.
fn broken(error: &hyper::Error, passage: &Passage, outgoing: &Outgoing, reused: bool) -> Setback {
    let not_http = |error| Setback::blame(error, RetryReason::Protocol, FailureKind::Protocol);
    if outgoing.progress.is_too_large() {
        Setback::ours(ProxyError::BodyTooLarge)
    } else if outgoing.progress.is_broken() {
        Setback::ours(ProxyError::BodyBroken)
    } else if error.is_parse_too_large() {
        not_http(ProxyError::ResponseHeadTooLarge)
    } else if error.is_parse() {
        not_http(ProxyError::BadResponse)
    } else if reused && passage.now().since(passage.timings.sent) < STALE {
        Setback::stale()
    } else {
        terminated()
    }
}
