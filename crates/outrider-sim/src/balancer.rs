//! One balancer: the pilot as the proxy flies it, with a pool, a picker and live counters of its own.
//!
//! What the proxy's control thread does (a tick every 100 ms, publication when the version has grown, health checks) is
//! done by the world's clock; what its workers do is in the life of a request.

use std::collections::VecDeque;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;

use outrider_core::{ClassId, Random, Time};
use outrider_pilot::{
    Accuracy, Admitted, EngineFault, Expected, Host, HostEvent, HostSpec, HostStatus, Labels, Lesson, NoHost, Outcome,
    PickRequest, Picker, Pool, PoolSettings, PoolView, ProbeAnswer, Work,
};

use crate::clock::Clock;
use crate::job::JourneyId;
use crate::world::key;

/// Host `n` is 10.0.0.0 plus `n`, port 80.
const FIRST_ADDRESS: u32 = 0x0a00_0000;

pub(crate) fn address(host: u16) -> SocketAddr {
    SocketAddr::new(IpAddr::V4(Ipv4Addr::from(FIRST_ADDRESS + u32::from(host))), 80)
}

/// The host that listens on `address`.
pub(crate) fn host_at(address: SocketAddr) -> u16 {
    let IpAddr::V4(ip) = address.ip() else { unreachable!("hosts have addresses of version 4") };
    u16::try_from(u32::from(ip) - FIRST_ADDRESS).expect("addresses are made from 16 bits")
}

/// Where a pick leads.
#[derive(Debug)]
pub(crate) struct Chosen {
    pub(crate) host: Arc<Host>,
    pub(crate) trial: bool,
    pub(crate) full: bool,
    /// What is expected of the request there.
    pub(crate) work: Option<Work>,
    /// What it was picked by.
    pub(crate) lesson: Option<Lesson>,
}

impl Chosen {
    /// Which host it is.
    pub(crate) fn index(&self) -> u16 {
        host_at(self.host.address)
    }
}

#[derive(Debug)]
pub(crate) struct Balancer {
    pool: Pool,
    view: PoolView,
    version: u64,
    picker: Picker,
    pub(crate) clock: Clock,
    /// Who waits for a place, by host.
    pub(crate) lines: Vec<VecDeque<JourneyId>>,
    /// Weights of all hosts that there are; those in the pool are marked.
    weights: Arc<[u32]>,
    present: Vec<bool>,
    /// A host has been ejected at least once, so that requests may have to move.
    pub(crate) uneasy: bool,
}

impl Balancer {
    /// A balancer before the hosts of `weights` that are `present`.
    pub(crate) fn new(settings: PoolSettings, weights: &Arc<[u32]>, present: Vec<bool>, random: Random) -> Balancer {
        let pool = Pool::new(settings, Time::ZERO);
        let hosts = weights.len();
        let mut balancer = Balancer {
            view: pool.view(),
            version: pool.version(),
            pool,
            picker: Picker::new(random),
            clock: Clock::default(),
            lines: vec![VecDeque::new(); hosts],
            weights: Arc::clone(weights),
            present,
            uneasy: false,
        };
        balancer.adopt_hosts(Time::ZERO);
        balancer
    }

    /// The time by the core that has a request in hand, when it is `now`.
    pub(crate) fn reads(&self, now: Time) -> Time {
        self.clock.of_worker(now)
    }

    /// Where `request` goes, whose class is as in the scenario.
    pub(crate) fn pick(&mut self, request: &PickRequest<'_>) -> Result<Chosen, NoHost> {
        let pick = self.view.pick(request, &mut self.picker)?;
        Ok(Chosen {
            host: Arc::clone(pick.host),
            trial: pick.trial,
            full: pick.full,
            work: pick.work,
            lesson: pick.lesson,
        })
    }

    /// A request has ended that there is something to learn from.
    pub(crate) fn learn(&mut self, outcome: &Outcome) {
        self.pool.learn(outcome);
    }

    /// A host that the last pick wants to be asked.
    pub(crate) fn next_probe(&mut self) -> Option<Arc<Host>> {
        self.picker.next_probe()
    }

