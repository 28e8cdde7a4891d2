//! Where a request goes: the first host, and those after it, within the retry budget.

use outrider_pilot::{NoHost, PickRequest};

use super::{Act, Picked, World};
use crate::balancer::{Chosen, address, class_id, host_at};
use crate::job::JourneyId;

impl World {
    /// The host of a try.
    pub(super) fn pick(&mut self, id: JourneyId) -> Result<Chosen, NoHost> {
        let journey = self.journeys.get(id).expect("who asks is there");
        let balancer = &mut self.balancers[usize::from(journey.balancer)];
        let request = PickRequest {
            class: class_id(journey.class()),
            tried: &journey.passage.tried,
            repeatable: true,
            size: Some(journey.size()),
            key: Some(journey.key()),
            now: balancer.reads(self.now),
        };
        let chosen = balancer.pick(&request)?;
        if self.witness.watching {
            let picked = self.seen(id, &chosen);
            self.note(id, Act::Picked(picked));
        }
        self.send_probes(id);
        Ok(chosen)
    }

    /// The host of a further try than the one that holds a place now, settled and charged to the budget.
    pub(super) fn next(&mut self, id: JourneyId) -> Option<Chosen> {
        let exchange = self.journeys.get(id)?.passage.exchange.as_ref()?;
        let failed = host_at(exchange.host().address);
        self.next_after(id, failed)
    }

    /// The same for a request that `failed` has failed, or has kept waiting.
    pub(super) fn next_after(&mut self, id: JourneyId, failed: u16) -> Option<Chosen> {
        let balancer = self.balancer_of(id);
        let retries = self.balancers[balancer].view().settings().retry.max as usize;
        let passage = &mut self.journeys.get_mut(id)?.passage;
        if passage.tried.len() >= retries {
            return None;
        }
        passage.tried.push(address(failed));
        let next = self.pick(id).ok();
        let balancer = &self.balancers[balancer];
        let next = next.filter(|_| balancer.view().retry_budget().try_retry(balancer.reads(self.now)));
        match next {
            Some(_) => self.note(id, Act::Retried),
            None => drop(self.journeys.get_mut(id)?.passage.tried.pop()),
        }
        next
    }

    pub(super) fn note(&mut self, id: JourneyId, act: Act) {
        let balancer = self.journeys.get(id).expect("who is served is there").balancer;
        self.witness.note(balancer, act);
    }

    /// How things stand at a pick.
    fn seen(&self, id: JourneyId, chosen: &Chosen) -> Picked {
        let journey = self.journeys.get(id).expect("who is served is there");
        let tried = &journey.passage.tried;
        let candidates = self.balancers[self.balancer_of(id)].view().candidates();
        let mut others = candidates.filter(|host| !tried.contains(&host.address));
        Picked {
            host: chosen.index(),
            trial: chosen.trial,
            full: chosen.full,
            ejected: chosen.host.live.is_suspended(),
            tried: tried.contains(&chosen.host.address),
            room_elsewhere: others.any(|host| !host.live.is_full()),
            class: journey.class(),
            size: journey.size(),
            work: chosen.work,
        }
    }
}
