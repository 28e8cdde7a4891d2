//! What one balancer has at its hosts, as the world knows it.

use std::sync::Arc;

use outrider_pilot::{Exchange, Host};

use crate::job::Journey;
use crate::world::World;

/// What a balancer has at one host.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Tally {
    pub(super) in_flight: u32,
    pub(super) in_line: u32,
    /// Requests in flight of which something is expected.
    pub(super) expected: u32,
    /// What they are expected to take, ns.
    pub(super) outstanding_ns: u64,
}

/// By host: all that may be picked, and all that somebody is at. One that was forgotten and came back is another.
pub(super) struct Truth<'a>(Vec<(&'a Arc<Host>, Tally)>);

impl Truth<'_> {
    pub(super) fn of(world: &World, balancer: u16) -> Truth<'_> {
        let candidates = world.balancers[usize::from(balancer)].view().candidates();
        let mut truth = Truth(candidates.map(|host| (host, Tally::default())).collect());
        let journeys = world.journeys.ids().filter_map(|id| world.journeys.get(id));
        journeys.filter(|journey| journey.balancer == balancer).for_each(|journey| truth.count(journey));
        truth
    }

    /// Hosts with what the balancer has there.
    pub(super) fn hosts(&self) -> impl Iterator<Item = (&Host, Tally)> {
        self.0.iter().map(|(host, tally)| (&***host, *tally))
    }
}

impl<'a> Truth<'a> {
    fn count(&mut self, journey: &'a Journey) {
        if let Some(exchange) = &journey.passage.exchange {
            self.at(exchange.host()).add(exchange);
        }
        if let Some(waiting) = &journey.passage.waiting {
            self.at(waiting.host()).in_line += 1;
        }
    }

    fn at(&mut self, host: &'a Arc<Host>) -> &mut Tally {
        let known = self.0.iter().position(|(known, _)| Arc::ptr_eq(known, host));
        let at = known.unwrap_or_else(|| {
            self.0.push((host, Tally::default()));
            self.0.len() - 1
        });
        &mut self.0[at].1
    }
}

impl Tally {
    fn add(&mut self, exchange: &Exchange) {
        self.in_flight += 1;
        if let Some(work) = exchange.work() {
            self.expected += 1;
            self.outstanding_ns += work.table_ns;
        }
    }
}
