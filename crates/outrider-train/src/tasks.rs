//! The predictors: what each asks, of which columns, and what a model must beat. One file each; its head says question, label, horizon,
//! features and when they are known, what is forbidden, baselines, metric, and what happens without it.

mod any;
mod columns;
mod degradation;
mod kinds;
mod known;
mod placement;
mod retry;
mod service;
#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use outrider_core::frame::Frame;

use crate::baselines::BaselineError;
use crate::dataset::{Dataset, DatasetError};
use crate::gates::{Baseline, Rules};
use crate::metrics::Metric;
use crate::split::Split;

pub use any::COLUMNS;
pub use degradation::{DEGRADATION, DEGRADATION_ROLLING};
pub use kinds::{model_kinds, source_kinds};
pub use known::{Known, known};
pub use placement::{PLACEMENT, PLACEMENT_BALANCED, PriceListError, has_prices, price_parameters, priced, prices_of};
pub use retry::RETRY;
pub use service::SERVICE;

/// What a model of a task says of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Target {
    /// The probability of the label 1.
    Probability,
    /// These quantiles of an amount above 0.
    Quantiles(&'static [f64]),
    /// Whatever a model made elsewhere says: nothing is trained for it, nothing judges it.
    Anything,
}

/// Numbers that features are made with, learnt from rows that train and kept with the model: what is derived in serving is what was
/// derived in training.
pub type Fitted = BTreeMap<String, f64>;

/// One predictor.
#[derive(Clone, Copy, Debug)]
pub struct Task {
    /// As commands have it.
    pub name: &'static str,
    /// Which of its labels, where it has several.
    pub label: Option<&'static str>,
    /// What it asks.
    pub question: &'static str,
    /// What its models say.
    pub target: Target,
    /// The rows of a source that it can use, with the columns that its name in the source or its unit asks for.
    pub(crate) rows: fn(&Frame) -> Result<Frame, TaskError>,
    /// What its data says besides, a sentence each.
    pub(crate) remarks: fn(&Frame) -> Vec<String>,
    /// Numbers that features need, from rows that train.
    pub(crate) fit: fn(&Frame) -> Fitted,
    /// Features, label and roles of such rows, one or many, in training and in serving.
    pub(crate) derive: fn(&Frame, &Fitted) -> Result<Derived, TaskError>,
    /// What it demands of every model, for a head of this metric.
    pub(crate) rules: fn(Metric) -> Rules,
    /// What must be beaten, on the rows that judge, for a head of this metric.
    pub(crate) baselines: fn(&Dataset, &Split, Metric) -> Result<Vec<Baseline>, BaselineError>,
    /// How far features look back plus how far the label lies ahead, in microseconds.
    pub embargo_us: i64,
    /// The columns within which the label is counted in reports.
    pub groups: &'static str,
    /// The column of load, if there is one.
    pub load: Option<&'static str>,
}

/// Columns that were derived, and what they are.
#[derive(Clone, Debug)]
pub struct Derived {
    /// All columns.
    pub frame: Frame,
    /// Those that are features.
    pub schema: outrider_core::schema::Schema,
    /// What others are.
    pub roles: crate::dataset::Roles,
}

/// Why a source is nothing for a task.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum TaskError {
    /// It lacks columns.
    #[error("task {task} needs {missing}; the columns are {columns}. {hint}")]
    Columns {
        /// The task.
        task: &'static str,
        /// What is missing.
        missing: String,
        /// Those that there are.
        columns: String,
        /// What to do.
        hint: &'static str,
    },
    /// A column of times holds none.
    #[error(
        "task {task} needs times in column {column:?}, which holds words such as {found:?}; write them as 2016-10-15T10:00:00Z or as \
         seconds since 1970"
    )]
    Times {
        /// The task.
        task: &'static str,
        /// The column.
        column: &'static str,
        /// What stands in it.
        found: String,
    },
    /// Rows are left of none.
    #[error("none of {rows} rows can be used by task {task}: {why}")]
    NoRows {
        /// The task.
        task: &'static str,
        /// Rows that were read.
        rows: usize,
        /// What kept them out.
        why: &'static str,
    },
    /// What was derived is nothing to learn from.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
}

impl Task {
    /// All, by name; of those with several labels first the one that is meant when none is named.
    pub const ALL: [&'static Task; 6] =
        [&RETRY, &SERVICE, &DEGRADATION, &DEGRADATION_ROLLING, &PLACEMENT, &PLACEMENT_BALANCED];

    /// The task of this name, with this label if one is named.
    pub fn named(name: &str, label: Option<&str>) -> Option<&'static Task> {
        let is_meant = |task: &&Task| task.name == name && (label.is_none() || task.label == label);
        Task::ALL.into_iter().find(is_meant)
    }

    /// The same, or the one without a question, which only imported models are of.
    pub fn of_artifact(name: &str, label: Option<&str>) -> Option<&'static Task> {
        Task::named(name, label).or_else(|| (name == COLUMNS.name).then_some(&COLUMNS))
    }

    /// The names of all, each once.
    pub fn names() -> Vec<&'static str> {
        let mut names: Vec<&str> = Task::ALL.iter().map(|task| task.name).collect();
        names.dedup();
        names
    }

    /// The labels that a task of this name has, none if it has but one.
    pub fn labels(name: &str) -> Vec<&'static str> {
        Task::ALL.iter().filter(|task| task.name == name).filter_map(|task| task.label).collect()
    }

    /// The features of `frame`, as training made them with `fitted`; a label is not asked for.
    ///
    /// # Errors
    ///
    /// If columns are missing.
    pub fn features(&self, frame: &Frame, fitted: &Fitted) -> Result<Frame, TaskError> {
        (self.derive)(frame, fitted).map(|derived| derived.frame)
    }

    /// What each head of a model goes by.
    pub fn metrics(&self) -> Vec<Metric> {
        match self.target {
            Target::Probability => vec![Metric::LogLoss],
            Target::Quantiles(quantiles) => quantiles.iter().map(|&quantile| Metric::Pinball(quantile)).collect(),
            Target::Anything => Vec::new(),
        }
    }
}
