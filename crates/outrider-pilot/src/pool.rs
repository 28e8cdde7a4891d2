//! The slow-path owner of one pool: it is told what is so, judges, and publishes views.
//!
//! One thread owns a pool (`&mut self`). What the fast path needs leaves it in two ways: as an immutable [`PoolView`],
//! and through the atomics of each [`Host`](crate::Host).

mod accuracy;
mod expected;
mod judging;
mod lasting;
mod learning;
mod member;
mod record;
mod reliance;
mod removed;
mod status;
mod values;
mod view;
mod weighing;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use outrider_core::{ClassId, Time};

use crate::agent::AgentReport;
use crate::guards::health::Turned;
use crate::guards::panic::is_panic;
use crate::guards::retry_budget::RetryBudget;
use crate::guards::storm::{StormGuard, StormWatch};
use crate::settings::{HostSpec, PoolSettings, StrategyKind};
use crate::strategies::Lasting;
use accuracy::Accounts;
use learning::Learning;
use member::{Member, Role};
use record::{Answers, Slowest};
use reliance::Reliance;
use removed::Removed;
use values::Lessons;

pub use accuracy::{Accuracy, Reckoning};
pub use expected::Expected;
pub use learning::EngineFault;
pub use reliance::{HostPrediction, PredictionStatus};
pub use status::{DrainedBy, HostEvent, HostState, HostStatus, UnknownHost};
pub use view::{Explanation, NoHost, Pick, PickRequest, PoolView, Quoted};

/// How fast the pool's slowest answer fades from memory. Long, for what is learnt here is that such answers exist.
const SLOWEST_DECAY_S: f64 = 600.0;

/// Hosts that serve the same thing, and all that is known and decided about them.
#[derive(Debug)]
pub struct Pool {
    name: Arc<str>,
    settings: Arc<PoolSettings>,
    /// By address, so that a source that shuffles its list changes nothing.
    members: BTreeMap<SocketAddr, Member>,
    removed: Removed,
    lasting: Lasting,
    budget: RetryBudget,
    storm_guard: StormGuard,
    storm_watch: StormWatch,
    /// All answers of all hosts so far, as the ticks have seen them.
    answers: Answers,
    /// The slowest answer of any host.
    slowest: Slowest,
    learning: Learning,
    accounts: Accounts,
    reliance: Reliance,
    lessons: Lessons,
    /// When the weights that hosts earn were last renewed.
    weighed: Option<Time>,
    panic: bool,
    version: u64,
    /// What the current version shows.
    roles: Vec<Role>,
    events: Vec<HostEvent>,
    now: Time,
}

impl Pool {
    /// A pool without hosts.
    pub fn new(settings: PoolSettings, now: Time) -> Pool {
        let mut pool = Pool {
            name: settings.name.as_str().into(),
            budget: RetryBudget::new(&settings.retry),
            storm_guard: StormGuard::new(&settings.storm_guard),
            storm_watch: StormWatch::default(),
            settings: Arc::new(settings),
            members: BTreeMap::new(),
            removed: Removed::default(),
            lasting: Lasting::new(),
            answers: Answers::default(),
            slowest: Slowest::fading(SLOWEST_DECAY_S, now),
            learning: Learning::default(),
            accounts: Accounts::default(),
            reliance: Reliance::new(now),
            lessons: Lessons::default(),
            weighed: None,
            panic: false,
            version: 1,
            roles: Vec::new(),
            events: Vec::new(),
            now,
        };
        pool.settle_ring(&[]);
        pool
    }

    /// What it is told to do.
    pub fn settings(&self) -> &PoolSettings {
        &self.settings
    }

    /// Other settings for the same pool. Hosts, verdicts and counters stay, except those of a guard that is now off.
    pub fn reconfigure(&mut self, settings: PoolSettings, now: Time) {
        self.now = now;
        if *self.settings == settings {
            return;
        }
        self.budget = self.budget.with(&settings.retry);
        self.storm_guard = self.storm_guard.with(&settings.storm_guard);
        if self.settings.q_learning != settings.q_learning {
            self.forget_values();
        }
        self.settings = Arc::new(settings);
        self.version += 1;
        self.settle_student();
        self.lift_what_is_off();
        self.settle();
    }

    /// These are the hosts now. One that was there before, by address, keeps its counters and verdicts, and so does one
    /// that was removed within the last 10 minutes. Of an address listed twice the first entry counts. What is in
    /// flight on a removed host ends on its own.
    pub fn set_hosts(&mut self, specs: &[HostSpec], now: Time) {
        self.now = now;
        let mut before = std::mem::take(&mut self.members);
        for spec in specs {
            if self.members.contains_key(&spec.address) {
                continue;
            }
            let returned = || self.removed.take(spec.address, now).map(Member::begun_anew);
            let known = before.remove(&spec.address).or_else(returned);
            let mut member = known.unwrap_or_else(|| Member::new(&self.name, spec, now));
            member.spec = spec.clone();
            self.members.insert(spec.address, member);
        }
        self.removed.extend(before.into_values(), now);
        self.learn_hosts();
        self.settle_student();
        self.weighed = None;
        self.weigh();
        self.settle();
    }

