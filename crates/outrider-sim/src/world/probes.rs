//! Probes: what a pick has wanted to know, and what hosts answer. A host answers at once, though it is busy, and though it
//! fails whatever else it is asked; one that hangs or is closed does not.

use super::World;
use crate::balancer::host_at;
use crate::event::Event;
use crate::host::Condition;
use crate::job::{JourneyId, Probe, ProbeId};

impl World {
    /// Sends the probes that the last pick wanted.
    pub(super) fn send_probes(&mut self, id: JourneyId) {
        let index = self.journeys.get(id).expect("who asks is there").balancer;
        while let Some(host) = self.balancers[usize::from(index)].next_probe() {
            let probe = self.probes.put(Probe { balancer: index, host, sent: self.now, answer: None });
            self.agenda.put(self.now + self.network.delay(), Event::ProbeReached(probe));
        }
    }

    /// A probe is at its host.
    pub(super) fn reach_probe(&mut self, id: ProbeId) {
        let probe = self.probes.get_mut(id).expect("a probe is there until it is answered or lost");
        let host = &self.hosts[usize::from(host_at(probe.host.address))];
        if matches!(host.condition(), Condition::Serving { .. } | Condition::FailingFast) {
            probe.answer = Some(host.answer_probe(self.now));
            self.agenda.put(self.now + self.network.delay(), Event::ProbeAnswered(id));
        } else {
            self.probes.take(id);
        }
    }

    /// A probe's answer is at its balancer, if it has not taken too long.
    pub(super) fn hear_probe(&mut self, id: ProbeId) {
        let Some(Probe { balancer, host, sent, answer: Some(answer) }) = self.probes.take(id) else { return };
        let balancer = &mut self.balancers[usize::from(balancer)];
        if self.now.since(sent) <= balancer.view().settings().probe.timeout {
            self.record.probes += 1;
            balancer.probed(&host, answer, self.now);
        }
    }
}
