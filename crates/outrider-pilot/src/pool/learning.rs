//! What a pool learns from what passes, and the table it makes of that.
//!
//! Outcomes come in from the fast path ([`Pool::learn`]); every quarter of a second, at a tick, what has changed is written
//! into a new table. Requests without an answer are not waited for: at each tick those that are overdue raise the factor of
//! their host.

use std::collections::{BTreeMap, BTreeSet};
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outrider_core::{ClassId, Random, Time};
use outrider_features::fingerprint::{CellPrint, Estimator, Fingerprints};

use super::Pool;
use crate::guards::prediction::PredictionGuard;
use crate::live::HostLive;
use crate::prediction::{Cell, Outcome, Row, Table, Work};
use crate::settings::StrategyKind;

/// A host is known after so many exchanges that found a free slot.
const KNOWN: f64 = 10.0;
/// How fast the table takes over what the live factor has held: to all but 1/e in this time.
const LEVEL_MEMORY: Duration = Duration::from_secs(30);
/// Every so many tables all rows are made anew: what they inherit changes without them.
const ALL_ROWS_EVERY: u64 = 16;
/// Without outcomes the rate of the pool fades with this time constant.
const RATE_MEMORY_S: f64 = 5.0;
/// The mix of classes fades in this time.
const MIX_MEMORY_S: f64 = 30.0;
/// What a request that is overdue has taken at least, as a logarithm beyond the 90th percentile's.
const OVERDUE_LOG: f32 = 0.5;

/// How an engine can fail, for whoever wants to see what happens then.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EngineFault {
    /// It never writes a table.
    Silent,
    /// It writes no table any more.
    Stopped,
    /// It writes nonsense, drawn from this seed.
    Nonsense(u64),
}

/// What is known of one pool's hosts, and the last table made of it.
#[derive(Debug, Default)]
pub(super) struct Learning {
    prints: Fingerprints,
    pub(super) guard: PredictionGuard,
    table: Option<Arc<Table>>,
    /// Of which something was learnt since.
    changed: BTreeSet<SocketAddr>,
    /// Logarithms of what the table has taken over of how each host does.
    levels: BTreeMap<SocketAddr, f32>,
    /// Outcomes since the last table, and the rate that they came at, 1/s.
    outcomes: u32,
    /// Outcomes by class, of late.
    mix: BTreeMap<ClassId, f64>,
    rate_per_s: f64,
    fault: Option<EngineFault>,
}

impl Pool {
    /// A request has ended that carried [`Work`] or a [`Lesson`](crate::Lesson).
    pub fn learn(&mut self, outcome: &Outcome) {
        if !self.members.contains_key(&outcome.host) {
            return;
        }
        self.learn_value(outcome);
        if let Some(work) = outcome.work.filter(|_| self.predicts()) {
            self.learn_work(outcome, &work);
        }
    }

    fn learn_work(&mut self, outcome: &Outcome, work: &Work) {
        let learning = &mut self.learning;
        learning.outcomes += 1;
        *learning.mix.entry(work.class).or_insert(0.0) += 1.0;
        learning.prints.observe(&outcome.observed(work));
        learning.guard.observe(outcome, work);
        self.accounts.observe(outcome, work);
        learning.changed.insert(outcome.host);
    }

    /// What is known of each host for each class, by address and class.
    pub fn fingerprints(&self) -> Vec<CellPrint> {
        self.learning.prints.prints(self.now)
    }

    /// From now on its engine fails like this, or not any more.
    pub fn break_engine(&mut self, fault: Option<EngineFault>) {
        self.learning.fault = fault;
        self.version += 1;
    }

    /// The table in force.
    pub(super) fn table(&self) -> Option<&Arc<Table>> {
        self.learning.table.as_ref().filter(|_| self.learning.fault != Some(EngineFault::Silent))
    }

    /// Whether anything is learnt and predicted here.
    pub(super) fn predicts(&self) -> bool {
        self.settings.strategy == StrategyKind::Predictive || self.settings.predict.observe
    }

    /// These hosts are there now.
    pub(super) fn learn_hosts(&mut self) {
        let hosts = self.members.values().map(|member| (member.spec.address, member.spec.labels.kind.as_deref()));
        self.learning.prints.set_hosts(hosts);
        let members = &self.members;
        self.learning.levels.retain(|address, _| members.contains_key(address));
        self.learning.guard.keep(|address| members.contains_key(&address));
        self.accounts.keep(|address| members.contains_key(&address));
        self.learning.changed.extend(members.keys());
    }

