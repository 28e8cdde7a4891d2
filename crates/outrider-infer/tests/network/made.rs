//! Random networks over a number, a category of three words and another number, and tables for them.

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values};
use outrider_infer::inputs::{Input, InputKind, Inputs};
use outrider_infer::network::{Layer, Network};
use outrider_infer::trees::Link;

/// Places of the inputs: two numbers of two, a category of three words and two more.
pub(crate) const PLACES: usize = 2 + 5 + 2;
pub(crate) const WORDS: [&str; 3] = ["get", "head", "post"];

pub(crate) fn inputs() -> Inputs {
    let number = |name: &str, mean, scale| Input { name: name.to_owned(), kind: InputKind::Number { mean, scale } };
    let words = WORDS.map(str::to_owned).to_vec();
    let method = Input { name: "method".to_owned(), kind: InputKind::Category { words } };
    Inputs::new(vec![number("size", 3.0, 2.0), method, number("load", 0.0, 1.0)]).unwrap()
}

/// Layers of these widths, the last of two heads.
pub(crate) fn network(seed: u64, widths: &[usize], link: Link) -> Network {
    let (layers, means) = drawn(seed, widths);
    Network::new(inputs(), means, layers, link).unwrap()
}

/// The means of such a network.
pub(crate) fn means(seed: u64, widths: &[usize]) -> Vec<f32> {
    drawn(seed, widths).1
}

fn drawn(seed: u64, widths: &[usize]) -> (Vec<Layer>, Vec<f32>) {
    let mut random = Random::new(seed);
    let mut draw = |count: usize| (0..count).map(|_| random.unit() as f32 - 0.5).collect::<Vec<f32>>();
    let mut before = PLACES;
    let mut layers = Vec::new();
    for &width in widths.iter().chain(&[2]) {
        layers.push(Layer { weights: draw(before * width), biases: draw(width) });
        before = width;
    }
    (layers, draw(PLACES))
}

/// Rows by lot, in which every kind of value occurs.
pub(crate) fn frame(seed: u64, rows: usize) -> Frame {
    let mut random = Random::new(seed);
    let mut numbers = |odd: f64| -> Vec<f64> {
        let of = [f64::NAN, f64::INFINITY, odd, 1e30];
        (0..rows).map(|_| if random.chance(0.2) { of[random.below(4)] } else { random.unit() * 9.0 - 3.0 }).collect()
    };
    let (size, load) = (numbers(3.0), numbers(0.0));
    let words = [Some("get"), Some("head"), Some("post"), Some("brew"), None];
    let method = (0..rows).map(|_| words[random.below(5)]).collect();
    table(size, Values::Word(method), load)
}

pub(crate) fn table(size: Vec<f64>, method: Values, load: Vec<f64>) -> Frame {
    let column = |name: &str, values| Column { name: name.to_owned(), values };
    let columns =
        vec![column("load", Values::Number(load)), column("size", Values::Number(size)), column("method", method)];
    Frame::new(columns).unwrap()
}

/// What a network says before its link of one row with these entries, by the obvious loop in double precision.
pub(crate) fn obvious(network: &Network, entries: &[(usize, f64)]) -> Vec<f64> {
    let mut before = vec![0.0; PLACES];
    entries.iter().for_each(|&(place, value)| before[place] = value.clamp(-10.0, 10.0));
    for (nth, layer) in network.layers().iter().enumerate() {
        let neuron = |at: usize| {
            let weighed = before.iter().enumerate();
            let sum: f64 = weighed.map(|(i, x)| x * f64::from(layer.weights[i * layer.width() + at])).sum();
            sum + f64::from(layer.biases[at])
        };
        let sums: Vec<f64> = (0..layer.width()).map(neuron).collect();
        let is_last = nth + 1 == network.layers().len();
        before = if is_last { sums } else { sums.iter().map(|sum| sum.max(0.0)).collect() };
    }
    before
}