    /// A host has answered.
    pub(crate) fn probed(&mut self, host: &Arc<Host>, answer: ProbeAnswer, now: Time) {
        self.picker.probed(host, answer, self.clock.of_worker(now));
    }

    /// Asks the storm guard to let a request of class `class` through.
    pub(crate) fn admit(&mut self, class: u16, now: Time) -> Option<Admitted> {
        let now = self.clock.of_worker(now);
        self.view.storm_guard().admit(class_id(class), key(class), now, self.picker.random())
    }

    /// Other settings from now on.
    pub(crate) fn reconfigure(&mut self, settings: PoolSettings, now: Time) {
        self.pool.reconfigure(settings, self.clock.of_control(now));
        self.publish();
    }

    /// Its engine fails like this from now on, or not any more.
    pub(crate) fn break_engine(&mut self, fault: Option<EngineFault>) {
        self.pool.break_engine(fault);
        self.publish();
    }

    /// What the table in force says of a request of `class` and `size` on `host`.
    pub(crate) fn expected(&self, host: u16, class: u16, size: Option<f32>) -> Option<Expected> {
        self.pool.expected(address(host), class_id(class), size)
    }

    /// All hosts with all that is known of them.
    pub(crate) fn statuses(&self) -> Vec<HostStatus> {
        self.pool.hosts()
    }

    /// How many requests each host serves at a time, as far as that was learnt.
    pub(crate) fn learnt_parallelism(&self) -> Vec<Option<f64>> {
        let mut learnt = vec![None; self.weights.len()];
        for known in self.pool.fingerprints() {
            learnt[usize::from(host_at(known.host))] = known.get("parallelism");
        }
        learnt
    }

    /// What was predicted beside what requests took, by host and by class.
    pub(crate) fn accuracy(&self) -> Vec<Accuracy> {
        let Some(status) = self.pool.prediction() else { return Vec::new() };
        let of_hosts = status.hosts.iter().map(|host| host.accuracy);
        of_hosts.chain(status.classes.iter().map(|&(_, accuracy)| accuracy)).collect()
    }

    /// What is published.
    pub(crate) fn view(&self) -> &PoolView {
        &self.view
    }

    pub(crate) fn tick(&mut self, now: Time) {
        self.judge(now);
        self.publish();
    }

    pub(crate) fn judge(&mut self, now: Time) {
        let events = self.pool.tick(self.clock.of_control(now));
        self.uneasy |= events.iter().any(|event| matches!(event, HostEvent::Ejected { .. }));
    }

    pub(crate) fn health_checked(&mut self, host: u16, healthy: bool, now: Time) {
        let result = if healthy { Ok(()) } else { Err("no answer".to_owned()) };
        self.pool.health_checked(address(host), result, self.clock.of_control(now));
    }

    /// Whether host `host` is in the pool.
    pub(crate) fn has(&self, host: u16) -> bool {
        self.present[usize::from(host)]
    }

    /// Host `host` is in the pool from now on, or no longer.
    pub(crate) fn move_host(&mut self, host: u16, joins: bool, now: Time) {
        self.present[usize::from(host)] = joins;
        self.adopt_hosts(now);
    }

    fn adopt_hosts(&mut self, now: Time) {
        let spec = |host: u16, weight| HostSpec { address: address(host), weight, labels: Labels::default() };
        let all = (0..).zip(self.weights.iter()).zip(&self.present);
        let specs: Vec<_> =
            all.filter(|(_, present)| **present).map(|((host, weight), _)| spec(host, *weight)).collect();
        self.pool.set_hosts(&specs, self.clock.of_control(now));
        self.publish();
    }

    fn publish(&mut self) {
        if self.pool.version() != self.version {
            self.version = self.pool.version();
            self.view = self.pool.view();
        }
    }
}

/// Classes are told apart as the proxy does: 0 is for what has no class.
pub(crate) fn class_id(class: u16) -> ClassId {
    ClassId(u8::try_from(class + 1).unwrap_or(0))
}
