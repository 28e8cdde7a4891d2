//! Ejection: which hosts the traffic itself shows to be bad.
//!
//! Three symptoms, judged from counters alone: failures in a row, a success rate below the others', silence. Active
//! checks cannot see them (a host that answers 500 within 1 ms passes every TCP check), and a failing or silent host
//! is exactly what rules that read load find attractive. Each symptom is judged against the rest of the pool: what all
//! hosts do alike is not a host's fault. Silence has a file of its own, for the others are arithmetic and it is not.

mod silence;

use std::fmt;
use std::time::Duration;

use outrider_core::Time;

use crate::exchange::FailureKind;
use crate::live::Silence;
use crate::settings::EjectionSettings;
use silence::stalled;
pub(crate) use silence::{is_crowded, median_slowest, patience};

/// A success rate less than this far below the others' never ejects.
const RATE_FLOOR: f64 = 0.05;
/// Nor does one that chance explains: so many standard deviations of a binomial with the pool's rate.
const RATE_NOISE: f64 = 4.0;
/// Hosts with enough answers, without which success rates are not compared.
const RATE_MIN_HOSTS: usize = 3;
/// A run of failures is no evidence if the pool's own failures would produce this many such runs per window.
const RUNS_BY_CHANCE: f64 = 0.01;
/// A run this long makes a host one that is failing now.
const FAILING_RUN: u32 = 2;

/// Why a host is ejected.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Cause {
    /// So many failures in a row, the last of this kind.
    ConsecutiveFailures {
        /// How many.
        count: u32,
        /// What the last one was.
        last: Option<FailureKind>,
    },
    /// Its success rate is an outlier.
    SuccessRate {
        /// Its own, 0 to 1.
        rate: f64,
        /// The mean of the others, 0 to 1.
        mean: f64,
    },
    /// It answers none of its requests.
    Stalled {
        /// For how long.
        silence: Duration,
        /// How many requests.
        requests: u32,
    },
    /// It was on trial and failed again.
    TrialFailed,
}

impl fmt::Display for Cause {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Cause::ConsecutiveFailures { count, last: Some(kind) } => {
                write!(f, "{count} failures in a row, the last: {kind}")
            }
            Cause::ConsecutiveFailures { count, last: None } => write!(f, "{count} failures in a row"),
            Cause::SuccessRate { rate, mean } => {
                write!(f, "{:.1} % succeed, {:.1} % on the others", rate * 100.0, mean * 100.0)
            }
            Cause::Stalled { silence, requests } => {
                let requests = if *requests == 1 { "1 request" } else { &format!("{requests} requests") };
                write!(f, "no answer for {:.1} s to {requests}", silence.as_secs_f64())
            }
            Cause::TrialFailed => f.write_str("failed again on trial"),
        }
    }
}

/// What the traffic of one host looks like at one tick.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Symptoms {
    /// Answers in the window.
    pub(crate) successes: u64,
    pub(crate) failures: u64,
    /// The same in the last third of the window.
    pub(crate) lately: (u64, u64),
    pub(crate) failures_in_row: u32,
    /// What the other hosts have answered since the run of failures began, successes and failures.
    pub(crate) others_meanwhile: (u64, u64),
    pub(crate) last_failure: Option<FailureKind>,
    pub(crate) last_answer: Time,
    pub(crate) silence: Option<Silence>,
    /// Since when enough requests are without an answer, see [`is_crowded`].
    pub(crate) crowded_since: Option<Time>,
    /// Since when a request that was sent after the last answer is without one.
    pub(crate) ignoring_since: Option<Time>,
    /// The slowest recent answer.
    pub(crate) slowest: Option<Duration>,
}

impl Symptoms {
    fn answers(&self) -> u64 {
        self.successes + self.failures
    }

    /// It owes no answers, and the last one was good.
    fn is_idle(&self) -> bool {
        self.silence.is_none() && self.failures_in_row == 0
    }

    fn is_failing(&self) -> bool {
        self.failures_in_row >= FAILING_RUN
    }
}

/// The hosts to be ejected, by index into `pool`, worst symptom first. Limits are the caller's. `slowest` is the slowest
/// answer of any host in a memory longer than the hosts'.
pub(crate) fn judge(
    pool: &[Symptoms],
    slowest: Option<Duration>,
    settings: &EjectionSettings,
    now: Time,
) -> Vec<(usize, Cause)> {
    let mut verdicts = stalled(pool, slowest, settings, now);
    for more in [in_a_row(pool, settings), success_rate(pool, settings)] {
        for verdict in more {
            if verdicts.iter().all(|(at, _)| *at != verdict.0) {
                verdicts.push(verdict);
            }
        }
    }
    verdicts
}

