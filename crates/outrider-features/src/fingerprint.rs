//! Fingerprints: what each host of a pool can do now for each class of requests, learnt from exchanges that have ended.
//!
//! One owner on the slow path feeds [`Fingerprints::observe`] and reads estimates off it. Service time is learnt only from exchanges that
//! found a free slot, since the time of others is partly other requests' ("What is a free slot" is itself learnt: see `parallelism`);
//! never from failed, cancelled, upgraded or streamed ones. Nothing seen is `None`, never 0.
//!
//! **What is not known is borrowed**, and the less is known, the more: a cell leans with the weight of four exchanges on its
//! class on all hosts times the host's own factor, the factor on that of the host's kind, a class on the whole pool. What is borrowed is
//! uncertain, and an estimate says by how much.
//!
//! **Forgetting**: a cell is worth at most 400 exchanges and fades with a time constant of ten minutes ([`HORIZON`]).
//!
//! **Memory**: a cell only where its class was seen on its host, about 250 bytes; 700 bytes per host besides. Hosts are those that
//! [`Fingerprints::set_hosts`] was told, classes at most [`ClassId::MAX`].
//!
//! Cost of one exchange: two or three solutions of 2 x 2 equations and two look-ups, under a microsecond.

mod cell;
mod cell_print;
mod estimate;
mod fading;
mod host;
mod line;
mod observed;
mod pace;
mod parallelism;
mod spread;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::{ClassId, Time};

use cell::Class;
use host::HostPrint;

pub use cell_print::{CellPrint, FEATURES};
pub use estimate::{Estimate, Estimator, HostEstimate};
pub use line::Fit;
pub use observed::{Cost, End, Observed};
use parallelism::Serving;
pub use parallelism::Slots;

/// How fast service times fade from memory where nothing new comes.
pub const HORIZON: Duration = Duration::from_secs(600);
/// What says that it is larger has no size.
const SIZE_MAX: f64 = 1e15;
/// Deviations of a logarithm beyond which a time is an outlier, and where that begins at the least and at the most.
const OUTLIER: f64 = 4.0;
const OUTLIER_LOG: (f64, f64) = (1.4, 4.0);
/// Exchanges after which a host is known.
const KNOWN: f64 = 10.0;
/// Exchanges of a class before anything is concluded from how it does elsewhere.
const CLASS_MIN: f64 = 5.0;

/// All that is known of one pool's hosts.
#[derive(Clone, Debug, Default)]
pub struct Fingerprints {
    hosts: BTreeMap<SocketAddr, HostPrint>,
    classes: BTreeMap<ClassId, Class>,
    /// Every class together: what stands in for one never seen.
    all: Class,
    /// How many requests hosts of a kind serve at a time, all of them together.
    kinds: BTreeMap<Option<String>, Serving>,
}

impl Fingerprints {
    /// Nothing is known of nobody.
    pub fn new() -> Fingerprints {
        Fingerprints::default()
    }

    /// These are the hosts, each with its kind if it has one. What is known of others is forgotten, and what is observed of them ignored.
    pub fn set_hosts<'a>(&mut self, hosts: impl IntoIterator<Item = (SocketAddr, Option<&'a str>)>) {
        let mut before = std::mem::take(&mut self.hosts);
        for (address, kind) in hosts {
            let mut host = before.remove(&address).unwrap_or_default();
            host.kind = kind.map(str::to_owned);
            self.hosts.insert(address, host);
        }
        let hosts = &self.hosts;
        self.kinds.retain(|kind, _| hosts.values().any(|host| host.kind == *kind));
    }

    /// The id means something else from now on: what was learnt under it is forgotten.
    pub fn forget_class(&mut self, class: ClassId) {
        self.classes.remove(&class);
        self.hosts.values_mut().for_each(|host| host.forget(class));
    }

    /// The host says itself how many requests it serves at a time; `None`: it does not say any more.
    pub fn told_parallelism(&mut self, host: SocketAddr, slots: Option<u32>) {
        if let Some(host) = self.hosts.get_mut(&host) {
            host.told = slots.filter(|&slots| slots > 0);
        }
    }

    /// One exchange has ended.
    pub fn observe(&mut self, seen: &Observed) {
        let Some(host) = self.hosts.get_mut(&seen.host) else { return };
        if seen.end == End::Cancelled {
            return;
        }
        let class = self.classes.entry(seen.class).or_default();
        let size = seen.size.filter(|size| (0.0..=SIZE_MAX).contains(size));
        size.into_iter().for_each(|size| class.sized(size));
        host.judge(seen);
        if seen.end == End::Served {
            let size = size.unwrap_or(class.mean_size());
            let kind = self.kinds.entry(host.kind.clone()).or_default();
            Ground { host, class, all: &mut self.all, kind }.learn_time(seen, size);
        }
    }

    /// How much service the host has given evidence of, in exchanges that found a free slot; 0 for hosts unknown.
    pub fn evidence(&self, host: SocketAddr) -> f64 {
        self.hosts.get(&host).map_or(0.0, HostPrint::evidence)
    }

    /// How many times as long as its cells say a host takes just now, as a logarithm, chance included; `None` for hosts unknown.
    pub fn pace_log(&self, host: SocketAddr) -> Option<f64> {
        self.hosts.get(&host).map(|host| host.pace.log())
    }

    /// The classes that anything is known of.
    pub fn classes(&self) -> impl Iterator<Item = ClassId> {
        self.classes.iter().filter(|(_, class)| class.evidence() >= CLASS_MIN).map(|(&id, _)| id)
    }

    /// How many requests hosts of the same kind serve at a time, as all their answers together tell.
    fn usual_slots(&self, host: &HostPrint) -> Option<Slots> {
        self.kinds.get(&host.kind)?.slots()
    }

    /// Estimates as of `now`.
    pub fn estimator(&self, now: Time) -> Estimator<'_> {
        Estimator::new(self, now)
    }
}

