//! Which name a position in the snapshot has, and what had been counted there when it got it.
//!
//! Workers count by position because a position costs nothing; names move between positions when the configuration or
//! the class table changes. Without the starting values a class would inherit the counts of the one it replaced.

use outrider_core::ClassId;

use super::{HistogramTotals, POOL_SLOTS};

/// What was counted for one pool.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct PoolTotals {
    /// Requests routed to it.
    pub requests: u64,
    /// Those that the storm guard rejected.
    pub shed: u64,
    /// From a request's head to the last byte of its answer.
    pub duration: HistogramTotals,
    /// From the end of sending to the first byte of a host's answer.
    pub first_byte: HistogramTotals,
    /// Probes sent to its hosts.
    pub probes_sent: u64,
    /// Probes that were answered in time with a load that could be read.
    pub probes_answered: u64,
    /// Probes that were not.
    pub probes_failed: u64,
    /// Answers that requests can choose from now.
    pub probes_kept: u64,
}

/// What was counted for one class.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct ClassTotals {
    /// Requests finished.
    pub requests: u64,
    /// Those that ended in 5xx.
    pub failures: u64,
    /// Sum of their durations, nanoseconds.
    pub duration_ns: u64,
    /// Those that the storm guard rejected.
    pub shed: u64,
}

/// Totals that can be taken from a starting value on.
trait Since: Copy {
    fn since(self, start: &Self) -> Self;
}

impl Since for PoolTotals {
    fn since(self, start: &Self) -> Self {
        PoolTotals {
            requests: self.requests.wrapping_sub(start.requests),
            shed: self.shed.wrapping_sub(start.shed),
            duration: self.duration.since(&start.duration),
            first_byte: self.first_byte.since(&start.first_byte),
            probes_sent: self.probes_sent.wrapping_sub(start.probes_sent),
            probes_answered: self.probes_answered.wrapping_sub(start.probes_answered),
            probes_failed: self.probes_failed.wrapping_sub(start.probes_failed),
            probes_kept: self.probes_kept,
        }
    }
}

impl Since for ClassTotals {
    fn since(self, start: &Self) -> Self {
        ClassTotals {
            requests: self.requests.wrapping_sub(start.requests),
            failures: self.failures.wrapping_sub(start.failures),
            duration_ns: self.duration_ns.wrapping_sub(start.duration_ns),
            shed: self.shed.wrapping_sub(start.shed),
        }
    }
}

#[derive(Debug)]
struct Slot<T> {
    name: String,
    start: T,
}

/// The names of all positions.
#[derive(Debug, Default)]
pub struct Labels {
    pools: Vec<Option<Slot<PoolTotals>>>,
    classes: Vec<Option<Slot<ClassTotals>>>,
}

impl Labels {
    pub(super) fn name_pools<'a>(&mut self, names: impl Iterator<Item = &'a str>, now: impl Fn(usize) -> PoolTotals) {
        let mut names: Vec<Option<&str>> = names.map(Some).collect();
        if names.len() > POOL_SLOTS {
            names.truncate(POOL_SLOTS);
            names[POOL_SLOTS - 1] = Some("other");
        }
        rename(&mut self.pools, &names, now);
    }

    pub(super) fn name_classes<'a>(
        &mut self,
        names: impl Iterator<Item = (ClassId, &'a str)>,
        now: impl Fn(usize) -> ClassTotals,
    ) {
        let mut by_slot = vec![None; ClassId::MAX];
        for (class, name) in names {
            by_slot[class.index().min(ClassId::MAX - 1)] = Some(name);
        }
        rename(&mut self.classes, &by_slot, now);
    }

    pub(super) fn pools(&self, now: impl Fn(usize) -> PoolTotals) -> Vec<(String, PoolTotals)> {
        named(&self.pools, now)
    }

    pub(super) fn classes(&self, now: impl Fn(usize) -> ClassTotals) -> Vec<(String, ClassTotals)> {
        named(&self.classes, now)
    }
}

fn rename<T: Since>(slots: &mut Vec<Option<Slot<T>>>, names: &[Option<&str>], now: impl Fn(usize) -> T) {
    slots.resize_with(names.len(), || None);
    for (position, (slot, name)) in slots.iter_mut().zip(names).enumerate() {
        if slot.as_ref().map(|slot| slot.name.as_str()) != *name {
            *slot = name.map(|name| Slot { name: name.to_owned(), start: now(position) });
        }
    }
}

fn named<T: Since>(slots: &[Option<Slot<T>>], now: impl Fn(usize) -> T) -> Vec<(String, T)> {
    slots
        .iter()
        .enumerate()
        .filter_map(|(position, slot)| {
            let slot = slot.as_ref()?;
            Some((slot.name.clone(), now(position).since(&slot.start)))
        })
        .collect()
}
