//! Tries: pick a host, take a place on it, get a connection, send, await the head of the answer; and again on another host if
//! that is safe, allowed and worth it. Never after the first byte of an answer went down.

use std::ops::ControlFlow;
use std::rc::Rc;
use std::time::Duration;

use http::Response;
use hyper::body::Incoming;
use outrider_core::Time;
use outrider_pilot::{Exchange, FailureKind, Finish, NoHost};

use crate::access_log::Predicted;
use crate::admission;
use crate::errors::ProxyError;
use crate::head;
use crate::metrics::{RetryReason, WorkerMetrics};
use crate::outgoing::Outgoing;
use crate::passage::Passage;
use crate::tries::{Chosen, Setback, Tries};
use crate::upstream::{self, ConnectError};

/// A connection that rested longer may be about to be closed by its host; what cannot be repeated does not take it.
const FRESH: Duration = Duration::from_secs(1);
/// Kept connections that a host closed under one request; after that many only new ones are used.
const MAX_STALE: u32 = 2;

/// Sends `outgoing` to a host of the passage's pool, and to others if that is needed and allowed.
pub(crate) async fn forward(passage: &mut Passage, outgoing: &mut Outgoing) -> Result<Response<Incoming>, ProxyError> {
    admission::admit(passage)?;
    passage.view().retry_budget().request(passage.now());
    let mut tries = Tries::default();
    let mut chosen = tries.pick(passage, outgoing).map_err(refusal)?;
    loop {
        let setback = match attempt(passage, outgoing, &chosen, &mut tries).await {
            Ok(response) => match tries.after_answer(passage, outgoing, &chosen, &response) {
                None => return Ok(response),
                Some(next) => {
                    passage.leave(Finish::of_status(response.status().as_u16()));
                    passage.note_retry(RetryReason::Status);
                    chosen = next;
                    continue;
                }
            },
            Err(setback) => setback,
        };
        passage.leave(setback.finish);
        let Some(reason) = setback.reason else { return Err(setback.error) };
        let next = match setback.next {
            None => tries.after_setback(passage, outgoing, chosen, reason),
            Some(settled) => Some(*settled),
        };
        let Some(next) = next else { return Err(setback.error) };
        passage.note_retry(reason);
        chosen = next;
    }
}

fn refusal(no: NoHost) -> ProxyError {
    match no {
        NoHost::Saturated => ProxyError::Saturated,
        NoHost::Empty | NoHost::AllUnavailable | NoHost::AllTried => ProxyError::NoHost,
    }
}

async fn attempt(
    passage: &mut Passage,
    outgoing: &mut Outgoing,
    chosen: &Chosen,
    tries: &mut Tries,
) -> Result<Response<Incoming>, Setback> {
    passage.attempts += 1;
    if let Some(entry) = &mut passage.entry {
        entry.upstream = Some(chosen.host.address);
        let predicted = |work| Box::new(Predicted::new(work, chosen.explanation.as_deref()));
        entry.predicted = chosen.work.as_ref().map(predicted);
    }
    board(passage, chosen).await?;
    let reused = get_connection(passage, outgoing, chosen, tries).await?;
    head::exchange(passage, outgoing, chosen, tries, reused).await
}

/// Takes a place in flight on the host, waiting for one if the host is at its limit.
async fn board(passage: &mut Passage, chosen: &Chosen) -> Result<(), Setback> {
    let laden = |exchange: Exchange| exchange.carrying(chosen.work).teaching(chosen.lesson.clone());
    let free = |now: Time| Exchange::try_begin(&chosen.host, chosen.trial, now).map(laden);
    // Whoever finds room while others wait for it stands in line.
    if !chosen.full
        && chosen.host.live.pending() == 0
        && let Some(exchange) = free(passage.now())
    {
        passage.board(exchange);
        return Ok(());
    }
    let allowed = passage.published.settings.timeouts.connect;
    let began = passage.now();
    let worker = Rc::clone(&passage.connection.worker);
    let counted = CountedWaiting::new(&worker.metrics);
    let look = || match free(worker.shared.clock.now()) {
        Some(exchange) => ControlFlow::Break(Some(exchange)),
        None if !chosen.trial && chosen.host.live.is_suspended() => ControlFlow::Break(None),
        None => ControlFlow::Continue(()),
    };
    let waited = tokio::time::timeout(allowed, worker.gates.wait(&chosen.host, look)).await;
    drop(counted);
    let took = passage.now().since(began);
    worker.metrics.slot_wait.observe(took);
    passage.timings.wait += took;
    match waited {
        Ok(Some(exchange)) => {
            passage.board(exchange);
            Ok(())
        }
        Ok(None) => Err(Setback { reason: Some(RetryReason::Ejected), ..Setback::ours(ProxyError::NoHost) }),
        Err(_) => Err(Setback::ours(ProxyError::Saturated)),
    }
}

/// A request in the gauge of those that wait, also when its client leaves meanwhile.
struct CountedWaiting<'a>(&'a WorkerMetrics);

impl CountedWaiting<'_> {
    fn new(metrics: &WorkerMetrics) -> CountedWaiting<'_> {
        metrics.slot_waiting.add(1);
        CountedWaiting(metrics)
    }
}

impl Drop for CountedWaiting<'_> {
    fn drop(&mut self) {
        self.0.slot_waiting.sub(1);
    }
}

/// A kept connection to the host, or a new one. Says whether it was a kept one.
async fn get_connection(
    passage: &mut Passage,
    outgoing: &Outgoing,
    chosen: &Chosen,
    tries: &Tries,
) -> Result<bool, Setback> {
    let worker = Rc::clone(&passage.connection.worker);
    let address = chosen.host.address;
    let max_rest = if outgoing.repeatable { Duration::MAX } else { FRESH };
    if tries.stale < MAX_STALE
        && let Some(lease) = worker.upstreams.checkout(address, max_rest)
    {
        worker.metrics.upstream_reused.add(1);
        passage.connect(lease);
        return Ok(true);
    }
    let began = passage.now();
    let connected = upstream::connect(address, &passage.published.settings, &worker.metrics).await;
    passage.timings.connect += passage.now().since(began);
    match connected {
        Ok(lease) => {
            passage.connect(lease);
            Ok(false)
        }
        Err(error) => Err(unconnected(&error)),
    }
}

fn unconnected(error: &ConnectError) -> Setback {
    let blame = |error| Setback::blame(error, RetryReason::Connect, FailureKind::Connect);
    match error {
        ConnectError::Local(_) => Setback::ours(ProxyError::Exhausted),
        ConnectError::Timeout(_) => blame(ProxyError::ConnectTimeout),
        ConnectError::Refused(_) => blame(ProxyError::Refused),
        ConnectError::Handshake(_) => blame(ProxyError::Terminated),
    }
}
