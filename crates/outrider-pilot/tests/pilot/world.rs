//! A small world around one pool: arrivals in an open loop or from clients that wait for their answers, hosts with
//! bounded parallelism and a queue, faults on a script.
//!
//! It does what the proxy does: a tick every 100 ms, publication when the version has grown, retries on another host
//! after a failure, and requests that wait for a head on a suspended host move to another one.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outrider_core::{ClassId, LoadReport, Random, Time};
use outrider_pilot::{
    Exchange, FailureKind, Finish, Host, HostEvent, HostSpec, Labels, PickRequest, Picker, Pool, PoolSettings,
    PoolView, ProbeAnswer,
};
use outrider_workload::RecentLatencies;

const TICK: Duration = Duration::from_millis(100);
/// What a probe takes there and back.
const PROBE: Duration = Duration::from_millis(1);
/// Host `n` listens on this port plus `n`.
const FIRST_PORT: u16 = 9_100;

/// What a host does with requests.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Does {
    /// Serves each for so many milliseconds.
    Serve(u64),
    /// Serves each for so many milliseconds, and fails so many percent of them.
    Flaky(u64, f64),
    /// Serves each for so many milliseconds, but so many percent of them for so many seconds.
    Poll(u64, f64, u64),
    /// Answers 500 after so many milliseconds.
    Fail(u64),
    /// Refuses connections.
    Refuse,
    /// Takes requests and never answers.
    Hang,
}

/// One host: what it does from when on, and when each of its slots is free. Without slots it has room for anything.
struct Site {
    script: Vec<(Time, Does)>,
    slots: Vec<Time>,
    /// Averages over the last second: slots in use, and answers a second.
    busy: f64,
    rate_per_s: f64,
    metered: Time,
    latencies: RecentLatencies,
}

impl Site {
    fn does(&self, now: Time) -> Does {
        self.script.iter().rfind(|(from, _)| *from <= now).expect("a script begins at zero").1
    }

    /// What it says with an answer that took `ms` to serve, while `present` requests are with it.
    fn report(&mut self, ms: u64, present: usize, now: Time) -> LoadReport {
        let kept = (-now.since(self.metered).as_secs_f64()).exp();
        self.metered = now;
        self.rate_per_s = self.rate_per_s * kept + 1.0;
        self.busy = self.busy * kept + ms as f64 / 1e3 / self.slots.len().max(1) as f64;
        let named = [("rif", present as f64), ("service_ms", ms as f64)];
        LoadReport {
            cpu_utilization: Some(self.busy),
            rps_fractional: Some(self.rate_per_s),
            named_metrics: named.map(|(name, value)| (name.to_owned(), value)).into(),
            ..LoadReport::default()
        }
    }
}

/// One pick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Picked {
    pub(crate) at: Time,
    pub(crate) host: usize,
    pub(crate) trial: bool,
}

/// A request on its way.
struct Open {
    exchange: Exchange,
    host: usize,
    /// How many others were at the host when it came.
    found: u32,
    tried: Vec<SocketAddr>,
}

/// When requests come.
#[derive(Clone, Copy, Debug)]
enum Traffic {
    /// By themselves, so many a second, at random.
    Open { rate_per_s: f64 },
    /// From clients that think so long after each answer.
    Closed { think: Duration },
}

#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Event {
    Tick,
    Arrival,
    Done { id: u64, ok: bool, ms: u64 },
    GaveUp { id: u64 },
    Probed { id: u64 },
}

