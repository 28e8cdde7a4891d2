//! The weights over the candidates of one publication.

use std::sync::Arc;

use outrider_core::{Random, Time};

use super::LOOK;
use crate::exchange::Host;
use crate::live::HostLive;
use crate::q_learning::experience::{Next, Step};
use crate::q_learning::level::cpu;
use crate::q_learning::linear::{Condition, Usual, Weights};
use crate::strategies::lowest::lowest_of_few;
use crate::strategies::{Candidate, Field};

/// The weights, and how the hosts do.
#[derive(Debug)]
pub(crate) struct LinearPolicy {
    weights: Arc<Weights>,
    usual: Usual,
    penalty_per_ms: f32,
    /// Average response times of the candidates, in their order, ms.
    responses_ms: Box<[f32]>,
    /// Those whose best value stands for what follows: all of a small pool, some of a large one.
    some: Box<[(Arc<Host>, f32)]>,
}

impl LinearPolicy {
    /// `weights` over `candidates`, whose average response times are `responses_ms`, if they ever answered. `turn` says where
    /// those begin that stand for what follows.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough; any turn will do
    pub(crate) fn new(
        weights: &Arc<Weights>,
        usual: Usual,
        candidates: &[Candidate],
        responses_ms: &[Option<f32>],
        penalty_per_ms: f64,
        turn: u64,
    ) -> LinearPolicy {
        let responses_ms: Box<[f32]> = responses_ms.iter().map(|ms| ms.unwrap_or(usual.response_ms)).collect();
        let (len, turn) = (candidates.len(), turn as usize);
        let places = (0..len.min(LOOK)).map(|nth| (turn + nth * len / len.min(LOOK)) % len);
        LinearPolicy {
            weights: Arc::clone(weights),
            usual,
            penalty_per_ms: penalty_per_ms as f32,
            some: places.map(|at| (Arc::clone(&candidates[at].host), responses_ms[at])).collect(),
            responses_ms,
        }
    }

    fn condition(live: &HostLive, response_ms: f32, now: Time) -> Condition {
        #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
        let (cpu, failures) = (cpu(live, now).map(|cpu| cpu as f32), live.penalty_at(now) as f32);
        Condition { in_flight: live.in_flight() as f32 + live.others(now), response_ms, cpu, failures }
    }

    /// The value of sending to a host in this condition.
    fn value(&self, condition: &Condition) -> f32 {
        self.guess(condition) + self.weights.at(&condition.tiles(&self.usual))
    }

    fn guess(&self, condition: &Condition) -> f32 {
        -self.penalty_per_ms * condition.guess(&self.usual)
    }

    /// The open candidate of the highest value, of at most 16.
    pub(super) fn pick(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        let cost = |at: usize| {
            let live = &field.candidates[at].host.live;
            let condition = || LinearPolicy::condition(live, self.responses_ms[at], field.request.now);
            field.is_open(at).then(|| f64::from(-self.value(&condition())))
        };
        lowest_of_few(field.candidates.len(), cost, random)
    }

    pub(super) fn step(&self, field: &Field<'_>, at: usize) -> Step {
        let live = &field.candidates[at].host.live;
        let condition = LinearPolicy::condition(live, self.responses_ms[at], field.request.now);
        Step::Linear { tiles: condition.tiles(&self.usual), guess: self.guess(&condition) }
    }

    pub(super) fn next(&self, now: Time) -> Next {
        let condition = |host: &Host, response_ms| LinearPolicy::condition(&host.live, response_ms, now);
        let values = self.some.iter().map(|(host, response_ms)| self.value(&condition(host, *response_ms)));
        Next::Value(values.reduce(f32::max).unwrap_or(0.0))
    }
}
