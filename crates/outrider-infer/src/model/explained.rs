//! A prediction taken apart: what each feature adds.

use outrider_core::frame::Frame;

use super::{Model, ModelError};
use crate::imported::{Columns, Imported};

/// What the features of one row add to what the first head says, before its link: log odds, or logarithms of amounts.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// What is said of a row of which nothing is known.
    pub base: f64,
    /// What each feature adds, in the order of the features.
    pub features: Vec<(String, f64)>,
}

impl Contribution {
    /// What base and features come to.
    pub fn sum(&self) -> f64 {
        self.base + self.features.iter().map(|(_, adds)| adds).sum::<f64>()
    }
}

impl Model {
    /// Takes the prediction for each row apart: SHAP values of trees (Lundberg, Erion, Lee 2018), the terms of a regression.
    ///
    /// # Errors
    ///
    /// As [`Model::predict`], or if an imported model does not tell what came to its nodes.
    pub fn explain(&self, frame: &Frame) -> Result<Vec<Contribution>, ModelError> {
        match self {
            Model::Logistic { regression, .. } => {
                let names: Vec<&str> = regression.inputs().inputs().iter().map(|input| input.name.as_str()).collect();
                let rows = regression.terms(frame)?;
                Ok(rows.into_iter().map(|terms| contribution(regression.bias(), &names, terms)).collect())
            }
            Model::Trees { encoding, heads, .. } => {
                let names: Vec<&str> = encoding.schema().features.iter().map(|feature| feature.name.as_str()).collect();
                let matrix = encoding.encode(frame)?;
                let row = |row| {
                    let explained = heads[0].explain(&matrix.row(row));
                    contribution(explained.expected, &names, explained.values)
                };
                Ok((0..matrix.rows()).map(row).collect())
            }
            Model::Imported { columns, heads, .. } => imported(columns, &heads[0], frame),
        }
    }
}

fn imported(columns: &Columns, head: &Imported, frame: &Frame) -> Result<Vec<Contribution>, ModelError> {
    let names: Vec<&str> = columns.schema().features.iter().map(|feature| feature.name.as_str()).collect();
    let read = columns.read(frame)?;
    let row = |row: usize| {
        let values: Vec<f64> = read.iter().map(|column| column[row]).collect();
        let explained = head.explain(&values).ok_or(ModelError::NoCovers)?;
        Ok(contribution(explained.expected, &names, explained.values))
    };
    (0..frame.rows()).map(row).collect()
}

fn contribution(base: f64, names: &[&str], adds: Vec<f64>) -> Contribution {
    Contribution { base, features: names.iter().map(|name| (*name).to_owned()).zip(adds).collect() }
}
