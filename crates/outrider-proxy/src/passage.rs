//! The passage of one request, from its head to the last byte of its answer.
//!
//! It holds all that must be let go of when the passage ends, however it ends: the place in flight on the host, the
//! connection, the line in the access log. It travels inside the answer's body, so that a client that leaves, at any
//! moment, ends it by dropping it.

mod load_report;
mod logging;
mod teaching;
mod timings;

use std::io;
use std::rc::Rc;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode};
use http_body::{Body, Frame};
use hyper::body::Incoming;
use outrider_core::{ClassId, ClassKey, Time};
use outrider_pilot::{Admitted, Exchange, FailureKind, Finish, PoolView};

use crate::access_log::{Ending, Entry};
use crate::activity::Phase;
use crate::admission;
use crate::body::{BodyProgress, ResponseBody};
use crate::client_retry::{self, ClientTry};
use crate::connection::ClientConnection;
use crate::errors::ProxyError;
use crate::lessons;
use crate::metrics::{RetryReason, StatusClass};
use crate::shared::Published;
use crate::upstream::Lease;
use teaching::Handing;
pub(crate) use timings::Timings;

/// A request on its way.
#[derive(Debug)]
pub(crate) struct Passage {
    pub(crate) connection: Rc<ClientConnection>,
    pub(crate) published: Arc<Published>,
    pub(crate) request_body: Arc<BodyProgress>,
    pub(crate) started: Time,
    /// Position of the pool in the snapshot.
    pub(crate) pool: Option<usize>,
    pub(crate) class: ClassId,
    pub(crate) class_key: Option<ClassKey>,
    /// Its size, where the pool predicts and the head tells.
    pub(crate) size: Option<f32>,
    /// What keeps the request with its host.
    pub(crate) sticky_key: Option<u64>,
    /// The name of a class that is not in the table; empty for one that is.
    pub(crate) class_name: String,
    pub(crate) request_id: HeaderValue,
    /// Tries begun.
    pub(crate) attempts: u32,
    pub(crate) timings: Timings,
    /// What the access log will say, if there is one.
    pub(crate) entry: Option<Box<Entry>>,
    pub(crate) client_try: ClientTry,
    /// What the storm guard is to be told at the end.
    pub(crate) admitted: Option<Admitted>,
    exchange: Option<Exchange>,
    lease: Option<Lease>,
    pub(crate) status: Option<StatusCode>,
    response_bytes: u64,
    handing: Handing,
    pub(crate) waits_for_host: bool,
    pub(crate) ending: Ending,
}

impl Passage {
    pub(crate) fn begin(connection: &Rc<ClientConnection>) -> Box<Passage> {
        let worker = &connection.worker;
        worker.metrics.requests.add(1);
        worker.metrics.requests_in_flight.add(1);
        connection.activity.serve();
        let started = connection.activity.since();
        Box::new(Passage {
            connection: Rc::clone(connection),
            published: worker.shared.published.load_full(),
            request_body: Arc::default(),
            started,
            pool: None,
            class: ClassId::OTHER,
            class_key: None,
            size: None,
            sticky_key: None,
            class_name: String::new(),
            request_id: HeaderValue::from_static("-"),
            attempts: 0,
            timings: Timings::default(),
            entry: None,
            client_try: ClientTry::default(),
            admitted: None,
            exchange: None,
            lease: None,
            status: None,
            response_bytes: 0,
            handing: Handing::default(),
            waits_for_host: true,
            ending: Ending::ClientLeft,
        })
    }

    pub(crate) fn now(&self) -> Time {
        self.connection.worker.shared.clock.now()
    }

    /// The pool that the request was routed to.
    ///
    /// # Panics
    /// Before the request is placed.
    pub(crate) fn view(&self) -> &PoolView {
        let pool = self.pool.expect("a request is placed before it is sent");
        &self.published.snapshot.pools[pool]
    }

    /// When the whole request must be over.
    pub(crate) fn deadline(&self) -> Option<Time> {
        self.published.settings.timeouts.request.map(|allowed| self.started + allowed)
    }

    /// The request is now in flight on a host.
    pub(crate) fn board(&mut self, mut exchange: Exchange) {
        if !self.request_body.is_ended() {
            exchange.sending();
        }
        self.exchange = Some(exchange);
    }

    /// If the whole request is out by now, the host's silence counts from then.
    pub(crate) fn note_sent(&mut self) {
        if let (Some(at), Some(exchange)) = (self.request_body.ended_at(), &mut self.exchange) {
            exchange.sent(at.max(self.timings.sent));
        }
    }

    /// The request has a connection.
    pub(crate) fn connect(&mut self, lease: Lease) {
        self.timings.sent = self.now();
        self.waited_for_connection();
        self.lease = Some(lease);
    }

    pub(crate) fn lease(&mut self) -> Option<&mut Lease> {
        self.lease.as_mut()
    }

    /// The head of an answer has come.
    pub(crate) fn answered(&mut self, status: StatusCode) {
        self.status = Some(status);
        self.note_sent();
        let now = self.now();
        self.timings.answered = Some(now);
        if let Some(exchange) = &mut self.exchange {
            exchange.answered(now);
        }
        if let Some(pool) = self.pool {
            let took = now.since(self.timings.sent);
            self.connection.worker.metrics.pool(pool).first_byte.observe(took);
        }
    }

