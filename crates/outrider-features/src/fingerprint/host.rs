//! What is known of one host: its cells, how it compares with the others, and how many requests it serves at a time.

use std::collections::BTreeMap;

use outrider_core::ClassId;

use super::Learnt;
use super::cell::{Cell, Class};
use super::fading::Mean;
use super::line::{Fit, Prior};
use super::observed::{End, Observed};
use super::pace::Pace;
use super::parallelism::{Serving, Slots};

/// What a cell borrows from weighs as much as so many exchanges, and so does what a host's factor borrows from.
pub(super) const STRENGTH: f64 = 4.0;
/// The factor and the mean work remember so many exchanges.
const MEMORY: f64 = 400.0;

#[derive(Clone, Debug, Default)]
pub(super) struct HostPrint {
    pub(super) kind: Option<String>,
    pub(super) cells: BTreeMap<ClassId, Cell>,
    /// Logarithm of its time over the class's anywhere, all classes together.
    pub(super) factor: Mean,
    /// Service time that a request brings, of classes as they come, ns.
    pub(super) work: Mean,
    pub(super) errors: Mean,
    serving: Serving,
    /// How it does just now.
    pub(super) pace: Pace,
    pub(super) told: Option<u32>,
}

impl HostPrint {
    pub(super) fn forget(&mut self, class: ClassId) {
        self.cells.remove(&class);
    }

    /// What was learnt of its service, in exchanges.
    pub(super) fn evidence(&self) -> f64 {
        self.factor.weight()
    }

    /// How many requests it serves at a time, as it says or as its answers do; as `usual` with hosts of its kind while nobody
    /// was seen to wait on it.
    pub(super) fn slots(&self, usual: Option<Slots>) -> Option<Slots> {
        let told = self.told.map(|count| Slots { count, is_seen: true });
        let own = self.serving.slots().filter(|own| own.is_seen || usual.is_none_or(|usual| own.count > usual.count));
        told.or(own).or(usual.map(|usual| Slots { is_seen: false, ..usual }))
    }

    /// With fewer than so many in flight there is a free slot: one slot is certain.
    pub(super) fn free_below(&self, usual: Option<Slots>) -> u32 {
        self.slots(usual).map_or(1, |slots| slots.count)
    }

    /// Counts an exchange and what it cost.
    pub(super) fn judge(&mut self, seen: &Observed) {
        let cell = self.cells.entry(seen.class).or_insert_with(|| Cell::new(seen.now));
        cell.judge(seen.end == End::Failed, seen.now);
        cell.charge(seen.cost);
        self.errors.observe(f64::from(u8::from(seen.end == End::Failed)), 1.0 - 1.0 / MEMORY);
    }

    /// An exchange that found `in_flight` others took `ratio` times the `expected` service.
    pub(super) fn waited(&mut self, in_flight: u32, ratio: f64, expected_ns: f64) {
        self.work.observe(expected_ns, 1.0 - 1.0 / MEMORY);
        self.serving.observe(in_flight, ratio);
    }

    /// An exchange that did not wait. `log` is the logarithm of its time over the class's anywhere.
    pub(super) fn learn(&mut self, class: ClassId, learnt: &Learnt, log: f64) {
        self.cells.entry(class).or_insert_with(|| Cell::new(learnt.now)).learn(learnt);
        self.factor.observe(log, 1.0 - 1.0 / MEMORY);
    }

    /// How many times as long as elsewhere it takes for anything, where hosts of its kind have `kind_log` (a logarithm).
    pub(super) fn factor(&self, kind_log: f64) -> f64 {
        self.factor.leaning_on(kind_log, STRENGTH).exp()
    }

    /// What a class takes here that takes `anywhere` on all hosts together.
    pub(super) fn fit(&self, cell: Option<&Cell>, anywhere: Fit, class: &Class, kind_log: f64) -> Fit {
        let borrowed = anywhere.scaled(self.factor(kind_log));
        let sizes = class.line.sizes().unwrap_or((0.0, 0.0));
        let prior = Prior { fit: borrowed, strength: STRENGTH, sizes };
        cell.and_then(|cell| cell.line.fit(Some(prior))).unwrap_or(borrowed)
    }
}
