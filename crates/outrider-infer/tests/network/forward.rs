use outrider_core::frame::Values;
use outrider_infer::Cells;
use outrider_infer::network::{LAST_WEIGHT_MAX, Layer, Network, NetworkError, WEIGHT_MAX, WIDTH_MAX};
use outrider_infer::trees::Link;

use crate::made::{PLACES, frame, inputs, network, obvious, table};

#[test]
fn it_says_what_the_obvious_loop_says() {
    let frame = frame(7, 200);
    for (seed, widths) in [(1, vec![]), (2, vec![5]), (3, vec![8, 3]), (4, vec![WIDTH_MAX, 17, 9])] {
        let network = network(seed, &widths, Link::Identity);
        let (said, inputs) = (network.predict(&frame).unwrap(), inputs());
        let bound = inputs.bind(&frame).unwrap();
        for row in 0..frame.rows() {
            let expected = obvious(&network, &bound.row(row).collect::<Vec<_>>());
            for (said, expected) in said.iter().zip(expected) {
                let apart = (said[row] - expected).abs();
                assert!(apart < 1e-4 * expected.abs().max(1.0), "{widths:?}, row {row}: {}, {expected}", said[row]);
            }
        }
    }
}

#[test]
fn the_logistic_link_makes_probabilities() {
    let frame = frame(8, 50);
    let odds = network(2, &[5], Link::Identity).predict(&frame).unwrap();
    let said = network(2, &[5], Link::Logistic).predict(&frame).unwrap();
    assert!(said[1].iter().zip(&odds[1]).all(|(p, odds)| (p - 1.0 / (1.0 + (-odds).exp())).abs() < 1e-12));
}

/// Rows as trees read them: names are bound, words are places.
#[test]
fn one_row_is_as_one_of_many() {
    let network = network(5, &[6, 4], Link::Logistic);
    let words = [Some("post"), Some("brew"), None].into_iter().collect();
    let frame = table(vec![1.0, 2.0, f64::NAN], Values::Word(words), vec![0.5, f64::NAN, -2.0]);
    let matrix = inputs().encode(&frame).unwrap();
    let method = Cells::Category { codes: vec![2, Cells::unseen(3), Cells::missing(3)], words: 3 };
    assert_eq!(matrix.columns()[1], method);
    let expected = network.predict(&frame).unwrap();
    for (row, (&first, &second)) in expected[0].iter().zip(&expected[1]).enumerate() {
        let mut said = [0.0; 2];
        network.predict_row(&matrix.row(row), &mut said);
        assert_eq!(said, [first, second]);
    }
    let mut said = [0.0; 2];
    network.predict_row(&[f32::NAN, f32::from_bits(77), -2.0], &mut said);
    let mut unseen = [0.0; 2];
    network.predict_row(&[f32::NAN, f32::from_bits(3), -2.0], &mut unseen);
    assert_eq!(said, unseen, "a code of no word is unseen");
}

#[test]
fn unseen_and_missing_words_have_weights_of_their_own() {
    let network = network(6, &[7], Link::Identity);
    let words = [Some("brew"), None, Some("get")].into_iter().collect();
    let said = network.predict(&table(vec![1.0; 3], Values::Word(words), vec![0.0; 3])).unwrap();
    assert!(said[0][0] != said[0][1] && said[0][1] != said[0][2]);
}

#[test]
fn a_table_that_does_not_fit_is_refused_by_the_names_of_its_columns() {
    let bad = table(vec![1.0], Values::Number(vec![2.0]), vec![0.0]);
    let told = network(1, &[3], Link::Identity).predict(&bad).unwrap_err().to_string();
    assert!(told.contains("column \"method\" holds numbers, expected words"), "{told}");
}

/// The largest weights that are let in, all adding up.
#[test]
fn what_is_let_in_says_finite_numbers() {
    let layer =
        |before: usize, width, weight| Layer { weights: vec![weight; before * width], biases: vec![weight; width] };
    let (first, wide) = (layer(PLACES, WIDTH_MAX, WEIGHT_MAX), layer(WIDTH_MAX, WIDTH_MAX, WEIGHT_MAX));
    let layers = vec![first, wide.clone(), wide, layer(WIDTH_MAX, 1, LAST_WEIGHT_MAX)];
    let network = Network::new(inputs(), vec![0.0; PLACES], layers, Link::Identity).unwrap();
    let said = network.predict(&frame(9, 40)).unwrap();
    assert!(said[0].iter().all(|said| said.is_finite()));
}

#[test]
fn layers_must_fit() {
    let layer = |before: usize, width: usize| Layer { weights: vec![0.1; before * width], biases: vec![0.1; width] };
    let made =
        |layers| Network::new(inputs(), vec![0.0; PLACES], layers, Link::Identity).map(|network| network.outputs());
    assert_eq!(made(vec![layer(PLACES, 3), layer(3, 2)]), Ok(2));
    assert_eq!(made(vec![]), Err(NetworkError::Layers(0)));
    let expected = NetworkError::Length { what: "weights", found: 8, expected: 6 };
    assert_eq!(made(vec![layer(PLACES, 3), layer(4, 2)]), Err(expected));
    assert!(matches!(made(vec![layer(PLACES, 0)]), Err(NetworkError::Width { layer: 0, width: 0, .. })));
    assert!(matches!(
        made(vec![layer(PLACES, WIDTH_MAX + 1), layer(WIDTH_MAX + 1, 1)]),
        Err(NetworkError::Width { .. })
    ));
    for wrong in [f32::NAN, f32::INFINITY, -2.0 * WEIGHT_MAX] {
        let mut bad = layer(PLACES, 2);
        bad.weights[3] = wrong;
        assert!(matches!(made(vec![bad, layer(2, 1)]), Err(NetworkError::Weight { layer: 0, .. })));
    }
    let short = Network::new(inputs(), vec![0.0], vec![layer(PLACES, 1)], Link::Identity);
    assert!(matches!(short, Err(NetworkError::Length { what: "means", .. })));
}