    /// The try is over; its connection is closed unless it was given back before.
    pub(crate) fn leave(&mut self, finish: Finish) {
        self.lease = None;
        let Some(exchange) = self.exchange.take() else { return };
        let (worker, host) = (&self.connection.worker, Arc::clone(exchange.host()));
        let outcome = exchange.finish(finish, self.now());
        worker.gates.release(&host);
        if let Some(outcome) = outcome {
            lessons::learn(worker, host, outcome);
        }
    }

    /// The request is tried once more.
    pub(crate) fn note_retry(&mut self, reason: RetryReason) {
        self.connection.worker.metrics.retries.add(reason, 1);
        if let Some(entry) = &mut self.entry {
            entry.retries.push(reason);
        }
    }

    /// The answer is on its way to the client, its body still to come.
    pub(crate) fn stream(mut self: Box<Self>, response: Response<Incoming>) -> Response<ResponseBody> {
        self.hand_head(response.headers(), response.body().size_hint().exact().is_some());
        let activity = &self.connection.activity;
        activity.limit_request(self.deadline());
        activity.enter(Phase::Streaming);
        let (parts, incoming) = response.into_parts();
        Response::from_parts(parts, ResponseBody::host(incoming, self))
    }

    /// The connection is a tunnel from here on. It may last for days, so it lets go of the snapshot that it began under;
    /// how long it lasts says nothing about the pool.
    pub(crate) fn tunnel(&mut self) {
        self.ending = Ending::HostBroke;
        self.is_stream();
        self.describe();
        admission::settle(self);
        self.pool = None;
        self.published = Arc::new(self.published.without_hosts());
    }

    /// The tunnel has ended, or failed to form.
    pub(crate) fn tunnel_ended(mut self: Box<Self>, result: &io::Result<(u64, u64)>) {
        if let Ok((_, down)) = result {
            self.response_bytes = *down;
            self.ending = Ending::Complete;
        }
        self.leave(Finish::Success);
    }

    /// Answers in the host's stead.
    pub(crate) fn refuse(mut self: Box<Self>, error: ProxyError) -> Response<ResponseBody> {
        self.leave(Finish::Cancelled);
        self.connection.worker.metrics.own_errors.add(error.cause(), 1);
        self.status = Some(error.status());
        self.ending = Ending::Refused(error);
        let id = self.request_id.to_str().unwrap_or("-");
        error.response(&self.published.settings.forwarding.name, id)
    }

    /// The body made progress, or waits for some.
    pub(crate) fn saw<E>(&mut self, polled: &Poll<Option<Result<Frame<Bytes>, E>>>, is_end: bool) {
        self.waits_for_host = polled.is_pending();
        match polled {
            Poll::Pending => {}
            Poll::Ready(None) => self.complete(),
            Poll::Ready(Some(Err(_))) => {
                // What spoils the request breaks the answer too, and is no fault of the host's.
                let spoilt = self.request_body.is_spoilt();
                self.ending = if spoilt { Ending::ClientLeft } else { Ending::HostBroke };
                self.leave(if spoilt { Finish::Cancelled } else { Finish::Failure(FailureKind::Reset) });
            }
            Poll::Ready(Some(Ok(frame))) => {
                self.connection.activity.progress();
                self.hand_piece();
                self.response_bytes += frame.data_ref().map_or(0, Bytes::len) as u64;
                if is_end {
                    self.complete();
                }
            }
        }
    }

    /// All of the answer has come.
    pub(crate) fn complete(&mut self) {
        let Some(status) = self.status.filter(|_| self.exchange.is_some()) else { return };
        self.ending = Ending::Complete;
        self.judge_length();
        let worker = Rc::clone(&self.connection.worker);
        if let Some(lease) = self.lease.take() {
            worker.upstreams.give_back(lease);
        }
        self.leave(Finish::of_status(status.as_u16()));
        // Only what succeeded earns a class: to a scanner's paths the answer is 404.
        if status.as_u16() < 400
            && let Some(key) = self.class_key
        {
            worker.tally.borrow_mut().succeeded(key, std::mem::take(&mut self.class_name));
        }
    }

    /// The client left, or a side was silent for too long, before the end.
    fn abandon(&mut self) {
        let host_was_silent = admission::host_was_silent(self);
        if self.connection.activity.is_timed_out() {
            self.ending = Ending::TimedOut;
        } else if self.ending == Ending::ClientLeft {
            self.connection.worker.metrics.client_aborts.add(1);
        }
        self.leave(if host_was_silent { Finish::Failure(FailureKind::Timeout) } else { Finish::Cancelled });
    }

    fn count(&self, took: Duration) {
        let metrics = &self.connection.worker.metrics;
        metrics.requests_in_flight.sub(1);
        metrics.request_body_bytes.add(self.request_body.bytes());
        metrics.response_body_bytes.add(self.response_bytes);
        let Some(status) = self.status else { return };
        metrics.responses.add(StatusClass::of(status.as_u16()), 1);
        metrics.request_duration.observe(took);
        metrics.class(self.class).finished(took, status.is_server_error());
        if let Some(pool) = self.pool {
            metrics.pool(pool).duration.observe(took);
        }
    }
}

impl Drop for Passage {
    fn drop(&mut self) {
        if !matches!(self.ending, Ending::Complete | Ending::Refused(_)) {
            self.abandon();
        }
        client_retry::remember(self);
        admission::settle(self);
        let took = self.now().since(self.started);
        self.count(took);
        self.log(took);
        self.connection.activity.finish(self.request_body.is_ended());
    }
}
