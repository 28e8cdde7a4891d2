//! What predictions were worth: sums over requests that have ended, which only grow.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::ClassId;
use outrider_features::fingerprint::End;

use crate::prediction::{Doubt, Outcome, Work};

const NS_PER_S: f64 = 1e9;

/// What was predicted of requests beside what they took. Of those that found a free slot and went well: of others the time
/// is not their host's alone.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Accuracy {
    /// How many.
    pub requests: u64,
    /// Predicted service, s.
    pub predicted_s: f64,
    /// Service, s.
    pub actual_s: f64,
    /// Of them, those that took no longer than their predicted median.
    pub within_p50: u64,
    /// Of them, those that took no longer than their predicted 90th percentile.
    pub within_p90: u64,
}

/// What picks went by and what they cost.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Reckoning {
    /// Picks that went by the table.
    pub by_table: u64,
    /// Picks that did not, by reason, in the order of [`Doubt::ALL`].
    pub by_fallback: [u64; Doubt::ALL.len()],
    /// Predicted cost of the hosts that were chosen, s.
    pub cost_s: f64,
    /// Predicted cost of the hosts that cost least just then, s.
    pub least_cost_s: f64,
}

/// The sums of one pool.
#[derive(Clone, Debug, Default)]
pub(super) struct Accounts {
    hosts: BTreeMap<SocketAddr, Accuracy>,
    classes: BTreeMap<ClassId, Accuracy>,
    reckoning: Reckoning,
}

impl Accuracy {
    /// Both together.
    pub fn plus(&self, other: &Accuracy) -> Accuracy {
        Accuracy {
            requests: self.requests + other.requests,
            predicted_s: self.predicted_s + other.predicted_s,
            actual_s: self.actual_s + other.actual_s,
            within_p50: self.within_p50 + other.within_p50,
            within_p90: self.within_p90 + other.within_p90,
        }
    }

    /// The shares that took no longer than their predicted median and 90th percentile: 0.5 and 0.9 if all is well. `None` before anything
    /// was predicted.
    pub fn coverage(&self) -> Option<(f64, f64)> {
        let share = |count: u64| count as f64 / self.requests as f64;
        (self.requests > 0).then(|| (share(self.within_p50), share(self.within_p90)))
    }

    fn add(&mut self, work: &Work, took: Duration) {
        let (predicted_s, actual_s) = (work.service_ns() / NS_PER_S, took.as_secs_f64());
        self.requests += 1;
        self.predicted_s += predicted_s;
        self.actual_s += actual_s;
        self.within_p50 += u64::from(actual_s <= predicted_s * f64::from(work.p50_ratio));
        self.within_p90 += u64::from(actual_s <= predicted_s * f64::from(work.p90_ratio));
    }
}

impl Accounts {
    /// One more request has ended.
    pub(super) fn observe(&mut self, outcome: &Outcome, work: &Work) {
        self.reckoning.add(work);
        if work.is_known() && work.free && outcome.end == End::Served {
            self.hosts.entry(outcome.host).or_default().add(work, outcome.took);
            self.classes.entry(work.class).or_default().add(work, outcome.took);
        }
    }

    pub(super) fn forget(&mut self, class: ClassId) {
        self.classes.remove(&class);
    }

    pub(super) fn keep(&mut self, is_there: impl Fn(SocketAddr) -> bool) {
        self.hosts.retain(|&host, _| is_there(host));
    }

    pub(super) fn host(&self, host: SocketAddr) -> Accuracy {
        self.hosts.get(&host).copied().unwrap_or_default()
    }

    pub(super) fn classes(&self) -> Vec<(ClassId, Accuracy)> {
        self.classes.iter().map(|(&class, &accuracy)| (class, accuracy)).collect()
    }

    pub(super) fn reckoning(&self) -> Reckoning {
        self.reckoning
    }
}

impl Reckoning {
    fn add(&mut self, work: &Work) {
        match work.doubt {
            None => self.by_table += 1,
            Some(doubt) => self.by_fallback[doubt as usize] += 1,
        }
        if work.is_known() {
            self.cost_s += f64::from(work.cost_ns) / NS_PER_S;
            self.least_cost_s += f64::from(work.least_cost_ns) / NS_PER_S;
        }
    }
}
