//! The probe pool of Prequal: what some hosts of one pool have lately said of themselves, as one core heard it.
//!
//! A probe is used only for a host that is an open candidate *now*: it is kept by the host's identity, never by its
//! position, so it survives publications, and goes when its host is no candidate any more.
//!
//! What is in flight at a host is what it said, less our own requests at that moment, plus our own now. Own sends raise
//! it, as in the paper, but by the count that the guard of each request keeps: a request that ends, or whose client
//! leaves, is not counted on. Each recent failure counts as one more, as for the other rules that read load, since a
//! host that fails fast has little in flight and says so.
//!
//! Cost of a choice: two lines per probe (its candidate, its host's counters), at most 16 probes. No allocation.

use std::sync::Arc;
use std::time::Duration;

use outrider_core::{Random, Time};

use super::in_flight_quantile::InFlightQuantile;
use crate::exchange::Host;
use crate::strategies::prequal::{Rank, Terms};
use crate::strategies::{Candidate, Field};

/// Probes are used for this long.
const MAX_AGE: Duration = Duration::from_secs(1);
/// With fewer probes to choose from there is no choice.
const LEAST: usize = 2;

/// What a host answers to a probe.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ProbeAnswer {
    /// Requests in flight as the host counts them, >= 0. What is not a number counts as 0.
    pub in_flight: f64,
    /// The median of its recent latencies at or near that number; `None` if it knows none.
    pub latency: Option<Duration>,
}

/// What one core knows of one pool by probes.
#[derive(Debug)]
pub(crate) struct ProbePool {
    /// The pool's name.
    name: Arc<str>,
    used: Time,
    terms: Terms,
    /// Oldest first, one per host, at most `terms.size`.
    probes: Vec<Probe>,
    recent: InFlightQuantile,
    /// Fractions of a probe and of a removal that are owed.
    probes_due: f64,
    removals_due: f64,
    is_worst_next: bool,
}

#[derive(Debug)]
struct Probe {
    host: Arc<Host>,
    /// Where its host stood among the candidates when last looked up.
    at: usize,
    heard: Time,
    /// What others had in flight there.
    others: f64,
    latency_ns: Option<f64>,
    uses_left: u32,
}

impl ProbePool {
    pub(super) fn new(name: &Arc<str>) -> ProbePool {
        ProbePool {
            name: Arc::clone(name),
            used: Time::ZERO,
            terms: Terms::new(0, 0.0),
            probes: Vec::with_capacity(Terms::MOST_PROBES),
            recent: InFlightQuantile::new(),
            probes_due: 0.0,
            removals_due: 0.0,
            is_worst_next: false,
        }
    }

    pub(super) fn name(&self) -> &str {
        &self.name
    }

    pub(super) fn used(&self) -> Time {
        self.used
    }

    pub(super) fn len(&self) -> usize {
        self.probes.len()
    }

    /// Lets go of what is past its age or whose host is no candidate, and goes by `terms` from now on.
    pub(crate) fn settle(&mut self, terms: Terms, candidates: &[Candidate], now: Time) {
        (self.terms, self.used) = (terms, now);
        self.probes.retain_mut(|probe| now.since(probe.heard) <= MAX_AGE && probe.find(candidates));
        self.make_room(0);
    }

    /// Takes an answer in; an older one of the same host goes.
    pub(crate) fn add(&mut self, host: &Arc<Host>, answer: ProbeAnswer, random: &mut Random, now: Time) {
        let in_flight = if answer.in_flight.is_finite() { answer.in_flight.max(0.0) } else { 0.0 };
        self.probes.retain(|probe| !Arc::ptr_eq(&probe.host, host));
        self.make_room(1);
        self.recent.add(in_flight);
        self.probes.push(Probe {
            host: Arc::clone(host),
            at: usize::MAX,
            heard: now,
            others: (in_flight - f64::from(host.live.in_flight())).max(0.0),
            latency_ns: answer.latency.map(|latency| latency.as_nanos() as f64),
            uses_left: self.terms.draw_uses(random),
        });
    }

