//! Rows as a network reads them: of each feature one place and what stands in it.

use outrider_infer::inputs::Inputs;
use outrider_infer::network::{Layer, near};

use super::{NetworkError, Rows};
use crate::trees::Objective;

/// Rows, labels and weights. Weights are 1 on the mean.
pub(super) struct Table {
    features: usize,
    places: Vec<u32>,
    values: Vec<f32>,
    pub(super) labels: Vec<f64>,
    pub(super) weights: Vec<f64>,
}

/// A row's places and what stands in them.
#[derive(Clone, Copy)]
pub(super) struct Row<'a> {
    pub(super) places: &'a [u32],
    pub(super) values: &'a [f32],
}

/// Labels are learnt as (label - middle) / spread, so that rates suit amounts of any size.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct LabelScale {
    middle: f64,
    spread: f64,
}

impl Table {
    pub(super) fn new(inputs: &Inputs, rows: &Rows, labels: LabelScale) -> Result<Table, NetworkError> {
        let bound = inputs.bind(rows.frame)?;
        let count = rows.frame.rows();
        let mut table = Table {
            features: inputs.inputs().len(),
            places: Vec::with_capacity(count * inputs.inputs().len()),
            values: Vec::with_capacity(count * inputs.inputs().len()),
            labels: rows.labels.iter().map(|label| (label - labels.middle) / labels.spread).collect(),
            weights: shares(rows),
        };
        for (place, value) in (0..count).flat_map(|row| bound.row(row)) {
            table.places.push(u32::try_from(place).expect("places of words that were counted"));
            table.values.push(near(value));
        }
        Ok(table)
    }

    pub(super) fn rows(&self) -> usize {
        self.labels.len()
    }

    pub(super) fn row(&self, row: usize) -> Row<'_> {
        let of = row * self.features..(row + 1) * self.features;
        Row { places: &self.places[of.clone()], values: &self.values[of] }
    }

    /// The mean of what stands in each of so many places.
    #[expect(clippy::cast_possible_truncation, reason = "to the width of the network")]
    pub(super) fn means(&self, places: usize) -> Vec<f32> {
        let mut sums = vec![0.0; places];
        for (row, weight) in self.weights.iter().enumerate() {
            let Row { places, values } = self.row(row);
            places.iter().zip(values).for_each(|(&place, &value)| sums[place as usize] += weight * f64::from(value));
        }
        let weight: f64 = self.weights.iter().sum();
        sums.into_iter().map(|sum| (sum / weight) as f32).collect()
    }

    /// A place in which nothing ever stood has learnt nothing: it gets the mean of its feature, so that a value which stands there
    /// says no more than that it is unknown.
    pub(super) fn fill_unseen(&self, inputs: &Inputs, means: &[f32], first: &mut Layer) {
        let width = first.width();
        let mut is_seen = vec![false; means.len()];
        self.places.iter().for_each(|&place| is_seen[place as usize] = true);
        for (input, &start) in inputs.inputs().iter().zip(inputs.starts()) {
            let places = start..start + input.kind.places();
            let mut usual = vec![0.0; width];
            for place in places.clone().filter(|&place| is_seen[place]) {
                let weights = &first.weights[place * width..][..width];
                usual.iter_mut().zip(weights).for_each(|(sum, weight)| *sum += means[place] * weight);
            }
            for place in places.filter(|&place| !is_seen[place]) {
                first.weights[place * width..][..width].copy_from_slice(&usual);
            }
        }
    }
}

fn shares(rows: &Rows) -> Vec<f64> {
    let Some(weights) = rows.weights else { return vec![1.0; rows.labels.len()] };
    let mean = weights.iter().sum::<f64>() / weights.len() as f64;
    weights.iter().map(|weight| weight / mean).collect()
}

impl LabelScale {
    /// Classes are learnt as they are.
    pub(super) fn of(rows: &Rows, objectives: &[Objective]) -> LabelScale {
        if objectives[0] == Objective::Logistic {
            return LabelScale { middle: 0.0, spread: 1.0 };
        }
        let middle = Objective::Squared.base(rows.labels, rows.weights);
        let squares: Vec<f64> = rows.labels.iter().map(|label| (label - middle).powi(2)).collect();
        let spread = Objective::Squared.base(&squares, rows.weights).sqrt();
        LabelScale { middle, spread: if spread.is_finite() && spread > 0.0 { spread } else { 1.0 } }
    }

    /// Lets the last layer say labels as they were.
    #[expect(clippy::cast_possible_truncation, reason = "to the width of the network")]
    pub(super) fn unscale(self, last: &mut Layer) {
        last.weights.iter_mut().for_each(|weight| *weight = (f64::from(*weight) * self.spread) as f32);
        last.biases.iter_mut().for_each(|bias| *bias = (f64::from(*bias) * self.spread + self.middle) as f32);
    }

    /// A loss of scaled labels as one of labels.
    pub(super) fn loss(self, loss: f64, objective: Objective) -> f64 {
        match objective {
            Objective::Squared => loss * self.spread.powi(2),
            Objective::Logistic | Objective::Quantile(_) => loss * self.spread,
        }
    }
}
