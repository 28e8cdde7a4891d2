//! Tries: pick a host, get a connection, send, await the head of the answer; and whether to try again.
//!
//! What is safe to repeat: idempotent requests without a body, or any request of which not a byte was sent. Never after the
//! first byte of an answer went down. Each further try needs a host not tried before and the pool's retry budget.
//!
//! A request that waits for its head looks up four times a second: if its host was ejected meanwhile, and it may be
//! repeated, it moves to another host instead of waiting for the timeout.

use std::future::poll_fn;
use std::net::SocketAddr;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use http::Response;
use hyper::body::Incoming;
use outrider_core::Time;
use outrider_pilot::{Exchange, FailureKind, Finish, Host, NoHost, PickRequest, Waiting};

use crate::errors::ProxyError;
use crate::metrics::RetryReason;
use crate::outgoing::Outgoing;
use crate::passage::Passage;
use crate::upstream::{self, ConnectError};

/// How long a request waits for its head before it first looks whether its host still stands.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How often it looks after that.
const LOOK: Duration = Duration::from_millis(250);
/// A connection that rested longer may be about to be closed by its host; what cannot be repeated does not take it.
const FRESH: Duration = Duration::from_secs(1);
/// A kept connection that ends sooner than this after a request went out on it had been closed by its host before, most
/// likely; later than this the host ended it over the request.
const STALE: Duration = Duration::from_millis(50);
/// Kept connections that a host closed under one request; after that many only new ones are used.
const MAX_STALE: u32 = 2;

/// The host of a try.
struct Chosen {
    host: Arc<Host>,
    trial: bool,
    full: bool,
}

/// Why a try came to nothing.
struct Setback {
    error: ProxyError,
    /// Why another try is worth it; none: it is not.
    reason: Option<RetryReason>,
    /// How the host is judged.
    finish: Finish,
    /// The host of the next try, if that was settled already.
    next: Option<Chosen>,
}

impl Setback {
    /// The host's fault; another may do better.
    fn blame(error: ProxyError, reason: RetryReason, kind: FailureKind) -> Setback {
        Setback { error, reason: Some(reason), finish: Finish::Failure(kind), next: None }
    }

    /// The host's fault, and the time is up.
    fn too_late(error: ProxyError) -> Setback {
        Setback { error, reason: None, finish: Finish::Failure(FailureKind::Timeout), next: None }
    }

    /// Not the host's fault, and nothing that another host would do better.
    fn ours(error: ProxyError) -> Setback {
        Setback { error, reason: None, finish: Finish::Cancelled, next: None }
    }

    /// A kept connection that its host had closed.
    fn stale() -> Setback {
        let reason = Some(RetryReason::StaleConnection);
        Setback { error: ProxyError::Terminated, reason, finish: Finish::Cancelled, next: None }
    }
}

