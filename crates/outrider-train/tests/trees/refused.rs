use outrider_infer::trees::Trees;
use outrider_infer::{Cells, Matrix};
use outrider_train::trees::{BoostingSettings, Examples, Objective, TrainError, boost};

use crate::data::{Data, boosted, go_on, held, mixed, pool};

fn data(values: Vec<f32>, labels: Vec<f64>) -> Data {
    Data { matrix: Matrix::new(vec![Cells::Number(values)]).unwrap(), labels }
}

fn told(examples: &Examples, objective: Objective) -> String {
    let settings = BoostingSettings { objective, ..BoostingSettings::default() };
    held(examples, None, &settings).unwrap_err().to_string()
}

#[test]
fn rows_that_cannot_be_learnt_are_named_in_one_sentence() {
    use Objective::{Logistic, Squared};
    let none = data(vec![], vec![]);
    assert_eq!(
        told(&none.examples(), Squared),
        "there are no rows to learn from; give data, or filter less of it away"
    );
    let short = data(vec![1.0, 2.0], vec![1.0]);
    assert_eq!(told(&short.examples(), Squared), "1 labels for 2 rows, expected one for each");
    let unlabelled = data(vec![1.0, 2.0], vec![1.0, f64::NAN]);
    let expected = "the label of row 1 is NaN, expected a finite number; drop such rows, or mend them";
    assert_eq!(told(&unlabelled.examples(), Squared), expected);
    let half = data(vec![1.0, 2.0], vec![1.0, 0.5]);
    assert!(told(&half.examples(), Logistic).starts_with("the label of row 1 is 0.5, expected 0 or 1"));
    let alike = data(vec![1.0, 2.0], vec![1.0, 1.0]);
    let expected = "every label is 1, expected both 0 and 1; there is nothing to tell apart";
    assert_eq!(told(&alike.examples(), Logistic), expected);
    let infinite = data(vec![1.0, f32::INFINITY], vec![1.0, 0.0]);
    assert!(told(&infinite.examples(), Squared).starts_with("feature 0 is infinite in row 1"));
}

#[test]
fn weights_that_are_none_are_named() {
    let two = data(vec![1.0, 2.0], vec![1.0, 0.0]);
    let of = |weights: &[f64]| told(&two.with(weights), Objective::Squared);
    assert_eq!(of(&[1.0, -1.0]), "the weight of row 1 is -1, expected a finite number of 0 or more");
    assert_eq!(of(&[0.0, 0.0]), "all weights are 0, expected some above it");
    assert_eq!(of(&[1.0]), "1 weights for 2 rows, expected one for each");
}

#[test]
fn settings_out_of_range_are_named() {
    let data = mixed(50, 1);
    let good = BoostingSettings { trees: 1, ..BoostingSettings::default() };
    let bad = [
        (BoostingSettings { leaves: 1, ..good }, "leaves is 1, expected 2 to 32768"),
        (BoostingSettings { depth: 129, ..good }, "depth is 129, expected 1 to 128"),
        (BoostingSettings { learning_rate: 0.0, ..good }, "learning_rate is 0, expected above 0, at most 1"),
        (BoostingSettings { row_share: 1.5, ..good }, "row_share is 1.5, expected above 0, at most 1"),
        (BoostingSettings { min_hessian: 0.0, ..good }, "min_hessian is 0, expected above 0"),
        (BoostingSettings { lambda: f64::NAN, ..good }, "lambda is NaN, expected 0 or more"),
        (BoostingSettings { objective: Objective::Quantile(1.0), ..good }, "quantile is 1, expected between 0 and 1"),
    ];
    for (settings, expected) in bad {
        assert_eq!(held(&data.examples(), None, &settings).unwrap_err().to_string(), expected);
    }
}

#[test]
fn other_features_and_other_aims_do_not_go_together() {
    let (one, other) = (mixed(100, 2), data(vec![1.0, 2.0], vec![1.0, 0.0]));
    let settings = BoostingSettings { trees: 2, ..BoostingSettings::default() };
    let apart = held(&one.examples(), Some(&other.examples()), &settings);
    assert!(matches!(apart, Err(TrainError::Features { what: "the held out data", .. })));
    let start: Trees = boosted(&other.examples(), &settings);
    let on = boost(&one.examples(), None, &settings, Some(&start), &pool(1), &mut go_on);
    assert!(matches!(on, Err(TrainError::Features { what: "the model to go on from", .. })));
    let quantile = BoostingSettings { objective: Objective::Quantile(0.5), ..settings };
    let on = boost(&other.examples(), None, &quantile, Some(&start), &pool(1), &mut go_on);
    assert_eq!(on, Err(TrainError::Objective));
}

#[test]
fn three_rows_constant_columns_and_nothing_but_gaps_are_learnt_without_a_word() {
    let columns = vec![
        Cells::Number(vec![f32::NAN; 3]),
        Cells::Number(vec![4.0; 3]),
        Cells::Category { codes: vec![1; 3], words: 0 },
    ];
    let data = Data { matrix: Matrix::new(columns).unwrap(), labels: vec![1.0, 0.0, 0.0] };
    for objective in [Objective::Squared, Objective::Logistic] {
        let settings = BoostingSettings { objective, ..BoostingSettings::default() };
        let said = boosted(&data.examples(), &settings).predict(&data.matrix);
        assert!(said.iter().all(|said| (said - 1.0 / 3.0).abs() < 1e-6), "{said:?}");
    }
}
