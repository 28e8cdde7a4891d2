//! Epochs of batches, until rows that are held out are predicted no better.

use outrider_core::Random;
use outrider_infer::network::Layer;
use rayon::prelude::*;

use super::adam::{Adam, zeros};
use super::backward::Scratch;
use super::table::Table;
use super::{NetworkError, NetworkSettings, Watch};
use crate::split::shuffle;
use crate::trees::Objective;

/// Parts of a batch whose gradients are made side by side, and added in their order.
const PARTS: usize = 4;
/// Rows of a batch: a hundredth of all, within these.
const BATCH: std::ops::RangeInclusive<usize> = 16..=256;
/// Rows whose losses are summed side by side.
const ROWS_PER_TASK: usize = 4_096;

/// What a network is learnt from, and how.
pub(super) struct Learner<'a> {
    pub(super) table: &'a Table,
    pub(super) held: Option<&'a Table>,
    pub(super) objectives: &'a [Objective],
    pub(super) settings: &'a NetworkSettings,
    /// Of the inputs.
    pub(super) places: usize,
}

/// The gradient of a part of a batch.
struct Part {
    scratch: Scratch,
    gradient: Vec<Layer>,
}

impl Learner<'_> {
    /// The layers after the best epoch, and the loss on rows that are held out before the first epoch and after each.
    pub(super) fn run(&self, watch: Watch) -> Result<(Vec<Layer>, Vec<f64>), NetworkError> {
        let mut layers = self.begun();
        let (mut best, mut losses) = (layers.clone(), Vec::new());
        losses.extend(self.held.map(|held| self.loss(&layers, held)));
        let mut adam = Adam::new(&layers);
        let mut parts: Vec<Part> = (0..PARTS).map(|_| Part::new(&layers)).collect();
        for epoch in 0..self.epochs() {
            self.epoch(epoch, &mut layers, &mut adam, &mut parts, watch)?;
            let loss = self.held.map(|held| self.loss(&layers, held));
            // What is not a number is no gain.
            if loss.is_none_or(|loss| losses.iter().all(|before| loss < *before)) {
                best.clone_from(&layers);
            }
            losses.extend(loss);
            if self.is_over(&losses) {
                break;
            }
        }
        Ok((best, losses))
    }

    /// Every row once, in an order by lot.
    fn epoch(
        &self,
        nth: usize,
        layers: &mut [Layer],
        adam: &mut Adam,
        parts: &mut [Part],
        watch: Watch,
    ) -> Result<(), NetworkError> {
        let mut order: Vec<usize> = (0..self.table.rows()).collect();
        shuffle(&mut order, &mut Random::stream(self.settings.seed, nth as u64));
        let batches = order.len().div_ceil(self.batch());
        for (batch, rows) in order.chunks(self.batch()).enumerate() {
            let done = (nth * batches + batch) as f64 / (self.epochs() * batches) as f64;
            self.gradient(layers, rows, parts);
            adam.step(layers, &parts[0].gradient, rows.len(), 1.0 - done, self.settings);
            if watch(done).is_break() {
                return Err(NetworkError::Cancelled(100.0 * done));
            }
        }
        Ok(())
    }

    /// The sum of the gradients of these rows, in the first part.
    fn gradient(&self, layers: &[Layer], rows: &[usize], parts: &mut [Part]) {
        let rows = rows.par_chunks(rows.len().div_ceil(PARTS));
        let used = rows.len();
        rows.zip(parts.par_iter_mut()).for_each(|(rows, part)| self.part(layers, rows, part));
        let (first, others) = parts.split_at_mut(1);
        others[..used - 1].iter().for_each(|other| first[0].add(other));
    }

    fn part(&self, layers: &[Layer], rows: &[usize], Part { scratch, gradient }: &mut Part) {
        gradient.iter_mut().for_each(|layer| {
            layer.weights.fill(0.0);
            layer.biases.fill(0.0);
        });
        for &row in rows {
            let (label, weight) = (self.table.labels[row], self.table.weights[row]);
            scratch.forward(layers, self.table.row(row));
            scratch.fill_slopes(|head, said| self.objectives[head].pair(f64::from(said), label, weight)[0]);
            scratch.backward(layers, self.table.row(row), gradient);
        }
    }

    /// The mean loss over rows, of all heads together.
    fn loss(&self, layers: &[Layer], table: &Table) -> f64 {
        let rows: Vec<usize> = (0..table.rows()).collect();
        let of = |rows: &[usize]| {
            let mut scratch = Scratch::new(layers);
            let row = |&row: &usize| {
                let said = scratch.forward(layers, table.row(row));
                let heads = self.objectives.iter().zip(said);
                let loss: f64 = heads.map(|(head, &said)| head.loss(f64::from(said), table.labels[row])).sum();
                loss * table.weights[row]
            };
            rows.iter().map(row).sum::<f64>()
        };
        let sums: Vec<f64> = rows.par_chunks(ROWS_PER_TASK).map(of).collect();
        sums.iter().sum::<f64>() / table.weights.iter().sum::<f64>()
    }

    fn is_over(&self, losses: &[f64]) -> bool {
        let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0);
        !losses.is_empty() && losses.len() - 1 - best >= self.settings.patience.max(1)
    }

    fn batch(&self) -> usize {
        (self.table.rows() / 100).clamp(*BATCH.start(), *BATCH.end())
    }

    fn epochs(&self) -> usize {
        (self.settings.rows_seen / self.table.rows()).clamp(1, self.settings.epochs)
    }

    /// First weights (He, Zhang, Ren, Sun 2015: uniform, by how many values come in), and biases that say the best constant.
    #[expect(clippy::cast_possible_truncation, reason = "to the width of the network")]
    fn begun(&self) -> Vec<Layer> {
        let mut random = Random::stream(self.settings.seed, u64::MAX);
        let (mut inputs, mut entries) = (self.places, self.table.row(0).places.len());
        let mut layers = Vec::new();
        for &width in self.settings.hidden.iter().chain([&self.objectives.len()]) {
            let most = (6.0 / entries.max(1) as f64).sqrt();
            let mut weight = || ((2.0 * random.unit() - 1.0) * most) as f32;
            layers.push(Layer { weights: (0..inputs * width).map(|_| weight()).collect(), biases: vec![0.0; width] });
            (inputs, entries) = (width, width);
        }
        let base = |objective: &Objective| objective.base(&self.table.labels, Some(&self.table.weights)) as f32;
        let last = layers.last_mut().expect("there is a last layer");
        last.biases = self.objectives.iter().map(base).collect();
        // The last begins near to the constant.
        last.weights.iter_mut().for_each(|weight| *weight *= 0.1);
        layers
    }
}

impl Part {
    fn new(layers: &[Layer]) -> Part {
        Part { scratch: Scratch::new(layers), gradient: zeros(layers) }
    }

    fn add(&mut self, other: &Part) {
        for (own, other) in self.gradient.iter_mut().zip(&other.gradient) {
            own.weights.iter_mut().zip(&other.weights).for_each(|(sum, more)| *sum += more);
            own.biases.iter_mut().zip(&other.biases).for_each(|(sum, more)| *sum += more);
        }
    }
}