/// Hosts whose last answers all failed, unless the others fail alike: either most of them fail right now too, or they
/// fail so often that such a run is to be expected. (A route that always answers 500 must not eject one host after
/// the other.)
fn in_a_row(pool: &[Symptoms], settings: &EjectionSettings) -> Vec<(usize, Cause)> {
    let heard: Vec<&Symptoms> = pool.iter().filter(|s| s.answers() > 0).collect();
    let failing = heard.iter().filter(|s| s.is_failing()).count();
    let (answers, failures) = heard.iter().fold((0, 0), |(a, f), s| (a + s.answers(), f + s.failures));
    let verdict = |symptoms: &Symptoms| {
        let run = symptoms.failures_in_row;
        if run < settings.consecutive_failures {
            return None;
        }
        let others_failing = failing - usize::from(symptoms.answers() > 0 && symptoms.is_failing());
        let others = heard.len() - usize::from(symptoms.answers() > 0);
        let others_rate = ratio(failures - symptoms.failures, answers - symptoms.answers());
        let chance = others_rate.max(failing_meanwhile(symptoms.others_meanwhile));
        let runs_by_chance = answers as f64 * chance.powf(f64::from(run));
        (2 * others_failing <= others && runs_by_chance < RUNS_BY_CHANCE)
            .then_some(Cause::ConsecutiveFailures { count: run, last: symptoms.last_failure })
    };
    each(pool, verdict)
}

/// The others' failure rate while the run lasted: the window alone would not notice for seconds that the whole pool
/// has begun to fail. Few answers prove little, hence Laplace's rule of succession.
fn failing_meanwhile((successes, failures): (u64, u64)) -> f64 {
    (failures + 1) as f64 / (successes + failures + 2) as f64
}

/// Hosts whose success rate is an outlier, after Envoy's `successRateEjectionThreshold`
/// (`source/common/upstream/outlier_detection_impl.cc`): mean - k x standard deviation over the hosts with enough
/// answers. With one change: a host is held against the *others*. Among n values none can lie further than
/// sqrt(n - 1) standard deviations from a mean that it is part of, 1.41 for three hosts, so that k = 1.9 could not
/// eject anybody below five (which is why Envoy asks for five).
fn success_rate(pool: &[Symptoms], settings: &EjectionSettings) -> Vec<(usize, Cause)> {
    let enough = |s: &Symptoms| s.answers() > 0 && s.answers() >= u64::from(settings.success_rate_min_requests);
    let rate = |s: &Symptoms| ratio(s.successes, s.answers());
    let judged: Vec<f64> = pool.iter().filter(|s| enough(s)).map(rate).collect();
    let (answers, successes) =
        pool.iter().filter(|s| enough(s)).fold((0, 0), |(a, ok), s| (a + s.answers(), ok + s.successes));
    let spread = ratio(successes, answers) * (1.0 - ratio(successes, answers));
    if judged.len() < RATE_MIN_HOSTS {
        return Vec::new();
    }
    let sum: f64 = judged.iter().sum();
    let squares: f64 = judged.iter().map(|r| r * r).sum();
    let others = judged.len() as f64 - 1.0;
    let verdict = |symptoms: &Symptoms| {
        let own = rate(symptoms);
        let mean = (sum - own) / others;
        let deviation = ((squares - own * own) / others - mean * mean).max(0.0).sqrt();
        let noise = (spread / symptoms.answers().max(1) as f64).sqrt();
        let margin = RATE_FLOOR.max(settings.success_rate_deviations * deviation).max(RATE_NOISE * noise);
        (enough(symptoms) && own < mean - margin).then_some(Cause::SuccessRate { rate: own, mean })
    };
    each(pool, verdict).into_iter().filter(|(at, _)| is_outlier_lately(pool, *at)).collect()
}

/// Whether host `at` does worse than the others of late too. Where all have begun to fail within the window, those that had
/// more requests before that have the better rates over all of it.
fn is_outlier_lately(pool: &[Symptoms], at: usize) -> bool {
    let rate = |(successes, failures): (u64, u64)| ratio(successes, successes + failures);
    let others = pool.iter().enumerate().filter(|(other, _)| *other != at).map(|(_, s)| s.lately);
    let others = others.fold((0, 0), |(ok, failed), (successes, failures)| (ok + successes, failed + failures));
    pool[at].lately == (0, 0) || others == (0, 0) || rate(pool[at].lately) < rate(others) - RATE_FLOOR
}

fn each(pool: &[Symptoms], verdict: impl Fn(&Symptoms) -> Option<Cause>) -> Vec<(usize, Cause)> {
    pool.iter().enumerate().filter_map(|(at, s)| Some((at, verdict(s)?))).collect()
}

fn ratio(part: u64, whole: u64) -> f64 {
    if whole == 0 { 0.0 } else { part as f64 / whole as f64 }
}

/// How long the `times`-th ejection in a row lasts: the base, doubled each time, up to the longest.
pub(crate) fn length(times: u32, settings: &EjectionSettings) -> Duration {
    let doubled = 2_u32.saturating_pow(times.saturating_sub(1));
    settings.base_time.saturating_mul(doubled).min(settings.max_time)
}

/// How many of `total` hosts may be out at a time.
pub(crate) fn allowed(total: usize, settings: &EjectionSettings) -> usize {
    let share = settings.max_share.clamp(0.0, 1.0);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // between 0 and total
    let allowed = (total as f64 * share).floor() as usize;
    allowed
}

#[cfg(test)]
mod tests;
