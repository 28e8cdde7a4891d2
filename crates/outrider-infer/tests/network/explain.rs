use outrider_infer::network::{Layer, Network};
use outrider_infer::trees::Link;

use crate::made::{PLACES, frame, inputs, network, obvious};

/// Log odds for the logistic link.
fn raw(network: &Network, row: &[(usize, f64)]) -> f64 {
    obvious(network, row)[0]
}

#[test]
fn values_add_up_to_the_prediction() {
    let (frame, inputs) = (frame(3, 60), inputs());
    let bound = inputs.bind(&frame).unwrap();
    for (seed, link) in [(1, Link::Identity), (2, Link::Logistic)] {
        let network = network(seed, &[9, 5], link);
        let (base, rows) = network.explain(&frame).unwrap();
        for (row, values) in rows.iter().enumerate() {
            let expected = raw(&network, &bound.row(row).collect::<Vec<_>>());
            let sum = base + values.iter().sum::<f64>();
            assert!((sum - expected).abs() < 1e-4 * expected.abs().max(1.0), "{sum}, expected {expected}");
        }
    }
}

/// Without a rectifier, a feature adds what its entry adds beyond the mean, in every order.
#[test]
fn values_of_a_linear_network_are_its_terms_less_their_means() {
    let layer = Layer { weights: (0..PLACES).map(|place| place as f32).collect(), biases: vec![0.5] };
    // Half of the sizes are missing; methods are "get" and "post", half each; loads are there and 0 on the mean.
    let means = vec![0.0, 0.5, 0.5, 0.0, 0.5, 0.0, 0.0, 0.0, 0.0];
    let network = Network::new(inputs(), means, vec![layer], Link::Identity).unwrap();
    let words = [Some("post")].into_iter().collect();
    let frame = crate::made::table(vec![5.0], outrider_core::frame::Values::Word(words), vec![2.0]);
    let (base, rows) = network.explain(&frame).unwrap();
    // Places: size 0 and 1, words 2 to 4, new 5, missing 6, load 7 and 8; each weighs as much as its number.
    assert!((base - (0.5 + 0.5 + (2.0 + 4.0) / 2.0)).abs() < 1e-6, "{base}");
    let expected = [0.0 - 0.5, 4.0 - 3.0, 2.0 * 7.0];
    assert!(rows[0].iter().zip(expected).all(|(a, b)| (a - b).abs() < 1e-6), "{rows:?}");
}

/// What the definition says, by all orders of three features: drawn orders come near.
#[test]
fn values_come_near_those_of_the_definition() {
    let (network, frame, inputs) = (network(11, &[6, 4], Link::Identity), frame(4, 20), inputs());
    let (_, rows) = network.explain(&frame).unwrap();
    let bound = inputs.bind(&frame).unwrap();
    let orders = [[0, 1, 2], [0, 2, 1], [1, 0, 2], [1, 2, 0], [2, 0, 1], [2, 1, 0]];
    let (mut apart, mut most): (f64, f64) = (0.0, 0.0);
    for (row, values) in rows.iter().enumerate() {
        let entries: Vec<(usize, f64)> = bound.row(row).collect();
        let said = |known: &[usize]| mixed(&network, &entries, known);
        let mut exact = [0.0; 3];
        for order in orders {
            (0..3).for_each(|at| exact[order[at]] += (said(&order[..=at]) - said(&order[..at])) / 6.0);
        }
        apart = values.iter().zip(exact).map(|(a, b)| (a - b).abs()).fold(apart, f64::max);
        most = exact.iter().map(|value| value.abs()).fold(most, f64::max);
    }
    assert!(apart < 0.15 * most, "{apart} apart, of {most} at most");
}

/// What the network says when only some features are known and the others are as on the mean.
fn mixed(network: &Network, entries: &[(usize, f64)], known: &[usize]) -> f64 {
    // The mean row is made of the means that the network was made with, drawn again from the same seed.
    let means = crate::made::means(11, &[6, 4]);
    let (starts, ends) = ([0, 2, 7], [2, 7, PLACES]);
    let mut row = Vec::new();
    for feature in 0..3 {
        match known.contains(&feature) {
            true => row.push(entries[feature]),
            false => row.extend((starts[feature]..ends[feature]).map(|place| (place, f64::from(means[place])))),
        }
    }
    raw(network, &row)
}

#[test]
fn a_feature_without_weight_adds_nothing() {
    let mut layers = network(5, &[6], Link::Identity).layers().to_vec();
    layers[0].weights[7 * 6..].fill(0.0);
    let network = Network::new(inputs(), vec![0.1; PLACES], layers, Link::Identity).unwrap();
    let (_, rows) = network.explain(&frame(6, 30)).unwrap();
    assert!(rows.iter().all(|values| values[2].abs() < 1e-9) && rows.iter().any(|values| values[0].abs() > 1e-3));
}
