//! Our network beside scikit-learn's on the data sets that scikit-learn ships, on the same folds, of the same layers
//! (`bench/network/real.py`). Needs the Python environment that ci/test-tools.sh makes.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Command;

use outrider_core::frame::{Column, Frame, Values};
use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_train::metrics::{Sample, log_loss, rmse};
use outrider_train::network::{NetworkSettings, Rows, train};
use outrider_train::trees::Objective;
use rayon::ThreadPoolBuilder;
use serde::Deserialize;

/// As many as the peer's errors are the mean of.
const SEEDS: u64 = 2;

/// A data set, its folds, and the peer's error on each.
#[derive(Deserialize)]
struct DataSet {
    name: String,
    classes: bool,
    columns: Vec<Vec<f64>>,
    labels: Vec<f64>,
    tests: Vec<Vec<usize>>,
    errors: Vec<f64>,
}

fn data_sets() -> Vec<DataSet> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let python = target.with_file_name("test-venv").join("bin").join("python");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bench/network/real.py");
    let output = Command::new(&python).arg(script).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {}: {error}; ci/test-tools.sh installs what the tests need", python.display())
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

impl DataSet {
    fn table(&self) -> (Frame, Schema) {
        let name = |at: usize| format!("x{at}");
        let column =
            |(at, values): (usize, &Vec<f64>)| Column { name: name(at), values: Values::Number(values.clone()) };
        let feature = |at| Feature { name: name(at), kind: FeatureKind::Number, known_at: KnownAt::Arrival };
        let frame = Frame::new(self.columns.iter().enumerate().map(column).collect()).unwrap();
        (frame, Schema { features: (0..self.columns.len()).map(feature).collect() })
    }

    /// The mean error over seeds of what the other rows teach.
    fn error(&self, test: &[usize]) -> f64 {
        let (frame, schema) = self.table();
        let rows: Vec<usize> = (0..frame.rows()).filter(|row| test.binary_search(row).is_err()).collect();
        let labels = |rows: &[usize]| rows.iter().map(|&row| self.labels[row]).collect::<Vec<f64>>();
        let (own, of_own, of_test) = (frame.select(&rows), labels(&rows), labels(test));
        let objective = if self.classes { Objective::Logistic } else { Objective::Squared };
        let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        let error = |seed| {
            let settings = NetworkSettings { seed, ..NetworkSettings::default() };
            let rows = Rows { frame: &own, labels: &of_own, weights: None };
            let watch = &mut |_| ControlFlow::Continue(());
            let learnt = train(&schema, &rows, None, &[objective], &settings, &pool, watch).unwrap();
            let mut said = learnt.network.predict(&frame.select(test)).unwrap().remove(0);
            if !self.classes {
                return rmse(&Sample::new(&of_test, &said)).unwrap();
            }
            said.iter_mut().for_each(|p| *p = p.clamp(1e-6, 1.0 - 1e-6));
            log_loss(&Sample::new(&of_test, &said)).unwrap()
        };
        (0..SEEDS).map(error).sum::<f64>() / SEEDS as f64
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// No worse than the peer by more than the folds differ. Better is allowed: its rate falls, and theirs does not.
#[test]
fn errors_are_no_worse_than_those_of_scikit_learn() {
    for data in data_sets() {
        let ours: Vec<f64> = data.tests.iter().map(|test| data.error(test)).collect();
        let more: Vec<f64> = ours.iter().zip(&data.errors).map(|(ours, theirs)| ours - theirs).collect();
        let (middle, folds) = (mean(&more), more.len() as f64);
        let spread = more.iter().map(|more| (more - middle).powi(2)).sum::<f64>() / (folds - 1.0);
        let noise = (spread / folds).sqrt();
        let theirs = mean(&data.errors);
        let line =
            format!("{}: ours {:.4}, scikit-learn {theirs:.4} ({middle:+.4} +- {noise:.4})", data.name, mean(&ours));
        println!("{line}");
        assert!(middle < 3.0 * noise + 0.01 * theirs, "{line}");
    }
}
