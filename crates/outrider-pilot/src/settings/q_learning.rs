//! What Q-learning is told: its rates, the bounds of its levels, and what it is rewarded by.

use std::time::Duration;

/// How `q_learning` and `q_learning_linear` learn. By default as their predecessor did.
#[derive(Clone, Debug, PartialEq)]
pub struct QLearningSettings {
    /// How far one answer moves a value towards what it shows: above 0, at most 1.
    pub alpha: f64,
    /// What the value of the state that follows counts for: 0 to below 1.
    pub gamma: f64,
    /// The share of requests that go anywhere, at first.
    pub epsilon: f64,
    /// What that share is multiplied by with every answer that is learnt from.
    pub epsilon_decay: f64,
    /// It falls no lower than this.
    pub epsilon_min: f64,
    /// From which CPU utilisation on a host's load is medium, and high.
    pub cpu: (f64, f64),
    /// From how many requests in flight on.
    pub active: (u32, u32),
    /// From which average response time on.
    pub response: (Duration, Duration),
    /// What each millisecond of a response costs.
    pub penalty_per_ms: f64,
    /// What a failure costs.
    pub failure_penalty: f64,
}

impl Default for QLearningSettings {
    fn default() -> Self {
        QLearningSettings {
            alpha: 0.1,
            gamma: 0.9,
            epsilon: 0.1,
            epsilon_decay: 0.995,
            epsilon_min: 0.01,
            cpu: (0.5, 0.8),
            active: (5, 10),
            response: (Duration::from_millis(100), Duration::from_millis(200)),
            penalty_per_ms: 0.1,
            failure_penalty: 1_000.0,
        }
    }
}
