//! Our metrics and our logistic regression beside those of scikit-learn.

use std::path::PathBuf;
use std::process::Command;

use outrider_core::frame::{Column, Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_train::class_weights::ClassWeights;
use outrider_train::linear::{LinearSettings, train};
use outrider_train::metrics::{Confusion, Sample, average_precision, brier, log_loss, mae, pinball, rmse, roc_auc};
use serde_json::Value;

const METRICS_AGREE: f64 = 1e-9;
const PROBABILITIES_AGREE: f64 = 1e-4;

fn reference() -> Value {
    let python = PathBuf::from(env!("CARGO_TARGET_TMPDIR")).with_file_name("test-venv").join("bin").join("python");
    let output = Command::new(&python).args(["-c", include_str!("scikit_learn/reference.py")]).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {python:?}: {error}; ci/test-tools.sh installs what the tests need")
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).expect("JSON")
}

fn list(of: &Value) -> &[Value] {
    of.as_array().expect("a list")
}

fn numbers(of: &Value) -> Vec<f64> {
    list(of).iter().map(|value| value.as_f64().unwrap_or(f64::NAN)).collect()
}

fn ours(case: &Value) -> Vec<(&'static str, Option<f64>)> {
    let of = |name: &str| numbers(&case[name]);
    let (labels, scores, weights) = (of("labels"), of("scores"), of("weights"));
    let (amounts, predicted) = (of("amounts"), of("predicted"));
    let classes = Sample::new(&labels, &scores).weighted(&weights);
    let amounts = Sample::new(&amounts, &predicted).weighted(&weights);
    let confusion = Confusion::at(&classes, 0.5);
    vec![
        ("accuracy", confusion.accuracy()),
        ("balanced_accuracy", confusion.balanced_accuracy()),
        ("precision", confusion.precision()),
        ("recall", confusion.recall()),
        ("f1", confusion.f1()),
        ("roc_auc", roc_auc(&classes)),
        ("average_precision", average_precision(&classes)),
        ("log_loss", log_loss(&classes)),
        ("brier", brier(&classes)),
        ("mae", mae(&amounts)),
        ("rmse", rmse(&amounts)),
        ("pinball", pinball(&amounts, 0.9)),
    ]
}

fn table(case: &Value) -> (Frame, Schema) {
    let number = |(at, column): (usize, &Value)| (format!("number {at}"), Values::Number(numbers(column)));
    let word = |(at, column): (usize, &Value)| {
        let words = list(column).iter().map(Value::as_str).collect();
        (format!("word {at}"), Values::Word(words))
    };
    let all = list(&case["numbers"]).iter().enumerate().map(number);
    let all: Vec<(String, Values)> = all.chain(list(&case["words"]).iter().enumerate().map(word)).collect();
    let feature = |(name, values): &(String, Values)| Feature {
        name: name.clone(),
        kind: if matches!(values, Values::Word(_)) { FeatureKind::Category } else { FeatureKind::Number },
        known_at: KnownAt::Arrival,
    };
    let schema = Schema { features: all.iter().map(feature).collect() };
    let columns = all.into_iter().map(|(name, values)| Column { name, values }).collect();
    (Frame::new(columns).expect("columns of one length"), schema)
}

#[test]
fn scikit_learn_agrees() {
    let reference = reference();
    for case in reference["metrics"].as_array().unwrap() {
        for (name, value) in ours(case) {
            let expected = case["expected"][name].as_f64().unwrap();
            assert!((value.unwrap() - expected).abs() < METRICS_AGREE, "{name}: {value:?}, expected {expected}");
        }
    }
    for (name, case) in reference["logistic"].as_object().unwrap() {
        let (frame, schema) = table(case);
        let class_weights = if case["balanced"] == true { ClassWeights::Balanced } else { ClassWeights::Equal };
        let settings = LinearSettings { l2: case["l2"].as_f64().unwrap(), class_weights, ..LinearSettings::default() };
        let model = train(&frame, &schema, &numbers(&case["labels"]), None, &settings).unwrap();
        let predicted = model.predict(&frame).unwrap();
        let expected = numbers(&case["probabilities"]);
        let apart = predicted.iter().zip(&expected).map(|(a, b)| (a - b).abs()).fold(0.0, f64::max);
        println!("{name}: at most {apart:.1e} apart");
        assert!(apart < PROBABILITIES_AGREE, "{name}: {apart}");
    }
}
