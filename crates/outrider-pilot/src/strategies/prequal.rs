//! `prequal` and `prequal_local`: among hosts probed lately, the fastest one that is not hot; where all are hot, the one
//! with the fewest requests in flight ("hot-cold lexicographic", HCL).
//!
//! Source: Wydrowski, Kleinberg, Rumble, Archer, "Load is not what you should balance: Introducing Prequal", NSDI'24,
//! section 4. Requests that arrive pay for probes of random hosts, asynchronously; answers fall into a small pool, from
//! which later requests choose. Hot is what has more in flight than the 2^-0.25 quantile of recent probes. Why a rank
//! and not a sum: in appendix A every linear mix of latency and requests in flight loses to the latter alone.
//!
//! Three things are ours. Where a query pays for fewer than three probes, removals go down in proportion: at the one
//! probe per query that real sockets are worth, removing one per query would leave the pool empty for ever. Hosts are
//! probed and, where fewer than two probes can be used, picked at random by weight; the rank itself knows no weight. A
//! latency that a host does not know counts as 0 while nothing is in flight there, so that it is tried, else as
//! infinite, so that it is tried once.
//!
//! `prequal_local` is the same rule for hosts that answer no probes: three random hosts per query "answer" at once, from
//! our own count of requests in flight and our own memory of latencies. `docs/adr/0010-prequal.md` has the reasons.

mod terms;

use std::sync::Arc;
use std::time::Duration;

use outrider_core::{Random, Time};

use super::alias::AliasTable;
use super::{Candidate, Field, Rule};
use crate::exchange::Host;
use crate::picker::{Picker, ProbeAnswer, ProbePool};
pub(crate) use terms::Terms;

/// The paper's probes per query; `prequal_local` has them for nothing.
const LOCAL_PROBES_PER_QUERY: f64 = 3.0;
/// How often the draw of a host to probe is repeated when it hits one that is drawn already.
const DRAWS: usize = 8;

/// Where a probed host stands: the lower the better. Cold before hot; the cold by latency, the hot by requests in
/// flight; where these are equal, by the other.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
pub(crate) struct Rank {
    is_hot: bool,
    first: f64,
    then: f64,
}

impl Rank {
    /// With `in_flight` requests at a host, hot above `threshold`.
    #[inline]
    pub(crate) fn new(in_flight: f64, latency_ns: Option<f64>, threshold: f64) -> Rank {
        let unknown_ns = if in_flight == 0.0 { 0.0 } else { f64::INFINITY };
        let latency_ns = latency_ns.unwrap_or(unknown_ns);
        let is_hot = in_flight > threshold;
        let (first, then) = if is_hot { (in_flight, latency_ns) } else { (latency_ns, in_flight) };
        Rank { is_hot, first, then }
    }
}

/// Where answers come from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Source {
    /// The hosts, when they get round to it.
    Probes,
    /// Ourselves, at once.
    Own,
}

/// Cost: up to 16 probes looked at, two cache lines each; local besides three draws and medians of a few numbers.
#[derive(Debug)]
pub(super) struct Prequal {
    source: Source,
    terms: Terms,
    draws: AliasTable,
}

impl Prequal {
    /// By probes that hosts answer, `probes_per_query` for each request.
    pub(super) fn new(candidates: &[Candidate], probes_per_query: f64) -> Prequal {
        Prequal::of(Source::Probes, candidates, probes_per_query)
    }

    /// By what we know ourselves.
    pub(super) fn local(candidates: &[Candidate]) -> Prequal {
        Prequal::of(Source::Own, candidates, LOCAL_PROBES_PER_QUERY)
    }

    fn of(source: Source, candidates: &[Candidate], probes_per_query: f64) -> Prequal {
        let terms = Terms::new(candidates.len(), probes_per_query);
        Prequal { source, terms, draws: AliasTable::new(candidates) }
    }
}

impl Rule for Prequal {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        self.pick_by(field, picker, ProbePool::choose)
    }
}

impl Prequal {
    /// The candidate that `choose` takes from the pool of probes, which is kept filled as Prequal keeps it.
    ///
    /// A further try of a request is no query: it pays for no probes and removes none.
    pub(super) fn pick_by(
        &self,
        field: &Field<'_>,
        picker: &mut Picker,
        choose: impl FnOnce(&mut ProbePool, &Field<'_>, &mut Random) -> Option<usize>,
    ) -> Option<usize> {
        let (pool, random, wanted) = picker.probing(&field.candidates.first()?.host.pool);
        let now = field.request.now;
        let is_query = field.request.tried.is_empty();
        pool.settle(self.terms, field.candidates, now);
        if is_query {
            self.draw_to_probe(pool.take_due(), field.candidates, random, wanted);
        }
        if self.source == Source::Own {
            wanted.drain(..).for_each(|host| pool.add(&host, answer_of(&host, now), random, now));
            pool.settle(self.terms, field.candidates, now);
        }
        let picked = choose(pool, field, random);
        if is_query {
            pool.remove_due(now);
        }
        picked.or_else(|| self.draws.draw_open(field, random))
    }

    /// So many distinct candidates by weight, fewer if draws keep hitting the same.
    fn draw_to_probe(&self, count: usize, candidates: &[Candidate], random: &mut Random, wanted: &mut Vec<Arc<Host>>) {
        for _ in 0..count.min(candidates.len()) {
            let is_new = |host: &&Arc<Host>| !wanted.iter().any(|known| Arc::ptr_eq(known, host));
            let mut draws = (0..DRAWS).map(|_| &candidates[self.draws.draw(random)].host);
            wanted.extend(draws.find(is_new).cloned());
        }
    }
}

/// What `host` would answer, as far as we know.
fn answer_of(host: &Host, now: Time) -> ProbeAnswer {
    let in_flight = host.live.in_flight();
    let latency = host.live.latency_near(in_flight, now).map(Duration::from_nanos);
    ProbeAnswer { in_flight: f64::from(in_flight), latency }
}

#[cfg(test)]
mod tests;