/// Sends `outgoing` to a host of the passage's pool, and to others if that is needed and allowed.
pub(crate) async fn forward(passage: &mut Passage, outgoing: &mut Outgoing) -> Result<Response<Incoming>, ProxyError> {
    passage.view().retry_budget().request(passage.now());
    let mut tries = Tries::default();
    let mut chosen = tries.pick(passage, outgoing).map_err(refusal)?;
    loop {
        let setback = match attempt(passage, outgoing, &chosen, &mut tries).await {
            Ok(response) => match tries.after_answer(passage, outgoing, &chosen, &response) {
                None => return Ok(response),
                Some(next) => {
                    passage.leave(Finish::Failure(FailureKind::Status(response.status().as_u16())));
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
            settled => settled,
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

/// What has been tried for one request.
#[derive(Default)]
struct Tries {
    tried: Vec<SocketAddr>,
    stale: u32,
}

impl Tries {
    fn pick(&self, passage: &Passage, outgoing: &Outgoing) -> Result<Chosen, NoHost> {
        let request = PickRequest {
            class: passage.class,
            tried: &self.tried,
            repeatable: outgoing.repeatable,
            now: passage.now(),
        };
        let mut random = passage.connection.worker.random.borrow_mut();
        let pick = passage.view().pick(&request, &mut random)?;
        Ok(Chosen { host: Arc::clone(pick.host), trial: pick.trial, full: pick.full })
    }

    /// The next host, if the answer is one that another host may better; else the answer stands.
    fn after_answer(
        &mut self,
        passage: &Passage,
        outgoing: &mut Outgoing,
        chosen: &Chosen,
        response: &Response<Incoming>,
    ) -> Option<Chosen> {
        let statuses = &passage.view().settings().retry.statuses;
        if !statuses.contains(&response.status().as_u16()) {
            return None;
        }
        self.next(passage, outgoing, chosen.host.address)
    }

    /// The next host after a try that came to nothing.
    fn after_setback(
        &mut self,
        passage: &Passage,
        outgoing: &mut Outgoing,
        chosen: Chosen,
        reason: RetryReason,
    ) -> Option<Chosen> {
        if reason != RetryReason::StaleConnection {
            return self.next(passage, outgoing, chosen.host.address);
        }
        // The host was free to close an idle connection: the same host, and no charge to the budget.
        outgoing.renew();
        self.stale += 1;
        outgoing.can_repeat().then_some(chosen)
    }

    /// Settles the host of a further try and charges it to the budget; none: there is no further try.
    fn next(&mut self, passage: &Passage, outgoing: &mut Outgoing, failed: SocketAddr) -> Option<Chosen> {
        outgoing.renew();
        if self.is_last(passage) || !outgoing.can_repeat() {
            return None;
        }
        self.tried.push(failed);
        let next = self.pick(passage, outgoing).ok().filter(|_| self.is_in_budget(passage));
        if next.is_none() {
            self.tried.pop();
        }
        next
    }

    fn is_in_budget(&self, passage: &Passage) -> bool {
        let granted = passage.view().retry_budget().try_retry(passage.now());
        if !granted {
            passage.connection.worker.metrics.retries_refused.add(1);
        }
        granted
    }

    /// Whether no further try is allowed.
    fn is_last(&self, passage: &Passage) -> bool {
        self.tried.len() >= passage.view().settings().retry.max as usize
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
    }
    board(passage, chosen).await?;
    let reused = get_connection(passage, outgoing, chosen, tries).await?;
    exchange(passage, outgoing, chosen, tries, reused).await
}

/// Takes a place in flight on the host, waiting for one if the host is at its limit.
async fn board(passage: &mut Passage, chosen: &Chosen) -> Result<(), Setback> {
    let free = |now: Time| Exchange::try_begin(&chosen.host, chosen.trial, now);
    if !chosen.full
        && let Some(exchange) = free(passage.now())
    {
        passage.board(exchange);
        return Ok(());
    }
    let allowed = passage.published.settings.timeouts.connect;
    let began = passage.now();
    let worker = std::rc::Rc::clone(&passage.connection.worker);
    worker.metrics.slot_waiting.add(1);
    let waited = tokio::time::timeout(allowed, async {
        let _place = Waiting::begin(&chosen.host);
        let queue = worker.gates.queue(&chosen.host);
        loop {
            if let Some(exchange) = free(worker.shared.clock.now()) {
                return exchange;
            }
            queue.notified().await;
        }
    })
    .await;
    worker.metrics.slot_waiting.sub(1);
    let took = passage.now().since(began);
    worker.metrics.slot_wait.observe(took);
    passage.timings.wait += took;
    let exchange = waited.map_err(|_| Setback::ours(ProxyError::Saturated))?;
    passage.board(exchange);
    Ok(())
}

/// A kept connection to the host, or a new one. Says whether it was a kept one.
async fn get_connection(
    passage: &mut Passage,
    outgoing: &Outgoing,
    chosen: &Chosen,
    tries: &Tries,
) -> Result<bool, Setback> {
    let worker = std::rc::Rc::clone(&passage.connection.worker);
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
        Err(error) => Err(Setback::blame(connect_error(&error), RetryReason::Connect, FailureKind::Connect)),
    }
}

fn connect_error(error: &ConnectError) -> ProxyError {
    match error {
        ConnectError::Timeout(_) => ProxyError::ConnectTimeout,
        ConnectError::Refused(_) => ProxyError::Refused,
        ConnectError::Handshake(_) => ProxyError::Terminated,
    }
}

/// Sends the request and awaits the head of its answer.
async fn exchange(
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
            let mut setback =
                Setback::blame(ProxyError::FirstByteTimeout, RetryReason::Ejected, FailureKind::Timeout);
            setback.next = next;
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
