//! What one request was expected to be when it was sent, and what it was.

use std::net::SocketAddr;
use std::time::Duration;

use outrider_core::{ClassId, Time};
use outrider_features::fingerprint::{Cost, End, Observed};

use super::Doubt;
use crate::q_learning::Experience;

/// What a decision expected of the request on the host that it chose. Travels with the request; the very same number that is
/// added to the host's outstanding work at the beginning is taken off at the end.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Work {
    /// The class.
    pub class: ClassId,
    /// Its size, as far as its head tells.
    pub size: Option<f32>,
    /// What the table says that it takes, ns.
    pub table_ns: u64,
    /// The host's live correction just then: how many times as long as the table says.
    pub correction: f32,
    /// What it was to wait for a free slot, ns.
    pub wait_ns: f32,
    /// What the choice went by, ns: service, wait, what it takes from others, what may go wrong.
    pub cost_ns: f32,
    /// What the cheapest host cost just then, ns; the same, unless another rule than `predictive` chose.
    pub least_cost_ns: f32,
    /// Requests on the host as best known, itself not counted.
    pub found: f32,
    /// Which table; 0: none.
    pub epoch: u64,
    /// Why the choice did not go by the table, or would not have; `None`: it did, or would have.
    pub doubt: Option<Doubt>,
    /// Whether it found a free slot: only then its time is the host's alone.
    pub(crate) free: bool,
    /// The level of the row that it was read from.
    pub(crate) level: f32,
    /// What all hosts' factors had in common.
    pub(crate) common: f32,
    /// Mean logarithm of actual over expected.
    pub(crate) mean_log: f32,
    /// The median of what it takes over the mean.
    pub(crate) p50_ratio: f32,
    /// What it stays below with a chance of nine in ten, over the mean.
    pub(crate) p90_ratio: f32,
}

/// Nobody can be late of whom nothing is expected; and whatever a table says, an hour is late.
const LATE_NEVER_NS: f32 = 3.6e12;

impl Work {
    /// Nothing is known, and `found` requests are on the host: it is learnt from all the same.
    pub(crate) fn unknown(class: ClassId, size: Option<f32>, found: f32) -> Work {
        Work {
            class,
            size,
            table_ns: 0,
            correction: 1.0,
            wait_ns: 0.0,
            cost_ns: 0.0,
            least_cost_ns: 0.0,
            found,
            epoch: 0,
            doubt: Some(Doubt::Unknown),
            free: false,
            level: 1.0,
            common: 1.0,
            mean_log: 0.0,
            p50_ratio: 1.0,
            p90_ratio: 1.0,
        }
    }

    /// Whether anything was expected.
    pub fn is_known(&self) -> bool {
        self.epoch > 0
    }

    /// What the request takes on the host as it does now, waiting apart, ns.
    pub fn service_ns(&self) -> f64 {
        self.table_ns as f64 * f64::from(self.correction)
    }

    /// After so long it is late: it takes more with a chance of one in ten, waiting included, ns.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    pub(crate) fn late_after_ns(&self) -> f32 {
        let after_ns = (self.wait_ns + self.service_ns() as f32) * self.p90_ratio;
        if self.is_known() { after_ns.min(LATE_NEVER_NS) } else { LATE_NEVER_NS }
    }

    /// The logarithm of `took` over the reference, what all hosts have in common included: what the host's live factor is
    /// the mean of.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    pub(crate) fn log_factor(&self, took: Duration) -> f32 {
        let took_ns = (took.as_nanos() as f32).max(1.0);
        (took_ns / self.table_ns as f32 * self.level).ln() - self.mean_log
    }
}

/// How a request ended that carried something, for whoever learns from it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Outcome {
    /// Where it was.
    pub host: SocketAddr,
    /// What was expected, where the pool predicts.
    pub work: Option<Work>,
    /// What it teaches, where the pool is picked from by Q-learning.
    pub experience: Option<Experience>,
    /// From the last byte of the request to the last of the answer, less the time blocked on the client.
    pub took: Duration,
    /// How it ended.
    pub end: End,
    /// What the host says that it cost.
    pub cost: Cost,
    /// When it ended.
    pub now: Time,
}

impl Outcome {
    /// What fingerprints are made of.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a count above 0; the cast saturates
    pub(crate) fn observed(&self, work: &Work) -> Observed {
        Observed {
            host: self.host,
            class: work.class,
            size: work.size.map(f64::from),
            in_flight: work.found.round() as u32,
            took: self.took,
            end: self.end,
            cost: self.cost,
            now: self.now,
        }
    }
}
