//! What training refuses, before it begins.

use outrider_infer::trees::{Kind, TreeError, Trees};
use outrider_infer::{Cells, Matrix};
use thiserror::Error;

use super::{Examples, Objective};

/// Why there is no model.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TrainError {
    /// Nothing to learn from.
    #[error("there are no rows to learn from; give data, or filter less of it away")]
    NoRows,
    /// More than row numbers can tell apart.
    #[error("{0} rows, expected fewer than 2^32; take a sample")]
    Rows(usize),
    /// Labels or weights for other rows.
    #[error("{found} {what} for {expected} rows, expected one for each")]
    Length {
        /// Labels or weights.
        what: &'static str,
        /// How many.
        found: usize,
        /// Rows.
        expected: usize,
    },
    /// A label that cannot be learnt.
    #[error("the label of row {row} is {found}, expected {expected}; drop such rows, or mend them")]
    Label {
        /// The row.
        row: usize,
        /// What stands there.
        found: f64,
        /// What may stand there.
        expected: &'static str,
    },
    /// All labels are the same class.
    #[error("every label is {0}, expected both 0 and 1; there is nothing to tell apart")]
    OneClass(f64),
    /// An infinite value.
    #[error(
        "feature {feature} is infinite in row {row}, expected a finite number or none; leave it empty where it is unknown"
    )]
    Infinite {
        /// Its place.
        feature: usize,
        /// The row.
        row: usize,
    },
    /// A weight that is none.
    #[error("the weight of row {row} is {found}, expected a finite number of 0 or more")]
    Weight {
        /// The row.
        row: usize,
        /// What stands there.
        found: f64,
    },
    /// No row counts.
    #[error("all weights are 0, expected some above it")]
    NoWeight,
    /// A setting that makes no sense.
    #[error("{setting} is {found}, expected {expected}")]
    Setting {
        /// Its name.
        setting: &'static str,
        /// What it is.
        found: f64,
        /// What it may be.
        expected: &'static str,
    },
    /// The model to go on from, or the held out rows, have other features.
    #[error("{what} has features {found:?}, expected {expected:?} as in the rows to learn from")]
    Features {
        /// Which of the two.
        what: &'static str,
        /// Its features.
        found: Vec<Kind>,
        /// Those of the rows to learn from.
        expected: Vec<Kind>,
    },
    /// The model to go on from predicts something else.
    #[error("the model to go on from predicts something else; train anew, or with its objective")]
    Objective,
    /// Told to stop.
    #[error("training was cancelled after {0} trees")]
    Cancelled(usize),
    /// Beyond what a model can hold.
    #[error(transparent)]
    Tree(#[from] TreeError),
}

/// Refuses what cannot be learnt from.
pub(super) fn examples(examples: &Examples, objective: Objective) -> Result<(), TrainError> {
    features(examples.matrix)?;
    rows(examples.matrix.rows(), examples.labels, examples.weights, objective)
}

/// Refuses labels and weights that cannot be learnt from.
pub(crate) fn rows(
    rows: usize,
    labels: &[f64],
    weights: Option<&[f64]>,
    objective: Objective,
) -> Result<(), TrainError> {
    check_lengths(rows, labels, weights)?;
    check_weights(weights.unwrap_or(&[1.0]))?;
    check_labels(labels, objective)
}

/// Refuses what cannot be held out beside `examples`: like them, but it may be of one class.
pub(super) fn held_out(held: &Examples, learnt: &Examples, objective: Objective) -> Result<(), TrainError> {
    same_features("the held out data", kinds(held.matrix), learnt.matrix)?;
    match examples(held, objective) {
        Err(TrainError::OneClass(_)) => Ok(()),
        checked => checked,
    }
}

/// Refuses a model over other features.
pub(super) fn start(start: &Trees, matrix: &Matrix) -> Result<(), TrainError> {
    same_features("the model to go on from", start.head().kinds.clone(), matrix)
}

/// Refuses a setting out of its range.
pub(crate) fn setting(name: &'static str, found: f64, holds: bool, expected: &'static str) -> Result<(), TrainError> {
    if holds { Ok(()) } else { Err(TrainError::Setting { setting: name, found, expected }) }
}

pub(super) fn kinds(matrix: &Matrix) -> Vec<Kind> {
    matrix.columns().iter().map(Kind::of).collect()
}

fn same_features(what: &'static str, found: Vec<Kind>, matrix: &Matrix) -> Result<(), TrainError> {
    let expected = kinds(matrix);
    if found == expected { Ok(()) } else { Err(TrainError::Features { what, found, expected }) }
}

fn check_lengths(expected: usize, labels: &[f64], weights: Option<&[f64]>) -> Result<(), TrainError> {
    let counts = [("labels", Some(labels)), ("weights", weights)];
    for (what, found) in counts.into_iter().filter_map(|(what, values)| Some((what, values?.len()))) {
        if found != expected {
            return Err(TrainError::Length { what, found, expected });
        }
    }
    match expected {
        0 => Err(TrainError::NoRows),
        rows if u32::try_from(rows).is_err() => Err(TrainError::Rows(rows)),
        _ => Ok(()),
    }
}

fn check_weights(weights: &[f64]) -> Result<(), TrainError> {
    match weights.iter().position(|weight| !(weight.is_finite() && *weight >= 0.0)) {
        Some(row) => Err(TrainError::Weight { row, found: weights[row] }),
        None if weights.iter().all(|&weight| weight == 0.0) => Err(TrainError::NoWeight),
        None => Ok(()),
    }
}

fn features(matrix: &Matrix) -> Result<(), TrainError> {
    let infinite = |cells: &Cells| match cells {
        Cells::Number(values) => values.iter().position(|value| value.is_infinite()),
        Cells::Category { .. } => None,
    };
    let first = matrix.columns().iter().enumerate().find_map(|(feature, cells)| Some((feature, infinite(cells)?)));
    first.map_or(Ok(()), |(feature, row)| Err(TrainError::Infinite { feature, row }))
}

fn check_labels(labels: &[f64], objective: Objective) -> Result<(), TrainError> {
    let (holds, expected): (fn(f64) -> bool, _) = match objective {
        Objective::Logistic => (|label| label == 0.0 || label == 1.0, "0 or 1"),
        Objective::Squared | Objective::Quantile(_) => (f64::is_finite, "a finite number"),
    };
    if let Some(row) = labels.iter().position(|&label| !holds(label)) {
        return Err(TrainError::Label { row, found: labels[row], expected });
    }
    let one = objective == Objective::Logistic && labels.iter().all(|&label| label == labels[0]);
    if one { Err(TrainError::OneClass(labels[0])) } else { Ok(()) }
}
