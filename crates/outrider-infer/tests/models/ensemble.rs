use outrider_infer::{Ensemble, EnsembleError, Model, Recalibration, Scale};

use crate::made::{average, forest, frame, logistic, probability_network, quantile_network, quantile_trees};

fn said(model: &Model) -> Vec<Vec<f64>> {
    model.predict(&frame()).unwrap()
}

fn near(a: f64, b: f64) -> bool {
    (a - b).abs() < 1e-12 * a.abs().max(1.0)
}

#[test]
fn probabilities_are_averaged() {
    let members = [logistic(), forest(), probability_network()];
    let own: Vec<Vec<f64>> = members.iter().map(|member| said(member).remove(0)).collect();
    let averaged = said(&average(members.to_vec(), false)).remove(0);
    for row in 0..5 {
        assert!(near(averaged[row], (own[0][row] + own[1][row] + own[2][row]) / 3.0), "row {row}");
    }
    let weights = vec![vec![0.5, 0.2, 0.3]];
    let ensemble = Ensemble::weighted(members.to_vec(), weights, false).unwrap();
    let weighted = said(&Model::Ensemble { ensemble, recalibration: None }).remove(0);
    for row in 0..5 {
        assert!(near(weighted[row], 0.5 * own[0][row] + 0.2 * own[1][row] + 0.3 * own[2][row]), "row {row}");
    }
}

#[test]
fn logarithms_of_amounts_are_averaged_head_by_head() {
    let members = [quantile_trees(), quantile_network()];
    let own: Vec<Vec<Vec<f64>>> = members.iter().map(said).collect();
    let weights = vec![vec![0.25, 0.75], vec![1.0, 0.0]];
    let ensemble = Ensemble::weighted(members.to_vec(), weights, true).unwrap();
    let averaged = said(&Model::Ensemble { ensemble, recalibration: None });
    for row in 0..5 {
        let first = own[0][0][row].powf(0.25) * own[1][0][row].powf(0.75);
        assert!(near(averaged[0][row], first), "row {row}");
        // The second is the trees' own, but no lower than the first.
        assert!(near(averaged[1][row], own[0][1][row].max(first)), "row {row}");
    }
}

/// The log loss is convex in the probability.
#[test]
fn an_average_is_never_worse_than_the_mean_of_its_members() {
    let members = vec![logistic(), forest(), probability_network()];
    let loss = |said: &[f64], label: f64| -> f64 {
        said.iter().map(|p| -(if label == 1.0 { *p } else { 1.0 - p }).ln()).sum()
    };
    for label in [0.0, 1.0] {
        let own: Vec<f64> = members.iter().map(|member| loss(&said(member)[0], label)).collect();
        let averaged = loss(&said(&average(members.clone(), false))[0], label);
        assert!(averaged <= own.iter().sum::<f64>() / 3.0 + 1e-12, "{averaged}, members {own:?}");
    }
}

fn adds_up(model: &Model, to: impl Fn(f64) -> f64) {
    let said = said(model).remove(0);
    for (row, said) in model.explain(&frame()).unwrap().iter().zip(said) {
        assert_eq!(row.features.len(), 2);
        assert!((row.sum() - to(said)).abs() < 1e-5, "{row:?}, expected {}", to(said));
    }
}

#[test]
fn what_features_add_comes_to_what_is_said() {
    let odds = |p: f64| (p / (1.0 - p)).ln();
    adds_up(&logistic(), odds);
    adds_up(&probability_network(), odds);
    adds_up(&forest(), |p| p);
    adds_up(&quantile_network(), f64::ln);
    // Log odds and probabilities in one, one of them mended.
    let mended = logistic().mended(Some(Recalibration::new(0.8, 0.3).unwrap()));
    adds_up(&average(vec![mended, forest(), probability_network()], false), |p| p);
    adds_up(&average(vec![quantile_trees(), quantile_network()], true), f64::ln);
    assert_eq!((logistic().scale(), probability_network().scale()), (Scale::LogOdds, Scale::LogOdds));
    assert_eq!((forest().scale(), quantile_network().scale()), (Scale::Plain, Scale::Logarithm));
}

/// Of members on one scale, contributions are averaged as they are.
#[test]
fn an_ensemble_of_like_models_adds_the_average_of_what_they_add() {
    let members = [quantile_trees(), quantile_network()];
    let own: Vec<_> = members.iter().map(|member| member.explain(&frame()).unwrap()).collect();
    let averaged = average(members.to_vec(), true).explain(&frame()).unwrap();
    for (row, averaged) in averaged.iter().enumerate() {
        for (feature, (_, adds)) in averaged.features.iter().enumerate() {
            let expected = (own[0][row].features[feature].1 + own[1][row].features[feature].1) / 2.0;
            assert!((adds - expected).abs() < 1e-4, "{adds}, expected {expected}");
        }
    }
}

#[test]
fn what_makes_no_ensemble_is_told_in_a_sentence() {
    let made = |members: Vec<Model>, weights: Vec<Vec<f64>>| Ensemble::weighted(members, weights, false).unwrap_err();
    assert_eq!(made(vec![forest()], vec![vec![1.0]]), EnsembleError::Members(1));
    assert_eq!(made(vec![forest(); 9], vec![vec![1.0 / 9.0; 9]]), EnsembleError::Members(9));
    let nested = average(vec![forest(), logistic()], false);
    assert_eq!(made(vec![nested, forest()], vec![vec![0.5; 2]]), EnsembleError::Nested);
    assert_eq!(made(vec![forest(), quantile_trees()], vec![vec![0.5; 2]]), EnsembleError::Heads(vec![1, 2]));
    for weights in [vec![], vec![vec![1.0]], vec![vec![0.5, 0.6]], vec![vec![1.5, -0.5]], vec![vec![f64::NAN, 1.0]]] {
        assert!(matches!(made(vec![forest(), logistic()], weights), EnsembleError::Weights(_)));
    }
}
