//! Lines of those who wait for a place on a host that is at its limit, one at each balancer and host. First come, first
//! served; whoever has left is passed over.

use outrider_pilot::Exchange;

use super::World;
use crate::balancer::host_at;
use crate::job::{Ending, JourneyId};

impl World {
    /// As many of those who stand in line for a host at this balancer as there is room for.
    pub(super) fn call_next(&mut self, balancer: usize, host: u16) {
        let line = usize::from(host);
        let now = self.balancers[balancer].reads(self.now);
        while let Some(&id) = self.balancers[balancer].lines[line].front() {
            let journey = self.journeys.get_mut(id);
            let standing = journey.filter(|journey| {
                journey.passage.waiting.as_ref().is_some_and(|waiting| host_at(waiting.host().address) == host)
            });
            if let Some(journey) = standing {
                let waiting = journey.passage.waiting.as_ref().expect("it stands in line");
                let Some(exchange) = Exchange::try_begin(waiting.host(), false, now) else { return };
                journey.passage.waiting = None;
                let lesson = journey.passage.lesson.take();
                journey.passage.exchange = Some(exchange.carrying(journey.passage.work).teaching(lesson));
                self.send(id, host);
            }
            self.balancers[balancer].lines[line].pop_front();
        }
    }

    /// Who has stood in line for too long is refused.
    pub(super) fn stop_standing(&mut self, id: JourneyId, attempt: u32) {
        let Some(journey) = self.journeys.get_mut(id) else { return };
        if journey.passage.attempts == attempt && journey.passage.waiting.take().is_some() {
            self.settle(id, Ending::NoPlace);
        }
    }

    /// Moves a request out of the line of a host that was ejected.
    pub(super) fn move_in_line(&mut self, id: JourneyId) {
        let Some(waiting) = self.journeys.get_mut(id).and_then(|journey| journey.passage.waiting.take()) else {
            return;
        };
        let host = host_at(waiting.host().address);
        drop(waiting);
        match self.next_after(id, host) {
            Some(chosen) => self.board(id, &chosen),
            None => self.settle(id, Ending::NoPlace),
        }
    }
}