    /// A health check of a host has ended. Ignored for hosts that are not (or no longer) in the pool.
    pub fn health_checked(&mut self, address: SocketAddr, healthy: Result<(), String>, now: Time) {
        self.now = now;
        let Some(member) = self.members.get_mut(&address) else {
            return;
        };
        match member.health.checked(healthy, &self.settings.health) {
            None => return,
            Some(Turned::Unhealthy(why)) => self.events.push(HostEvent::Unhealthy { address, why }),
            Some(Turned::Healthy) => {
                self.events.push(HostEvent::Healthy { address });
                self.try_again(address);
            }
        }
        self.settle();
    }

    /// A host's agent has reported. Ignored for hosts that are not (or no longer) in the pool.
    pub fn agent_reported(&mut self, address: SocketAddr, report: AgentReport, now: Time) {
        self.now = now;
        let Some(member) = self.members.get_mut(&address) else {
            return;
        };
        if member.agent.hear(&report) {
            self.events.push(HostEvent::AgentReported { address, report });
            self.settle();
        }
    }

    /// From now on the host gets no new requests, or gets them again. What is in flight goes on.
    pub fn set_drained(&mut self, address: SocketAddr, drained: bool) -> Result<(), UnknownHost> {
        self.member(address)?.drained = drained;
        self.settle();
        Ok(())
    }

    /// The host's weight from now on; `None` is the configured one.
    pub fn set_weight(&mut self, address: SocketAddr, weight: Option<u32>) -> Result<(), UnknownHost> {
        self.member(address)?.weight = weight;
        self.settle();
        Ok(())
    }

    /// Judges all hosts by what has happened since the last tick; to be called every 100 ms. Returns what has changed
    /// since then, by verdicts and by reports.
    pub fn tick(&mut self, now: Time) -> Vec<HostEvent> {
        self.now = now;
        self.events.extend(self.storm_watch.look(&self.storm_guard, now));
        self.judge();
        if !self.events.is_empty() {
            self.settle();
        }
        self.weigh();
        self.foresee();
        self.note_reliance();
        self.publish_values();
        self.note_in_flight();
        std::mem::take(&mut self.events)
    }

    /// From now on `class` means another class than before: what the guards have counted of it is forgotten.
    pub fn forget_class(&mut self, class: ClassId) {
        self.storm_guard.forget(class);
        self.forget_what_was_learnt(class);
    }

    /// The same for all classes, and for what has none.
    pub fn forget_classes(&mut self) {
        self.storm_guard.forget_all();
        self.learning = Learning::default();
        self.learn_hosts();
    }

    /// Grows whenever [`Pool::view`] would differ.
    pub fn version(&self) -> u64 {
        self.version
    }

    /// The pool as the fast path shall see it from now on. From here on its ejected hosts are suspended.
    pub fn view(&self) -> PoolView {
        self.suspend_the_ejected();
        PoolView::new(self)
    }

    /// All hosts with all that is known of them, by address.
    pub fn hosts(&self) -> Vec<HostStatus> {
        self.members.values().map(|member| member.status(self.now)).collect()
    }

    fn member(&mut self, address: SocketAddr) -> Result<&mut Member, UnknownHost> {
        let unknown = || UnknownHost { pool: self.name.to_string(), address };
        self.members.get_mut(&address).ok_or_else(unknown)
    }

    /// With the view, not with the verdict: while the last view stands it may still lead to them (panic that a health check
    /// has ended), and a request does not go where it is told to leave at once.
    fn suspend_the_ejected(&self) {
        for (role, member) in self.roles.iter().zip(self.members.values()) {
            member.host.live.set_suspended(role.ejected && !self.panic);
        }
    }

    /// Draws the consequences of whatever has changed: panic, limits of the hosts, the version.
    fn settle(&mut self) {
        let roles: Vec<Role> = self.members.values().map(Member::role).collect();
        self.settle_panic(&roles);
        for member in self.members.values() {
            member.host.live.set_max_connections(member.limit(&self.settings.breaker));
            member.host.live.set_wants_feedback(self.settings.strategy == StrategyKind::C3);
            if self.settings.strategy == StrategyKind::PrequalLocal {
                member.host.live.remember_latencies();
            }
        }
        self.settle_ring(&roles);
        if roles != self.roles {
            self.roles = roles;
            self.version += 1;
        }
    }

    fn settle_panic(&mut self, roles: &[Role]) {
        let total = roles.iter().filter(|role| role.is_usable()).count();
        let fit = roles.iter().filter(|role| role.is_fit()).count();
        let panic = is_panic(fit, total);
        if panic != self.panic {
            self.panic = panic;
            self.version += 1;
            self.events.push(HostEvent::Panic { on: panic, fit, total });
        }
    }
}

#[cfg(test)]
mod tests;
