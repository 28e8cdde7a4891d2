//! What a stop of the balancer does to those who would have come meanwhile, by three clocks.
//!
//! At a constant rate r, with a stop of length P, the requests that were due in the stop wait, each until its end: r x P of
//! them, and their latencies are spread evenly over (0, P) (Tene's coordinated omission; wrk2). A clock that starts at the send
//! sees as many slow requests as there are connections: the others are sent when all is over.

use std::net::SocketAddr;
use std::time::Duration;

use http::uri::PathAndQuery;
use outrider_core::Time;
use outrider_workload::Pattern;
use serde::Serialize;

use super::TruthError;
use super::queues::quantile;
use crate::load::{self, Ask, Planned, Record, Target, plan};
use crate::stop::Stop;

/// How a stall is staged.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct StallSettings {
    /// Requests per second, all gaps equal.
    pub rate_per_s: f64,
    /// When the stop begins.
    pub calm: Duration,
    /// How long it lasts.
    pub pause: Duration,
    /// Connections of the closed loop.
    pub connections: usize,
}

impl Default for StallSettings {
    /// 200 requests a second, a stop of one second after one second, and a closed loop of four connections.
    fn default() -> StallSettings {
        let second = Duration::from_secs(1);
        StallSettings { rate_per_s: 200.0, calm: second, pause: second, connections: 4 }
    }
}

/// What a stop has shown.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct StallTruth {
    /// Requests per second.
    pub rate_per_s: f64,
    /// How long the stop lasted, as its maker's clock says, ms.
    pub pause_ms: f64,
    /// Requests due in the stop by theory.
    pub expected_in_pause: f64,
    /// Requests that waited a tenth of the stop and more, by theory.
    pub expected_slow: f64,
    /// By the schedule, open loop.
    pub from_schedule: Clock,
    /// By the send, with few connections: what a closed loop shows.
    pub from_send: Clock,
    /// All gaps equal: quantiles by theory of those slow ones, ms.
    pub expected: Quantiles,
}

/// What one clock saw.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Clock {
    /// Requests slower than a tenth of the stop.
    pub slow: usize,
    /// Quantiles of those.
    pub of_slow: Quantiles,
    /// Quantile 0.99 of all requests of the run, ms.
    pub p99_ms: f64,
    /// Mean of all requests of the run, ms.
    pub mean_ms: f64,
}

/// Three quantiles, ms.
#[derive(Clone, Copy, Debug, PartialEq, Serialize)]
pub struct Quantiles {
    /// Median.
    pub p50_ms: f64,
    /// Quantile 0.9.
    pub p90_ms: f64,
    /// Quantile 0.99.
    pub p99_ms: f64,
}

/// Slower than this part of the stop counts as having waited for it.
const SLOW_PART: f64 = 0.1;

/// Sends a constant rate to `address` twice, with many connections and with few, while `pause` stops what is there for the
/// time it is given and says how long that was.
///
/// # Errors
/// When nothing can be sent, or `stop` is raised.
pub fn run_stall(
    address: SocketAddr,
    settings: &StallSettings,
    stop: &Stop,
    pause: impl Fn(Duration) -> Duration + Sync,
) -> Result<StallTruth, TruthError> {
    let (open, lasted) = one_run(&Target::at(address), settings, stop, &pause)?;
    let few = Target { connections: settings.connections, ..Target::at(address) };
    let (closed, _) = one_run(&few, settings, stop, &pause)?;
    let slow_ms = lasted.as_secs_f64() * 1e3 * SLOW_PART;
    let expected_in_pause = settings.rate_per_s * lasted.as_secs_f64();
    Ok(StallTruth {
        rate_per_s: settings.rate_per_s,
        pause_ms: lasted.as_secs_f64() * 1e3,
        expected_in_pause,
        expected_slow: expected_in_pause * (1.0 - SLOW_PART),
        from_schedule: clock(open.iter().map(Record::latency), slow_ms),
        from_send: clock(closed.iter().filter_map(|r| Some(r.done.since(r.sent?))), slow_ms),
        expected: even(slow_ms, lasted.as_secs_f64() * 1e3),
    })
}

fn one_run(
    target: &Target,
    settings: &StallSettings,
    stop: &Stop,
    pause: &(impl Fn(Duration) -> Duration + Sync),
) -> Result<(Vec<Record>, Duration), TruthError> {
    let length = settings.calm + settings.pause + settings.calm;
    let mut records = Vec::new();
    let (end, lasted) = std::thread::scope(|scope| {
        let pausing = scope.spawn(|| {
            std::thread::sleep(settings.calm);
            pause(settings.pause)
        });
        let end = load::run(target, paced(settings.rate_per_s, length), stop, |record| records.push(record.clone()));
        (end, pausing.join().unwrap_or_default())
    });
    if end?.stopped {
        return Err(TruthError::Stopped);
    }
    Ok((records, lasted))
}

fn paced(rate_per_s: f64, length: Duration) -> impl Iterator<Item = Planned> + Send + 'static {
    plan::plain(PathAndQuery::from_static("/c/all"), Ask::default(), &Pattern::Pace, rate_per_s, length, 1)
        // At least one connection is there when the first is due.
        .map(|planned| Planned { at: planned.at + Duration::from_millis(1), ..planned })
        .filter(|planned| planned.at > Time::ZERO)
}

fn clock(latencies: impl Iterator<Item = Duration>, slow_ms: f64) -> Clock {
    let mut all_ms: Vec<f64> = latencies.map(|latency| latency.as_secs_f64() * 1e3).collect();
    all_ms.sort_by(f64::total_cmp);
    let slow = &all_ms[all_ms.partition_point(|&ms| ms < slow_ms)..];
    Clock {
        slow: slow.len(),
        of_slow: Quantiles { p50_ms: quantile(slow, 0.5), p90_ms: quantile(slow, 0.9), p99_ms: quantile(slow, 0.99) },
        p99_ms: quantile(&all_ms, 0.99),
        mean_ms: all_ms.iter().sum::<f64>() / all_ms.len().max(1) as f64,
    }
}

/// Quantiles of what is spread evenly.
fn even(low_ms: f64, high_ms: f64) -> Quantiles {
    let at = |quantile: f64| low_ms + quantile * (high_ms - low_ms);
    Quantiles { p50_ms: at(0.5), p90_ms: at(0.9), p99_ms: at(0.99) }
}
