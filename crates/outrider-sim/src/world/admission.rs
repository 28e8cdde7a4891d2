//! A request's dealings with the storm guard, as in the proxy: let through or shed before a host is picked, and what became
//! of it told at its end, whichever way it ends.

use outrider_core::ClassKey;
use outrider_pilot::Verdict;

use super::World;
use crate::balancer::class_id;
use crate::job::{Ending, JourneyId};

impl World {
    /// Whether the balancer lets the request through.
    pub(super) fn admit(&mut self, id: JourneyId) -> bool {
        let now = self.now;
        let journey = self.journeys.get_mut(id).expect("who asks is there");
        let class = journey.class();
        let balancer = &mut self.balancers[usize::from(journey.balancer)];
        journey.passage.admitted = balancer.admit(class, now);
        journey.passage.admitted.is_some()
    }

    /// Tells the guard what became of the request, once.
    pub(super) fn tell_guard(&mut self, id: JourneyId, ending: Ending) {
        let now = self.now;
        let Some(journey) = self.journeys.get_mut(id) else { return };
        let (class, asked) = (journey.class(), journey.passage.asked);
        let Some(admitted) = journey.passage.admitted.take() else { return };
        let balancer = &self.balancers[usize::from(journey.balancer)];
        let view = balancer.view();
        let guard = view.storm_guard();
        let verdict = match ending {
            Ending::Answered { status, .. } if view.settings().storm_guard.statuses.contains(&status) => {
                Verdict::NotAccepted
            }
            // A failure is often quicker than what is usual.
            Ending::Answered { status: 500.., .. } | Ending::Broken => Verdict::Accepted { after: None },
            Ending::Answered { .. } => Verdict::Accepted { after: Some(now.since(asked)) },
            Ending::Refused | Ending::Silent => Verdict::NotAccepted,
            Ending::LeftAlone if guard.is_slow(class_id(class), key(class), now.since(asked)) => Verdict::NotAccepted,
            Ending::LeftAlone | Ending::NoPlace | Ending::Shed => Verdict::Unknown,
        };
        guard.settle(admitted, verdict, balancer.reads(now));
    }
}

/// Every class of a scenario has a key of its own.
pub(crate) fn key(class: u16) -> ClassKey {
    ClassKey(u64::from(class))
}
