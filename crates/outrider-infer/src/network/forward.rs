//! From a row to what the network says of it, without an allocation.

use outrider_core::frame::Frame;

use super::{FAR, Layer, Network, WIDTH_MAX};
use crate::BindError;
use crate::recalibration::sigmoid;
use crate::trees::Link;

/// What the neurons of a layer say; those behind its width are 0.
pub(super) type Neurons = [f32; WIDTH_MAX];

impl Network {
    /// What each head says of each row, head by head.
    ///
    /// # Errors
    ///
    /// If a column is not there, or holds something else; all such columns are named.
    pub fn predict(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, BindError> {
        let bound = self.inputs.bind(frame)?;
        let mut heads = vec![Vec::with_capacity(frame.rows()); self.outputs()];
        for row in 0..frame.rows() {
            let said = self.run(bound.row(row));
            heads.iter_mut().zip(said).for_each(|(head, raw)| head.push(self.finish(raw)));
        }
        Ok(heads)
    }

    /// What each head says of one row as [`crate::Matrix::read_row`] writes it, in the order and with the words of the inputs.
    ///
    /// # Panics
    ///
    /// If the row is shorter than the features are many, or `said` has no place for each head.
    pub fn predict_row(&self, row: &[f32], said: &mut [f64]) {
        assert!(said.len() >= self.outputs(), "{} places for {} heads", said.len(), self.outputs());
        let raw = self.run(self.inputs.entries(row));
        said.iter_mut().zip(&raw[..self.outputs()]).for_each(|(said, &raw)| *said = self.finish(raw));
    }

    fn run(&self, entries: impl Iterator<Item = (usize, f64)>) -> Neurons {
        let first = &self.layers[0];
        let mut neurons = first.begun();
        for (place, value) in entries {
            first.add(place, near(value), &mut neurons);
        }
        self.after_first(neurons)
    }

    /// The outputs, given the sums of the first layer.
    pub(super) fn after_first(&self, first: Neurons) -> Neurons {
        self.layers[1..].iter().zip(&self.layers).fold(first, |neurons, (layer, before)| {
            let mut next = layer.begun();
            for (at, &value) in neurons[..before.width()].iter().enumerate() {
                // The rectifier: what is not above 0 says nothing.
                if value > 0.0 {
                    layer.add(at, value, &mut next);
                }
            }
            next
        })
    }

    fn finish(&self, raw: f32) -> f64 {
        match self.link {
            Link::Identity => f64::from(raw),
            Link::Logistic => sigmoid(f64::from(raw)),
        }
    }
}

impl Layer {
    fn begun(&self) -> Neurons {
        let mut neurons = [0.0; WIDTH_MAX];
        neurons[..self.width()].copy_from_slice(&self.biases);
        neurons
    }

    #[inline]
    fn add(&self, input: usize, value: f32, neurons: &mut Neurons) {
        let weights = &self.weights[input * self.width()..][..self.width()];
        neurons.iter_mut().zip(weights).for_each(|(neuron, weight)| *neuron += value * weight);
    }
}

/// What the first layer takes of a value: no further out than [`FAR`].
#[expect(clippy::cast_possible_truncation, reason = "to the width of the weights")]
pub fn near(value: f64) -> f32 {
    value.clamp(-FAR, FAR) as f32
}
