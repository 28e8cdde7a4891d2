//! Our trees beside LightGBM, XGBoost and scikit-learn on the data sets that scikit-learn ships, on the same folds and
//! under the same settings (`bench/trees/real.py`). Needs the Python environment that ci/test-tools.sh makes.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::collections::BTreeMap;
use std::ops::ControlFlow;
use std::path::PathBuf;
use std::process::Command;

use outrider_infer::trees::Trees;
use outrider_infer::{Cells, Matrix};
use outrider_train::trees::{BoostingSettings, Examples, ForestSettings, Objective, boost, grow_forest};
use rayon::ThreadPoolBuilder;
use serde::Deserialize;

/// A data set, its folds, and the error of each peer on each fold.
#[derive(Deserialize)]
struct DataSet {
    name: String,
    classes: bool,
    columns: Vec<Vec<Option<f32>>>,
    labels: Vec<f64>,
    tests: Vec<Vec<usize>>,
    errors: BTreeMap<String, Vec<f64>>,
}

fn data_sets() -> Vec<DataSet> {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    let python = target.with_file_name("test-venv").join("bin").join("python");
    let script = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("../../bench/trees/real.py");
    let output = Command::new(&python).arg(script).output();
    let output = output.unwrap_or_else(|error| {
        panic!("cannot run {}: {error}; ci/test-tools.sh installs what the tests need", python.display())
    });
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    serde_json::from_slice(&output.stdout).unwrap()
}

impl DataSet {
    fn matrix(&self) -> Matrix {
        let cells =
            |column: &Vec<Option<f32>>| Cells::Number(column.iter().map(|value| value.unwrap_or(f32::NAN)).collect());
        Matrix::new(self.columns.iter().map(cells).collect()).unwrap()
    }

    /// The error on each fold of what `learn` makes of the other rows.
    fn errors(&self, learn: impl Fn(&Examples) -> Trees) -> Vec<f64> {
        let matrix = self.matrix();
        let labels = |rows: &[usize]| rows.iter().map(|&row| self.labels[row]).collect::<Vec<f64>>();
        let error = |test: &Vec<usize>| {
            let train: Vec<usize> = (0..matrix.rows()).filter(|row| test.binary_search(row).is_err()).collect();
            let (rows, of_train) = (matrix.select(&train), labels(&train));
            let trees = learn(&Examples { matrix: &rows, labels: &of_train, weights: None });
            self.error(&trees.predict(&matrix.select(test)), &labels(test))
        };
        self.tests.iter().map(error).collect()
    }

    /// Log loss of classes, root mean squared error of numbers.
    fn error(&self, predictions: &[f64], labels: &[f64]) -> f64 {
        let one = |(&said, &label): (&f64, &f64)| {
            if !self.classes {
                return (said - label).powi(2);
            }
            let said = said.clamp(1e-6, 1.0 - 1e-6);
            -(if label > 0.5 { said } else { 1.0 - said }).ln()
        };
        let mean = predictions.iter().zip(labels).map(one).sum::<f64>() / labels.len() as f64;
        if self.classes { mean } else { mean.sqrt() }
    }

    fn boosted(&self, train: &Examples) -> Trees {
        let (objective, min_hessian) =
            if self.classes { (Objective::Logistic, 1.0) } else { (Objective::Squared, 5.0) };
        let settings =
            BoostingSettings { objective, min_hessian, trees: 100, leaves: 15, ..BoostingSettings::default() };
        let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        boost(train, None, &settings, None, &pool, &mut |_| ControlFlow::Continue(())).unwrap().trees
    }

    fn forest(&self, train: &Examples) -> Trees {
        let settings = ForestSettings { classes: self.classes, ..ForestSettings::default() };
        let pool = ThreadPoolBuilder::new().num_threads(1).build().unwrap();
        grow_forest(train, &settings, &pool, &mut |_| ControlFlow::Continue(())).unwrap()
    }
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

/// The mean of the differences, fold by fold, and its standard error.
fn difference(ours: &[f64], theirs: &[f64]) -> (f64, f64) {
    let differences: Vec<f64> = ours.iter().zip(theirs).map(|(a, b)| a - b).collect();
    let middle = mean(&differences);
    let variance = differences.iter().map(|d| (d - middle).powi(2)).sum::<f64>() / (differences.len() - 1) as f64;
    (middle, (variance / differences.len() as f64).sqrt())
}

#[test]
fn errors_are_those_of_the_peers_within_noise() {
    for data in data_sets() {
        let (boosted, forest) = (data.errors(|train| data.boosted(train)), data.errors(|train| data.forest(train)));
        for (peer, theirs) in &data.errors {
            let ours = if peer == "forest" { &forest } else { &boosted };
            let (more, noise) = difference(ours, theirs);
            let line =
                format!("{}: ours {:.4}, {peer} {:.4} ({more:+.4} +- {noise:.4})", data.name, mean(ours), mean(theirs));
            println!("{line}");
            assert!(more.abs() < 3.0 * noise + 0.01 * mean(theirs), "{line}");
        }
    }
}
