use outrider_core::frame::{Column, Frame, Values};
use outrider_infer::network::Network;
use outrider_train::network::{Learnt, NetworkSettings};
use outrider_train::trees::Objective;

use crate::data::{Data, learnt, learnt_on, normal, numbers};

fn plain() -> NetworkSettings {
    NetworkSettings::default()
}

/// What a straight line cannot tell apart.
#[test]
fn exclusive_or_is_learnt() {
    let data = numbers(4_000, 1, 2, |row, _| f64::from(u8::from((row[0] > 0.0) != (row[1] > 0.0))));
    let (train, test) = data.split(3_000);
    let network = learnt(&train, None, &[Objective::Logistic], &plain()).network;
    let said = network.predict(&test.frame).unwrap().remove(0);
    let right = test.labels.iter().zip(&said).filter(|(label, said)| (**said > 0.5) == (**label == 1.0)).count();
    assert!(right > 970, "{right} of 1000");
}

#[test]
fn a_straight_line_is_learnt_whatever_its_units() {
    for unit in [1.0, 1e6] {
        let data =
            numbers(3_000, 2, 3, |row, random| unit * (3.0 * row[0] - 2.0 * row[1] + 5.0 + 0.1 * normal(random)));
        let (train, test) = data.split(2_000);
        let network = learnt(&train, None, &[Objective::Squared], &plain()).network;
        let error = test.mean_squared_error(&network.predict(&test.frame).unwrap()[0]).sqrt() / unit;
        assert!(error < 0.12, "the noise is 0.1, the error {error}");
    }
}

/// Noise grows with the first number: heads must follow it, and hold what they promise.
#[test]
fn quantiles_cover_what_they_should_everywhere() {
    let data = numbers(12_000, 3, 2, |row, random| 10.0 + (1.5 + row[0]) * normal(random));
    let (train, test) = data.split(8_000);
    let objectives = [Objective::Quantile(0.5), Objective::Quantile(0.9)];
    let network = learnt(&train, None, &objectives, &plain()).network;
    let said = network.predict(&test.frame).unwrap();
    let Values::Number(x) = &test.frame.column("x0").unwrap().values else { panic!("numbers") };
    for (head, quantile) in [(0, 0.5), (1, 0.9)] {
        for (low, high) in [(-1.0, 0.0), (0.0, 1.0)] {
            let rows: Vec<usize> = (0..x.len()).filter(|&row| (low..high).contains(&x[row])).collect();
            let below = rows.iter().filter(|&&row| test.labels[row] <= said[head][row]).count();
            let share = below as f64 / rows.len() as f64;
            assert!((share - quantile).abs() < 0.04, "{quantile} from {low} to {high}: {share}");
        }
    }
}

/// Words that say much, of which some are rare and some missing; numbers that are sometimes missing.
fn mixed(rows: usize) -> Data {
    let mut words = Vec::new();
    let mut data = numbers(rows, 4, 2, |row, random| {
        let word = random.below(6);
        words.push(if word == 5 { None } else { Some(["get", "head", "post", "put", "rare"][word]) });
        let of_word = [0.0, 0.0, 2.0, 2.0, 1.0, -1.0][word];
        row[0] + of_word + 0.1 * normal(random)
    });
    let gaps = |values: &Values| match values {
        Values::Number(numbers) => Values::Number(
            numbers.iter().enumerate().map(|(row, x)| if row % 9 == 0 { f64::NAN } else { *x }).collect(),
        ),
        other => other.clone(),
    };
    let mut columns: Vec<Column> = data.frame.columns().to_vec();
    columns[1].values = gaps(&columns[1].values);
    columns.push(Column { name: "method".to_owned(), values: Values::Word(words.into_iter().collect()) });
    data.frame = Frame::new(columns).unwrap();
    data
}

fn said_of(network: &Network, method: Option<&str>, x1: f64) -> f64 {
    let number = |name: &str, value| Column { name: name.to_owned(), values: Values::Number(vec![value]) };
    let method = Column { name: "method".to_owned(), values: Values::Word([method].into_iter().collect()) };
    network.predict(&Frame::new(vec![number("x0", 0.0), number("x1", x1), method]).unwrap()).unwrap()[0][0]
}

