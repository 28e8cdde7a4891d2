use outrider_core::Random;
use outrider_infer::{Cells, Matrix};
use outrider_train::trees::{BoostingSettings, Objective, permutation_importances};

use crate::data::{Data, boosted, mixed};

fn settings(objective: Objective, trees: usize) -> BoostingSettings {
    BoostingSettings { objective, trees, ..BoostingSettings::default() }
}

#[test]
fn a_planted_rule_is_found_and_nothing_else() {
    let mut random = Random::new(1);
    let mut column = || (0..4_000).map(|_| random.unit() as f32).collect::<Vec<f32>>();
    let (a, b, c) = (column(), column(), column());
    let words: Vec<u32> = (0..4_000).map(|_| random.below(6) as u32).collect();
    let rule = |row: usize| f64::from(b[row] > 0.3 && [1, 4].contains(&words[row]));
    let labels: Vec<f64> = (0..4_000).map(rule).collect();
    let words = Cells::Category { codes: words, words: 6 };
    let matrix = Matrix::new(vec![Cells::Number(a), Cells::Number(b.clone()), words, Cells::Number(c)]).unwrap();
    let data = Data { matrix, labels };
    let one = BoostingSettings { leaves: 3, learning_rate: 1.0, lambda: 0.0, ..settings(Objective::Squared, 1) };
    let trees = boosted(&data.examples(), &one);
    assert_eq!(trees.used(), [1, 2]);
    let wrong = trees.predict(&data.matrix).iter().zip(&data.labels).filter(|(p, l)| (*p - *l).abs() > 0.5).count();
    assert!(wrong < 20, "{wrong} of 4000 rows next to the cut");
}

#[test]
fn missing_values_take_the_side_that_they_are_like() {
    for (like_high, expected) in [(true, 1.0), (false, 0.0)] {
        let values: Vec<f32> = (0..900).map(|row| if row % 3 == 0 { f32::NAN } else { row as f32 }).collect();
        let label = |value: &f32| f64::from(if value.is_nan() { like_high } else { *value >= 450.0 });
        let labels = values.iter().map(label).collect();
        let data = Data { matrix: Matrix::new(vec![Cells::Number(values)]).unwrap(), labels };
        let one = BoostingSettings { leaves: 2, learning_rate: 1.0, lambda: 0.0, ..settings(Objective::Squared, 1) };
        let trees = boosted(&data.examples(), &one);
        let say = |value: f32| trees.predict_row(&[value]);
        assert_eq!([say(f32::NAN), say(0.0), say(900.0)].map(f64::round), [expected, 0.0, 1.0]);
    }
}

#[test]
fn being_missing_can_be_all_that_matters() {
    let values: Vec<f32> = (0..900).map(|row| if row % 3 == 0 { f32::NAN } else { row as f32 }).collect();
    let labels = values.iter().map(|value| f64::from(value.is_nan())).collect();
    let data = Data { matrix: Matrix::new(vec![Cells::Number(values)]).unwrap(), labels };
    let one = BoostingSettings { leaves: 2, learning_rate: 1.0, lambda: 0.0, ..settings(Objective::Squared, 1) };
    let trees = boosted(&data.examples(), &one);
    assert_eq!([f32::NAN, -1e9, 1e9].map(|value| trees.predict_row(&[value]).round()), [1.0, 0.0, 0.0]);
}

#[test]
fn predictions_are_the_same_after_a_monotone_change_of_the_features() {
    let data = mixed(3_000, 2);
    let change = |cells: &Cells| match cells {
        Cells::Number(values) => Cells::Number(values.iter().map(|value| (value * 5.0).exp()).collect()),
        words @ Cells::Category { .. } => words.clone(),
    };
    let matrix = Matrix::new(data.matrix.columns().iter().map(change).collect()).unwrap();
    let changed = Data { matrix, labels: data.labels.clone() };
    let of = |data: &Data| boosted(&data.examples(), &settings(Objective::Squared, 20)).raw(&data.matrix);
    assert_eq!(of(&data), of(&changed));
}

#[test]
fn as_many_labels_as_the_quantile_says_lie_below_it() {
    let (data, other) = (mixed(20_000, 3), mixed(20_000, 4));
    for quantile in [0.05, 0.5, 0.95] {
        let settings = BoostingSettings { min_hessian: 20.0, ..settings(Objective::Quantile(quantile), 60) };
        let trees = boosted(&data.examples(), &settings);
        assert_eq!(trees.head().quantile, Some(quantile));
        let predictions = trees.predict(&other.matrix);
        let below = predictions.iter().zip(&other.labels).filter(|(p, l)| l <= p).count() as f64 / 20_000.0;
        assert!((below - quantile).abs() < 0.015, "{quantile}: {below}");
    }
}

