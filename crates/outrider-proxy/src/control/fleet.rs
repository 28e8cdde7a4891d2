//! The owner: every pool with its hosts, the classes, and what is published of them.
//!
//! `commands` does what it is told, `learning` takes in what watchers find; both end in the functions here.

mod commands;
mod keeping;
mod learning;

use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;

use outrider_core::{Random, Time};
use outrider_features::fingerprint::CellPrint;
use outrider_pilot::{Router, Shedding, Snapshot};

use super::checks::Checks;
use super::classes::Classes;
use super::finding::Findings;
use super::handle::{ControlError, PoolPrints, PoolStatus, Status};
use super::member::Member;
use super::publisher::Publisher;
use super::sources::{Prepared, Readers, Sources};
use super::task::Task;
use super::values_file::ValuesFile;
use super::{ClassCounts, Lessons, tell};
use crate::events::ConfigApplied;
use crate::metrics::Metrics;
use crate::settings::{Pool, Settings};
use crate::shared::{Clock, Published, Shared};

/// Ticks between two looks at what changes slowly.
const SLOW: u64 = 10;

/// Ticks between two writings of what was learnt; often in tests, which wait for it.
const KEEP: u64 = if cfg!(test) { 2 } else { 600 };

/// Everything that the control thread owns.
#[derive(Debug)]
pub(super) struct Fleet {
    clock: Clock,
    metrics: Arc<Metrics>,
    readers: Readers,
    findings: Findings,
    settings: Arc<Settings>,
    /// In the order of `settings.pools`.
    members: Vec<Member>,
    sources: Sources,
    checks: Checks,
    /// By the name of the pool.
    values: BTreeMap<Arc<str>, ValuesFile>,
    classes: Classes,
    classes_changed: bool,
    preparing: Option<Task>,
    publisher: Publisher,
    epoch: u64,
    ticks: u64,
}

impl Fleet {
    /// Reads what `settings` name and publishes for the first time.
    pub(super) async fn start(
        settings: Arc<Settings>,
        clock: Clock,
        metrics: Arc<Metrics>,
        readers: Readers,
        findings: Findings,
        random: Random,
    ) -> Result<Fleet, ControlError> {
        check(&settings)?;
        let prepared = Prepared::of(&settings, &HashSet::new(), &readers).await?;
        let classes = Classes::new(&settings.classes);
        let shared = Arc::new(Shared::new(nothing(&settings, &classes), clock));
        let mut fleet = Fleet {
            clock,
            sources: Sources::new(readers.clone(), findings.clone()),
            checks: Checks::new(findings.clone(), random),
            values: BTreeMap::new(),
            publisher: Publisher::new(shared, Arc::clone(&metrics)),
            metrics,
            readers,
            findings,
            settings: Arc::clone(&settings),
            members: Vec::new(),
            classes,
            classes_changed: false,
            preparing: None,
            epoch: 0,
            ticks: 0,
        };
        fleet.switch(settings, prepared);
        Ok(fleet)
    }

    /// What the workers read.
    pub(super) fn shared(&self) -> Arc<Shared> {
        self.publisher.shared()
    }

    /// Judges every pool, and publishes if anything differs. Called every 100 ms.
    pub(super) fn tick(&mut self) {
        let now = self.clock.now();
        self.ticks += 1;
        for member in &mut self.members {
            for event in member.pool.tick(now) {
                tell::host_event(&self.metrics.events, &member.name, &self.classes.table, event);
            }
        }
        if self.ticks.is_multiple_of(SLOW) {
            self.judge_classes();
            self.metrics.events.settle();
        }
        if self.ticks.is_multiple_of(KEEP) {
            self.keep_values();
        }
        self.publish_if_changed();
        self.publisher.sweep();
    }

    /// Admits and drops classes. An id that now means another class must not be shed for what the old one met with.
    fn judge_classes(&mut self) {
        let before = Arc::clone(&self.classes.table);
        if self.classes.tick(self.clock.now()) {
            self.classes_changed = true;
            for class in self.classes.table.changed_since(&before) {
                self.members.iter_mut().for_each(|member| member.pool.forget_class(class));
            }
        }
    }

    /// Takes in what a worker saw of the classes.
    pub(super) fn count(&mut self, seen: &ClassCounts) {
        self.classes.count(seen, self.clock.now());
    }

    /// Learns from what a worker's exchanges came to.
    pub(super) fn study(&mut self, lessons: &Lessons) {
        // Just after a change of settings a class may mean another one.
        if !self.classes.counts(self.clock.now()) {
            return;
        }
        for (host, outcome) in &lessons.outcomes {
            if let Some(member) = self.member(&host.pool) {
                member.pool.learn(outcome);
            }
        }
    }

