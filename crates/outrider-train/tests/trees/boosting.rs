use std::ops::ControlFlow;

use outrider_infer::trees::Trees;
use outrider_train::trees::{BoostingSettings, Objective, Progress, TrainError, boost};

use crate::data::{boosted, go_on, held, mixed, pool};

const OBJECTIVES: [Objective; 3] = [Objective::Squared, Objective::Logistic, Objective::Quantile(0.9)];

fn settings(objective: Objective, trees: usize) -> BoostingSettings {
    BoostingSettings { objective, trees, ..BoostingSettings::default() }
}

/// With enough rows that they are split into chunks.
#[test]
fn one_thread_and_two_give_the_same_bytes() {
    let data = mixed(140_000, 1).classes();
    for objective in OBJECTIVES {
        let settings = BoostingSettings { row_share: 0.9, feature_share: 0.8, ..settings(objective, 4) };
        let bytes = |threads: usize| {
            let grown = boost(&data.examples(), Some(&data.examples()), &settings, None, &pool(threads), &mut go_on);
            grown.unwrap().trees.write()
        };
        assert_eq!(bytes(1), bytes(2), "{objective:?}");
    }
}

#[test]
fn two_halves_make_the_whole() {
    let data = mixed(3_000, 2).classes();
    for objective in OBJECTIVES {
        let settings = BoostingSettings { row_share: 0.7, ..settings(objective, 10) };
        let first = boosted(&data.examples(), &settings);
        let both = boost(&data.examples(), None, &settings, Some(&first), &pool(1), &mut go_on).unwrap().trees;
        let whole = boosted(&data.examples(), &BoostingSettings { trees: 20, ..settings });
        assert_eq!(both.write(), whole.write(), "{objective:?}");
    }
}

/// What training has added up for the held out rows by their bins is what the model says of their values.
#[test]
fn a_model_says_what_its_training_saw() {
    let (data, other) = (mixed(3_000, 3), mixed(2_000, 4));
    let grown = held(&data.examples(), Some(&other.examples()), &settings(Objective::Squared, 30)).unwrap();
    assert_eq!(grown.trees.len(), 30);
    assert_eq!(
        grown.validation_losses[30].to_bits(),
        other.mean_squared_error(&grown.trees.raw(&other.matrix)).to_bits()
    );
}

#[test]
fn it_stops_when_the_held_out_rows_gain_no_more_and_keeps_the_best() {
    let (data, other) = (mixed(400, 5), mixed(2_000, 6));
    let settings = BoostingSettings { patience: 7, ..settings(Objective::Squared, 1_000) };
    let grown = held(&data.examples(), Some(&other.examples()), &settings).unwrap();
    let losses = &grown.validation_losses;
    let best = (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap();
    assert_eq!((grown.trees.len(), losses.len()), (best, best + 8));
    assert_eq!(other.mean_squared_error(&grown.trees.raw(&other.matrix)).to_bits(), losses[best].to_bits());
}

#[test]
fn it_is_told_of_every_tree_and_can_be_cancelled_between_them() {
    let data = mixed(500, 7);
    let mut seen = vec![];
    let mut watch = |progress: Progress| {
        seen.push(progress.trees);
        if progress.trees == 3 { ControlFlow::Break(()) } else { ControlFlow::Continue(()) }
    };
    let cancelled = boost(&data.examples(), None, &settings(Objective::Squared, 9), None, &pool(1), &mut watch);
    assert_eq!((cancelled, seen), (Err(TrainError::Cancelled(3)), vec![1, 2, 3]));
}

/// A weight of two is a row that comes twice; one of nothing is a row that does not come.
#[test]
fn weights_are_repetitions() {
    let data = mixed(3_000, 8).classes();
    let weights: Vec<f64> = (0..3_000).map(|row| f64::from(row % 3)).collect();
    let rows: Vec<usize> = (0..3_000).flat_map(|row| vec![row; row % 3]).collect();
    // Bins are by rows whatever their weights, so both must have few enough values for a bin each.
    let coarse = crate::data::Data { matrix: coarse(&data.matrix), labels: data.labels.clone() };
    let labels = rows.iter().map(|&row| data.labels[row]).collect();
    let repeated = crate::data::Data { matrix: coarse.matrix.select(&rows), labels };
    for objective in OBJECTIVES {
        let settings = BoostingSettings { leaves: 8, ..settings(objective, 10) };
        let weighed = boosted(&coarse.with(&weights), &settings).predict(&coarse.matrix);
        let repeated = boosted(&repeated.examples(), &settings).predict(&coarse.matrix);
        let worst = weighed.iter().zip(&repeated).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        assert!(worst < 1e-5, "{objective:?}: {worst}");
    }
}

fn coarse(matrix: &outrider_infer::Matrix) -> outrider_infer::Matrix {
    use outrider_infer::{Cells, Matrix};
    let of = |cells: &Cells| match cells {
        Cells::Number(values) => Cells::Number(values.iter().map(|value| (value * 50.0).round()).collect()),
        words @ Cells::Category { .. } => words.clone(),
    };
    Matrix::new(matrix.columns().iter().map(of).collect()).unwrap()
}

#[test]
fn trees_keep_to_their_limits() {
    let data = mixed(3_000, 9);
    let few = BoostingSettings { leaves: 5, ..settings(Objective::Squared, 10) };
    assert_eq!(boosted(&data.examples(), &few).leaves(), 50);
    let flat = BoostingSettings { depth: 2, ..settings(Objective::Squared, 10) };
    assert_eq!(boosted(&data.examples(), &flat).leaves(), 40);
    let wide = BoostingSettings { min_hessian: 1_000.0, ..settings(Objective::Squared, 10) };
    assert!(boosted(&data.examples(), &wide).leaves() <= 30);
}

#[test]
fn nothing_to_tell_apart_gives_the_mean_alone() {
    let constant = outrider_infer::Matrix::new(vec![outrider_infer::Cells::Number(vec![1.0; 8])]).unwrap();
    let data = crate::data::Data { matrix: constant, labels: (0..8).map(f64::from).collect() };
    let trees: Trees = boosted(&data.examples(), &settings(Objective::Squared, 10));
    assert_eq!((trees.leaves(), trees.raw_row(&[1.0])), (1, 3.5));
}