pub(crate) struct World {
    pool: Pool,
    view: PoolView,
    version: u64,
    sites: Vec<Site>,
    traffic: Traffic,
    /// How long clients wait for an answer.
    patience: Option<Duration>,
    /// Whether hosts report their load with what they answer well.
    reporting: bool,
    /// Whether the pool hears how requests end.
    learning: bool,
    queue: BinaryHeap<Reverse<(Time, u64, Event)>>,
    open: BTreeMap<u64, Open>,
    /// Hosts that are being probed.
    probes: BTreeMap<u64, Arc<Host>>,
    next: u64,
    picker: Picker,
    now: Time,
    pub(crate) picks: Vec<Picked>,
    pub(crate) events: Vec<(Time, HostEvent)>,
    /// When clients had their answers.
    pub(crate) answers: Vec<Time>,
    pub(crate) succeeded: u64,
    pub(crate) failed: u64,
    pub(crate) moved: u64,
}

pub(crate) fn seconds(s: f64) -> Time {
    Time::ZERO + Duration::from_secs_f64(s)
}

fn address(nth: usize) -> SocketAddr {
    SocketAddr::from(([10, 0, 0, 1], FIRST_PORT + u16::try_from(nth).expect("a small pool")))
}

impl World {
    /// A pool whose hosts all do the same, with four slots each, under `rate_per_s`.
    pub(crate) fn new(settings: PoolSettings, hosts: usize, does: Does, rate_per_s: f64, seed: u64) -> World {
        let mut pool = Pool::new(settings, Time::ZERO);
        let spec = |nth| HostSpec { address: address(nth), weight: 1, labels: Labels::default() };
        pool.set_hosts(&(0..hosts).map(spec).collect::<Vec<_>>(), Time::ZERO);
        let site = |_| Site {
            script: vec![(Time::ZERO, does)],
            slots: vec![Time::ZERO; 4],
            busy: 0.0,
            rate_per_s: 0.0,
            metered: Time::ZERO,
            latencies: RecentLatencies::default(),
        };
        let mut world = World {
            view: pool.view(),
            version: pool.version(),
            pool,
            sites: (0..hosts).map(site).collect(),
            traffic: Traffic::Open { rate_per_s },
            patience: None,
            reporting: false,
            learning: false,
            queue: BinaryHeap::new(),
            open: BTreeMap::new(),
            probes: BTreeMap::new(),
            next: 0,
            picker: Picker::new(Random::new(seed)),
            now: Time::ZERO,
            picks: Vec::new(),
            events: Vec::new(),
            answers: Vec::new(),
            succeeded: 0,
            failed: 0,
            moved: 0,
        };
        world.at(Time::ZERO + TICK, Event::Tick);
        world.at(Time::ZERO, Event::Arrival);
        world
    }

    /// From `from` on, host `nth` does something else.
    pub(crate) fn then(mut self, nth: usize, from: Time, does: Does) -> World {
        self.sites[nth].script.push((from, does));
        self
    }

    /// Hosts with room for any number of requests at once.
    pub(crate) fn roomy(mut self) -> World {
        self.sites.iter_mut().for_each(|site| site.slots.clear());
        self
    }

    /// Hosts that report their load.
    pub(crate) fn reporting(mut self) -> World {
        self.reporting = true;
        self
    }

    /// A pool that hears how requests end.
    pub(crate) fn learning(mut self) -> World {
        self.learning = true;
        self
    }

    /// Clients give up after `patience`.
    pub(crate) fn impatient(mut self, patience: Duration) -> World {
        self.patience = Some(patience);
        self
    }

    /// Instead of arrivals, `clients` that wait for their answers and think `think` before they ask again.
    pub(crate) fn closed(mut self, clients: u64, think: Duration) -> World {
        self.traffic = Traffic::Closed { think };
        // One has come with the world.
        for nth in 1..clients {
            self.at(Time::ZERO + Duration::from_millis(nth), Event::Arrival);
        }
        self
    }

    /// Until `end`.
    pub(crate) fn run(mut self, end: Time) -> World {
        while let Some(Reverse((at, _, event))) = self.queue.pop().filter(|event| event.0.0 <= end) {
            self.now = at;
            match event {
                Event::Tick => self.tick(),
                Event::Arrival => self.arrive(),
                Event::Done { id, ok, ms } => self.done(id, ok, ms),
                Event::GaveUp { id } => self.give_up(id),
                Event::Probed { id } => self.probed(id),
            }
        }
        self
    }

