//! How the bench itself did: whether the figures are the balancers' or its own.

use serde::Serialize;

use super::detail::{late_ms, mean};
use outrider_sim::{BenchTruth, Measured};

/// The bench over all rounds of all strategies.
#[derive(Clone, Debug, Default, PartialEq, Serialize)]
pub struct Bench {
    /// Requests taken up later than scheduled: median, ms.
    pub late_p50_ms: f64,
    /// Quantile 0.99, ms.
    pub late_p99_ms: f64,
    /// The worst, ms.
    pub late_max_ms: f64,
    /// Service ends of simulated hosts later than planned: mean, ms.
    pub timer_lag_mean_ms: f64,
    /// The worst, ms.
    pub timer_lag_max_ms: f64,
    /// CPU time of the bench's own process over time, in cores: mean over rounds.
    pub cpu_cores: f64,
    /// The same in the round where it was greatest.
    pub cpu_cores_max: f64,
}

impl Bench {
    /// Over all of `measured`; none in virtual time.
    pub(super) fn of(measured: &[Measured]) -> Option<Bench> {
        let truths: Vec<BenchTruth> = measured.iter().filter_map(|round| round.bench).collect();
        if truths.is_empty() {
            return None;
        }
        let rounds: Vec<&Measured> = measured.iter().collect();
        let late = |quantile| late_ms(&rounds, quantile).unwrap_or(0.0);
        let all = |of: fn(&BenchTruth) -> f64| truths.iter().map(of);
        let mean_of = |of| mean(all(of).map(Some)).unwrap_or(0.0);
        let max_of = |of| all(of).fold(0.0, f64::max);
        Some(Bench {
            late_p50_ms: late(0.5),
            late_p99_ms: late(0.99),
            late_max_ms: late(1.0),
            timer_lag_mean_ms: mean_of(|bench| bench.timer_lag_mean_ms),
            timer_lag_max_ms: max_of(|bench| bench.timer_lag_max_ms),
            cpu_cores: mean_of(|bench| bench.cpu_cores),
            cpu_cores_max: max_of(|bench| bench.cpu_cores),
        })
    }
}