    pub(super) fn forget_what_was_learnt(&mut self, class: ClassId) {
        self.learning.prints.forget_class(class);
        self.learning.guard.forget(class);
        self.accounts.forget(class);
        self.learning.changed.extend(self.members.keys());
    }

    /// Takes in what is overdue, and writes a new table if that is due.
    pub(super) fn foresee(&mut self) {
        if !self.predicts() {
            return;
        }
        for (address, member) in &self.members {
            censor(&member.host.live, self.now);
            member.host.live.forget_factor(self.learning.usual_factor(*address), self.now);
        }
        let is_due = |table: &Arc<Table>| self.now.since(table.at) >= self.settings.predict.refresh;
        if self.learning.table.as_ref().is_none_or(is_due) && !self.is_stopped() {
            self.write_table();
        }
    }

    fn is_stopped(&self) -> bool {
        self.learning.fault == Some(EngineFault::Stopped)
    }

    fn write_table(&mut self) {
        let now = self.now;
        let before = self.learning.table.take();
        let since = before.as_ref().map_or(self.settings.predict.refresh, |table| now.since(table.at));
        let hosts: Vec<SocketAddr> = self.members.keys().copied().collect();
        let learning = &mut self.learning;
        learning.count_rate(since);
        learning.settle_levels(&hosts, since);
        let estimator = learning.prints.estimator(now);
        let rows = learning.rows(&hosts, before.as_deref(), &estimator);
        drop(estimator);
        let lives = self.members.values().map(|member| (member.spec.address, &member.host.live));
        let common = learning.in_common(lives);
        let known = self.members.keys().filter(|&&host| learning.prints.evidence(host) >= KNOWN).count();
        learning.table = Some(Arc::new(Table {
            epoch: before.map_or(1, |before| before.epoch + 1),
            at: now,
            ready: known > 0 && known * 2 >= self.members.len() && rows.len() == self.members.len(),
            trusted: learning.guard.trusts(),
            rate_per_s: learning.rate_per_s,
            common,
            rows,
        }));
        learning.changed.clear();
        self.version += 1;
    }
}

impl Learning {
    fn count_rate(&mut self, since: Duration) {
        let since_s = since.as_secs_f64().max(1e-3);
        let share = 1.0 - (-since_s / RATE_MEMORY_S).exp();
        self.rate_per_s += share * (f64::from(self.outcomes) / since_s - self.rate_per_s);
        self.outcomes = 0;
        self.mix.values_mut().for_each(|count| *count *= 1.0 - since_s.min(MIX_MEMORY_S) / MIX_MEMORY_S);
        self.mix.retain(|_, count| *count > 0.01);
    }

    /// What a request of the pool takes on the host of `cells`, of classes as they come to the whole pool, ns: another one than
    /// it is given may be what it is slow at.
    fn usual_ns(&self, cells: &[Cell]) -> f32 {
        let all: f64 = self.mix.values().sum();
        let of = |class: ClassId| f64::from(cells.get(class.index()).unwrap_or(&cells[0]).service_ns(None));
        let sum: f64 = self.mix.iter().map(|(&class, &count)| count * of(class)).sum();
        #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
        if all > 0.0 { (sum / all) as f32 } else { cells[0].service_ns(None) }
    }

