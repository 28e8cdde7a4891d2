//! One simulated host: its condition, its slots, its luck and its counts. Sockets are elsewhere.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use http::HeaderValue;
use outrider_core::Time;
use outrider_workload::{HostLuck, RecentLatencies};
use tokio::sync::watch;
use tokio::time::Instant;

use super::alarms::Alarms;
use super::busy::Busy;
use super::counts::{HostCounts, TimerLag};
use super::orca::{self, Meter};
use super::slots::Slots;
use super::spec::BackendsSpec;

/// How a host stands right now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Condition {
    /// It serves, so many times slower than it should.
    Serving { slow: f64 },
    /// Nothing moves.
    Hung,
    /// Every request is answered 500 at once.
    FailingFast,
    /// No listener, no connection; those that were are reset, or closed as for a killed process.
    Closed { reset: bool },
}

/// What one request asks for.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Work {
    pub(super) class: usize,
    pub(super) size: Option<f64>,
    pub(super) number: Option<u64>,
}

#[derive(Debug)]
pub(super) struct Host {
    pub(super) index: usize,
    pub(super) name: HeaderValue,
    pub(super) spec: Arc<BackendsSpec>,
    pub(super) condition: watch::Sender<Condition>,
    alarms: Arc<Alarms>,
    slots: Arc<Slots>,
    inner: Mutex<Inner>,
    requests: AtomicU64,
    answered: AtomicU64,
    failed: AtomicU64,
    present: AtomicU64,
    in_service: AtomicU64,
}

#[derive(Debug)]
struct Inner {
    luck: HostLuck,
    /// When the luck's time began.
    origin: Instant,
    meter: Meter,
    lag: TimerLag,
    busy: Busy,
    latencies: RecentLatencies,
}

impl Inner {
    fn neighbours(&mut self, now: Instant) -> f64 {
        let time = self.time(now);
        self.luck.neighbours_at(time)
    }

    fn time(&self, now: Instant) -> Time {
        Time::ZERO + now.saturating_duration_since(self.origin)
    }
}

impl Host {
    pub(super) fn new(index: usize, spec: &Arc<BackendsSpec>, alarms: Arc<Alarms>) -> Host {
        let parallelism = spec.fleet.hosts[index].parallelism;
        let inner = Inner {
            luck: HostLuck::new(&spec.fleet, index, spec.seed),
            origin: Instant::now(),
            meter: Meter::new(parallelism, Instant::now()),
            lag: TimerLag::default(),
            busy: Busy::default(),
            latencies: RecentLatencies::default(),
        };
        Host {
            index,
            name: HeaderValue::try_from(format!("h{index}")).expect("a short ASCII name"),
            spec: Arc::clone(spec),
            condition: watch::Sender::new(Condition::Serving { slow: 1.0 }),
            alarms,
            slots: Slots::new(parallelism),
            inner: Mutex::new(inner),
            requests: AtomicU64::new(0),
            answered: AtomicU64::new(0),
            failed: AtomicU64::new(0),
            present: AtomicU64::new(0),
            in_service: AtomicU64::new(0),
        }
    }

    /// From now on its luck is that of `seed`, and its neighbours begin anew.
    pub(super) fn reseed(&self, seed: u64) {
        let mut inner = self.inner();
        inner.luck = HostLuck::new(&self.spec.fleet, self.index, seed);
        inner.origin = Instant::now();
        inner.latencies = RecentLatencies::default();
    }

    /// Waits for a slot and serves `work`: ends when the answer is due, and says how long the service took.
    pub(super) async fn serve(&self, work: Work) -> Duration {
        let slot = self.slots.take().await;
        let begin = self.thawed().await.map_or(slot.begin, |at| at.max(slot.begin));
        let end = begin + self.service_time(work, begin);
        let service = self.begin_service(begin, end);
        self.alarms.at(end.into_std()).await;
        self.inner().lag.add(Instant::now().saturating_duration_since(end));
        let end = service.thawed().await.unwrap_or(end);
        drop(service);
        slot.end(end);
        end - begin
    }

