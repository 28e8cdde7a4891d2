//! Data by lot, and short ways to learn from it.

use std::ops::ControlFlow;

use outrider_core::Random;
use outrider_infer::trees::Trees;
use outrider_infer::{Cells, Matrix};
use outrider_train::trees::{
    Boosted, BoostingSettings, Examples, ForestSettings, Progress, TrainError, boost, grow_forest,
};
use rayon::{ThreadPool, ThreadPoolBuilder};

pub(crate) struct Data {
    pub(crate) matrix: Matrix,
    pub(crate) labels: Vec<f64>,
}

impl Data {
    pub(crate) fn examples(&self) -> Examples<'_> {
        Examples { matrix: &self.matrix, labels: &self.labels, weights: None }
    }

    pub(crate) fn with<'a>(&'a self, weights: &'a [f64]) -> Examples<'a> {
        Examples { weights: Some(weights), ..self.examples() }
    }

    /// The same rows with labels of 0 and 1: above the middle or not.
    pub(crate) fn classes(mut self) -> Data {
        let mut sorted = self.labels.clone();
        sorted.sort_by(f64::total_cmp);
        let middle = sorted[sorted.len() / 2];
        self.labels.iter_mut().for_each(|label| *label = f64::from(*label > middle));
        self
    }

    pub(crate) fn mean_squared_error(&self, predictions: &[f64]) -> f64 {
        let pairs = self.labels.iter().zip(predictions);
        pairs.map(|(label, prediction)| (label - prediction).powi(2)).sum::<f64>() / self.labels.len() as f64
    }
}

/// A number that matters, one that does not, a word of 12 that matters, a number that is often missing, and noise in the label
/// that grows with the first.
pub(crate) fn mixed(rows: usize, seed: u64) -> Data {
    let mut random = Random::new(seed);
    let (mut x, mut idle, mut words, mut gaps, mut labels) = (vec![], vec![], vec![], vec![], vec![]);
    for _ in 0..rows {
        let (number, word, gap) = (random.unit(), random.below(12) as u32, random.chance(0.3));
        let value = random.unit();
        let noise = (random.unit() + random.unit() + random.unit() - 1.5) * (0.1 + number);
        let of_word = if [2, 3, 7, 11].contains(&word) { 2.0 } else { 0.0 };
        labels.push((6.0 * number).sin() + of_word + if gap { 1.5 } else { value } + noise);
        x.push(number as f32);
        idle.push(random.unit() as f32);
        words.push(word);
        gaps.push(if gap { f32::NAN } else { value as f32 });
    }
    let words = Cells::Category { codes: words, words: 12 };
    let columns = vec![Cells::Number(x), Cells::Number(idle), words, Cells::Number(gaps)];
    Data { matrix: Matrix::new(columns).unwrap(), labels }
}

pub(crate) fn pool(threads: usize) -> ThreadPool {
    ThreadPoolBuilder::new().num_threads(threads).build().unwrap()
}

pub(crate) fn go_on(_: Progress) -> ControlFlow<()> {
    ControlFlow::Continue(())
}

pub(crate) fn boosted(train: &Examples, settings: &BoostingSettings) -> Trees {
    held(train, None, settings).unwrap().trees
}

pub(crate) fn held(
    train: &Examples,
    held: Option<&Examples>,
    settings: &BoostingSettings,
) -> Result<Boosted, TrainError> {
    boost(train, held, settings, None, &pool(1), &mut go_on)
}

pub(crate) fn forest(train: &Examples, settings: &ForestSettings, threads: usize) -> Trees {
    grow_forest(train, settings, &pool(threads), &mut go_on).unwrap()
}
