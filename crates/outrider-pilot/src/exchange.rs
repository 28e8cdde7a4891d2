//! The life of one request on one host, as guards that count down by being dropped.
//!
//! A count that is kept by hand leaks when a cancelled request's future is dropped half-way; a count that a guard keeps
//! cannot.

use std::fmt;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outrider_core::Time;
use outrider_features::fingerprint::{Cost, End};

use crate::live::{Due, HostLive};
use crate::prediction::{Outcome, Work};
use crate::q_learning::Lesson;

/// One host of one pool: who it is and what is known of it now.
#[derive(Debug)]
pub struct Host {
    /// The name of its pool.
    pub pool: Arc<str>,
    /// Where it listens.
    pub address: SocketAddr,
    /// Its live counters.
    pub live: HostLive,
}

impl Host {
    /// A host on which nothing has happened.
    pub fn new(pool: Arc<str>, address: SocketAddr) -> Arc<Host> {
        Arc::new(Host { pool, address, live: HostLive::new() })
    }
}

/// How a request on a host ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Finish {
    /// The whole answer arrived.
    Success,
    /// It failed by the host's fault.
    Failure(FailureKind),
    /// By nobody's fault: the client left, a limit of ours.
    Cancelled,
}

impl Finish {
    /// What an answer that arrived whole with this status says of the host: the one place that decides it.
    ///
    /// A failure is 500 to 599, but for 501 and 505: these say that nobody implements the request's method or version
    /// (RFC 9110, 15.6.2 and 15.6.6), and a client that could have hosts blamed for what it asks could have them
    /// ejected.
    pub const fn of_status(status: u16) -> Finish {
        match status {
            500 | 502..=504 | 506..=599 => Finish::Failure(FailureKind::Status(status)),
            _ => Finish::Success,
        }
    }
}

/// What a host did wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// It refused the connection, or none opened in time.
    Connect,
    /// It did not answer in time.
    Timeout,
    /// It broke the connection before the answer was whole.
    Reset,
    /// It answered with this status, 500 to 599. See [`Finish::of_status`] for which of them count.
    Status(u16),
    /// It answered with something that is not HTTP.
    Protocol,
}

impl FailureKind {
    /// A number for each kind, never 0; a status stands for itself.
    pub(crate) fn code(self) -> u16 {
        match self {
            FailureKind::Connect => 1,
            FailureKind::Timeout => 2,
            FailureKind::Reset => 3,
            FailureKind::Protocol => 4,
            FailureKind::Status(status) => status,
        }
    }

    pub(crate) fn from_code(code: u16) -> Option<FailureKind> {
        match code {
            0 => None,
            1 => Some(FailureKind::Connect),
            2 => Some(FailureKind::Timeout),
            3 => Some(FailureKind::Reset),
            4 => Some(FailureKind::Protocol),
            status => Some(FailureKind::Status(status)),
        }
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            FailureKind::Connect => f.write_str("connect failed"),
            FailureKind::Timeout => f.write_str("timed out"),
            FailureKind::Reset => f.write_str("connection broken"),
            FailureKind::Status(status) => write!(f, "status {status}"),
            FailureKind::Protocol => f.write_str("not HTTP"),
        }
    }
}

/// One request in flight on one host. Dropped without [`Exchange::finish`] it counts as cancelled.
#[must_use = "dropping an exchange at once counts a cancelled request"]
#[derive(Debug)]
pub struct Exchange {
    host: Arc<Host>,
    /// How many others were in flight there when it began.
    others: u32,
    begun: Time,
    answered: Option<Time>,
    /// The host counts it among those that wait for an answer.
    awaited: bool,
    /// The number of the trial it is part of.
    trial: Option<u16>,
    result: Finish,
    finished: Time,
    errand: Option<Errand>,
}

/// What was expected of the request and what it was picked by, and what has happened since that its time is to be judged by.
#[derive(Debug, Default)]
struct Errand {
    taken: Option<(Work, Due)>,
    lesson: Option<Lesson>,
    /// Time that the host waited for the client.
    blocked: Duration,
    /// How long it took says nothing of the host: a stream, an upgrade.
    open: bool,
    cost: Cost,
}

impl Exchange {
    /// A request goes out to `host`, even beyond its limit; `trial` as the pick said.
    pub fn begin(host: &Arc<Host>, trial: bool, now: Time) -> Exchange {
        let others = host.live.begin(now);
        Exchange::begun_on(host, others, trial, now)
    }

    /// A request goes out to `host` unless that is at its limit.
    pub fn try_begin(host: &Arc<Host>, trial: bool, now: Time) -> Option<Exchange> {
        host.live.try_begin(now).map(|others| Exchange::begun_on(host, others, trial, now))
    }

    fn begun_on(host: &Arc<Host>, others: u32, trial: bool, now: Time) -> Exchange {
        Exchange {
            host: Arc::clone(host),
            others,
            begun: now,
            answered: None,
            awaited: true,
            trial: trial.then(|| host.live.trial().begin()),
            result: Finish::Cancelled,
            finished: now,
            errand: None,
        }
    }

    /// The same, with what is expected of it: from now on the host has that much more to do.
    pub fn carrying(mut self, work: Option<Work>) -> Exchange {
        if let Some(work) = work {
            let late_after = Duration::from_secs_f32(work.late_after_ns() / 1e9);
            let due = self.host.live.take_on(work.table_ns, late_after, self.begun);
            self.errand.get_or_insert_default().taken = Some((work, due));
        }
        self
    }

    /// The same, with what it was picked by: when it ends, that is learnt from.
    pub fn teaching(mut self, lesson: Option<Lesson>) -> Exchange {
        if lesson.is_some() {
            self.errand.get_or_insert_default().lesson = lesson;
        }
        self
    }

