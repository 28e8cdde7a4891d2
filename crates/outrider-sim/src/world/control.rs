//! What happens by the clock: balancers judge their hosts and check their health, and the world looks at itself.

use std::time::Duration;

use outrider_core::{Random, Time};

use super::{CHECKS, World};
use crate::event::Event;
use crate::host::{Condition, Discipline};
use crate::job::{Journey, JourneyId};
use crate::measured::HostSample;

const TICK: Duration = Duration::from_millis(100);
const LOOK: Duration = Duration::from_millis(100);
/// How long a request waits before it looks whether its host still stands.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How long a balancer waits for an answer to begin.
const FIRST_BYTE: Duration = Duration::from_secs(60);

impl World {
    /// Sets every clock to a phase of its own: real balancers do not tick in step.
    pub(super) fn wind_clocks(&mut self, seed: u64) {
        self.agenda.put(Time::ZERO, Event::Look);
        if self.oracle.is_some() {
            return;
        }
        let mut random = Random::stream(seed, CHECKS);
        for balancer in 0..self.setting.scenario.instances {
            self.agenda.put(Time::ZERO + TICK.mul_f64(random.unit()), Event::Tick(balancer));
            for host in (0..).take(self.hosts.len()) {
                let health = &self.balancers[usize::from(balancer)].view().settings().health;
                let first = health.interval.mul_f64(random.unit());
                if health.enabled {
                    self.agenda.put(Time::ZERO + first, Event::Check { balancer, host });
                }
            }
        }
    }

    /// A balancer judges; what waits at hosts that it takes out moves.
    pub(super) fn tick(&mut self, balancer: u16) {
        let at = usize::from(balancer);
        self.balancers[at].tick(self.now);
        self.agenda.put(self.now + TICK, Event::Tick(balancer));
        if self.balancers[at].uneasy {
            self.move_the_stranded(balancer);
        }
    }

    fn move_the_stranded(&mut self, balancer: u16) {
        let here = |journey: &Journey| journey.balancer == balancer;
        for id in self.those_who(|journey| here(journey) && journey.stands_at_suspended()) {
            self.move_in_line(id);
        }
        let now = self.now;
        let stranded =
            |journey: &Journey| here(journey) && journey.is_stranded() && now.since(journey.passage.sent) >= FIRST_LOOK;
        for id in self.those_who(stranded) {
            self.move_on(id);
        }
    }

    fn those_who(&self, wanted: impl Fn(&Journey) -> bool) -> Vec<JourneyId> {
        self.journeys.ids().filter(|id| self.journeys.get(*id).is_some_and(&wanted)).collect()
    }

    /// A health check begins; a host that hangs lets it wait until its time is up.
    pub(super) fn check(&mut self, balancer: u16, host: u16) {
        let timeout = self.balancers[usize::from(balancer)].view().settings().health.timeout;
        let there_and_back = self.network.delay() + self.network.delay();
        let (healthy, after) = match self.hosts[usize::from(host)].condition() {
            Condition::Serving { .. } | Condition::FailingFast => (true, there_and_back),
            Condition::Closed => (false, there_and_back),
            Condition::Hung => (false, timeout),
        };
        self.agenda.put(self.now + after.min(timeout), Event::Checked { balancer, host, healthy });
    }

    pub(super) fn checked(&mut self, balancer: u16, host: u16, healthy: bool) {
        let at = usize::from(balancer);
        self.balancers[at].health_checked(host, healthy, self.now);
        let interval = self.balancers[at].view().settings().health.interval;
        self.agenda.put(self.now + interval, Event::Check { balancer, host });
    }

    /// A look at the hosts, and at those who have waited too long.
    pub(super) fn look(&mut self) {
        self.agenda.put(self.now + LOOK, Event::Look);
        self.sample();
        if self.record.samples.len().is_multiple_of(10) && self.can_be_overdue() {
            let now = self.now;
            let overdue = |journey: &Journey| now.since(journey.passage.sent) >= FIRST_BYTE && journey.is_in_flight();
            for id in self.those_who(overdue) {
                self.overdue(id);
            }
        }
    }

    /// Whether an answer may not have begun for longer than a balancer waits. A language model's begins with its first
    /// token, long before it is whole.
    fn can_be_overdue(&self) -> bool {
        let scenario = &self.setting.scenario;
        scenario.clients.timeout > FIRST_BYTE && scenario.discipline != Discipline::Batching
    }

    fn sample(&mut self) {
        let (now, hosts) = (self.now, &mut self.hosts);
        let count = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        self.record.samples.push(HostSample {
            at: now.since(Time::ZERO),
            picks: Some(self.record.picks.clone()),
            arrived: hosts.iter().map(crate::host::Host::arrived).collect(),
            busy_s: hosts.iter_mut().map(|host| host.busy_s(now)).collect(),
            in_service: hosts.iter().map(|host| count(host.present().0)).collect(),
            queued: hosts.iter().map(|host| count(host.present().1)).collect(),
        });
    }
}
