//! A prediction taken apart: what each feature adds.

use outrider_core::frame::Frame;

use super::{Model, ModelError};
use crate::Encoding;
use crate::imported::{self, Columns, Imported};
use crate::recalibration::sigmoid;
use crate::trees::{Link, Trees};

/// What the features of one row add to what the first head says, on the scale of the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Contribution {
    /// What is said of a row of which nothing is known.
    pub base: f64,
    /// What each feature adds, in the order of the features.
    pub features: Vec<(String, f64)>,
}

/// What contributions add up to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Scale {
    /// Log odds of the positive class, before they are mended.
    LogOdds,
    /// The logarithm of an amount.
    Logarithm,
    /// What is predicted, as it is.
    Plain,
}

impl Contribution {
    /// What base and features come to.
    pub fn sum(&self) -> f64 {
        self.base + self.features.iter().map(|(_, adds)| adds).sum::<f64>()
    }

    /// Adds another, so many times, feature by feature.
    pub(super) fn add(&mut self, other: &Contribution, times: f64) {
        self.base += times * other.base;
        for (name, adds) in &other.features {
            match self.features.iter_mut().find(|(own, _)| own == name) {
                Some((_, sum)) => *sum += times * adds,
                None => self.features.push((name.clone(), times * adds)),
            }
        }
    }
}

impl Model {
    /// Takes the prediction for each row apart: SHAP values of trees (Lundberg, Erion, Lee 2018), the terms of a regression, Shapley
    /// values of a network over drawn orders; of an ensemble the average of its members'.
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
            Model::Trees { encoding, heads, .. } => of_trees(encoding, &heads[0], frame),
            Model::Imported { columns, heads, .. } => of_imported(columns, &heads[0], frame),
            Model::Network { network, .. } => {
                let names: Vec<&str> = network.inputs().inputs().iter().map(|input| input.name.as_str()).collect();
                let (base, rows) = network.explain(frame)?;
                Ok(rows.into_iter().map(|adds| contribution(base, &names, adds)).collect())
            }
            Model::Ensemble { ensemble, .. } => ensemble.explain(frame),
        }
    }

    /// What [`Model::explain`] adds up to.
    pub fn scale(&self) -> Scale {
        let of = |link| match link {
            Link::Logistic => Scale::LogOdds,
            Link::Identity if self.is_logarithmic() => Scale::Logarithm,
            Link::Identity => Scale::Plain,
        };
        match self {
            Model::Logistic { .. } => Scale::LogOdds,
            Model::Trees { heads, .. } => of(heads[0].head().link),
            Model::Imported { heads, .. } => match heads[0].head().link {
                imported::Link::Identity => Scale::Plain,
                imported::Link::Logistic { .. } => Scale::LogOdds,
                imported::Link::Exponential => Scale::Logarithm,
            },
            Model::Network { network, .. } => of(network.link()),
            Model::Ensemble { .. } => of(Link::Identity),
        }
    }

    /// What its first head predicts where contributions add up to `sum`.
    pub(super) fn finished(&self, sum: f64) -> f64 {
        let said = match (self, self.scale()) {
            (Model::Imported { heads, .. }, _) => heads[0].head().link.of(sum),
            (_, Scale::LogOdds) => sigmoid(sum),
            (_, Scale::Logarithm) => sum.exp(),
            (_, Scale::Plain) => sum,
        };
        self.recalibration().map_or(said, |by| by.apply(said))
    }
}

fn of_trees(encoding: &Encoding, head: &Trees, frame: &Frame) -> Result<Vec<Contribution>, ModelError> {
    let names: Vec<&str> = encoding.schema().features.iter().map(|feature| feature.name.as_str()).collect();
    let matrix = encoding.encode(frame)?;
    let row = |row| {
        let explained = head.explain(&matrix.row(row));
        contribution(explained.expected, &names, explained.values)
    };
    Ok((0..matrix.rows()).map(row).collect())
}

fn of_imported(columns: &Columns, head: &Imported, frame: &Frame) -> Result<Vec<Contribution>, ModelError> {
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
