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
/// A loss below this (a twentieth of a time) is no loss worth switching for, however exact averages are.
const LOSS_MIN: f64 = 0.05;

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

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use outrider_core::Time;
    use outrider_features::fingerprint::Cost;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::address;

    const CLASS: ClassId = ClassId(1);

    /// One request of host 0 that was expected to take `expected_ms` and took `took_ms`.
    fn observe(guard: &mut PredictionGuard, expected_ms: u64, took_ms: u64, (free, end): (bool, End)) {
        let known = Work { table_ns: expected_ms * 1_000_000, free, ..Work::unknown(CLASS, None, 0.0) };
        let took = Duration::from_millis(took_ms);
        let outcome = Outcome {
            host: address(0),
            work: Some(known),
            experience: None,
            took,
            end,
            cost: Cost::default(),
            now: Time::ZERO,
        };
        guard.observe(&outcome, &known);
    }

    const COUNTS: (bool, End) = (true, End::Served);

    proptest! {
        #[test]
        fn below_200_requests_it_says_nothing(requests in 0usize..200) {
            let mut guard = PredictionGuard::default();
            (0..requests).for_each(|_| observe(&mut guard, 1, 1_000, COUNTS));
            prop_assert!(guard.trusts() && guard.losses().is_none());
        }

        #[test]
        fn what_is_right_keeps_its_trust_and_what_is_nonsense_loses_it(takes_ms in prop::collection::vec(1u64..1_000, 20..40)) {
            let (mut right, mut nonsense) = (PredictionGuard::default(), PredictionGuard::default());
            for took_ms in takes_ms.iter().cycle().take(1_000) {
                observe(&mut right, *took_ms, *took_ms, COUNTS);
                observe(&mut nonsense, took_ms * 50, *took_ms, COUNTS);
            }
            prop_assert!(right.trusts() && !nonsense.trusts());
        }
    }

    #[test]
    fn trust_that_was_lost_comes_back() {
        let mut guard = PredictionGuard::default();
        let times_ms = || (0..600).map(|nth| 10 + 90 * (nth % 2));
        times_ms().for_each(|took_ms| observe(&mut guard, 1_000_000, took_ms, COUNTS));
        assert!(!guard.trusts());
        times_ms().cycle().take(4_000).for_each(|took_ms| observe(&mut guard, took_ms, took_ms, COUNTS));
        assert!(guard.trusts());
    }

    #[test]
    fn a_little_worse_than_averages_is_good_enough() {
        let mut guard = PredictionGuard::default();
        // Averages of two times that come in turns are off by half of their distance, predictions by a little more.
        for nth in 0..4_000 {
            observe(&mut guard, 46 - 10 * (nth % 2), 20 + 60 * (nth % 2), COUNTS);
        }
        let (predicted, average) = guard.losses().unwrap();
        assert!(predicted > average && guard.trusts(), "{predicted} {average}");
    }

    #[test]
    fn requests_that_waited_failed_or_were_given_up_do_not_count() {
        let mut guard = PredictionGuard::default();
        for how in [(false, End::Served), (true, End::Failed), (true, End::Cancelled), (true, End::Open)] {
            (0..1_000).for_each(|_| observe(&mut guard, 1_000, 1, how));
        }
        assert!(guard.losses().is_none());
    }

    #[test]
    fn what_is_forgotten_takes_no_room() {
        let mut guard = PredictionGuard::default();
        observe(&mut guard, 1, 1, COUNTS);
        guard.forget(CLASS);
        assert!(guard.averages.is_empty());
        observe(&mut guard, 1, 1, COUNTS);
        guard.keep(|host| host != address(0));
        assert!(guard.averages.is_empty());
    }
}
