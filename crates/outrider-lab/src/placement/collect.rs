//! Sends every request of a design to both platforms, and keeps what became of each.

use std::io;
use std::sync::Arc;
use std::time::Duration;

use outrider_core::{Random, Time};
use serde::Serialize;
use thiserror::Error;

use super::design::Sent;
use super::hosts::{Experiment, Hosts, Served};
use super::line::{Ended, Line};
use super::world::Platform;
use super::{ColdStarts, Design};
use crate::limits::confessions;
use crate::load::{self, Ask, LoadError, Outcome, Patience, Planned, Record, Summary, Target};
use crate::stop::Stop;

/// A client waits so long, seconds of the experiment.
const PATIENCE_S: f64 = 30.0;
const MS_PER_S: f64 = 1e3;
/// The stream of luck that says which platform hears of a request first.
const FIRST: u64 = 0x6669_7273_7400_0000;

/// All that was collected.
pub struct Collected {
    experiment: Arc<Experiment>,
    ended: Vec<[Option<Ended>; 2]>,
    served: Vec<[Option<Served>; 2]>,
    /// What the bench has to confess; empty where figures are those of what was measured.
    pub warnings: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What a platform did, in counts.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize)]
pub struct Told {
    /// As logs have it.
    pub platform: &'static str,
    /// Requests that were sent to it.
    pub requests: usize,
    /// Those answered with 200.
    pub served: usize,
    /// Those answered with something else.
    pub failed: usize,
    /// Those whose client left.
    pub timed_out: usize,
    /// Instances that had to start.
    pub cold_starts: usize,
    /// What clients waited beyond execution and cold start, in the experiment's ms: the bench's own part, and of containers the queue.
    /// Median.
    pub besides_p50_ms: f64,
    /// The same, quantile 0.99.
    pub besides_p99_ms: f64,
}

/// Why nothing was collected.
#[derive(Debug, Error)]
pub enum CollectError {
    /// The platforms could not start.
    #[error("the platforms cannot start: {0}")]
    Hosts(#[source] io::Error),
    /// The load could not be sent.
    #[error(transparent)]
    Load(#[from] LoadError),
    /// It was stopped.
    #[error("stopped before the end; nothing is written")]
    Stopped,
}

/// Runs `design`, `scale` times faster than its own time; `on_request` hears how many are done, of both platforms together.
///
/// # Errors
/// When platforms or load cannot be had, or `stop` is raised.
pub fn collect(
    design: &Design,
    scale: f64,
    cold: ColdStarts,
    stop: &Stop,
    on_request: impl Fn(usize),
) -> Result<Collected, CollectError> {
    let experiment = Arc::new(Experiment { requests: design.requests(), cold, seed: design.seed, scale });
    let hosts = Hosts::start(&experiment).map_err(CollectError::Hosts)?;
    let patience = Patience::once(Duration::from_secs_f64(PATIENCE_S / scale));
    let targets = hosts.addresses.map(|address| Target { patience: patience.clone(), ..Target::at(address) });
    let mut ended = vec![[None; 2]; experiment.requests.len()];
    let (mut summary, mut done) = (Summary::default(), 0);
    let end = load::run_spread(&targets, plan(&experiment), stop, |to, record| {
        done += 1;
        on_request(done);
        summary.add(record);
        let number = usize::try_from(record.number).unwrap_or(usize::MAX);
        ended[number][to] = ending(record, scale);
    })?;
    if end.stopped {
        return Err(CollectError::Stopped);
    }
    let lost = ended.iter().flatten().filter(|ended| ended.is_none()).count();
    let mut warnings = confessions(&summary, &end);
    warnings.extend((lost > 0).then(|| {
        format!("{lost} requests found no connection to their platform and are not in the log: raise the limit of open files (ulimit -n), or lower --scale")
    }));
    Ok(Collected { served: hosts.served(), experiment, ended, warnings, took: end.took })
}

/// Each request twice, at the same moment; which platform hears of it first is drawn by lot, for the second waits for the first to be sent.
fn plan(experiment: &Arc<Experiment>) -> impl Iterator<Item = (usize, Planned)> + Send + use<> {
    let (experiment, ask) = (Arc::clone(experiment), Arc::new(Ask::default()));
    (0..2 * experiment.requests.len()).map(move |nth| {
        let number = nth / 2;
        let to = (nth + usize::from(Random::stream(experiment.seed ^ FIRST, number as u64).chance(0.5))) % 2;
        let planned = Planned {
            number: number as u64,
            at: Time::ZERO + Duration::from_secs_f64(experiment.requests[number].run_s / experiment.scale),
            class: 0,
            size: 1.0,
            path: format!("/{number}").parse().expect("a number is a path"),
            ask: Arc::clone(&ask),
        };
        (to, planned)
    })
}

/// `None` where the bench itself failed: no platform refuses or breaks a connection.
fn ending(record: &Record, scale: f64) -> Option<Ended> {
    let status = match record.outcome {
        Outcome::Answered(status) => Some(status),
        Outcome::TimedOut => None,
        Outcome::NotConnected | Outcome::Broken => return None,
    };
    Some(Ended { status, response_ms: record.latency().as_secs_f64() * MS_PER_S * scale })
}

impl Collected {
    /// The lines of the log, in the order of their requests.
    pub(super) fn lines(&self) -> impl Iterator<Item = Line> + '_ {
        self.each().map(|(number, platform, sent, ended)| {
            Line::new(number, platform, sent, ended, self.served[number][platform as usize].as_ref())
        })
    }

    /// What each platform did.
    pub fn told(&self) -> [Told; 2] {
        Platform::BOTH.map(|platform| self.told_of(platform))
    }

    fn each(&self) -> impl Iterator<Item = (usize, Platform, &Sent, Ended)> + '_ {
        let both = move |(number, sent): (usize, _)| {
            let ended = move |platform| Some((number, platform, sent, self.ended[number][platform as usize]?));
            Platform::BOTH.into_iter().filter_map(ended)
        };
        self.experiment.requests.iter().enumerate().flat_map(both)
    }

    fn told_of(&self, platform: Platform) -> Told {
        let mut told = Told { platform: platform.name(), ..Told::default() };
        let mut besides_ms = Vec::new();
        for (number, _, _, ended) in self.each().filter(|(_, of, ..)| *of == platform) {
            told.requests += 1;
            told.served += usize::from(ended.status == Some(200));
            told.failed += usize::from(ended.status.is_some_and(|status| status != 200));
            told.timed_out += usize::from(ended.status.is_none());
            let served = self.served[number][platform as usize].filter(|_| ended.status.is_some());
            told.cold_starts += usize::from(served.is_some_and(|served| served.cold_start_s.is_some()));
            besides_ms.extend(served.map(|served| ended.response_ms - served.took_ms()));
        }
        besides_ms.sort_by(f64::total_cmp);
        let at =
            |share: usize| besides_ms.get((besides_ms.len() * share / 100).min(besides_ms.len().saturating_sub(1)));
        told.besides_p50_ms = at(50).copied().unwrap_or_default();
        told.besides_p99_ms = at(99).copied().unwrap_or_default();
        told
    }
}

impl Served {
    /// What it took on the platform, without a wait.
    fn took_ms(&self) -> f64 {
        (self.work.execution_s + self.cold_start_s.unwrap_or(0.0)) * MS_PER_S
    }
}
