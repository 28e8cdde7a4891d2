//! The verdicts of a tick, carried out: who goes out, who is tried, who comes back.

use std::net::SocketAddr;
use std::time::Duration;

use super::Pool;
use super::member::{AgentView, Member, Phase};
use super::status::HostEvent;
use crate::guards::ejection::{self, Cause, Symptoms};
use crate::guards::health::Health;
use crate::guards::trial::{self, Trial};
use crate::settings::StrategyKind;

/// What a first look over all hosts says must be looked at more closely. In a calm pool it is nothing, and a tick is one
/// pass.
#[derive(Clone, Copy, Debug, Default)]
struct Signs {
    /// Some host fails or is silent.
    symptoms: bool,
    /// Some host is out, on trial, or was.
    ejections: bool,
}

impl Pool {
    /// One round over all hosts.
    pub(super) fn judge(&mut self) {
        let signs = self.observe();
        if !self.settings.ejection.enabled {
            return;
        }
        if signs.ejections {
            self.begin_trials();
            self.judge_trials();
            self.forgive_old_ejections();
        }
        if signs.symptoms {
            self.eject_outliers();
        }
    }

    fn observe(&mut self) -> Signs {
        let (mut signs, rest_before, mut slowest) = (Signs::default(), self.answers, Duration::ZERO);
        for member in self.members.values_mut() {
            let live = &member.host.live;
            let answers = member.record.observe(live, rest_before, self.settings.ejection.window, self.now);
            self.answers.add(answers);
            signs.symptoms |= member.record.has_symptoms(self.settings.ejection.stall);
            signs.ejections |= member.ejections > 0;
            slowest = slowest.max(member.record.slowest().unwrap_or_default());
        }
        self.slowest.hear(slowest, self.now);
        signs
    }

    /// Lifts the verdicts of guards that the settings have switched off.
    pub(super) fn lift_what_is_off(&mut self) {
        let addresses: Vec<SocketAddr> = self.members.keys().copied().collect();
        for address in addresses {
            let Some(member) = self.members.get_mut(&address) else { continue };
            if !self.settings.health.enabled {
                member.health = Health::default();
            }
            if self.settings.agent.is_none() {
                member.agent = AgentView::default();
            }
            if self.settings.strategy != StrategyKind::GrpcWrr {
                member.earned_share = None;
            }
            if !self.settings.ejection.enabled && !matches!(member.phase, Phase::In { .. }) {
                self.bring_back(address);
            }
        }
    }

    /// A host that checks have seen go down and come up again is not the one that was ejected: it is tried at once.
    pub(super) fn try_again(&mut self, address: SocketAddr) {
        if self.members.get(&address).is_some_and(Member::is_ejected) {
            self.begin_trial(address);
        }
    }

    fn begin_trials(&mut self) {
        let is_due = |member: &&Member| {
            matches!(member.phase, Phase::Out { until, .. } if self.now >= until)
                && member.is_healthy()
                && !self.fails_checks(member)
        };
        for address in self.addresses(is_due) {
            self.begin_trial(address);
        }
    }

    fn judge_trials(&mut self) {
        let on_trial = self.addresses(|member| matches!(member.phase, Phase::Trial { .. }));
        let others = if on_trial.is_empty() { None } else { self.median_slowest() };
        for address in on_trial {
            let member = &self.members[&address];
            match self.judge_trial(member, others) {
                Trial::Failed => self.eject(address, Cause::TrialFailed),
                Trial::Passed | Trial::Untested if member.is_healthy() && !self.fails_checks(member) => {
                    self.bring_back(address);
                }
                Trial::Open | Trial::Passed | Trial::Untested => {}
            }
        }
    }

    fn judge_trial(&self, member: &Member, others: Option<Duration>) -> Trial {
        let Phase::Trial { since } = member.phase else {
            return Trial::Open;
        };
        let settings = &self.settings.ejection;
        let stall = ejection::patience(member.record.slowest(), others, settings);
        trial::judge(&member.host.live, since, stall, settings.base_time, self.now)
    }

    fn eject_outliers(&mut self) {
        let (addresses, symptoms): (Vec<SocketAddr>, Vec<Symptoms>) = self.symptoms().unzip();
        let verdicts = ejection::judge(&symptoms, self.slowest.get(), &self.settings.ejection, self.now);
        for (at, why) in verdicts.into_iter().take(self.room()) {
            self.eject(addresses[at], why);
        }
    }

    /// How many hosts more may be ejected.
    fn room(&self) -> usize {
        let usable = self.members.values().filter(|member| member.drained_by().is_none());
        let (total, out) = usable.fold((0, 0), |(total, out), member| {
            (total + 1, out + usize::from(!matches!(member.phase, Phase::In { .. })))
        });
        ejection::allowed(total, &self.settings.ejection).saturating_sub(out)
    }

    /// Each base time without an ejection takes one off the count that lengthens the next.
    fn forgive_old_ejections(&mut self) {
        let base_time = self.settings.ejection.base_time;
        for member in self.members.values_mut().filter(|member| member.ejections > 0) {
            match member.phase {
                Phase::In { since } if self.now.since(since) >= base_time => {
                    member.ejections -= 1;
                    member.phase = Phase::In { since: self.now };
                }
                _ => {}
            }
        }
    }

    fn symptoms(&self) -> impl Iterator<Item = (SocketAddr, Symptoms)> {
        let trusted = |member: &&Member| matches!(member.phase, Phase::In { .. }) && member.drained_by().is_none();
        let all = self.members.values().filter(trusted);
        all.map(|member| (member.spec.address, member.record.symptoms(&member.host.live, self.answers)))
    }

    fn median_slowest(&self) -> Option<Duration> {
        let (_, symptoms): (Vec<_>, Vec<Symptoms>) = self.symptoms().unzip();
        ejection::median_slowest(&symptoms)
    }

    fn addresses(&self, which: impl Fn(&&Member) -> bool) -> Vec<SocketAddr> {
        self.members.values().filter(which).map(|member| member.spec.address).collect()
    }

    /// Whether a host that is asked for a page does not give it.
    fn fails_checks(&self, member: &Member) -> bool {
        let health = &self.settings.health;
        health.enabled && health.path.is_some() && member.health.failed_last()
    }

    fn eject(&mut self, address: SocketAddr, why: Cause) {
        let Some(member) = self.members.get_mut(&address) else { return };
        member.ejections = member.ejections.saturating_add(1);
        let length = ejection::length(member.ejections, &self.settings.ejection);
        member.phase = Phase::Out { why, until: self.now + length };
        self.events.push(HostEvent::Ejected { address, why, length });
    }

    fn begin_trial(&mut self, address: SocketAddr) {
        let Some(member) = self.members.get_mut(&address) else { return };
        member.host.live.trial().open();
        member.phase = Phase::Trial { since: self.now };
        self.events.push(HostEvent::TrialStarted { address });
    }

    fn bring_back(&mut self, address: SocketAddr) {
        let Some(member) = self.members.get_mut(&address) else { return };
        member.host.live.forgive();
        member.record.restart(&member.host.live, self.answers, self.now);
        member.phase = Phase::In { since: self.now };
        self.events.push(HostEvent::Returned { address });
    }
}

#[cfg(test)]
mod tests;
