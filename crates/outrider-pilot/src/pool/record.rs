//! What one host has done lately, from the differences of its cumulative counters: the fast path keeps no history.

use std::time::Duration;

use outrider_core::Time;

use crate::guards::ejection::{Silence, Symptoms, is_crowded};
use crate::live::{HostLive, Totals};

/// Into how many steps the window is cut.
const STEPS: u32 = 10;
/// How fast the memory of a slow answer fades: to 1/e in this time.
const SLOWEST_DECAY_S: f64 = 60.0;
/// A slowest answer below this is as good as none.
const SLOWEST_MIN: Duration = Duration::from_micros(1);

/// The counters at the last steps, and what else the verdicts need.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Counters at the beginning of each of the last steps; the oldest is at `step % STEPS`.
    marks: [Totals; STEPS as usize],
    step: u64,
    latest: Totals,
    slowest: Duration,
    crowded_since: Option<Time>,
    /// What the rest of the pool had answered when this host last had no failures in a row.
    rest_before_run: Answers,
    rest: Answers,
    run: u32,
    seen: Time,
}

/// Answers so far.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Answers {
    pub(super) successes: u64,
    pub(super) failures: u64,
}

impl Record {
    pub(super) fn new(now: Time) -> Record {
        let none = Totals::default();
        Record {
            marks: [none; STEPS as usize],
            step: 0,
            latest: none,
            slowest: Duration::ZERO,
            crowded_since: None,
            rest_before_run: Answers::default(),
            rest: Answers::default(),
            run: 0,
            seen: now,
        }
    }

    /// Takes in what has happened until `now`; returns what has been answered since the last time.
    pub(super) fn observe(&mut self, live: &HostLive, window: Duration, now: Time) -> Answers {
        self.advance(step_at(now, window));
        let before = std::mem::replace(&mut self.latest, live.totals());
        self.remember_slowest(live.take_slowest_answer(), now);
        self.crowded_since = is_crowded(live.unanswered()).then(|| self.crowded_since.unwrap_or(now));
        self.seen = now;
        Answers {
            successes: self.latest.successes - before.successes,
            failures: self.latest.failures - before.failures,
        }
    }

    /// Takes in what the whole pool has answered so far, its former hosts included.
    pub(super) fn compare(&mut self, live: &HostLive, pool: Answers) {
        self.rest = Answers {
            successes: pool.successes.saturating_sub(self.latest.successes),
            failures: pool.failures.saturating_sub(self.latest.failures),
        };
        let run = live.failures_in_row();
        if run == 0 || run < self.run {
            self.rest_before_run = self.rest;
        }
        self.run = run;
    }

    /// Begins a new window: what was before is forgiven.
    pub(super) fn restart(&mut self, live: &HostLive, now: Time) {
        self.latest = live.totals();
        self.marks = [self.latest; STEPS as usize];
        self.crowded_since = None;
        self.rest_before_run = self.rest;
        self.run = 0;
        self.seen = now;
    }

    /// Successes and failures in the window.
    pub(super) fn in_window(&self) -> (u64, u64) {
        let oldest = self.marks[index(self.step)];
        let successes = self.latest.successes.saturating_sub(oldest.successes);
        let failures = self.latest.failures.saturating_sub(oldest.failures);
        (successes, failures)
    }

    /// Share of successes in the window, 0 to 1; `None` without answers.
    pub(super) fn success_rate(&self) -> Option<f64> {
        let (successes, failures) = self.in_window();
        let answers = successes + failures;
        (answers > 0).then(|| successes as f64 / answers as f64)
    }

    /// The slowest recent answer; `None` if there was none.
    pub(super) fn slowest(&self) -> Option<Duration> {
        (self.slowest >= SLOWEST_MIN).then_some(self.slowest)
    }

    pub(super) fn symptoms(&self, live: &HostLive) -> Symptoms {
        let (successes, failures) = self.in_window();
        let silence = |crowded_since| Silence { since: live.silent_since(), waiting: live.unanswered(), crowded_since };
        Symptoms {
            successes,
            failures,
            failures_in_row: self.run,
            others_meanwhile: self.rest_meanwhile(),
            last_failure: live.last_failure(),
            last_answer: live.last_answer(),
            silence: self.crowded_since.map(silence),
            slowest: self.slowest(),
        }
    }

    fn rest_meanwhile(&self) -> (u64, u64) {
        let successes = self.rest.successes.saturating_sub(self.rest_before_run.successes);
        let failures = self.rest.failures.saturating_sub(self.rest_before_run.failures);
        (successes, failures)
    }

    fn advance(&mut self, step: u64) {
        let missed = step.saturating_sub(self.step).min(u64::from(STEPS));
        for nth in 0..missed {
            self.marks[index(step - nth - 1)] = self.latest;
        }
        self.step = self.step.max(step);
    }

    fn remember_slowest(&mut self, answer: Duration, now: Time) {
        let passed_s = now.since(self.seen).as_secs_f64();
        let faded = self.slowest.mul_f64((-passed_s / SLOWEST_DECAY_S).exp());
        self.slowest = faded.max(answer);
    }
}

fn index(step: u64) -> usize {
    usize::try_from(step % u64::from(STEPS)).expect("below the number of steps")
}

fn step_at(now: Time, window: Duration) -> u64 {
    let step_ns = (window / STEPS).as_nanos().max(1);
    u64::try_from(u128::from(now.as_nanos()) / step_ns).unwrap_or(u64::MAX)
}
