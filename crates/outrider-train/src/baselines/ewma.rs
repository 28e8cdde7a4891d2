//! A live average for each host and class, as a balancer without a model has it.

use std::collections::BTreeMap;

use super::Statistic;
use super::replay::{Event, replay};

/// Rows as they happen.
#[derive(Clone, Copy, Debug)]
pub struct Live<'a> {
    /// When each is asked for.
    pub times: &'a [i64],
    /// When its label is known.
    pub known_at: &'a [i64],
    /// Its host.
    pub hosts: &'a [u32],
    /// Its class.
    pub classes: &'a [u32],
    /// What is predicted.
    pub labels: &'a [f64],
}

/// For each row the average of its host and class by then, else of its class, else `otherwise`. A new label counts `alpha`; a quantile
/// is followed by steps of the mean deviation, up by its share and down by the rest (stochastic approximation: Robbins, Monro 1951).
///
/// # Panics
///
/// If the lengths differ.
pub fn live_ewma(live: &Live, alpha: f64, statistic: Statistic, otherwise: f64) -> Vec<f64> {
    let (mut cells, mut classes) = (BTreeMap::new(), BTreeMap::new());
    let mut predicted = vec![otherwise; live.times.len()];
    let place = |row: usize| ((live.hosts[row], live.classes[row]), live.classes[row]);
    replay(live.times, live.known_at, |event| match event {
        Event::Asked(row) => {
            let (cell, class) = place(row);
            let found: Option<&Average> = cells.get(&cell).or_else(|| classes.get(&class));
            predicted[row] = found.map_or(otherwise, |average| average.value);
        }
        Event::Known(row) => {
            let (cell, class) = place(row);
            learn(cells.entry(cell), live.labels[row], alpha, statistic);
            learn(classes.entry(class), live.labels[row], alpha, statistic);
        }
    });
    predicted
}

#[derive(Clone, Copy, Debug)]
struct Average {
    value: f64,
    /// Mean absolute distance of labels from it.
    deviation: f64,
}

fn learn<K: Ord>(entry: std::collections::btree_map::Entry<K, Average>, label: f64, alpha: f64, statistic: Statistic) {
    let of = |average: &mut Average| average.learn(label, alpha, statistic);
    entry.and_modify(of).or_insert(Average { value: label, deviation: 0.0 });
}

impl Average {
    fn learn(&mut self, label: f64, alpha: f64, statistic: Statistic) {
        self.deviation += alpha * ((label - self.value).abs() - self.deviation);
        self.value += match statistic {
            Statistic::Mean => alpha * (label - self.value),
            Statistic::Quantile(share) if label > self.value => 2.0 * alpha * self.deviation * share,
            Statistic::Quantile(share) => 2.0 * alpha * self.deviation * (share - 1.0),
        };
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::Random;

    use super::*;
    use crate::metrics::{Sample, coverage};

    #[test]
    fn a_mean_follows_its_host_and_class() {
        let times = [0, 10, 20, 30, 40];
        let live = Live {
            times: &times,
            known_at: &times,
            hosts: &[1, 1, 2, 1, 2],
            classes: &[7, 7, 7, 8, 7],
            labels: &[10.0, 20.0, 30.0, 40.0, 50.0],
        };
        // Host 2 has no label of class 7 at first, and no class 8 has been seen: the class's average, then `otherwise`.
        assert_eq!(live_ewma(&live, 0.5, Statistic::Mean, 1.0), [1.0, 10.0, 15.0, 1.0, 30.0]);
    }

    #[test]
    fn a_quantile_covers_its_share() {
        let mut random = Random::new(2);
        let labels: Vec<f64> = (0..20_000).map(|_| -random.unit().ln()).collect();
        let times: Vec<i64> = (0..20_000).collect();
        let one = vec![0; 20_000];
        let live = Live { times: &times, known_at: &times, hosts: &one, classes: &one, labels: &labels };
        for share in [0.5, 0.9] {
            let predicted = live_ewma(&live, 0.02, Statistic::Quantile(share), 0.0);
            let covered = coverage(&Sample::new(&labels[1000..], &predicted[1000..])).unwrap();
            assert!((covered - share).abs() < 0.02, "{covered}, expected {share}");
        }
    }
}