    /// Share of the picks of `host` among all between `from` and `to`, trials apart.
    pub(crate) fn share(&self, host: usize, from: Time, to: Time) -> f64 {
        let among: Vec<_> = self.picks.iter().filter(|p| (from..to).contains(&p.at) && !p.trial).collect();
        assert!(!among.is_empty());
        among.iter().filter(|p| p.host == host).count() as f64 / among.len() as f64
    }

    /// The longest time from `from` to `to` in which no client had an answer.
    pub(crate) fn longest_silence(&self, from: Time, to: Time) -> Duration {
        let within = self.answers.iter().copied().filter(|at| (from..to).contains(at));
        let times: Vec<Time> = std::iter::once(from).chain(within).chain([to]).collect();
        times.windows(2).map(|pair| pair[1].since(pair[0])).max().unwrap_or_default()
    }

    /// When `host` was first ejected.
    pub(crate) fn ejected_at(&self, host: usize) -> Option<Time> {
        let is_it = |event: &HostEvent| matches!(event, HostEvent::Ejected { address: a, .. } if *a == address(host));
        self.events.iter().find(|(_, event)| is_it(event)).map(|(at, _)| *at)
    }

    fn at(&mut self, time: Time, event: Event) {
        self.next += 1;
        self.queue.push(Reverse((time, self.next, event)));
    }

    fn arrive(&mut self) {
        self.send(Vec::new());
        if let Traffic::Open { rate_per_s } = self.traffic {
            let gap_s = -(1.0 - self.picker.random().unit()).ln() / rate_per_s;
            self.at(self.now + Duration::from_secs_f64(gap_s), Event::Arrival);
        }
    }

    /// A client has its answer, for good or ill.
    fn settled(&mut self, ok: bool) {
        *if ok { &mut self.succeeded } else { &mut self.failed } += 1;
        self.answers.push(self.now);
        if let Traffic::Closed { think } = self.traffic {
            self.at(self.now + think, Event::Arrival);
        }
    }

    fn send(&mut self, tried: Vec<SocketAddr>) {
        let request = PickRequest {
            class: ClassId::OTHER,
            tried: &tried,
            repeatable: true,
            size: None,
            key: None,
            now: self.now,
        };
        let Ok(pick) = self.view.pick(&request, &mut self.picker) else {
            self.settled(false);
            return;
        };
        assert!(!pick.full, "these worlds stay below the limits");
        let host = usize::from(pick.host.address.port() - FIRST_PORT);
        let found = pick.host.live.in_flight();
        let exchange = Exchange::begin(pick.host, pick.trial, self.now);
        let exchange = exchange.carrying(pick.work);
        let exchange = if self.learning { exchange.teaching(pick.lesson) } else { exchange };
        self.picks.push(Picked { at: self.now, host, trial: pick.trial });
        self.next += 1;
        let id = self.next;
        self.open.insert(id, Open { exchange, host, found, tried });
        if let Some(patience) = self.patience {
            self.at(self.now + patience, Event::GaveUp { id });
        }
        self.serve(id, host);
        self.probe();
    }

    fn probe(&mut self) {
        while let Some(host) = self.picker.next_probe() {
            self.next += 1;
            let id = self.next;
            self.probes.insert(id, host);
            self.at(self.now + PROBE, Event::Probed { id });
        }
    }

    /// Hosts answer probes though they are busy, and though they fail whatever else they are asked.
    fn probed(&mut self, id: u64) {
        let host = self.probes.remove(&id).expect("it was sent");
        let site = &self.sites[usize::from(host.address.port() - FIRST_PORT)];
        if matches!(site.does(self.now), Does::Refuse | Does::Hang) {
            return;
        }
        let in_flight = host.live.in_flight();
        let latency = site.latencies.near(u64::from(in_flight), self.now);
        self.picker.probed(&host, ProbeAnswer { in_flight: f64::from(in_flight), latency }, self.now);
    }

