//! What a person sees while an experiment runs: on a terminal one line per lane that is written over, elsewhere a line per
//! finished turn. Figures do not depend on it: what cannot be written is left out.

use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;
use outrider_core::Time;

use super::turns::{Plan, Turn};
use super::{Demand, Experiment};
use crate::load::{Outcome, Record};

/// Writes to standard error.
#[derive(Debug)]
pub struct Progress {
    live: bool,
    silent: bool,
    screen: Mutex<Screen>,
}

#[derive(Debug, Default)]
struct Screen {
    lanes: Vec<String>,
    drawn: usize,
    finished: usize,
}

/// Between two drawings of a lane.
const REFRESH: Duration = Duration::from_millis(200);
/// Up one line; from here to the end of the screen; lines that are too long are cut, not folded.
const UP: &str = "\x1b[1A";
const CLEAR_BELOW: &str = "\r\x1b[0J";
const CUT: &str = "\x1b[?7l";
const FOLD: &str = "\x1b[?7h";
const LATENCY_MAX_US: u64 = 3_600_000_000;

impl Progress {
    /// For standard error as it is: live on a terminal that can.
    pub fn on_stderr() -> Progress {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Progress { live: io::stderr().is_terminal() && !dumb, silent: false, screen: Mutex::default() }
    }

    /// Says nothing.
    pub fn silent() -> Progress {
        Progress { live: false, silent: true, screen: Mutex::default() }
    }

    /// A line that stays.
    pub fn say(&self, text: &str) {
        if !self.silent {
            self.draw(|_| Some(text.to_owned()));
        }
    }

    /// What is about to be done, and how long it takes.
    pub(super) fn announce(&self, experiment: &Experiment, plan: &Plan) {
        let jobs = match experiment.jobs {
            1 => "one at a time".to_owned(),
            jobs => format!("{jobs} at a time"),
        };
        self.say(&format!(
            "{}: {} measurements of {:.1} s (the first {:.1} s warm up), {jobs}: about {}",
            experiment.name,
            plan.turns,
            experiment.length().as_secs_f64(),
            experiment.warm_up.as_secs_f64(),
            words(plan.time)
        ));
    }

    fn update(&self, lane: usize, line: String) {
        if self.live && !self.silent {
            self.draw(|screen| {
                let lanes = screen.lanes.len().max(lane + 1);
                screen.lanes.resize(lanes, String::new());
                screen.lanes[lane] = line;
                None
            });
        }
    }

    /// Changes the screen and draws it anew, with a line above that stays if `change` gives one.
    fn draw(&self, change: impl FnOnce(&mut Screen) -> Option<String>) {
        let mut screen = self.screen.lock().unwrap_or_else(PoisonError::into_inner);
        let above = change(&mut screen).map(|line| line + "\n").unwrap_or_default();
        let text = if self.live {
            let back = UP.repeat(screen.drawn);
            let lanes: String = screen.lanes.iter().map(|line| format!("{line}\n")).collect();
            screen.drawn = screen.lanes.len();
            format!("{back}{CLEAR_BELOW}{above}{CUT}{lanes}{FOLD}")
        } else {
            above
        };
        let _ = io::stderr().lock().write_all(text.as_bytes());
    }
}

impl Drop for Progress {
    /// Leaves a clean screen behind, whatever ended the experiment.
    fn drop(&mut self) {
        if self.live && self.screen.get_mut().is_ok_and(|screen| screen.drawn > 0) {
            self.draw(|screen| {
                screen.lanes.clear();
                None
            });
        }
    }
}

/// A span of time for people.
fn words(time: Duration) -> String {
    match time.as_secs() {
        seconds @ 0..100 => format!("{seconds} s"),
        seconds => format!("{} min", seconds.div_ceil(60)),
    }
}

/// Watches one turn on its lane.
pub(super) struct Watch<'a> {
    progress: &'a Progress,
    lane: usize,
    what: String,
    turns: usize,
    length: Duration,
    warm_up: Time,
    start: Instant,
    drawn: Option<Instant>,
    latency_us: Histogram<u64>,
    errors: u64,
}

impl<'a> Watch<'a> {
    pub(super) fn new(
        progress: &'a Progress,
        lane: usize,
        experiment: &Experiment,
        turn: Turn,
        plan: &Plan,
    ) -> Watch<'a> {
        let demand = match experiment.demands[turn.demand] {
            Demand::Load(load) => format!("load {load}"),
            Demand::RatePerS(rate) => format!("{rate}/s"),
        };
        let (label, seed) = (&experiment.balancers[turn.balancer].label, experiment.seeds[turn.seed]);
        let pattern = &experiment.patterns[turn.pattern].name;
        Watch {
            progress,
            lane,
            what: format!("{label:<22} {pattern} {demand} seed {seed}"),
            turns: plan.turns,
            length: experiment.length(),
            warm_up: Time::ZERO + experiment.warm_up,
            start: Instant::now(),
            drawn: None,
            latency_us: Histogram::new_with_bounds(1, LATENCY_MAX_US, 2).expect("bounds and digits are sound"),
            errors: 0,
        }
    }

    pub(super) fn record(&mut self, record: &Record) {
        if self.progress.silent {
            return;
        }
        if record.scheduled >= self.warm_up {
            self.errors += u64::from(!record.outcome.is_good());
            if matches!(record.outcome, Outcome::TimedOut | Outcome::Answered(..500)) {
                let latency_us = u64::try_from(record.latency().as_micros()).unwrap_or(u64::MAX);
                self.latency_us.saturating_record(latency_us);
            }
        }
        if self.drawn.is_none_or(|drawn| drawn.elapsed() >= REFRESH) {
            self.drawn = Some(Instant::now());
            let passed_s = self.start.elapsed().as_secs_f64().min(self.length.as_secs_f64());
            let line =
                format!("  {}  {passed_s:>4.1} of {:.1} s  {}", self.what, self.length.as_secs_f64(), self.figures());
            self.progress.update(self.lane, line);
        }
    }

    fn figures(&self) -> String {
        if self.latency_us.is_empty() {
            return "warming up".to_owned();
        }
        let ms = |us: u64| us as f64 / 1e3;
        let (p50, p99) = (ms(self.latency_us.value_at_quantile(0.5)), ms(self.latency_us.value_at_quantile(0.99)));
        format!("{:>6} requests  p50 {p50:>6.1} ms  p99 {p99:>7.1} ms  errors {}", self.latency_us.len(), self.errors)
    }

    /// The turn is over.
    pub(super) fn finish(self, complete: bool) {
        if !complete || self.progress.silent {
            return;
        }
        let (what, figures) = (&self.what, self.figures());
        self.progress.draw(|screen| {
            screen.finished += 1;
            if let Some(line) = screen.lanes.get_mut(self.lane) {
                line.clear();
            }
            Some(format!("[{:>3}/{}] {what}  {figures}", screen.finished, self.turns))
        });
    }
}
