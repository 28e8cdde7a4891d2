//! Silence: hosts that take requests and do not answer them.
//!
//! Silence is a host's own only if another host has lived meanwhile: it has answered since the silence began, and either
//! it still does or it is idle (its last answer was no failure, and nobody waits for another). Idle ones must count:
//! clients that wait for their answers end up, all of them, on the host that gives none, and then nobody answers
//! because nobody is asked. A pool in which every host owes answers and gives none ejects nobody.
//!
//! How long a host may be silent depends on how many requests say so. Three or more that it leaves alone together are
//! no coincidence. One or two may just be long ones, but under rules that read load a host that hangs never gets a
//! third. So they count too, after three times as long, if that is also three times as long as *any* host of the pool
//! has taken in the last ten minutes or so: what one host takes long for, another one will. And only if one of them was
//! sent after the host's last answer: a host that answers what comes later does not hang. What is new and takes longer
//! costs its host an ejection, until some host has answered it and the pool knows better.
//!
//! After so long, an idle host's last answer may also have come shortly *before* the silence, if no other host is silent:
//! one client, or two, that wait for the same host ask nobody else meanwhile. What broke that host may have broken all,
//! but with so few clients an ejection too many costs little and one too few costs somebody a timeout. Shortly, so that
//! it ends with the first: by then no answer is fresh, and requests are not chased from one dead host to the next.

use std::time::Duration;

use outrider_core::Time;

use super::{Cause, Symptoms, each};
use crate::live::Silence;
use crate::settings::EjectionSettings;

/// So many requests must be without an answer.
const SILENT_MIN_REQUESTS: u32 = 3;
/// Fewer must have been so for this many times the stall time.
const FEW_FACTOR: u32 = 3;
/// They must have been so many for this share of the silence that is allowed.
const CROWDED_SHARE: f64 = 0.3;
/// Another host must have answered within this share of it, unless it is idle, or the whole pool is silent.
const ALIVE_SHARE: f64 = 0.5;
/// A host may be silent for this many times its slowest recent answer.
const SLOWEST_FACTOR: f64 = 3.0;

/// Whether the requests without an answer are enough to speak of a stall.
pub(crate) fn is_crowded(silence: Option<Silence>) -> bool {
    silence.is_some_and(|silence| silence.requests >= SILENT_MIN_REQUESTS)
}

/// How long a host may answer nothing. One that has not answered yet is given what its neighbours take.
pub(crate) fn patience(own: Option<Duration>, others: Option<Duration>, settings: &EjectionSettings) -> Duration {
    let slowest = own.max(others).unwrap_or_default();
    settings.stall.max(slowest.mul_f64(SLOWEST_FACTOR))
}

/// How long fewer requests than [`SILENT_MIN_REQUESTS`] may wait, if `slowest` is the slowest answer of any host.
fn patience_with_few(slowest: Option<Duration>, settings: &EjectionSettings) -> Duration {
    let slowest = slowest.unwrap_or_default();
    settings.stall.saturating_mul(FEW_FACTOR).max(slowest.mul_f64(SLOWEST_FACTOR))
}

/// The median of what the hosts remember as their slowest recent answer.
pub(crate) fn median_slowest(pool: &[Symptoms]) -> Option<Duration> {
    let mut known: Vec<Duration> = pool.iter().filter_map(|s| s.slowest).collect();
    known.sort_unstable();
    known.get(known.len().saturating_sub(1) / 2).copied()
}

/// When hosts last answered.
#[derive(Clone, Copy, Debug, Default)]
struct Life {
    any: Time,
    /// Those that are idle now.
    idle: Time,
}

impl Life {
    fn of(pool: &[Symptoms]) -> Life {
        let newest = |hosts: &mut dyn Iterator<Item = &Symptoms>| hosts.map(|s| s.last_answer).max();
        Life {
            any: newest(&mut pool.iter()).unwrap_or_default(),
            idle: newest(&mut pool.iter().filter(|s| s.is_idle())).unwrap_or_default(),
        }
    }

    /// Whether another host has lived through the silence that began at `since`. One that is idle need only have
    /// answered up to `early` before.
    fn goes_on(&self, since: Time, early: Duration, allowed: Duration, now: Time) -> bool {
        let answers = self.any > since && now.since(self.any) <= allowed.mul_f64(ALIVE_SHARE);
        answers || self.idle > since - early
    }
}

/// Hosts whose requests go without answer while others live.
pub(super) fn stalled(
    pool: &[Symptoms],
    slowest: Option<Duration>,
    settings: &EjectionSettings,
    now: Time,
) -> Vec<(usize, Cause)> {
    let is_quiet = |s: &Symptoms| s.silence.is_some_and(|silence| silence.length >= settings.stall);
    let quiet = pool.iter().filter(|s| is_quiet(s)).count();
    if quiet == 0 {
        return Vec::new();
    }
    let early = if quiet == 1 { settings.stall } else { Duration::ZERO };
    let (life, others) = (Life::of(pool), median_slowest(pool));
    let allowed_few = patience_with_few(slowest, settings);
    let verdict = |symptoms: &Symptoms| {
        let silence = symptoms.silence?;
        let lasts = |since: Option<Time>, least: Duration| since.is_some_and(|since| now.since(since) >= least);
        let many = || {
            let allowed = patience(symptoms.slowest, others, settings);
            silence.length >= allowed
                && lasts(symptoms.crowded_since, allowed.mul_f64(CROWDED_SHARE))
                && life.goes_on(silence.since, Duration::ZERO, allowed, now)
        };
        let few = || {
            silence.length >= allowed_few
                && lasts(symptoms.ignoring_since, allowed_few)
                && life.goes_on(silence.since, early, allowed_few, now)
        };
        (many() || few()).then_some(Cause::Stalled { silence: silence.length, requests: silence.requests })
    };
    each(pool, verdict)
}
