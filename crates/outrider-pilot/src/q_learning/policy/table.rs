//! The table over the hosts of one publication.

use std::sync::Arc;

use outrider_core::{Random, Time};

use crate::exchange::Host;
use crate::q_learning::experience::{Next, Step};
use crate::q_learning::table::{Places, Table, state};
use crate::q_learning::{Level, hosts_id};
use crate::settings::{PoolSettings, QLearningSettings};
use crate::strategies::Field;
use crate::strategies::lowest::lowest_of_few;

/// One host of the table.
#[derive(Debug)]
pub(crate) struct Seat {
    pub(crate) host: Arc<Host>,
    /// Its average response time, ms, if it ever answered.
    pub(crate) response_ms: Option<f32>,
    /// Whether it may be picked.
    pub(crate) fit: bool,
}

/// The table, and how each of its hosts does.
#[derive(Debug)]
pub(crate) struct TablePolicy {
    table: Arc<Table>,
    hosts: u64,
    /// In the order of the table.
    seats: Box<[Seat]>,
    /// The places of the candidates, in their order.
    places: Box<[u8]>,
    fit: Places,
    settings: Arc<PoolSettings>,
}

impl TablePolicy {
    /// `table` over `seats`, of which the fit ones are the candidates in the same order.
    pub(crate) fn new(table: &Arc<Table>, seats: Box<[Seat]>, settings: &Arc<PoolSettings>) -> TablePolicy {
        let fit = (0..).zip(&seats).filter(|(_, seat)| seat.fit).map(|(place, _)| place);
        let places: Box<[u8]> = fit.collect();
        TablePolicy {
            hosts: hosts_id(table.hosts()),
            table: Arc::clone(table),
            fit: places.iter().fold(Places::default(), |all, &place| all.with(usize::from(place))),
            places,
            seats,
            settings: Arc::clone(settings),
        }
    }

    fn settings(&self) -> &QLearningSettings {
        &self.settings.q_learning
    }

    /// The state now: whoever may not be picked is at the highest level.
    fn state(&self, now: Time) -> u16 {
        let level = |seat: &Seat| match seat.fit {
            true => Level::of(&seat.host.live, seat.response_ms, self.settings(), now),
            false => Level::High,
        };
        state(self.seats.iter().map(level))
    }

    /// The open candidate of the highest value; of equals the least loaded, which is the rule while nothing is known.
    pub(super) fn pick(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        let (state, len) = (self.state(field.request.now), field.candidates.len());
        let value = |at: usize| self.table.value(state, usize::from(self.places[at]));
        let best = (0..len).filter(|&at| field.is_open(at)).filter_map(value).reduce(f32::max);
        let is_best = |at: usize| value(at).is_none_or(|value| Some(value) == best);
        let cost = |at: usize| {
            let load = field.load_if_open(at).filter(|_| is_best(at))?;
            Some((load + 1.0) * field.candidates[at].per_share)
        };
        lowest_of_few(len, cost, random)
    }

    #[allow(clippy::cast_possible_truncation)] // there are eight places
    pub(super) fn step(&self, field: &Field<'_>, at: usize) -> Step {
        Step::Table { hosts: self.hosts, state: self.state(field.request.now), place: self.places[at] }
    }

    pub(super) fn next(&self, now: Time) -> Next {
        Next::State { state: self.state(now), places: self.fit }
    }
}
