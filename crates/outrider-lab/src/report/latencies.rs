//! Latencies of many requests, sorted once: every quantile is exact, not that of a histogram's cell.
//!
//! Four bytes a request, and the rows are in memory anyway.

use outrider_sim::{End, Row};

/// Requests that must lie beyond a quantile for it to be printed.
pub const BEYOND_MIN: f64 = 5.0;
/// The same for the quantile of one seed: how far it is luck shows in the interval over seeds.
pub const BEYOND_MIN_SEED: f64 = 1.0;

/// Latencies that count: of answers below 500 and of timeouts. A user who gave up waited at least that long; a fast failure
/// waited for nothing, and would make a broken host look quick.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Latencies {
    sorted_us: Vec<u64>,
}

/// Whether the latency of a request that ended so is one of an answer, or of a wait at least as long.
pub(super) fn counts(end: End) -> bool {
    matches!(end, End::TimedOut | End::Status(..500))
}

impl Latencies {
    /// Those of `rows` that count.
    pub(super) fn of<'a>(rows: impl Iterator<Item = &'a Row>) -> Latencies {
        let mut sorted_us: Vec<u64> = rows.filter(|row| counts(row.end)).map(|row| row.latency_us).collect();
        sorted_us.sort_unstable();
        Latencies { sorted_us }
    }

    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sorted_us.len()
    }

    /// How many lie beyond `quantile` (0 to 1).
    pub(super) fn beyond(&self, quantile: f64) -> f64 {
        // In binary, 1 - 0.9 is a little less than 0.1.
        (self.len() as f64 * (1.0 - quantile) * 1e6).round() / 1e6
    }

    /// The latency that a share `quantile` (0 to 1) did not exceed, ms, by nearest rank. None if fewer than `beyond_min`
    /// lie beyond it.
    pub(super) fn quantile_ms(&self, quantile: f64, beyond_min: f64) -> Option<f64> {
        if self.beyond(quantile) < beyond_min {
            return None;
        }
        self.at_rank(quantile)
    }

    /// The same, however few lie beyond.
    pub(super) fn at_rank(&self, quantile: f64) -> Option<f64> {
        let below = self.len() as f64 - self.beyond(quantile);
        let rank = whole(below.ceil()).clamp(1, self.len().max(1)) - 1;
        self.sorted_us.get(rank).map(|&us| us as f64 / 1e3)
    }

    /// The mean, ms.
    pub(super) fn mean_ms(&self) -> Option<f64> {
        (self.len() > 0).then(|| self.sum_us() / self.len() as f64 / 1e3)
    }

    /// The standard deviation, ms.
    pub(super) fn sd_ms(&self) -> Option<f64> {
        let mean_us = self.mean_ms()? * 1e3;
        let squares: f64 = self.sorted_us.iter().map(|&us| (us as f64 - mean_us).powi(2)).sum();
        (self.len() > 1).then(|| (squares / (self.len() - 1) as f64).sqrt() / 1e3)
    }

    fn sum_us(&self) -> f64 {
        self.sorted_us.iter().map(|&us| us as f64).sum()
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a rank is whole and not negative")]
fn whole(rank: f64) -> usize {
    rank as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::row;
    use proptest::prelude::*;

    fn latencies(ms: &[u64]) -> Latencies {
        let rows: Vec<Row> = ms.iter().map(|ms| row(0, ms * 1_000)).collect();
        Latencies::of(rows.iter())
    }

    #[test]
    fn a_worked_example() {
        let hundred = latencies(&(1..=100).rev().collect::<Vec<_>>());
        let quantile = |q| hundred.quantile_ms(q, BEYOND_MIN);
        assert_eq!((quantile(0.5), quantile(0.9), quantile(0.95)), (Some(50.0), Some(90.0), Some(95.0)));
        assert_eq!(quantile(0.99), None, "one request beyond is luck");
        assert_eq!(hundred.quantile_ms(0.99, BEYOND_MIN_SEED), Some(99.0));
        assert_eq!(hundred.mean_ms(), Some(50.5));
        assert!((hundred.sd_ms().unwrap() - 29.011_5).abs() < 1e-3);
    }

    #[test]
    fn nothing_is_said_of_nothing() {
        let none = Latencies::default();
        assert_eq!((none.quantile_ms(0.5, 0.0), none.mean_ms(), none.sd_ms()), (None, None, None));
        assert_eq!((latencies(&[7]).at_rank(0.99), latencies(&[7]).sd_ms()), (Some(7.0), None));
    }

    #[test]
    fn fast_failures_do_not_flatter() {
        let ends =
            [End::Status(200), End::Status(404), End::Status(503), End::TimedOut, End::Broken, End::NotConnected];
        let rows: Vec<Row> = ends.into_iter().map(|end| Row { end, ..row(0, 1_000) }).collect();
        assert_eq!(Latencies::of(rows.iter()).len(), 3);
    }

    proptest! {
        #[test]
        fn at_least_the_share_does_not_exceed_a_quantile_and_one_less_would(
            ms in prop::collection::vec(1u64..1_000, 1..300), quantile in 0.01..0.999f64,
        ) {
            let all = latencies(&ms);
            let value = all.at_rank(quantile).unwrap();
            let share = |keep: &dyn Fn(f64) -> bool| ms.iter().filter(|&&ms| keep(ms as f64)).count() as f64 / ms.len() as f64;
            prop_assert!(share(&|ms| ms <= value) >= quantile - 1e-9);
            prop_assert!(share(&|ms| ms < value) <= quantile + 1e-9);
        }
    }
}