    /// The best open candidate among the probed ones, ties at random; `None` if fewer than two are open. Call
    /// [`ProbePool::settle`] before.
    pub(crate) fn choose(&mut self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        let (mut open, mut ties, mut best) = (0, 0, None::<(Rank, usize)>);
        for (nth, probe) in self.probes.iter().enumerate().filter(|(_, probe)| field.is_open(probe.at)) {
            open += 1;
            let rank = self.rank(probe, field.request.now);
            let is_better = best.is_none_or(|(least, _)| rank < least);
            ties = if is_better { 1 } else { ties + usize::from(best.is_some_and(|(least, _)| rank == least)) };
            if is_better || best.is_some_and(|(least, _)| rank == least) && random.below(ties) == 0 {
                best = Some((rank, nth));
            }
        }
        let (_, nth) = best.filter(|_| open >= LEAST)?;
        let at = self.probes[nth].at;
        self.use_up(nth);
        Some(at)
    }

    /// The open candidate among the probed ones that costs least, where `cost` is told who it is and what others have in flight
    /// there; `None` if fewer than two are open. Call [`ProbePool::settle`] before.
    pub(crate) fn cheapest(
        &mut self,
        field: &Field<'_>,
        mut cost: impl FnMut(usize, f64) -> Option<f64>,
    ) -> Option<usize> {
        let open = self.probes.iter().enumerate().filter(|(_, probe)| field.is_open(probe.at));
        let priced = open.filter_map(|(nth, probe)| Some((cost(probe.at, probe.others)?, nth)));
        let (mut count, mut best) = (0, None::<(f64, usize)>);
        for (cost, nth) in priced {
            count += 1;
            best = best.filter(|(least, _)| *least <= cost).or(Some((cost, nth)));
        }
        let (_, nth) = best.filter(|_| count >= LEAST)?;
        let at = self.probes[nth].at;
        self.use_up(nth);
        Some(at)
    }

    /// What goes per query whether it is used or not: the oldest probe and the worst one, in turns, so that the pool
    /// neither ages nor fills with what nobody wants. It leaves the two that a choice needs.
    pub(crate) fn remove_due(&mut self, now: Time) {
        self.removals_due += self.terms.removals_per_query;
        while self.removals_due >= 1.0 {
            self.removals_due -= 1.0;
            if self.probes.len() > LEAST {
                let which = if self.is_worst_next { self.worst(now) } else { 0 };
                self.probes.remove(which);
                self.is_worst_next = !self.is_worst_next;
            }
        }
    }

    /// How many probes one more query pays for.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a few probes a query
    pub(crate) fn take_due(&mut self) -> usize {
        self.probes_due += self.terms.probes_per_query;
        let due = self.probes_due.floor();
        self.probes_due -= due;
        due as usize
    }

    /// One use less. The two that a choice needs stay though they are used up: in a small pool the next answer may be of a
    /// host that is known already, and a pick at random, to a host that answers no probes perhaps, is worse than a choice
    /// by what was known a moment ago.
    fn use_up(&mut self, nth: usize) {
        let probe = &mut self.probes[nth];
        probe.uses_left = probe.uses_left.saturating_sub(1);
        if probe.uses_left == 0 && self.probes.len() > LEAST {
            self.probes.remove(nth);
        }
    }

    /// The oldest go until there is room for so many more.
    fn make_room(&mut self, more: usize) {
        let excess = (self.probes.len() + more).saturating_sub(self.terms.size);
        self.probes.drain(..excess.min(self.probes.len()));
    }

    fn worst(&self, now: Time) -> usize {
        let ranks = self.probes.iter().map(|probe| self.rank(probe, now)).enumerate();
        let worst = ranks.reduce(|worst, next| if next.1 > worst.1 { next } else { worst });
        worst.map_or(0, |(nth, _)| nth)
    }

    #[inline]
    fn rank(&self, probe: &Probe, now: Time) -> Rank {
        let in_flight = probe.others + probe.host.live.load_at(now);
        Rank::new(in_flight, probe.latency_ns, self.recent.threshold())
    }
}

impl Probe {
    /// Looks its host up among the candidates, which are sorted by address.
    #[inline]
    fn find(&mut self, candidates: &[Candidate]) -> bool {
        let is_here = |at: usize| candidates.get(at).is_some_and(|there| Arc::ptr_eq(&there.host, &self.host));
        if !is_here(self.at) {
            let found = candidates.binary_search_by_key(&self.host.address, |candidate| candidate.host.address);
            self.at = found.ok().filter(|&at| is_here(at)).unwrap_or(usize::MAX);
        }
        self.at != usize::MAX
    }
}

#[cfg(test)]
impl ProbePool {
    /// Whose probes are kept, oldest first.
    pub(crate) fn hosts(&self) -> Vec<std::net::SocketAddr> {
        self.probes.iter().map(|probe| probe.host.address).collect()
    }
}
