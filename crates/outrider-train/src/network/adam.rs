//! Steps against the gradient, each weight at a pace of its own (Kingma, Ba 2015), with decay apart (Loshchilov, Hutter 2019).

use outrider_infer::network::Layer;

use super::NetworkSettings;

/// How slowly the mean of gradients, and that of their squares, forgets.
const MEAN: f32 = 0.9;
const SQUARES: f32 = 0.999;
/// Keeps steps finite where gradients are not.
const LEAST: f32 = 1e-8;

pub(super) struct Adam {
    means: Vec<Layer>,
    squares: Vec<Layer>,
    steps: i32,
}

/// What one step does to a weight.
#[derive(Clone, Copy)]
struct Step {
    /// What gradients are multiplied with.
    scale: f32,
    /// The rate, with what mends the first means.
    rate: f32,
    /// What mends the first squares.
    unbias: f32,
    /// What is left of a weight.
    kept: f32,
}

impl Adam {
    pub(super) fn new(layers: &[Layer]) -> Adam {
        Adam { means: zeros(layers), squares: zeros(layers), steps: 0 }
    }

    /// A step at `part` of the first rate, against the sum of `rows` gradients.
    #[expect(clippy::cast_possible_truncation, reason = "to the width of weights")]
    pub(super) fn step(
        &mut self,
        layers: &mut [Layer],
        gradient: &[Layer],
        rows: usize,
        part: f64,
        settings: &NetworkSettings,
    ) {
        self.steps = self.steps.saturating_add(1);
        let rate = settings.learning_rate * part;
        let length = length(gradient) / rows as f64;
        let shortened = (settings.longest_gradient / length.max(f64::MIN_POSITIVE)).min(1.0);
        let step = Step {
            scale: (shortened / rows as f64) as f32,
            rate: rate as f32 / (1.0 - MEAN.powi(self.steps)),
            unbias: 1.0 / (1.0 - SQUARES.powi(self.steps)),
            kept: (1.0 - rate * settings.decay) as f32,
        };
        let state = self.means.iter_mut().zip(&mut self.squares);
        for ((layer, gradient), (means, squares)) in layers.iter_mut().zip(gradient).zip(state) {
            step.walk(&mut layer.weights, &gradient.weights, &mut means.weights, &mut squares.weights);
            let free = Step { kept: 1.0, ..step };
            free.walk(&mut layer.biases, &gradient.biases, &mut means.biases, &mut squares.biases);
        }
    }
}

impl Step {
    fn walk(self, values: &mut [f32], gradient: &[f32], means: &mut [f32], squares: &mut [f32]) {
        let state = means.iter_mut().zip(squares);
        for ((value, gradient), (mean, square)) in values.iter_mut().zip(gradient).zip(state) {
            let slope = gradient * self.scale;
            *mean = MEAN * *mean + (1.0 - MEAN) * slope;
            *square = SQUARES * *square + (1.0 - SQUARES) * slope * slope;
            *value = *value * self.kept - self.rate * *mean / ((*square * self.unbias).sqrt() + LEAST);
        }
    }
}

pub(super) fn zeros(layers: &[Layer]) -> Vec<Layer> {
    let of = |values: &Vec<f32>| vec![0.0; values.len()];
    layers.iter().map(|layer| Layer { weights: of(&layer.weights), biases: of(&layer.biases) }).collect()
}

/// Of the whole gradient.
fn length(gradient: &[Layer]) -> f64 {
    let values = gradient.iter().flat_map(|layer| layer.weights.iter().chain(&layer.biases));
    values.map(|&value| f64::from(value).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn layer(weight: f32, bias: f32) -> Vec<Layer> {
        vec![Layer { weights: vec![weight], biases: vec![bias] }]
    }

    /// The first step is the rate itself, whatever the slope; only weights decay.
    #[test]
    fn a_step_is_as_computed_by_hand() {
        let settings = NetworkSettings { learning_rate: 0.1, decay: 0.5, ..NetworkSettings::default() };
        let mut layers = layer(2.0, 1.0);
        let mut adam = Adam::new(&layers);
        adam.step(&mut layers, &layer(0.4, -0.2), 2, 1.0, &settings);
        assert!((layers[0].weights[0] - (2.0 * 0.95 - 0.1)).abs() < 1e-6, "{layers:?}");
        assert!((layers[0].biases[0] - 1.1).abs() < 1e-6, "{layers:?}");
        // Slopes of -0.1, then of -0.3 at half the rate.
        let mean = (0.9 * 0.1 * 0.1 + 0.1 * 0.3) / (1.0 - 0.9f32.powi(2));
        let square = (0.999 * 0.001 * 0.01 + 0.001 * 0.09) / (1.0 - 0.999f32.powi(2));
        let before = layers[0].biases[0];
        adam.step(&mut layers, &layer(0.0, -0.3), 1, 0.5, &settings);
        assert!((layers[0].biases[0] - before - 0.05 * mean / square.sqrt()).abs() < 1e-5, "{layers:?}");
    }

    #[test]
    fn a_long_gradient_is_shortened_as_a_whole() {
        let gradient = layer(3e4, 4e4);
        assert!((length(&gradient) - 5e4).abs() < 1e-6);
        let settings = NetworkSettings { longest_gradient: 1.0, ..NetworkSettings::default() };
        let mut adam = Adam::new(&gradient);
        adam.step(&mut layer(0.0, 0.0), &gradient, 1, 1.0, &settings);
        assert!((adam.means[0].weights[0] - 0.06).abs() < 1e-6 && (adam.means[0].biases[0] - 0.08).abs() < 1e-6);
    }
}
