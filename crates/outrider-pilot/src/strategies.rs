//! How a host is picked. One rule, one file, all in one shape: built at publication from the candidates (contiguous,
//! immutable), asked per request with the live counters behind each candidate and what the core keeps to itself.
//!
//! A rule answers with an *open* candidate (not tried yet for this request, not at its limit). It looks at a bounded
//! number of them; when it finds none, [`crate::guards::breaker`] looks on in a way that is the same for all rules.

mod alias;
mod c3;
mod consistent_hash;
pub(crate) mod grpc_wrr;
mod least_request;
pub(crate) mod lowest;
mod p2c;
mod peak_ewma;
pub(crate) mod predictive;
pub(crate) mod prequal;
mod q_learning;
mod random;
pub(crate) mod ring;
mod round_robin;

use std::fmt::Debug;
use std::sync::Arc;

use crate::exchange::Host;
use crate::live::{PoolInFlight, Turn};
use crate::picker::Picker;
use crate::pool::PickRequest;
use crate::q_learning::Policy;
use crate::settings::{PoolSettings, StrategyKind};
use crate::strategies::predictive::Forecast;
use crate::strategies::ring::Ring;

/// A host that may be picked.
#[derive(Clone, Debug)]
pub(crate) struct Candidate {
    pub(crate) host: Arc<Host>,
    /// Its weight in hundredths, > 0.
    pub(crate) share: u64,
    /// 1 / share.
    pub(crate) per_share: f64,
}

impl Candidate {
    pub(crate) fn new(host: Arc<Host>, share: u64) -> Candidate {
        Candidate { host, share, per_share: 1.0 / share as f64 }
    }
}

/// What a rule looks at: the candidates as one request sees them.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Field<'a> {
    pub(crate) candidates: &'a [Candidate],
    pub(crate) request: &'a PickRequest<'a>,
}

impl Field<'_> {
    /// Whether this request has been to candidate `at` already.
    #[inline]
    pub(crate) fn is_tried(&self, at: usize) -> bool {
        let tried = self.request.tried;
        !tried.is_empty() && tried.contains(&self.candidates[at].host.address)
    }

    /// Whether candidate `at` may be picked.
    #[inline]
    pub(crate) fn is_open(&self, at: usize) -> bool {
        !self.candidates[at].host.live.is_full() && !self.is_tried(at)
    }

    /// The load of candidate `at`, recent failures included; `None` if it may not be picked.
    #[inline]
    pub(crate) fn load_if_open(&self, at: usize) -> Option<f64> {
        let load = self.candidates[at].host.live.load_if_open(self.request.now)?;
        (!self.is_tried(at)).then_some(load)
    }
}

/// A rule over one publication's candidates.
pub(crate) trait Rule: Debug + Send + Sync {
    /// The index of an open candidate; `None` if the rule's bounded look found none.
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize>;
}

/// What outlives publications.
#[derive(Debug)]
pub(crate) struct Lasting {
    /// The position in the sequence of `round_robin` and `grpc_wrr`.
    pub(crate) turn: Arc<Turn>,
    /// What the pool has in flight; kept for `consistent_hash` in large pools.
    pub(crate) in_flight: Arc<PoolInFlight>,
    /// The ring of all hosts, fit or not; made for `consistent_hash` alone.
    pub(crate) ring: Option<Arc<Ring>>,
}

/// The rule of `settings` over `candidates`, of which `forecast` says what is expected and `policy`
/// what was learnt, if anything is.
pub(crate) fn build(
    settings: &PoolSettings,
    candidates: &[Candidate],
    lasting: &Lasting,
    forecast: Option<&Arc<Forecast>>,
    policy: Option<&Arc<Policy>>,
) -> Box<dyn Rule> {
    match settings.strategy {
        // The weights are what tells the two apart.
        StrategyKind::RoundRobin | StrategyKind::GrpcWrr => {
            Box::new(round_robin::RoundRobin::new(candidates, &lasting.turn))
        }
        StrategyKind::Random => Box::new(random::Weighted::new(candidates)),
        StrategyKind::LeastRequest => Box::new(least_request::LeastRequest),
        StrategyKind::P2c => Box::new(p2c::P2c::new(candidates)),
        StrategyKind::PeakEwma => Box::new(peak_ewma::PeakEwma::new(candidates)),
        StrategyKind::C3 => Box::new(c3::C3::new(candidates, settings.balancers)),
        StrategyKind::Prequal => Box::new(prequal::Prequal::new(candidates, settings.probe.per_request)),
        StrategyKind::PrequalLocal => Box::new(prequal::Prequal::local(candidates)),
        StrategyKind::Predictive => Box::new(predictive::Predictive::new(settings, candidates, forecast)),
        StrategyKind::QLearning | StrategyKind::QLearningLinear => Box::new(q_learning::QLearning::new(policy)),
        StrategyKind::ConsistentHash => {
            let ring = lasting.ring.as_ref().expect("a pool that hashes makes its ring before its views");
            let load_factor = settings.hash.load_factor;
            Box::new(consistent_hash::ConsistentHash::new(candidates, ring, &lasting.in_flight, load_factor))
        }
    }
}
