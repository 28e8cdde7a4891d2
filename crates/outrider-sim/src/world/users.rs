//! Users: how long they wait, how often they ask, and what they end up with.

use std::time::Duration;

use outrider_core::Time;

use super::World;
use crate::event::Event;
use crate::job::{Ending, JourneyId, Passage};
use crate::measured::{End, Row};

/// Until when a user waits for one try.
#[derive(Clone, Copy, Debug)]
pub(super) struct Deadline {
    at: Time,
    journey: JourneyId,
    tries: u8,
}

impl World {
    /// The user will wait so long for this try and no longer.
    pub(super) fn expect_patience(&mut self, journey: JourneyId, tries: u8) {
        let at = self.now + self.setting.scenario.clients.timeout;
        self.deadlines.push_back(Deadline { at, journey, tries });
    }

    /// When the next user loses patience. Those who have been answered are forgotten on the way.
    pub(super) fn next_deadline(&mut self) -> Option<Time> {
        while let Some(deadline) = self.deadlines.front() {
            let journey = self.journeys.get(deadline.journey);
            if journey.is_some_and(|journey| journey.tries == deadline.tries && journey.is_asking()) {
                return Some(deadline.at);
            }
            self.deadlines.pop_front();
        }
        None
    }

    /// The first user to lose patience does.
    pub(super) fn give_up(&mut self) {
        let Some(Deadline { at, journey, tries }) = self.deadlines.pop_front() else { return };
        self.now = at;
        self.record.note(at, &(journey, tries));
        self.abandon(journey);
        self.settle(journey, Ending::LeftAlone);
    }

    /// A try has ended: the user asks again later, or this is what they end up with.
    pub(super) fn settle(&mut self, id: JourneyId, ending: Ending) {
        self.tell_guard(id, ending);
        let journey = self.journeys.get_mut(id).expect("who is answered is there");
        let clients = &self.setting.scenario.clients;
        if is_worth_another(ending.end()) && journey.tries <= clients.retries {
            journey.passage = Passage::default();
            let wait = self.wait(id);
            return self.agenda.put(self.now + wait, Event::CameBack(id));
        }
        self.end_journey(id, ending);
    }

    fn wait(&mut self, id: JourneyId) -> Duration {
        let clients = &self.setting.scenario.clients;
        let tries = self.journeys.get(id).expect("who rests is there").tries;
        let longest = clients.backoff.saturating_mul(1 << u32::from(tries - 1).min(30)).min(clients.backoff_max);
        if clients.jitter { longest.mul_f64(self.luck.users.unit()) } else { longest }
    }

    fn end_journey(&mut self, id: JourneyId, ending: Ending) {
        let journey = self.journeys.take(id).expect("who is answered is there");
        self.record.ended += 1;
        let at = usize::try_from(journey.request.number).expect("rows are counted by it");
        self.record.rows[at] = Some(Row {
            scheduled_us: journey.request.at.as_nanos() / 1_000,
            latency_us: u64::try_from(self.now.since(journey.request.at).as_micros()).unwrap_or(u64::MAX),
            late_us: 0,
            class: journey.class(),
            host: ending.host(),
            end: ending.end(),
            tries: journey.tries,
            #[expect(clippy::cast_possible_truncation, reason = "24 bits are enough")]
            size: journey.request.size as f32,
        });
    }

    /// Who still waits when the round ends has timed out.
    pub(super) fn record_the_unfinished(&mut self) {
        let ids: Vec<JourneyId> = self.journeys.ids().collect();
        for id in ids {
            self.abandon(id);
            self.end_journey(id, Ending::LeftAlone);
        }
    }
}

/// Whether another try may do better.
fn is_worth_another(end: End) -> bool {
    matches!(end, End::TimedOut | End::Status(429 | 500..))
}
