//! How far a metric may be believed: whole blocks (a host, a probe, an hour) are drawn with replacement, since rows of one block
//! are not independent (Kuensch 1989; Davison, Hinkley 1997, the percentile interval). A block drawn twice counts twice.

use std::collections::BTreeMap;

use outrider_core::Random;

use super::Sample;

/// Fewer blocks tell nothing of how blocks differ.
pub const MIN_BLOCKS: usize = 5;
/// A metric that is undefined in more than one resample of so many has no interval.
const UNDEFINED_ONE_IN: usize = 10;

/// A value, and where it would lie on other blocks of the same kind.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Interval {
    /// On all rows.
    pub value: f64,
    /// The lower end.
    pub low: f64,
    /// The upper end.
    pub high: f64,
}

/// How intervals are made.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Bootstrap {
    /// How often blocks are drawn.
    pub resamples: usize,
    /// The share of the metric's values that the interval holds.
    pub confidence: f64,
    /// Of the draws.
    pub seed: u64,
}

impl Default for Bootstrap {
    fn default() -> Bootstrap {
        Bootstrap { resamples: 500, confidence: 0.95, seed: 0 }
    }
}

impl Interval {
    /// The same of a metric that is larger by `amount` on whatever blocks.
    #[must_use]
    pub fn plus(&self, amount: f64) -> Interval {
        Interval { value: self.value + amount, low: self.low + amount, high: self.high + amount }
    }

    /// Whether it is above 0 as a whole.
    pub fn is_above_zero(&self) -> bool {
        self.low > 0.0
    }

    /// Whether it is below 0 as a whole.
    pub fn is_below_zero(&self) -> bool {
        self.high < 0.0
    }
}

impl Bootstrap {
    /// Of a metric. `None` if it is undefined, or there are fewer than [`MIN_BLOCKS`] blocks.
    pub fn interval(
        &self,
        sample: &Sample,
        blocks: &[u32],
        metric: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Interval> {
        let places = Places::of(blocks)?;
        let sorted = Sorted::of(sample, &places);
        self.spread(metric(sample)?, &places, |counts| metric(&sorted.drawn(counts).sample()))
    }

    /// Of a metric of `ours` less that of `theirs`, which are predictions for the same rows: what both met alike drops out.
    ///
    /// # Panics
    ///
    /// If they have not the same number of rows.
    pub fn difference(
        &self,
        ours: &Sample,
        theirs: &Sample,
        blocks: &[u32],
        metric: impl Fn(&Sample) -> Option<f64>,
    ) -> Option<Interval> {
        assert_eq!(ours.rows(), theirs.rows(), "a pair for each row");
        let places = Places::of(blocks)?;
        let (mine, yours) = (Sorted::of(ours, &places), Sorted::of(theirs, &places));
        self.spread(metric(ours)? - metric(theirs)?, &places, |counts| {
            Some(metric(&mine.drawn(counts).sample())? - metric(&yours.drawn(counts).sample())?)
        })
    }

    fn spread(&self, value: f64, places: &Places, of: impl Fn(&[f64]) -> Option<f64>) -> Option<Interval> {
        let mut random = Random::new(self.seed);
        let mut values: Vec<f64> = (0..self.resamples).filter_map(|_| of(&places.draw(&mut random))).collect();
        if values.is_empty() || (self.resamples - values.len()) * UNDEFINED_ONE_IN > self.resamples {
            return None;
        }
        values.sort_by(f64::total_cmp);
        let tail = (1.0 - self.confidence) / 2.0;
        Some(Interval { value, low: quantile(&values, tail), high: quantile(&values, 1.0 - tail) })
    }
}

/// Between the two values of an ascending list that are nearest.
fn quantile(ascending: &[f64], share: f64) -> f64 {
    let place = share.clamp(0.0, 1.0) * (ascending.len() - 1) as f64;
    let above = ascending.iter().enumerate().find(|(at, _)| *at as f64 >= place).map_or(0, |(at, _)| at);
    let below = above.saturating_sub(1);
    let part = (place - below as f64).clamp(0.0, 1.0);
    ascending[below] + part * (ascending[above] - ascending[below])
}

/// The block of each row as a place in `0..blocks`.
struct Places {
    of_rows: Vec<usize>,
    blocks: usize,
}

impl Places {
    fn of(blocks: &[u32]) -> Option<Places> {
        let mut places = BTreeMap::new();
        let of_rows = blocks
            .iter()
            .map(|block| {
                let next = places.len();
                *places.entry(block).or_insert(next)
            })
            .collect();
        (places.len() >= MIN_BLOCKS).then_some(Places { of_rows, blocks: places.len() })
    }

