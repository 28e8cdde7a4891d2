//! What befalls hosts: faults on a script, and joining and leaving the pool.

use std::time::Duration;

use outrider_core::Time;
use outrider_pilot::PoolSettings;
use outrider_workload::Fault;

use super::World;
use crate::event::Event;
use crate::host::{Condition, Lie};
use crate::job::Outcome;
use crate::measured::Mark;

impl World {
    /// Puts the whole script on the agenda.
    pub(super) fn plan_weather(&mut self) {
        let scenario = &self.setting.scenario;
        let at = |after: Duration| Time::ZERO + after;
        for (line, fault) in (0..).zip(&scenario.faults) {
            self.agenda.put(at(fault.at), Event::Fault { line, begins: true });
            if let Some(lasts) = fault.lasts {
                self.agenda.put(at(fault.at + lasts), Event::Fault { line, begins: false });
            }
        }
        let joins = scenario.joins.iter().filter(|join| !join.at.is_zero()).map(|join| (join, true));
        for (line, joins) in joins.chain(scenario.leaves.iter().map(|leave| (leave, false))) {
            let host = u16::try_from(line.host).expect("hosts have been checked");
            self.agenda.put(at(line.at), Event::Move { host, joins });
        }
        if let Some(change) = &scenario.mix_change {
            self.agenda.put(at(change.at), Event::MixChange);
        }
        for (line, engine) in (0..).zip(&scenario.engine) {
            self.agenda.put(at(engine.at), Event::Engine { line });
        }
    }

    /// A line of the script begins, or ends.
    pub(super) fn strike(&mut self, line: u16, begins: bool) {
        // The script is gone once the weather has cleared.
        let Some(line) = self.setting.scenario.faults.get(usize::from(line)).copied() else { return };
        let fault = if begins { line.fault } else { Fault::None };
        self.mark(Some(line.host), fault.to_string());
        let host = u16::try_from(line.host).expect("hosts have been checked");
        self.befall(host, fault);
    }

    /// From now on every balancer's engine is as line `line` says.
    pub(super) fn break_engine(&mut self, line: u16) {
        let Some(engine) = self.setting.scenario.engine.get(usize::from(line)) else { return };
        let fault = engine.kind.fault(u64::from(line));
        self.balancers.iter_mut().for_each(|balancer| balancer.break_engine(fault));
    }

    /// From now on host `host` has `fault`.
    pub(super) fn befall(&mut self, host: u16, fault: Fault) {
        let spell = &mut self.luck.spells[usize::from(host)];
        *spell += 1;
        if let Fault::Flap(period) = fault {
            let half_ms = u32::try_from((period / 2).as_millis()).unwrap_or(u32::MAX);
            self.agenda.put(self.now + half(half_ms), Event::Flap { host, spell: *spell, half_ms });
        }
        self.enter(host, condition(fault));
    }

    /// The other half of a flapping host's period begins.
    pub(super) fn flap(&mut self, host: u16, spell: u32, half_ms: u32) {
        if self.luck.spells[usize::from(host)] != spell {
            return;
        }
        let is_closed = self.hosts[usize::from(host)].condition() == Condition::Closed;
        self.enter(host, if is_closed { Condition::Serving { slow: 1.0 } } else { Condition::Closed });
        self.agenda.put(self.now + half(half_ms), Event::Flap { host, spell, half_ms });
    }

    fn enter(&mut self, host: u16, condition: Condition) {
        let broken = self.hosts[usize::from(host)].enter(condition, self.now, &mut self.agenda);
        for job in broken {
            self.reply(job, Outcome::Broken);
        }
    }

    /// A host joins or leaves as the script has it, which is gone once the weather has cleared.
    pub(super) fn move_by_script(&mut self, host: u16, joins: bool) {
        let mut leaves = self.setting.scenario.leaves.iter();
        if joins || leaves.any(|line| line.host == usize::from(host)) {
            self.move_host(host, joins);
        }
    }

    /// A host joins every balancer's pool, or leaves it.
    pub(super) fn move_host(&mut self, host: u16, joins: bool) {
        self.mark(Some(usize::from(host)), if joins { "joins" } else { "leaves" }.to_owned());
        for balancer in &mut self.balancers {
            balancer.move_host(host, joins, self.now);
        }
        if let Some(oracle) = &mut self.oracle {
            oracle.move_host(usize::from(host), joins);
        }
    }

    /// The weather clears for good: every host begins anew, in every pool and honest, so fast that no rule overloads it; clocks
    /// and what predicts are well; and users come for `fine` more.
    pub(crate) fn clear_up(&mut self, fine: Duration) {
        self.setting.scenario.faults.clear();
        self.setting.scenario.leaves.clear();
        self.setting.end = self.now + fine;
        for host in (0..).take(self.hosts.len()) {
            self.befall(host, Fault::Die);
            self.befall(host, Fault::Slow(0.002));
            self.hosts[usize::from(host)].tell(Lie::None);
            self.move_host(host, true);
        }
        for balancer in &mut self.balancers {
            balancer.clock.lag(Duration::ZERO);
            balancer.break_engine(None);
        }
    }

    /// All balancers are told other settings.
    pub(crate) fn reload(&mut self, pool: &PoolSettings) {
        for balancer in &mut self.balancers {
            balancer.reconfigure(pool.clone(), self.now);
        }
    }

    /// Something has happened, to `host` if to one.
    pub(super) fn mark(&mut self, host: Option<usize>, what: String) {
        self.record.marks.push(Mark { at: self.now.since(Time::ZERO), host, what });
    }
}

fn half(half_ms: u32) -> Duration {
    Duration::from_millis(u64::from(half_ms.max(1)))
}

fn condition(fault: Fault) -> Condition {
    match fault {
        Fault::None => Condition::Serving { slow: 1.0 },
        Fault::Slow(slow) => Condition::Serving { slow },
        Fault::Hang => Condition::Hung,
        Fault::FailFast => Condition::FailingFast,
        Fault::Refuse | Fault::Die | Fault::Flap(_) => Condition::Closed,
    }
}
