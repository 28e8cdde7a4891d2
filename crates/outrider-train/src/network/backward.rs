//! A row through a network and back: what the neurons say, and the slope of the loss by every weight.

use outrider_infer::network::Layer;

use super::table::Row;

/// Lanes of a dot product: as many sums run beside each other, and are added in their order.
const LANES: usize = 8;

/// What neurons say of a row, and the slope of its loss by what each takes in.
pub(super) struct Scratch {
    neurons: Vec<Vec<f32>>,
    slopes: Vec<Vec<f32>>,
}

impl Scratch {
    pub(super) fn new(layers: &[Layer]) -> Scratch {
        let zeros = || layers.iter().map(|layer| vec![0.0; layer.width()]).collect();
        Scratch { neurons: zeros(), slopes: zeros() }
    }

    /// What the last layer says of the row.
    pub(super) fn forward(&mut self, layers: &[Layer], row: Row) -> &[f32] {
        let first = &mut self.neurons[0];
        first.copy_from_slice(&layers[0].biases);
        for (&place, &value) in row.places.iter().zip(row.values) {
            add(first, value, of_input(&layers[0], place as usize));
        }
        for at in 1..layers.len() {
            let (before, after) = self.neurons.split_at_mut(at);
            let (before, after) = (&mut before[at - 1], &mut after[0]);
            before.iter_mut().for_each(|neuron| *neuron = neuron.max(0.0));
            after.copy_from_slice(&layers[at].biases);
            for (input, &value) in before.iter().enumerate().filter(|(_, value)| **value > 0.0) {
                add(after, value, of_input(&layers[at], input));
            }
        }
        &self.neurons[layers.len() - 1]
    }

    /// Fills in the slope of the loss by what each head says of the row.
    pub(super) fn fill_slopes(&mut self, slope: impl Fn(usize, f32) -> f32) {
        let (Some(said), Some(slopes)) = (self.neurons.last(), self.slopes.last_mut()) else { return };
        slopes.iter_mut().zip(said).enumerate().for_each(|(head, (to, &said))| *to = slope(head, said));
    }

    /// Adds the slope by every weight to `gradient`, after [`Scratch::forward`] of the same row.
    pub(super) fn backward(&mut self, layers: &[Layer], row: Row, gradient: &mut [Layer]) {
        for at in (1..layers.len()).rev() {
            let (before, after) = self.slopes.split_at_mut(at);
            let (before, after) = (&mut before[at - 1], &after[0]);
            add(&mut gradient[at].biases, 1.0, after);
            let width = after.len();
            for (input, (slope, &value)) in before.iter_mut().zip(&self.neurons[at - 1]).enumerate() {
                // The rectifier: what was not above 0 would have changed nothing.
                if value > 0.0 {
                    add(&mut gradient[at].weights[input * width..][..width], value, after);
                    *slope = dot(of_input(&layers[at], input), after);
                } else {
                    *slope = 0.0;
                }
            }
        }
        let (first, width) = (&self.slopes[0], layers[0].width());
        add(&mut gradient[0].biases, 1.0, first);
        for (&place, &value) in row.places.iter().zip(row.values) {
            add(&mut gradient[0].weights[place as usize * width..][..width], value, first);
        }
    }
}

fn of_input(layer: &Layer, input: usize) -> &[f32] {
    &layer.weights[input * layer.width()..][..layer.width()]
}

#[inline]
fn add(to: &mut [f32], times: f32, more: &[f32]) {
    to.iter_mut().zip(more).for_each(|(to, more)| *to += times * more);
}

#[inline]
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0; LANES];
    let (a_lanes, a_rest) = a.as_chunks::<LANES>();
    let (b_lanes, b_rest) = b.as_chunks::<LANES>();
    for (a, b) in a_lanes.iter().zip(b_lanes) {
        (0..LANES).for_each(|lane| sums[lane] += a[lane] * b[lane]);
    }
    let rest: f32 = a_rest.iter().zip(b_rest).map(|(a, b)| a * b).sum();
    sums.iter().sum::<f32>() + rest
}

#[cfg(test)]
mod tests {
    use outrider_core::Random;

    use super::*;

    const STEP: f64 = 1e-4;

    /// Weights and biases as one list, in double precision.
    fn flat(layers: &[Layer]) -> Vec<f64> {
        layers
            .iter()
            .flat_map(|layer| layer.weights.iter().chain(&layer.biases))
            .map(|&value| f64::from(value))
            .collect()
    }

    /// The square of the first output plus half of the second, by the obvious loop.
    fn loss(values: &[f64], widths: &[usize], entries: &[(usize, f64)]) -> f64 {
        let mut before = vec![0.0; widths[0]];
        entries.iter().for_each(|&(place, value)| before[place] = value);
        let mut rest = values;
        for (nth, pair) in widths.windows(2).enumerate() {
            let (weights, after) = rest.split_at(pair[0] * pair[1]);
            let (biases, after) = after.split_at(pair[1]);
            rest = after;
            let sum = |at: usize| biases[at] + (0..pair[0]).map(|i| before[i] * weights[i * pair[1] + at]).sum::<f64>();
            let is_last = nth + 2 == widths.len();
            before = (0..pair[1]).map(|at| if is_last { sum(at) } else { sum(at).max(0.0) }).collect();
        }
        before[0].powi(2) + 0.5 * before[1]
    }

    #[expect(clippy::cast_possible_truncation, reason = "numbers between -1 and 1")]
    fn drawn(widths: &[usize], random: &mut Random) -> Vec<Layer> {
        let layer = |pair: &[usize]| {
            let mut draw = |count: usize| (0..count).map(|_| random.unit() as f32 * 2.0 - 1.0).collect();
            Layer { weights: draw(pair[0] * pair[1]), biases: draw(pair[1]) }
        };
        widths.windows(2).map(layer).collect()
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "numbers between -1 and 1")]
    fn gradients_are_finite_differences() {
        let mut random = Random::new(5);
        for widths in [vec![6, 2], vec![6, 9, 2], vec![6, 11, 10, 2], vec![6, 5, 4, 3, 2]] {
            let layers = drawn(&widths, &mut random);
            let entries: Vec<(usize, f64)> =
                [0, 2, 5].iter().map(|&place| (place, f64::from(random.unit() as f32 * 4.0 - 2.0))).collect();
            let places: Vec<u32> = entries.iter().map(|(place, _)| *place as u32).collect();
            let values: Vec<f32> = entries.iter().map(|(_, value)| *value as f32).collect();
            let row = Row { places: &places, values: &values };
            let (mut scratch, mut gradient) = (Scratch::new(&layers), drawn(&widths, &mut random));
            let before = flat(&gradient);
            scratch.forward(&layers, row);
            scratch.fill_slopes(|head, said| if head == 0 { 2.0 * said } else { 0.5 });
            scratch.backward(&layers, row, &mut gradient);
            let point = flat(&layers);
            for (at, (after, before)) in flat(&gradient).iter().zip(before).enumerate() {
                let moved = |by: f64| {
                    let mut point = point.clone();
                    point[at] += by;
                    loss(&point, &widths, &entries)
                };
                let slope = (moved(STEP) - moved(-STEP)) / (2.0 * STEP);
                let found = after - before;
                assert!((found - slope).abs() < 1e-4 * slope.abs().max(1.0), "{widths:?}, {at}: {found}, not {slope}");
            }
        }
    }
}