#[test]
fn probabilities_are_as_often_right_as_they_say() {
    let (data, other) = (mixed(20_000, 5).classes(), mixed(20_000, 6).classes());
    let predictions = boosted(&data.examples(), &settings(Objective::Logistic, 60)).predict(&other.matrix);
    for tenth in 0..10 {
        let within = |p: f64| (p * 10.0).floor() == f64::from(tenth);
        let rows: Vec<_> = predictions.iter().zip(&other.labels).filter(|(p, _)| within(**p)).collect();
        let count = rows.len() as f64;
        let said = rows.iter().map(|(p, _)| **p).sum::<f64>() / count;
        let came = rows.iter().map(|(_, label)| **label).sum::<f64>() / count;
        assert!(count > 200.0 && (said - came).abs() < 0.06, "{count} rows: {said} said, {came} came");
    }
}

#[test]
fn words_beyond_the_bins_are_learnt_together_and_unseen_ones_are_like_them() {
    let mut random = Random::new(7);
    // 253 common words of 0, and 247 rare ones of 1.
    let word =
        |random: &mut Random| if random.chance(0.9) { random.below(253) } else { 253 + random.below(247) } as u32;
    let codes: Vec<u32> = (0..40_000).map(|_| word(&mut random)).collect();
    let labels = codes.iter().map(|&code| f64::from(code >= 253)).collect();
    let data = Data { matrix: Matrix::new(vec![Cells::Category { codes, words: 500 }]).unwrap(), labels };
    let one = BoostingSettings { leaves: 2, learning_rate: 1.0, lambda: 0.0, ..settings(Objective::Squared, 1) };
    let trees = boosted(&data.examples(), &one);
    let say = |code: u32| trees.predict_row(&[f32::from_bits(code)]).round();
    assert_eq!(
        [say(5), say(300), say(499), say(Cells::unseen(500)), say(Cells::missing(500))],
        [0.0, 1.0, 1.0, 1.0, 0.0]
    );
}

#[test]
fn an_unseen_word_is_none_of_the_words_that_were_split_off() {
    let codes: Vec<u32> = (0..900).map(|row| row % 9).collect();
    let labels = codes.iter().map(|&code| f64::from(code == 4)).collect();
    let data = Data { matrix: Matrix::new(vec![Cells::Category { codes, words: 9 }]).unwrap(), labels };
    let one = BoostingSettings { leaves: 2, learning_rate: 1.0, lambda: 0.0, ..settings(Objective::Squared, 1) };
    let trees = boosted(&data.examples(), &one);
    let say = |code: u32| trees.predict_row(&[f32::from_bits(code)]).round();
    assert_eq!([say(3), say(4), say(Cells::unseen(9)), say(Cells::missing(9))], [0.0, 1.0, 0.0, 0.0]);
}

#[test]
fn what_matters_is_important_and_what_is_idle_is_not() {
    let (data, other) = (mixed(5_000, 8), mixed(5_000, 9));
    let trees = boosted(&data.examples(), &settings(Objective::Squared, 50));
    let by_gain = trees.gain_shares();
    let loss = |predictions: &[f64]| other.mean_squared_error(predictions);
    let by_shuffling = permutation_importances(&trees, &other.matrix, loss, 2, 1);
    for importances in [&by_gain, &by_shuffling] {
        let others = [0, 2, 3].map(|feature| importances[feature]);
        assert!(others.iter().all(|other| *other > 4.0 * importances[1].abs()), "{importances:?}");
    }
    assert!((by_gain.iter().sum::<f64>() - 1.0).abs() < 1e-9);
}

#[test]
fn explanations_of_grown_trees_add_up() {
    let data = mixed(2_000, 10).classes();
    let trees = boosted(&data.examples(), &settings(Objective::Logistic, 100));
    for row in (0..50).map(|row| data.matrix.row(row)) {
        let explained = trees.explain(&row);
        let sum = explained.expected + explained.values.iter().sum::<f64>();
        assert!((sum - trees.raw_row(&row)).abs() < 1e-6);
    }
}