    /// Moves each host's level towards how it does just now.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    fn settle_levels(&mut self, hosts: &[SocketAddr], since: Duration) {
        let share = 1.0 - (-since.as_secs_f32() / LEVEL_MEMORY.as_secs_f32()).exp();
        for &host in hosts {
            let level = self.levels.entry(host).or_insert(0.0);
            *level += share * (self.prints.pace_log(host).unwrap_or(0.0) as f32 - *level);
        }
    }

    /// What a host's live factor is when nothing has changed since the last table.
    fn usual_factor(&self, host: SocketAddr) -> f32 {
        let common = self.table.as_ref().map_or(1.0, |table| table.common);
        self.levels.get(&host).copied().unwrap_or(0.0).exp() * common
    }

    /// What all live factors have in common beside their hosts' levels: the middle one.
    fn in_common<'a>(&self, lives: impl Iterator<Item = (SocketAddr, &'a HostLive)>) -> f32 {
        let level = |host: SocketAddr| self.levels.get(&host).copied().unwrap_or(0.0);
        let mut off: Vec<f32> = lives.filter_map(|(host, live)| Some(live.factor()?.ln() - level(host))).collect();
        let middle = off.len() / 2;
        if off.is_empty() { 1.0 } else { off.select_nth_unstable_by(middle, f32::total_cmp).1.exp() }
    }

    /// Rows of all hosts of which anything can be said; those of hosts that nothing was learnt of are those of `before`.
    fn rows(
        &self,
        hosts: &[SocketAddr],
        before: Option<&Table>,
        estimator: &Estimator<'_>,
    ) -> BTreeMap<SocketAddr, Arc<Row>> {
        let anew = before.is_none_or(|before| before.epoch.is_multiple_of(ALL_ROWS_EVERY));
        let usual = self.usual_slots(hosts, estimator);
        let classes = self.prints.classes().map(ClassId::index).max().unwrap_or(0);
        let kept = |host: SocketAddr| {
            let row = before?.rows.get(&host)?;
            (!anew && !self.changed.contains(&host)).then(|| Arc::clone(row))
        };
        let made = |host: SocketAddr| self.row(host, classes, usual, estimator).map(Arc::new);
        hosts.iter().filter_map(|&host| Some((host, kept(host).or_else(|| made(host))?))).collect()
    }

    /// Requests that a host of the pool usually serves at a time, where that is known of any.
    fn usual_slots(&self, hosts: &[SocketAddr], estimator: &Estimator<'_>) -> u32 {
        let slots = |host: &SocketAddr| estimator.host(*host)?.slots.map(|slots| slots.count);
        let mut known: Vec<u32> = hosts.iter().filter_map(slots).collect();
        known.sort_unstable();
        known.get(known.len() / 2).copied().unwrap_or(1)
    }

    #[allow(clippy::cast_possible_truncation, clippy::cast_precision_loss)] // 24 bits are enough; classes are at most 64
    fn row(&self, host: SocketAddr, classes: usize, usual_slots: u32, estimator: &Estimator<'_>) -> Option<Row> {
        let known = estimator.host(host)?;
        let level = self.levels.get(&host).copied().unwrap_or(0.0).exp();
        let cell = |class: usize| {
            estimator.estimate(host, Some(ClassId(class as u8))).map(|estimate| Cell::new(&estimate, level))
        };
        let mut cells: Box<[Cell]> = (0..=classes).map(cell).collect::<Option<_>>()?;
        let mut slots = known.slots.map_or((usual_slots as f32, false), |slots| (slots.count as f32, slots.is_seen));
        let usual_ns = self.usual_ns(&cells);
        let capacity_per_s = f64::from(slots.0) * 1e9 / f64::from(usual_ns);
        if let Some(EngineFault::Nonsense(seed)) = self.fault {
            spoil(&mut cells, &mut slots, host, seed);
        }
        let work_ns = known.work_ns.unwrap_or(f64::from(cells[0].service_ns(None))) as f32 * level;
        Some(Row::new(slots, work_ns, level, cells).with_capacity(capacity_per_s))
    }
}

/// Requests that are overdue at `live` have taken long already.
fn censor(live: &HostLive, now: Time) {
    let (requests, late) = live.overdue(now);
    let in_flight = live.in_flight().max(1);
    // One in ten is overdue on any day.
    let beyond = requests.saturating_sub(1 + in_flight / 5);
    if beyond > 0 {
        let log = live.factor().unwrap_or(1.0).ln() + OVERDUE_LOG + (1.0 + late.as_secs_f32()).ln();
        live.censor(log, beyond, now);
    }
}

/// What a model gone mad would write: every number times anything from 1/20 to 20.
#[allow(clippy::cast_possible_truncation)]
fn spoil(cells: &mut [Cell], slots: &mut (f32, bool), host: SocketAddr, seed: u64) {
    let part = outrider_features::keyed_hash(seed, host.to_string().as_bytes());
    let mut random = Random::stream(seed, part);
    let mut any = || ((random.unit() as f32 - 0.5) * 6.0).exp();
    cells.iter_mut().for_each(|cell| *cell = cell.times(any()));
    slots.0 = (slots.0 * any()).round().max(1.0);
}
