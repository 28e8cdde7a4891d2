//! Where "hot" begins: a quantile of what the last probes said is in flight.
//!
//! Cost: a new value moves half of a sorted row of [`REMEMBERED`] numbers, a read is one load. A sketch (P2, t-digest)
//! would be smaller and wrong for the few small whole numbers that these are.

use std::collections::VecDeque;

/// How many probes count as recent.
const REMEMBERED: usize = 128;
/// 2^-0.25, the quantile that the paper recommends.
const QUANTILE: f64 = 0.840_896_415_253_714_6;

/// The last numbers in flight, in the order they came and in their own.
#[derive(Debug)]
pub(super) struct InFlightQuantile {
    recent: VecDeque<f64>,
    sorted: Vec<f64>,
}

impl InFlightQuantile {
    pub(super) fn new() -> InFlightQuantile {
        InFlightQuantile { recent: VecDeque::with_capacity(REMEMBERED), sorted: Vec::with_capacity(REMEMBERED) }
    }

    pub(super) fn add(&mut self, in_flight: f64) {
        if self.recent.len() == REMEMBERED {
            let oldest = self.recent.pop_front().expect("it is full");
            self.sorted.remove(self.position(oldest));
        }
        self.recent.push_back(in_flight);
        self.sorted.insert(self.position(in_flight), in_flight);
    }

    /// The least remembered number that at least 84 % of them do not exceed; infinite while there is none. More than
    /// this in flight is hot.
    #[inline]
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a rank of at most REMEMBERED
    pub(super) fn threshold(&self) -> f64 {
        let rank = (QUANTILE * self.sorted.len() as f64).ceil() as usize;
        self.sorted.get(rank.saturating_sub(1)).copied().unwrap_or(f64::INFINITY)
    }

    fn position(&self, in_flight: f64) -> usize {
        self.sorted.partition_point(|&known| known < in_flight)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn at_most_a_sixth_of_the_last_128_lies_above_and_at_most_84_percent_below(
            values in prop::collection::vec(0u32..12, 1..400),
        ) {
            let mut quantile = InFlightQuantile::new();
            values.iter().for_each(|&value| quantile.add(f64::from(value)));
            let recent = &values[values.len().saturating_sub(REMEMBERED)..];
            let (threshold, of) = (quantile.threshold(), recent.len() as f64);
            let above = recent.iter().filter(|&&value| f64::from(value) > threshold).count() as f64;
            let below = recent.iter().filter(|&&value| f64::from(value) < threshold).count() as f64;
            prop_assert!(above <= (1.0 - QUANTILE) * of && below < QUANTILE * of, "{threshold}: {above}, {below} of {of}");
        }
    }

    #[test]
    fn nothing_is_hot_before_the_first_probe() {
        assert_eq!(InFlightQuantile::new().threshold(), f64::INFINITY);
    }
}
