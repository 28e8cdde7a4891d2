//! What one core keeps to itself between picks. What cores share about a host is in `live.rs`; what only one of them
//! needs lives here, so that a pick touches no line that another core writes.

mod in_flight_quantile;
mod probe_pool;

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use outrider_core::{Random, Time};

use crate::exchange::Host;
pub use probe_pool::ProbeAnswer;
pub(crate) use probe_pool::ProbePool;

/// What is kept of a pool that nobody picks from is dropped after this long. Its probes are past their age by then.
const IDLE: Duration = Duration::from_secs(10);

/// One core's state of picks: its luck, and what hosts have answered to its probes. In the proxy one per worker, in the
/// simulator one per balancer.
///
/// Probes are effects that come out as values. After a pick, ask [`Picker::next_probe`] which hosts to probe until it
/// names none; tell [`Picker::probed`] what they answer. A probe that fails is simply not told.
#[derive(Debug)]
pub struct Picker {
    random: Random,
    pools: ProbePools,
    wanted: Vec<Arc<Host>>,
}

impl Picker {
    /// A picker without memory that draws from `random`.
    pub fn new(random: Random) -> Picker {
        Picker { random, pools: ProbePools::default(), wanted: Vec::new() }
    }

    /// Its stream of luck.
    #[inline]
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }

    /// The next host to probe on account of the last pick. What is not asked for before the next pick is forgotten.
    #[inline]
    pub fn next_probe(&mut self) -> Option<Arc<Host>> {
        self.wanted.pop()
    }

    /// A host has answered a probe.
    pub fn probed(&mut self, host: &Arc<Host>, answer: ProbeAnswer, now: Time) {
        host.live.hear_in_flight(answer.in_flight, now);
        if let Some(pool) = self.pools.known(&host.pool) {
            pool.add(host, answer, &mut self.random, now);
        }
    }

    /// Drops what is kept of pools that were not picked from for 10 s, those that are gone among them.
    pub fn sweep(&mut self, now: Time) {
        self.pools.0.retain(|_, pool| now.since(pool.used()) < IDLE);
    }

    /// The pools of which probes are kept: name and number of probes. At most 16 each.
    pub fn probe_pools(&self) -> impl Iterator<Item = (&str, usize)> {
        self.pools.0.values().map(|pool| (pool.name(), pool.len()))
    }

    /// Forgets what the pick before wanted.
    #[inline]
    pub(crate) fn begin_pick(&mut self) {
        self.wanted.clear();
    }

    /// What is kept of the pool called `name`, and what else its rule needs.
    #[inline]
    pub(crate) fn probing(&mut self, name: &Arc<str>) -> (&mut ProbePool, &mut Random, &mut Vec<Arc<Host>>) {
        (self.pools.of(name), &mut self.random, &mut self.wanted)
    }
}

/// Probe pools by the address of their pool's name. All hosts of a pool share that one allocation over all its
/// publications, and whoever is in the map keeps it, so that no other pool can come to have the same address.
#[derive(Debug, Default)]
struct ProbePools(BTreeMap<usize, ProbePool>);

impl ProbePools {
    fn of(&mut self, name: &Arc<str>) -> &mut ProbePool {
        self.0.entry(address(name)).or_insert_with(|| ProbePool::new(name))
    }

    fn known(&mut self, name: &Arc<str>) -> Option<&mut ProbePool> {
        self.0.get_mut(&address(name))
    }
}

fn address(name: &Arc<str>) -> usize {
    Arc::as_ptr(name).cast::<u8>().addr()
}
