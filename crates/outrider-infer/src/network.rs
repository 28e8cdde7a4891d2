//! A small neural network as it predicts: dense layers of single precision with rectifiers between them, over the same inputs as
//! logistic regression. Every output is a head: a probability, or one of several quantiles.
//!
//! Of a row's places as many hold something as it has features, so the first layer costs features times its width however
//! many words there are.

mod codec;
mod explain;
mod forward;

pub use forward::near;

use crate::inputs::Inputs;
use crate::trees::Link;

/// Neurons of a layer, at most.
pub const WIDTH_MAX: usize = 256;
/// Layers, at most, the last one too.
pub const LAYERS_MAX: usize = 4;
/// Outputs, at most.
pub const OUTPUTS_MAX: usize = 16;
/// Weights and biases of layers before the last are no larger. With widths and layers bounded, and inputs no further out than
/// [`FAR`], no sum overflows: what a network says is always finite.
pub const WEIGHT_MAX: f32 = 1e4;
/// Those of the last layer, which says amounts in their unit, are no larger.
pub const LAST_WEIGHT_MAX: f32 = 1e12;
/// A number further from its mean than this counts as so far, in standard deviations: a network goes on in straight lines
/// where it has seen nothing.
pub const FAR: f64 = 10.0;

/// A trained network.
#[derive(Clone, Debug, PartialEq)]
pub struct Network {
    inputs: Inputs,
    /// The mean of what stood in each place, over rows that trained.
    means: Vec<f32>,
    layers: Vec<Layer>,
    link: Link,
}

/// A dense layer.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Layer {
    /// For each of its inputs, one after the other, a weight for each neuron.
    pub weights: Vec<f32>,
    /// One for each neuron.
    pub biases: Vec<f32>,
}

/// Why layers make no network.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum NetworkError {
    /// Too many or none.
    #[error("a network of {0} layers, expected 1 to {LAYERS_MAX}")]
    Layers(usize),
    /// A layer is too wide or empty.
    #[error("layer {layer} of a network has {width} neurons, expected 1 to {most}")]
    Width {
        /// From 0.
        layer: usize,
        /// Its neurons.
        width: usize,
        /// How many it may have.
        most: usize,
    },
    /// Not a value for each place.
    #[error("a network has {found} {what}, expected {expected}")]
    Length {
        /// Of what.
        what: &'static str,
        /// How many.
        found: usize,
        /// How many there should be.
        expected: usize,
    },
    /// A weight, a bias or a mean is not finite, or too large.
    #[error(
        "layer {layer} of a network has a weight that is not finite or beyond {most}; train it anew, with labels in a larger unit"
    )]
    Weight {
        /// From 0.
        layer: usize,
        /// How large weights may be.
        most: f32,
    },
}

impl Layer {
    /// Neurons.
    pub fn width(&self) -> usize {
        self.biases.len()
    }

    /// Whether it may be the `nth`, after so many neurons or places.
    fn check(&self, nth: usize, before: usize, is_last: bool) -> Result<(), NetworkError> {
        let (most, largest) = if is_last { (OUTPUTS_MAX, LAST_WEIGHT_MAX) } else { (WIDTH_MAX, WEIGHT_MAX) };
        let width = self.width();
        if width == 0 || width > most {
            return Err(NetworkError::Width { layer: nth, width, most });
        }
        length("weights", self.weights.len(), before * width)?;
        within(&self.weights, nth, largest)?;
        within(&self.biases, nth, largest)
    }
}

impl Network {
    /// Of inputs, what stood in each of their places on the mean, layers, and how the outputs of the last become what is predicted.
    ///
    /// # Errors
    ///
    /// If layers do not fit each other, are too wide or too many, or a number is not finite or too large.
    pub fn new(inputs: Inputs, means: Vec<f32>, layers: Vec<Layer>, link: Link) -> Result<Network, NetworkError> {
        if layers.is_empty() || layers.len() > LAYERS_MAX {
            return Err(NetworkError::Layers(layers.len()));
        }
        length("means", means.len(), inputs.places())?;
        let mut before = inputs.places();
        for (nth, layer) in layers.iter().enumerate() {
            layer.check(nth, before, nth + 1 == layers.len())?;
            before = layer.width();
        }
        within(&means, 0, WEIGHT_MAX)?;
        Ok(Network { inputs, means, layers, link })
    }

    /// What it takes.
    pub fn inputs(&self) -> &Inputs {
        &self.inputs
    }

    /// Its layers, from the first.
    pub fn layers(&self) -> &[Layer] {
        &self.layers
    }

    /// From an output to what is predicted.
    pub fn link(&self) -> Link {
        self.link
    }

    /// Heads.
    pub fn outputs(&self) -> usize {
        self.layers.last().map_or(0, Layer::width)
    }

    /// Weights and biases.
    pub fn parameters(&self) -> usize {
        self.layers.iter().map(|layer| layer.weights.len() + layer.biases.len()).sum()
    }
}

fn length(what: &'static str, found: usize, expected: usize) -> Result<(), NetworkError> {
    if found == expected { Ok(()) } else { Err(NetworkError::Length { what, found, expected }) }
}

fn within(values: &[f32], layer: usize, most: f32) -> Result<(), NetworkError> {
    // What is not a number is within nothing.
    let is_sound = values.iter().all(|value| value.abs() <= most);
    if is_sound { Ok(()) } else { Err(NetworkError::Weight { layer, most }) }
}
