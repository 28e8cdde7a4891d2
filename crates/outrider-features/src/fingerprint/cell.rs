//! What is known of one class on one host, and of one class on all hosts together.

use std::time::Duration;

use outrider_core::Time;

use super::fading::{Mean, Rate, kept};
use super::line::Line;
use super::observed::Cost;
use super::spread::Spread;
use super::{HORIZON, Learnt};

/// A cell remembers at most so many requests: enough for an error of a few per cent of its mean, few enough that a
/// common class follows a change within seconds.
const MEMORY: f64 = 400.0;
/// All hosts together remember more.
const CLASS_MEMORY: f64 = 2_000.0;
/// Of failures fewer: what broke is repaired sooner than it gets slower.
const ERROR_MEMORY: f64 = 200.0;
const ERROR_HORIZON: Duration = Duration::from_secs(60);

/// One class on one host.
#[derive(Clone, Debug)]
pub(crate) struct Cell {
    /// Service times of exchanges that found a free slot.
    pub(crate) line: Line,
    pub(crate) spread: Spread,
    /// How many of those are remembered.
    evidence: f64,
    learnt_at: Time,
    /// Whether exchanges failed.
    pub(crate) errors: Mean,
    judged_at: Time,
    pub(crate) completions: Rate,
    pub(crate) cpu: Mean,
    pub(crate) mem: Mean,
}

impl Cell {
    pub(crate) fn new(now: Time) -> Cell {
        Cell {
            line: Line::default(),
            spread: Spread::default(),
            evidence: 0.0,
            learnt_at: now,
            errors: Mean::default(),
            judged_at: now,
            completions: Rate::new(now),
            cpu: Mean::default(),
            mem: Mean::default(),
        }
    }

    /// An exchange that did not wait.
    pub(super) fn learn(&mut self, learnt: &Learnt) {
        let keep = kept(learnt.now.since(self.learnt_at), HORIZON, MEMORY);
        self.line.observe(learnt.size, learnt.took_ns, learnt.relative, keep);
        self.spread.observe(learnt.ratio);
        self.evidence = self.evidence * keep + 1.0;
        self.learnt_at = self.learnt_at.max(learnt.now);
    }

    /// An exchange ended, for good or ill.
    pub(crate) fn judge(&mut self, failed: bool, now: Time) {
        let keep = kept(now.since(self.judged_at), ERROR_HORIZON, ERROR_MEMORY);
        self.errors.observe(f64::from(u8::from(failed)), keep);
        self.judged_at = self.judged_at.max(now);
        self.completions.count(now);
    }

    /// The host says what the exchange cost.
    pub(crate) fn charge(&mut self, cost: Cost) {
        let keep = 1.0 - 1.0 / MEMORY;
        cost.cpu.into_iter().for_each(|cpu| self.cpu.observe(cpu, keep));
        cost.mem.into_iter().for_each(|mem| self.mem.observe(mem, keep));
    }

    /// How many exchanges its service time rests on, faded to `now`.
    pub(crate) fn evidence(&self, now: Time) -> f64 {
        self.evidence * (-now.since(self.learnt_at).as_secs_f64() / HORIZON.as_secs_f64()).exp()
    }
}

/// One class on all hosts.
#[derive(Clone, Debug, Default)]
pub(crate) struct Class {
    pub(crate) line: Line,
    pub(crate) spread: Spread,
    pub(crate) size: Mean,
    pub(crate) size_max: f64,
    evidence: f64,
    learnt_at: Time,
}

impl Class {
    /// An exchange that did not wait.
    pub(super) fn learn(&mut self, learnt: &Learnt) {
        let keep = kept(learnt.now.since(self.learnt_at), HORIZON, CLASS_MEMORY);
        self.line.observe(learnt.size, learnt.took_ns, learnt.relative, keep);
        self.spread.observe(learnt.ratio);
        self.evidence = self.evidence * keep + 1.0;
        self.learnt_at = self.learnt_at.max(learnt.now);
    }

    /// A request said its size.
    pub(crate) fn sized(&mut self, size: f64) {
        self.size.observe(size, 1.0 - 1.0 / CLASS_MEMORY);
        self.size_max = self.size_max.max(size);
    }

    /// How many exchanges it rests on.
    pub(crate) fn evidence(&self) -> f64 {
        self.evidence
    }

    /// What stands in for a size that is not said.
    pub(crate) fn mean_size(&self) -> f64 {
        self.size.value().unwrap_or(0.0)
    }
}