#[test]
fn words_missing_values_and_words_unseen_mean_what_they_should() {
    let network = learnt(&mixed(6_000), None, &[Objective::Squared], &plain()).network;
    for (method, expected) in [(Some("get"), 0.0), (Some("post"), 2.0), (None, -1.0)] {
        for x1 in [0.3, f64::NAN] {
            let said = said_of(&network, method, x1);
            assert!((said - expected).abs() < 0.15, "{method:?} {x1}: {said}, expected {expected}");
        }
    }
    // Nothing was rare: a new word is as the mean of those that were seen.
    let unseen = said_of(&network, Some("brew"), 0.3);
    assert!((0.2..1.2).contains(&unseen), "{unseen}");
}

/// Rare words stand in for words unseen: here they mean +1.
#[test]
fn rare_words_teach_what_unseen_ones_mean() {
    let mut data = mixed(6_000);
    let Values::Word(words) = &data.frame.column("method").unwrap().values else { panic!("words") };
    let names: Vec<Option<String>> = (0..6_000)
        .map(|row| words.get(row).map(|word| if word == "rare" { format!("rare {row}") } else { word.to_owned() }))
        .collect();
    let mut columns = data.frame.columns().to_vec();
    columns[2].values = Values::Word(names.iter().map(Option::as_deref).collect());
    data.frame = Frame::new(columns).unwrap();
    let network = learnt(&data, None, &[Objective::Squared], &plain()).network;
    let unseen = said_of(&network, Some("brew"), 0.3);
    assert!((unseen - 1.0).abs() < 0.15, "{unseen}");
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let data = mixed(5_000);
    let (train, held) = data.split(4_000);
    let settings = NetworkSettings { epochs: 4, ..plain() };
    let objectives = [Objective::Quantile(0.5), Objective::Quantile(0.9)];
    let [one, two] = [1, 2].map(|threads| learnt_on(threads, &train, Some(&held), &objectives, &settings).unwrap());
    assert_eq!(one.network.write(), two.network.write());
    assert_eq!(one.validation_losses, two.validation_losses);
    let other = learnt(&train, Some(&held), &objectives, &NetworkSettings { seed: 9, ..settings });
    assert_ne!(one.network.write(), other.network.write());
}

/// Labels are luck: the network learns its rows by heart, and the held out rows say when that began.
#[test]
fn held_out_rows_say_when_to_stop() {
    let data = numbers(400, 5, 8, |_, random| normal(random));
    let (train, held) = data.split(200);
    let settings = NetworkSettings { epochs: 300, patience: 5, decay: 0.0, ..plain() };
    let Learnt { network, validation_losses: losses } = learnt(&train, Some(&held), &[Objective::Squared], &settings);
    let best = losses.iter().copied().fold(f64::INFINITY, f64::min);
    assert!(losses.len() < 100 && losses[losses.len() - 5..].iter().all(|loss| *loss > best), "{losses:?}");
    let error = held.mean_squared_error(&network.predict(&held.frame).unwrap()[0]);
    assert!((error - best).abs() < 1e-3 * best, "{error}, expected {best}");
}

#[test]
fn heavy_rows_count_more() {
    // Two answers to the same question: the heavier one is nearer.
    let data = numbers(2_000, 6, 1, |_, random| f64::from(u8::from(random.chance(0.5))));
    let weights: Vec<f64> = data.labels.iter().map(|label| if *label == 1.0 { 9.0 } else { 1.0 }).collect();
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let rows = outrider_train::network::Rows { weights: Some(&weights), ..data.rows() };
    let watch = &mut |_| std::ops::ControlFlow::Continue(());
    let settings = NetworkSettings { epochs: 5, ..plain() };
    let network =
        outrider_train::network::train(&data.schema(), &rows, None, &[Objective::Logistic], &settings, &pool, watch);
    let said = network.unwrap().network.predict(&data.frame).unwrap().remove(0);
    assert!(said.iter().all(|p| (0.8..0.97).contains(p)), "nine in ten are 1");
}