    /// From here on `settings`, in one publication.
    fn switch(&mut self, settings: Arc<Settings>, prepared: Prepared) {
        for (name, change) in self.sources.adopt(&settings, prepared) {
            self.tell_name(&name, &change);
        }
        self.members = self.members_of(&settings);
        if self.classes.follow(&settings.classes, self.clock.now()) {
            self.members.iter_mut().for_each(|member| member.pool.forget_classes());
        }
        self.settings = settings;
        self.renew_hosts(|_| true);
        self.follow_values();
        let kept: HashSet<&str> = self.members.iter().map(|member| &*member.name).collect();
        self.checks.retain_pools(|pool| kept.contains(pool));
        self.publish();
        self.metrics.events.emit(&ConfigApplied {
            epoch: self.epoch,
            pools: self.members.len(),
            hosts: self.members.iter().map(|member| member.pool.hosts().len()).sum(),
        });
    }

    /// The pools of `settings`; one that is there already stays the same pool, so that its counters live on.
    fn members_of(&mut self, settings: &Settings) -> Vec<Member> {
        let now = self.clock.now();
        let named = |member: Member| (Arc::clone(&member.name), member);
        let mut before: HashMap<_, _> = self.members.drain(..).map(named).collect();
        let pools = settings.pools.iter().map(|pool| pool.settings.clone());
        pools
            .map(|pool| match before.remove(pool.name.as_str()) {
                Some(member) => member.reconfigured(pool, now),
                None => Member::new(pool, now),
            })
            .collect()
    }

    /// Tells the pools of which `concerns` holds, and their checks, which hosts there are.
    fn renew_hosts(&mut self, concerns: impl Fn(&Pool) -> bool) {
        let now = self.clock.now();
        for (member, pool) in self.members.iter_mut().zip(&self.settings.pools) {
            if concerns(pool) {
                let hosts = self.sources.hosts(pool);
                member.pool.set_hosts(&hosts, now);
                let addresses: Vec<_> = hosts.iter().map(|spec| spec.address).collect();
                self.checks.follow(&member.name, &pool.settings, &addresses);
            }
        }
        let all = self.settings.pools.iter().flat_map(|pool| self.sources.hosts(pool));
        self.publisher.shared().addresses.store(Arc::new(all.map(|spec| spec.address).collect()));
    }

    fn publish_if_changed(&mut self) {
        if self.classes_changed || self.members.iter().any(Member::is_stale) {
            self.publish();
        }
    }

    fn publish(&mut self) {
        self.epoch += 1;
        self.classes_changed = false;
        let snapshot = Snapshot {
            epoch: self.epoch,
            router: Router::new(&self.settings.routes),
            pools: self.members.iter_mut().map(Member::renewed_view).collect(),
            classifier: Arc::clone(&self.classes.classifier),
            classes: Arc::clone(&self.classes.table),
        };
        self.publisher.publish(Published::new(snapshot, Arc::clone(&self.settings)));
    }

    fn status(&self) -> Status {
        let now = self.clock.now();
        let pools = self.members.iter().zip(&self.settings.pools);
        Status {
            epoch: self.epoch,
            pools: pools
                .map(|(member, pool)| PoolStatus {
                    settings: pool.settings.clone(),
                    panic: member.view.panic(),
                    retry_budget: member.view.retry_budget().counts(now),
                    shedding: self.shedding(member, now),
                    prediction: member.pool.prediction(),
                    hosts: member.pool.hosts(),
                    sources: self.sources.status(pool),
                })
                .collect(),
            classes: self.classes.status(),
        }
    }

    fn fingerprints(&self) -> Vec<PoolPrints> {
        let named = |print: CellPrint| (self.classes.table.name(print.class).to_owned(), print);
        let members = self.members.iter().filter(|member| member.view.predicts());
        let prints = |member: &Member| PoolPrints {
            pool: member.name.to_string(),
            prints: member.pool.fingerprints().into_iter().map(named).collect(),
        };
        members.map(prints).collect()
    }

    /// The classes that a pool sheds, with their names.
    fn shedding(&self, member: &Member, now: Time) -> Vec<(String, Shedding)> {
        let lines = member.view.storm_guard().shedding(now).into_iter();
        lines.map(|line| (self.classes.table.name(line.class).to_owned(), line)).collect()
    }

    fn member(&mut self, pool: &str) -> Option<&mut Member> {
        self.members.iter_mut().find(|member| *member.name == *pool)
    }
}

/// What is there before the first publication; no worker sees it.
fn nothing(settings: &Arc<Settings>, classes: &Classes) -> Published {
    let snapshot = Snapshot {
        epoch: 0,
        router: Router::new(&[]),
        pools: Vec::new(),
        classifier: Arc::clone(&classes.classifier),
        classes: Arc::clone(&classes.table),
    };
    Published::new(snapshot, Arc::clone(settings))
}

/// What no reader of the configuration should let through, and what would break us if one did.
fn check(settings: &Settings) -> Result<(), ControlError> {
    let mut names = HashSet::new();
    for pool in &settings.pools {
        if !names.insert(pool.settings.name.as_str()) {
            let twice = format!("pool {:?} is there twice", pool.settings.name);
            return Err(ControlError::Inconsistent(twice));
        }
    }
    let pools = settings.pools.len();
    match settings.routes.iter().find(|route| route.pool >= pools) {
        Some(route) => Err(ControlError::Inconsistent(format!("a route leads to pool {} of {pools}", route.pool))),
        None => Ok(()),
    }
}