    fn serve(&mut self, id: u64, host: usize) {
        let now = self.now;
        let (ms, ok) = match self.sites[host].does(now) {
            Does::Flaky(ms, percent) => (ms, !self.picker.random().chance(percent / 100.0)),
            Does::Poll(_, percent, slow_s) if self.picker.random().chance(percent / 100.0) => (slow_s * 1_000, true),
            Does::Serve(ms) | Does::Poll(ms, ..) => (ms, true),
            Does::Fail(ms) => (ms, false),
            Does::Refuse => return self.done(id, false, 0),
            Does::Hang => return,
        };
        let mut unlimited = now;
        let slot = self.sites[host].slots.iter_mut().min().unwrap_or(&mut unlimited);
        *slot = now.max(*slot) + Duration::from_millis(ms);
        let end = *slot;
        self.at(end, Event::Done { id, ok, ms });
    }

    fn done(&mut self, id: u64, ok: bool, ms: u64) {
        let Some(open) = self.open.get(&id) else {
            return;
        };
        match self.sites[open.host].does(self.now) {
            // What was in service when the host began to hang hangs too.
            Does::Hang => return,
            _ if ok => self.settled(true),
            does => return self.retry(id, does),
        }
        let open = self.open.remove(&id).expect("seen just now");
        if self.reporting {
            let present = self.open.values().filter(|other| other.host == open.host).count();
            let report = self.sites[open.host].report(ms, present, self.now);
            open.exchange.host().live.reported(&report, self.now);
        }
        self.sites[open.host].latencies.answered(
            u64::from(open.found),
            self.now.since(open.exchange.begun()),
            self.now,
        );
        self.finish(open.exchange, Finish::Success);
    }

    fn give_up(&mut self, id: u64) {
        if let Some(open) = self.open.remove(&id) {
            self.finish(open.exchange, Finish::Cancelled);
        }
    }

    /// An exchange has ended, and what there is to learn from it is.
    fn finish(&mut self, exchange: Exchange, finish: Finish) {
        if let Some(outcome) = exchange.finish(finish, self.now) {
            self.pool.learn(&outcome);
        }
    }

    fn retry(&mut self, id: u64, does: Does) {
        let kind = if matches!(does, Does::Refuse) { FailureKind::Connect } else { FailureKind::Status(500) };
        let Open { exchange, host, mut tried, .. } = self.open.remove(&id).expect("seen just now");
        self.finish(exchange, Finish::Failure(kind));
        tried.push(address(host));
        if tried.len() <= 2 && self.view.retry_budget().try_retry(self.now) {
            self.send(tried);
        } else {
            self.settled(false);
        }
    }

    fn tick(&mut self) {
        let events = self.pool.tick(self.now);
        let verdicts = events.into_iter().filter(|event| !is_about_predictions(event));
        self.events.extend(verdicts.map(|event| (self.now, event)));
        if self.pool.version() != self.version {
            self.version = self.pool.version();
            self.view = self.pool.view();
        }
        self.move_suspended();
        self.at(self.now + TICK, Event::Tick);
    }

    fn move_suspended(&mut self) {
        let suspended = |open: &Open| open.exchange.host().live.is_suspended();
        let ids: Vec<u64> = self.open.iter().filter(|(_, open)| suspended(open)).map(|(id, _)| *id).collect();
        for id in ids {
            let Open { exchange, host, mut tried, .. } = self.open.remove(&id).expect("listed just now");
            self.finish(exchange, Finish::Failure(FailureKind::Timeout));
            tried.push(address(host));
            self.moved += 1;
            self.send(tried);
        }
    }
}

/// Whether it tells what routes, and nothing of hosts.
fn is_about_predictions(event: &HostEvent) -> bool {
    matches!(event, HostEvent::Fallback { .. } | HostEvent::FallbackEnded { .. })
}
