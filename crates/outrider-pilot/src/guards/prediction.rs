//! Watches whether predictions are worth more than simple averages: on the same requests, the loss of what was predicted
//! against that of an average per host and class. While the averages are better by more than a margin the fallback
//! routes, and the table keeps predicting beside it until it is the better one again.
//!
//! Loss: the distance of actual from expected on a logarithmic scale, so that no class outweighs the others by taking
//! long. Both expect the median, for both are judged by absolute distance.

use std::collections::BTreeMap;
use std::net::SocketAddr;

use outrider_core::ClassId;
use outrider_features::fingerprint::End;

use crate::prediction::{Outcome, Work};

/// Requests before it says anything.
const REQUESTS_MIN: f64 = 200.0;
/// Requests that the losses remember.
const MEMORY: f64 = 400.0;
/// The share of a new answer in an average.
const SHARE: f64 = 0.1;
/// Predictions lose their trust when their loss is above this times that of the averages, ...
const LOST: f64 = 1.2;
/// ... and have it again below this.
const REGAINED: f64 = 1.05;
/// A loss below this (a hundredth of a time) is no loss worth switching for.
const LOSS_MIN: f64 = 0.01;

/// The guard of one pool.
#[derive(Clone, Debug, Default)]
pub(crate) struct PredictionGuard {
    averages: BTreeMap<(SocketAddr, ClassId), f64>,
    seen: f64,
    /// Fading sums of losses: of predictions, of averages.
    losses: (f64, f64),
    distrusts: bool,
}

impl PredictionGuard {
    /// Whether predictions may route.
    pub(crate) fn trusts(&self) -> bool {
        !self.distrusts
    }

    /// Mean losses of predictions and of averages on the last few hundred requests; `None` before there were enough.
    pub(crate) fn losses(&self) -> Option<(f64, f64)> {
        (self.seen >= REQUESTS_MIN).then(|| (self.losses.0 / self.seen, self.losses.1 / self.seen))
    }

    /// One more request has ended. Only those count that did not wait and went well.
    pub(crate) fn observe(&mut self, outcome: &Outcome, work: &Work) {
        if outcome.end != End::Served || !work.free {
            return;
        }
        let took = (outcome.took.as_nanos() as f64).max(1.0).ln();
        let predicted = work.service_ns().max(1.0).ln() + f64::from(work.mean_log);
        let key = (outcome.host, work.class);
        // The first of its kind has nothing to be compared with.
        let Some(average) = self.averages.get_mut(&key) else {
            self.averages.insert(key, took);
            return;
        };
        let keep = 1.0 - 1.0 / MEMORY;
        self.seen = self.seen * keep + 1.0;
        self.losses.0 = self.losses.0 * keep + (took - predicted).abs();
        self.losses.1 = self.losses.1 * keep + (took - *average).abs();
        *average += SHARE * (took - *average);
        self.judge();
    }

    fn judge(&mut self) {
        let Some((predicted, average)) = self.losses() else { return };
        let bound = if self.distrusts { REGAINED } else { LOST };
        self.distrusts = predicted > (average * bound).max(LOSS_MIN);
    }

    /// The id means another class from now on.
    pub(crate) fn forget(&mut self, class: ClassId) {
        self.averages.retain(|(_, known), _| *known != class);
    }

    /// Only these hosts are there from now on.
    pub(crate) fn keep(&mut self, is_there: impl Fn(SocketAddr) -> bool) {
        self.averages.retain(|(host, _), _| is_there(*host));
    }
}