/// All that one exchange tells something about.
struct Ground<'a> {
    host: &'a mut HostPrint,
    class: &'a mut Class,
    all: &'a mut Class,
    kind: &'a mut Serving,
}

impl Ground<'_> {
    /// Learns from how long an exchange took: whether it waited, and if not, what its class takes.
    ///
    /// What slows the host down just now is none of the class's: cells are about the host as it was first known.
    fn learn_time(self, seen: &Observed, size: f64) {
        let Ground { host, class, all, kind } = self;
        let sigma = class.spread.sigma();
        let took_ns = seen.took.as_nanos() as f64 / host.pace.factor(sigma, seen.now);
        let anywhere = estimate::class_fit(class, all);
        let here = anywhere.map(|fit| host.fit(host.cells.get(&seen.class), fit, class, 0.0).at(size));
        if let Some(expected_ns) = here.filter(|_| class.evidence() >= CLASS_MIN) {
            host.waited(seen.in_flight, took_ns / expected_ns, expected_ns);
            kind.observe(seen.in_flight, took_ns / expected_ns);
        }
        if seen.in_flight >= host.free_below(kind.slots()) {
            return;
        }
        if let Some(expected_ns) = here {
            let log = (seen.took.as_nanos() as f64).max(1.0).ln() - expected_ns.max(1.0).ln();
            host.pace.observe(log - class.spread.mean_log(), seen.now);
        }
        let over = |expected_ns: Option<f64>| took_ns / expected_ns.unwrap_or(took_ns).max(1.0);
        let took_ns = here.filter(|_| host.evidence() >= KNOWN).map_or(took_ns, |ns| clipped(took_ns, ns, sigma));
        let relative = anywhere.map_or(1.0, |fit| fit.at(size) / fit.at(class.mean_size()).max(1.0)).max(1e-2);
        let learnt = Learnt { size, took_ns, relative, ratio: over(here), now: seen.now };
        let log = over(anywhere.map(|fit| fit.at(size))).max(1e-9).ln() - class.spread.mean_log();
        class.learn(&learnt);
        all.learn(&Learnt { size: 0.0, relative: 1.0, ratio: 1.0, ..learnt });
        host.learn(seen.class, &learnt, log);
    }
}

/// What an exchange teaches a host that is known: not more than what it took times `OUTLIER` deviations off what was expected. A
/// host that is ten times as slow for a second must not be remembered for that by each of its cells; its pace has it.
fn clipped(took_ns: f64, expected_ns: f64, sigma: f64) -> f64 {
    let most = (OUTLIER * sigma).clamp(OUTLIER_LOG.0, OUTLIER_LOG.1).exp();
    took_ns.clamp(expected_ns / most, expected_ns * most)
}

/// An exchange to learn from: it did not wait.
#[derive(Clone, Copy, Debug)]
struct Learnt {
    size: f64,
    took_ns: f64,
    /// What its size lets expect over what the mean size does.
    relative: f64,
    /// What it took over what was expected here.
    ratio: f64,
    now: Time,
}

#[cfg(test)]
mod tests;