    /// What is expected of it.
    pub fn work(&self) -> Option<&Work> {
        self.errand.as_ref()?.taken.as_ref().map(|(work, _)| work)
    }

    /// For so long the host could not go on because the client did not read, or did not send.
    pub fn blocked(&mut self, length: Duration) {
        self.errand.iter_mut().for_each(|errand| errand.blocked += length);
    }

    /// It is a stream or a tunnel: how long it takes is not the host's doing.
    pub fn open(&mut self) {
        self.errand.iter_mut().for_each(|errand| errand.open = true);
    }

    /// The host says what it cost.
    pub fn costs(&mut self, cost: Cost) {
        self.errand.iter_mut().for_each(|errand| errand.cost = cost);
    }

    /// The host it is on.
    pub fn host(&self) -> &Arc<Host> {
        &self.host
    }

    /// Whether it tries out a host that has been ejected.
    pub fn is_trial(&self) -> bool {
        self.trial.is_some()
    }

    /// When it went out, or when the last byte of its body had.
    pub fn begun(&self) -> Time {
        self.begun
    }

    /// The request's body is still on its way: until [`Exchange::sent`] the host's silence is not held against it, for
    /// it cannot answer what it has not got. Not needed for requests without a body.
    pub fn sending(&mut self) {
        self.await_no_more();
    }

    /// The last byte of the request has been sent. From here the time to the answer counts.
    pub fn sent(&mut self, now: Time) {
        if self.answered.is_none() && !self.awaited {
            self.awaited = true;
            self.begun = now;
            self.host.live.await_answer(now);
        }
    }

    /// The response head has arrived. Only the first call counts.
    pub fn answered(&mut self, now: Time) {
        if self.answered.is_some() {
            return;
        }
        self.answered = Some(now);
        self.host.live.answered(now.since(self.begun), now);
        self.await_no_more();
        if let Some(number) = self.trial {
            self.host.live.trial().stop_waiting(number);
        }
    }

    /// It is over. A success, or a status, without a call of [`Exchange::answered`] counts as answered now. Returns what there
    /// is to learn, for [`Pool::learn`](crate::Pool::learn).
    pub fn finish(mut self, result: Finish, now: Time) -> Option<Outcome> {
        if matches!(result, Finish::Success | Finish::Failure(FailureKind::Status(_))) {
            self.answered(now);
        }
        self.result = result;
        self.finished = now;
        let outcome = self.outcome()?;
        let lesson = self.errand.as_mut().and_then(|errand| errand.lesson.take());
        // What follows is how things are without it.
        drop(self);
        Some(Outcome { experience: lesson.map(|lesson| lesson.end(now)), ..outcome })
    }

    fn outcome(&self) -> Option<Outcome> {
        let errand = self.errand.as_ref()?;
        Some(Outcome {
            host: self.host.address,
            work: self.work().copied(),
            experience: None,
            took: self.finished.since(self.begun).saturating_sub(errand.blocked),
            end: errand.end(self.result),
            cost: errand.cost,
            now: self.finished,
        })
    }
}

impl Errand {
    fn end(&self, result: Finish) -> End {
        match result {
            Finish::Success if self.open => End::Open,
            Finish::Success => End::Served,
            Finish::Failure(_) => End::Failed,
            Finish::Cancelled => End::Cancelled,
        }
    }

    /// Takes the work off its host, which did it by `finished` if it was served.
    fn put_down(&self, live: &HostLive, result: Finish, begun: Time, finished: Time) {
        let Some((work, due)) = &self.taken else { return };
        live.put_down(work.table_ns, *due);
        if work.free && self.end(result) == End::Served {
            let took = finished.since(begun).saturating_sub(self.blocked);
            live.learn_factor(work.log_factor(took), work.level * work.common, finished);
        }
    }
}

impl Exchange {
    fn await_no_more(&mut self) {
        if std::mem::take(&mut self.awaited) {
            self.host.live.await_no_answer();
        }
    }

    fn settle_trial(&self, number: u16) {
        let trial = self.host.live.trial();
        if self.answered.is_none() {
            trial.stop_waiting(number);
        }
        match self.result {
            Finish::Success => trial.succeeded(number),
            Finish::Failure(_) => trial.failed(number),
            Finish::Cancelled => {}
        }
    }
}

impl Drop for Exchange {
    fn drop(&mut self) {
        let live = &self.host.live;
        let after = self.answered.unwrap_or(self.finished).since(self.begun);
        match self.result {
            Finish::Success => {
                live.succeeded(after, self.finished);
                live.remember_latency(self.others, after, self.finished);
            }
            Finish::Failure(kind) => live.failed(kind, after, self.finished),
            Finish::Cancelled => live.cancelled(),
        }
        if let Some(number) = self.trial {
            self.settle_trial(number);
        }
        if let Some(errand) = &self.errand {
            errand.put_down(live, self.result, self.begun, self.finished);
        }
        live.end(self.awaited);
    }
}

/// One request that waits for a place on a full host. Gives its place up when dropped.
#[must_use = "a dropped place is given up"]
#[derive(Debug)]
pub struct Waiting(Arc<Host>);

impl Waiting {
    /// Takes a place in the queue of `host`.
    pub fn begin(host: &Arc<Host>) -> Waiting {
        host.live.wait();
        Waiting(Arc::clone(host))
    }

    /// The host it waits for.
    pub fn host(&self) -> &Arc<Host> {
        &self.0
    }
}

impl Drop for Waiting {
    fn drop(&mut self) {
        self.0.live.stop_waiting();
    }
}

#[cfg(test)]
mod tests;