    /// How often each block is drawn.
    fn draw(&self, random: &mut Random) -> Vec<f64> {
        let mut counts = vec![0.0; self.blocks];
        (0..self.blocks).for_each(|_| counts[random.below(self.blocks)] += 1.0);
        counts
    }
}

/// A sample from the highest score downwards, so that metrics of order need not sort at every draw.
struct Sorted {
    labels: Vec<f64>,
    scores: Vec<f64>,
    weights: Vec<f64>,
    places: Vec<usize>,
}

impl Sorted {
    fn of(sample: &Sample, places: &Places) -> Sorted {
        assert_eq!(sample.rows(), places.of_rows.len(), "a block for each row");
        let mut order: Vec<usize> = (0..sample.rows()).collect();
        order.sort_by(|&a, &b| sample.scores[b].total_cmp(&sample.scores[a]));
        Sorted {
            labels: order.iter().map(|&row| sample.labels[row]).collect(),
            scores: order.iter().map(|&row| sample.scores[row]).collect(),
            weights: order.iter().map(|&row| sample.weight(row)).collect(),
            places: order.iter().map(|&row| places.of_rows[row]).collect(),
        }
    }

    fn drawn(&self, counts: &[f64]) -> Drawn<'_> {
        let weights = self.weights.iter().zip(&self.places).map(|(weight, &place)| weight * counts[place]).collect();
        Drawn { sorted: self, weights }
    }
}

struct Drawn<'a> {
    sorted: &'a Sorted,
    weights: Vec<f64>,
}

impl Drawn<'_> {
    fn sample(&self) -> Sample<'_> {
        Sample::new(&self.sorted.labels, &self.sorted.scores).weighted(&self.weights)
    }
}

#[cfg(test)]
mod tests {
    use super::super::{mae, roc_auc};
    use super::*;

    /// Errors of rows share what their block has: 30 blocks of 10 rows, mean 0.
    fn world(seed: u64) -> (Vec<f64>, Vec<u32>) {
        let mut random = Random::new(seed);
        let mut normal = || (0..12).map(|_| random.unit()).sum::<f64>() - 6.0;
        let shared: Vec<f64> = (0..30).map(|_| normal()).collect();
        let rows = (0..300).map(|row| shared[row / 10] + 0.1 * normal()).collect();
        (rows, (0..300).map(|row| row / 10).collect())
    }

    fn mean(sample: &Sample) -> Option<f64> {
        sample.mean(|label, _| label)
    }

    #[test]
    fn intervals_of_blocks_hold_the_truth_and_those_of_rows_do_not() {
        let (mut by_block, mut by_row) = (0, 0);
        for seed in 0..100 {
            let (labels, blocks) = world(seed);
            let rows: Vec<u32> = (0..300).collect();
            let sample = Sample::new(&labels, &labels);
            let bootstrap = Bootstrap { resamples: 200, seed, ..Bootstrap::default() };
            let holds = |interval: Interval| u32::from(interval.low <= 0.0 && 0.0 <= interval.high);
            by_block += holds(bootstrap.interval(&sample, &blocks, mean).unwrap());
            by_row += holds(bootstrap.interval(&sample, &rows, mean).unwrap());
        }
        assert!((88..=99).contains(&by_block), "{by_block} of 100");
        assert!(by_row < 60, "{by_row} of 100");
    }

    #[test]
    fn pairs_tell_apart_what_two_intervals_do_not() {
        let (labels, blocks) = world(7);
        let zeros = vec![0.0; 300];
        let better: Vec<f64> = labels.iter().map(|label| 0.05 * label.signum()).collect();
        let (ours, theirs) = (Sample::new(&labels, &better), Sample::new(&labels, &zeros));
        let bootstrap = Bootstrap::default();
        let (a, b) =
            (bootstrap.interval(&ours, &blocks, mae).unwrap(), bootstrap.interval(&theirs, &blocks, mae).unwrap());
        assert!(a.high > b.low, "they overlap: {a:?} {b:?}");
        let difference = bootstrap.difference(&ours, &theirs, &blocks, mae).unwrap();
        assert!(difference.is_below_zero() && !difference.is_above_zero(), "{difference:?}");
        assert!((difference.value - (a.value - b.value)).abs() < 1e-12);
    }

    #[test]
    fn the_same_seed_gives_the_same_interval() {
        let (labels, blocks) = world(1);
        let of = |seed| {
            let bootstrap = Bootstrap { seed, ..Bootstrap::default() };
            bootstrap.interval(&Sample::new(&labels, &labels), &blocks, mean).unwrap()
        };
        assert_eq!(of(3), of(3));
        assert_ne!(of(3), of(4));
    }

    #[test]
    fn what_is_undefined_has_no_interval() {
        let labels = [1.0, 0.0, 0.0, 0.0, 0.0, 0.0];
        let sample = Sample::new(&labels, &labels);
        let bootstrap = Bootstrap::default();
        assert_eq!(bootstrap.interval(&sample, &[0, 0, 1, 1, 2, 3], roc_auc), None, "four blocks");
        assert_eq!(bootstrap.interval(&sample, &[0, 1, 2, 3, 4, 5], roc_auc), None, "often without the one positive");
        assert_eq!(bootstrap.interval(&Sample::new(&[0.0; 6], &labels), &[0, 1, 2, 3, 4, 5], roc_auc), None);
    }

    #[test]
    fn quantiles_lie_between_their_neighbours() {
        let values = [1.0, 2.0, 4.0];
        assert_eq!([0.0, 0.25, 0.5, 0.75, 1.0].map(|share| quantile(&values, share)), [1.0, 1.5, 2.0, 3.0, 4.0]);
        assert_eq!(quantile(&[3.0], 0.5), 3.0);
    }
}
