//! Who learns: values, what is rewarded, how much is explored. Pure; one per pool, on the slow path.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::Arc;

use outrider_features::fingerprint::End;

use super::experience::{Experience, Next, Step};
use super::hosts_id;
use super::linear::{Tiles, Weights};
use super::table::{Places, Table};
use crate::prediction::Outcome;
use crate::settings::{QLearningSettings, StrategyKind};

/// The share of a new answer in a host's average response time.
const RESPONSE_SHARE: f32 = 0.05;
/// How far the mean reward follows an error.
const MEAN_SHARE: f32 = 0.01;
/// No error of the linear form counts for more than so many mean rewards: a failure of one host would spoil tiles of all.
const ERROR_MAX: f32 = 10.0;

/// What is learnt, by form.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Values {
    Table(Arc<Table>),
    /// The linear form goes without discounting, which with shared weights has no meaning for a task without end (Sutton
    /// and Barto, 10.4): rewards count relative to their mean (10.3). None before the first.
    Linear {
        weights: Arc<Weights>,
        mean_reward: Option<f32>,
    },
}

/// What one pool has learnt.
#[derive(Debug)]
pub(crate) struct Student {
    pub(crate) values: Values,
    /// The share of requests that go anywhere.
    pub(crate) epsilon: f64,
    /// Average response times, ms.
    responses_ms: BTreeMap<SocketAddr, f32>,
}

/// What an end was worth.
#[derive(Clone, Copy, Debug, PartialEq)]
struct Reward {
    value: f32,
    /// It would have been no more, but nobody waited.
    is_bound: bool,
}

impl Student {
    /// One that knows nothing yet of `hosts`; `None` if `strategy` learns nothing, or not of so many.
    pub(crate) fn new(strategy: StrategyKind, hosts: &[SocketAddr], settings: &QLearningSettings) -> Option<Student> {
        let values = match strategy {
            StrategyKind::QLearning => Values::Table(Arc::new(Table::new(hosts)?)),
            StrategyKind::QLearningLinear => Values::Linear { weights: Arc::new(Weights::new()), mean_reward: None },
            _ => return None,
        };
        Some(Student { values, epsilon: settings.epsilon, responses_ms: BTreeMap::new() })
    }

    /// The same with other values.
    pub(crate) fn knowing(self, values: Values, epsilon: f64) -> Student {
        Student { values, epsilon, ..self }
    }

    /// Forgets the averages of hosts that are not `wanted`.
    pub(crate) fn keep(&mut self, wanted: impl Fn(&SocketAddr) -> bool) {
        self.responses_ms.retain(|host, _| wanted(host));
    }

    /// The average response time of `host`, ms, if it ever answered.
    pub(crate) fn response_ms(&self, host: SocketAddr) -> Option<f32> {
        self.responses_ms.get(&host).copied()
    }

    /// Takes in how a request ended; whether anything was learnt from it.
    pub(crate) fn learn(&mut self, outcome: &Outcome, experience: &Experience, settings: &QLearningSettings) -> bool {
        let took_ms = outcome.took.as_secs_f32() * 1e3;
        let Some(reward) = Reward::of(outcome.end, took_ms, settings) else { return false };
        self.hear(outcome.host, outcome.end, took_ms);
        let learnt = self.values.learn(experience, reward, settings);
        if learnt {
            self.epsilon = (self.epsilon * settings.epsilon_decay).max(settings.epsilon_min);
        }
        learnt
    }

    /// What did not end well says at most that a host is slower than was known.
    fn hear(&mut self, host: SocketAddr, end: End, took_ms: f32) {
        match self.responses_ms.get_mut(&host) {
            Some(average) if end == End::Served || took_ms > *average => {
                *average += RESPONSE_SHARE * (took_ms - *average);
            }
            None if end == End::Served => drop(self.responses_ms.insert(host, took_ms)),
            _ => {}
        }
    }
}

impl Reward {
    /// `None` of what says nothing of the host.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    fn of(end: End, took_ms: f32, settings: &QLearningSettings) -> Option<Reward> {
        let value = -took_ms * settings.penalty_per_ms as f32;
        match end {
            End::Served => Some(Reward { value, is_bound: false }),
            End::Failed => Some(Reward { value: -settings.failure_penalty as f32, is_bound: false }),
            End::Cancelled => Some(Reward { value, is_bound: true }),
            End::Open => None,
        }
    }
}

#[allow(clippy::cast_possible_truncation)] // 24 bits are enough
impl Values {
    /// Whether they are of one form, and of the same hosts.
    pub(crate) fn is_like(&self, other: &Values) -> bool {
        match (self, other) {
            (Values::Table(this), Values::Table(that)) => this.hosts() == that.hosts(),
            (Values::Linear { .. }, Values::Linear { .. }) => true,
            _ => false,
        }
    }

    fn learn(&mut self, experience: &Experience, reward: Reward, settings: &QLearningSettings) -> bool {
        let alpha = settings.alpha as f32;
        match (self, experience.step, experience.next) {
            (Values::Table(table), Step::Table { hosts, state, place }, Next::State { state: next, places })
                if hosts == hosts_id(table.hosts()) =>
            {
                let target = reward.value + settings.gamma as f32 * best(table, next, places);
                Arc::make_mut(table).learn(state, usize::from(place), target, reward.is_bound, alpha);
                true
            }
            (Values::Linear { weights, mean_reward }, Step::Linear { tiles, guess }, Next::Value(next)) => {
                let mean = mean_reward.get_or_insert(reward.value);
                let error = reward.value - *mean + next - guess - weights.at(&tiles);
                step(Arc::make_mut(weights), mean, (&tiles, error), reward.is_bound, alpha);
                true
            }
            _ => false,
        }
    }
}

fn best(table: &Table, state: u16, places: Places) -> f32 {
    table.best(state, places).unwrap_or(0.0)
}

/// One step of the linear form. What is only a bound never raises anything.
fn step(weights: &mut Weights, mean: &mut f32, (tiles, error): (&Tiles, f32), is_bound: bool, alpha: f32) {
    if is_bound && error > 0.0 {
        return;
    }
    let most = ERROR_MAX * mean.abs();
    let error = error.clamp(-most, most);
    weights.learn(tiles, error, alpha);
    *mean += MEAN_SHARE * error;
}

#[cfg(test)]
mod tests;
