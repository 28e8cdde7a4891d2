//! What one host has done lately, from the differences of its cumulative counters: the fast path keeps no history.

use std::time::Duration;

use outrider_core::Time;

use crate::guards::ejection::{Symptoms, is_crowded};
use crate::live::{HostLive, Silence, Totals};

/// Into how many steps the window is cut.
const STEPS: u32 = 10;
/// Steps that are "lately".
const LATELY: u32 = 3;
/// How fast a host's slow answer fades from memory: to 1/e in this time.
const SLOWEST_DECAY_S: f64 = 60.0;
/// A slowest answer below this is as good as none.
const SLOWEST_MIN: Duration = Duration::from_micros(1);

/// The counters at the last steps, and what else the verdicts need.
#[derive(Clone, Debug)]
pub(super) struct Record {
    /// Answers at the beginning of each of the last steps; the oldest is at `step % STEPS`.
    marks: [Answers; STEPS as usize],
    step: u64,
    latest: Answers,
    slowest: Slowest,
    silence: Option<Silence>,
    crowded_since: Option<Time>,
    ignoring_since: Option<Time>,
    /// Failures in a row.
    run: u32,
    /// What the rest of the pool had answered before they began.
    rest_before_run: Answers,
    seen: Time,
}

/// Answers so far.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Answers {
    pub(super) successes: u64,
    pub(super) failures: u64,
}

impl Answers {
    fn of(live: &HostLive) -> Answers {
        let Totals { successes, failures, .. } = live.totals();
        Answers { successes, failures }
    }

    pub(super) fn add(&mut self, more: Answers) {
        self.successes += more.successes;
        self.failures += more.failures;
    }

    /// What has come since `before`.
    fn since(self, before: Answers) -> Answers {
        Answers {
            successes: self.successes.saturating_sub(before.successes),
            failures: self.failures.saturating_sub(before.failures),
        }
    }
}

/// The slowest answer of late: a peak that fades.
#[derive(Clone, Copy, Debug)]
pub(super) struct Slowest {
    answer: Duration,
    seen: Time,
    decay_s: f64,
}

impl Slowest {
    /// No answer yet; later ones will fade to 1/e in `decay_s` seconds.
    pub(super) fn fading(decay_s: f64, now: Time) -> Slowest {
        Slowest { answer: Duration::ZERO, seen: now, decay_s }
    }

    pub(super) fn hear(&mut self, answer: Duration, now: Time) {
        if self.answer > answer {
            let passed_s = now.since(self.seen).as_secs_f64();
            self.answer = self.answer.mul_f64((-passed_s / self.decay_s).exp());
        }
        self.answer = self.answer.max(answer);
        self.seen = now;
    }

    /// `None` if there was none.
    pub(super) fn get(&self) -> Option<Duration> {
        (self.answer >= SLOWEST_MIN).then_some(self.answer)
    }
}

impl Record {
    pub(super) fn new(now: Time) -> Record {
        Record {
            marks: [Answers::default(); STEPS as usize],
            step: 0,
            latest: Answers::default(),
            slowest: Slowest::fading(SLOWEST_DECAY_S, now),
            silence: None,
            crowded_since: None,
            ignoring_since: None,
            run: 0,
            rest_before_run: Answers::default(),
            seen: now,
        }
    }

    /// Takes in what has happened until `now`, when the whole pool had answered `pool_before` until the last time;
    /// returns what this host has answered since then.
    pub(super) fn observe(&mut self, live: &HostLive, pool_before: Answers, window: Duration, now: Time) -> Answers {
        self.advance(step_at(now, window));
        let run = live.failures_in_row();
        if run == 0 || run < self.run {
            self.rest_before_run = pool_before.since(self.latest);
        }
        self.run = run;
        self.slowest.hear(live.take_slowest_answer(), now);
        self.listen(live, now);
        self.seen = now;
        let before = std::mem::replace(&mut self.latest, Answers::of(live));
        self.latest.since(before)
    }

    /// Whether a closer look is due.
    pub(super) fn has_symptoms(&self, stall: Duration) -> bool {
        let is_silent = self.silence.is_some_and(|silence| silence.length >= stall);
        self.run > 0 || is_silent || self.in_window().failures > 0
    }

    /// Begins a new window: what was before is forgiven.
    pub(super) fn restart(&mut self, live: &HostLive, pool: Answers, now: Time) {
        self.latest = Answers::of(live);
        self.marks = [self.latest; STEPS as usize];
        self.crowded_since = None;
        self.ignoring_since = None;
        self.run = 0;
        self.rest_before_run = pool.since(self.latest);
        self.seen = now;
    }

    /// Answers in the window.
    fn in_window(&self) -> Answers {
        self.latest.since(self.marks[index(self.step)])
    }

    /// Share of successes in the window, 0 to 1; `None` without answers.
    pub(super) fn success_rate(&self) -> Option<f64> {
        let Answers { successes, failures } = self.in_window();
        let answers = successes + failures;
        (answers > 0).then(|| successes as f64 / answers as f64)
    }

    /// The slowest recent answer; `None` if there was none.
    pub(super) fn slowest(&self) -> Option<Duration> {
        self.slowest.get()
    }

    /// What the verdicts look at, when the whole pool has answered `pool`.
    pub(super) fn symptoms(&self, live: &HostLive, pool: Answers) -> Symptoms {
        let Answers { successes, failures } = self.in_window();
        let lately = self.latest.since(self.marks[index(self.step + u64::from(STEPS - LATELY))]);
        let meanwhile = pool.since(self.latest).since(self.rest_before_run);
        Symptoms {
            successes,
            failures,
            lately: (lately.successes, lately.failures),
            failures_in_row: self.run,
            others_meanwhile: (meanwhile.successes, meanwhile.failures),
            last_failure: live.last_failure(),
            last_answer: live.last_answer(),
            silence: self.silence,
            crowded_since: self.crowded_since,
            ignoring_since: self.ignoring_since,
            slowest: self.slowest(),
        }
    }

    fn advance(&mut self, step: u64) {
        let missed = step.saturating_sub(self.step).min(u64::from(STEPS));
        for nth in 0..missed {
            self.marks[index(step - nth - 1)] = self.latest;
        }
        self.step = self.step.max(step);
    }

    fn listen(&mut self, live: &HostLive, now: Time) {
        self.silence = live.silence(now);
        self.crowded_since = is_crowded(self.silence).then(|| self.crowded_since.unwrap_or(now));
        let is_ignoring = self.silence.is_some_and(|silence| silence.is_ignoring);
        // An answer between two ticks begins it anew, whatever has been sent since.
        let before = self.ignoring_since.filter(|&since| since >= live.last_answer());
        self.ignoring_since = is_ignoring.then(|| before.unwrap_or(now));
    }
}

fn index(step: u64) -> usize {
    usize::try_from(step % u64::from(STEPS)).expect("below the number of steps")
}

fn step_at(now: Time, window: Duration) -> u64 {
    let step_ns = (window / STEPS).as_nanos().max(1);
    u64::try_from(u128::from(now.as_nanos()) / step_ns).unwrap_or(u64::MAX)
}