    /// Ends once the host is not hung; if it was, says when it came back.
    pub(super) async fn thawed(&self) -> Option<Instant> {
        if !self.is_hung() {
            return None;
        }
        let mut condition = self.condition.subscribe();
        // The sender lives in self: the wait cannot fail.
        let _ = condition.wait_for(|&c| c != Condition::Hung).await;
        Some(Instant::now())
    }

    fn is_hung(&self) -> bool {
        *self.condition.borrow() == Condition::Hung
    }

    fn service_time(&self, work: Work, begin: Instant) -> Duration {
        let slow = match *self.condition.borrow() {
            Condition::Serving { slow } => slow,
            _ => 1.0,
        };
        let class = &self.spec.fleet.mix.classes()[work.class];
        let mut inner = self.inner();
        let size = work.size.unwrap_or_else(|| inner.luck.size(class));
        let factor = size * inner.luck.noise(work.number) * inner.neighbours(begin) * slow;
        self.spec.fleet.service(self.index, work.class, factor)
    }

    /// Counts a request as present until the guard is dropped.
    pub(super) fn arrive(&self) -> Present<'_> {
        self.requests.fetch_add(1, Relaxed);
        let others = self.present.fetch_add(1, Relaxed);
        Present { host: self, others, came: Instant::now() }
    }

    fn begin_service(&self, begin: Instant, end: Instant) -> InService<'_> {
        self.in_service.fetch_add(1, Relaxed);
        let mut inner = self.inner();
        inner.meter.begin(begin);
        InService { host: self, key: inner.busy.begin(begin, end) }
    }

    pub(super) fn count_answer(&self, good: bool) {
        let counter = if good { &self.answered } else { &self.failed };
        counter.fetch_add(1, Relaxed);
    }

    /// The ORCA report of this moment, with an answer whose service took `service`.
    pub(super) fn report(&self, service: Duration) -> HeaderValue {
        let present = self.present.load(Relaxed);
        self.inner().meter.report(present, service, Instant::now())
    }

    /// The ORCA report that answers a probe now.
    pub(super) fn answer_to_probe(&self) -> HeaderValue {
        let (present, inner) = (self.present.load(Relaxed), self.inner());
        orca::answer_to_probe(present, inner.latencies.near(present, inner.time(Instant::now())))
    }

    pub(super) fn counts(&self) -> HostCounts {
        let in_service = self.in_service.load(Relaxed);
        HostCounts {
            requests: self.requests.load(Relaxed),
            answered: self.answered.load(Relaxed),
            failed: self.failed.load(Relaxed),
            in_service,
            queued: self.present.load(Relaxed).saturating_sub(in_service),
            busy_s: self.inner().busy.until(Instant::now()).as_secs_f64(),
        }
    }

    pub(super) fn timer_lag(&self) -> TimerLag {
        self.inner().lag
    }

    fn inner(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A request between its arrival and its answer.
pub(super) struct Present<'a> {
    host: &'a Host,
    /// How many it found there.
    others: u64,
    came: Instant,
}

impl Present<'_> {
    /// Its answer is due now, a good one.
    pub(super) fn answered_well(&self) {
        let (now, mut inner) = (Instant::now(), self.host.inner());
        let at = inner.time(now);
        inner.latencies.answered(self.others, now.saturating_duration_since(self.came), at);
    }
}

impl Drop for Present<'_> {
    fn drop(&mut self) {
        self.host.present.fetch_sub(1, Relaxed);
    }
}

struct InService<'a> {
    host: &'a Host,
    key: u64,
}

impl InService<'_> {
    /// Ends once the host is not hung; if it was, says when it came back.
    async fn thawed(&self) -> Option<Instant> {
        if self.host.is_hung() {
            self.host.inner().busy.delay(self.key);
        }
        self.host.thawed().await
    }
}

impl Drop for InService<'_> {
    fn drop(&mut self) {
        let now = Instant::now();
        self.host.in_service.fetch_sub(1, Relaxed);
        let mut inner = self.host.inner();
        inner.meter.end(now);
        inner.busy.end(self.key, now);
    }
}
