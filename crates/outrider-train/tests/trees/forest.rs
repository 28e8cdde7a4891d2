use std::ops::ControlFlow;

use outrider_train::trees::{BoostingSettings, ForestSettings, TrainError, grow_forest};

use crate::data::{boosted, forest, go_on, mixed, pool};

fn settings(classes: bool) -> ForestSettings {
    ForestSettings { classes, trees: 30, ..ForestSettings::default() }
}

#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let data = mixed(3_000, 1).classes();
    let bytes = |threads: usize| forest(&data.examples(), &settings(true), threads).write();
    assert_eq!(bytes(1), bytes(2));
    let other = ForestSettings { seed: 1, ..settings(true) };
    assert_ne!(forest(&data.examples(), &other, 1).write(), bytes(1));
}

#[test]
fn many_trees_err_less_than_one_and_about_as_little_as_boosting() {
    let (data, other) = (mixed(5_000, 2), mixed(5_000, 3));
    let error = |trees: usize| {
        let settings = ForestSettings { trees, feature_share: 0.75, ..settings(false) };
        other.mean_squared_error(&forest(&data.examples(), &settings, 2).predict(&other.matrix))
    };
    let boosting = BoostingSettings { trees: 60, ..BoostingSettings::default() };
    let boosted = other.mean_squared_error(&boosted(&data.examples(), &boosting).predict(&other.matrix));
    assert!(error(30) < 0.8 * error(1) && error(30) < 1.1 * boosted, "{} {} {boosted}", error(30), error(1));
}

#[test]
fn classes_give_probabilities() {
    let (data, other) = (mixed(5_000, 4).classes(), mixed(5_000, 5).classes());
    let predictions = forest(&data.examples(), &settings(true), 2).predict(&other.matrix);
    assert!(predictions.iter().all(|p| (-1e-6..=1.0 + 1e-6).contains(p)));
    let right = predictions.iter().zip(&other.labels).filter(|(p, l)| (**p > 0.5) == (**l > 0.5)).count();
    assert!(right > 4_250, "{right} of 5000");
}

#[test]
fn a_forest_can_be_cancelled_and_refuses_what_it_cannot_learn() {
    let data = mixed(500, 6);
    let mut stop = |_| ControlFlow::Break(());
    let cancelled = grow_forest(&data.examples(), &settings(false), &pool(2), &mut stop);
    assert_eq!(cancelled, Err(TrainError::Cancelled(2)));
    let classes = grow_forest(&data.examples(), &settings(true), &pool(1), &mut go_on);
    assert!(matches!(classes, Err(TrainError::Label { row: 0, expected: "0 or 1", .. })));
    let none = ForestSettings { trees: 0, ..settings(false) };
    assert!(matches!(grow_forest(&data.examples(), &none, &pool(1), &mut go_on), Err(TrainError::Setting { .. })));
}
