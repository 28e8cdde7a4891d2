//! From rows to a model and a verdict: split, fit, choose, judge.
//!
//! Luck comes from one seed, time only as what the caller's clock says of each fit: the same rows and options give the same model, bit for
//! bit, on any number of threads.

mod artifact;
mod each;
mod import;
mod importance;
mod judging;
mod options;
mod outcome;
mod recipe;
mod replay;
mod scoring;
mod splitting;

use std::ops::ControlFlow;
use std::time::Duration;

use outrider_core::frame::Frame;
use outrider_infer::{EnsembleError, ModelError};
use rayon::ThreadPool;

use crate::baselines::BaselineError;
use crate::dataset::{Dataset, DatasetError};
use crate::gates::{Evidence, judge};
use crate::linear::LinearError;
use crate::metrics::Bootstrap;
use crate::network::NetworkError;
use crate::resample::SmoteError;
use crate::split::{Split, SplitError};
use crate::tasks::{Fitted, Task, TaskError};
use crate::trees::TrainError;

pub use artifact::{Predictor, PredictorError};
pub use each::{EachOut, train_each};
pub use import::{ImportingError, Source, import};
pub use judging::judge_model;
pub use options::{Options, SplitChoice};
pub use outcome::{Candidate, Head, Labels, Scored, Trained};
pub use recipe::Recipe;
pub use replay::Replay;

/// Why nothing was trained.
#[derive(Debug, thiserror::Error)]
pub enum TrainingError {
    /// The source is nothing for the task.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// The rows are nothing to learn from.
    #[error(transparent)]
    Dataset(#[from] DatasetError),
    /// They cannot be split so.
    #[error(transparent)]
    Split(#[from] SplitError),
    /// A split by time needs times.
    #[error("the data has no times, which a split by {0} needs; take --split {1}")]
    NoTimes(&'static str, &'static str),
    /// All labels of the rows that train are the same.
    #[error(
        "all {rows} rows that train have the label {label}, so there is nothing to tell apart; bring rows of both kinds"
    )]
    OneLabel {
        /// How many.
        rows: usize,
        /// Which.
        label: f64,
    },
    /// Settings cannot be compared.
    #[error(
        "settings cannot be compared: no cut in time of the rows that train leaves both labels on either side; leave out --grid or --search, or bring more rows"
    )]
    NoFold,
    /// No such model.
    #[error("there is no model {found:?} for this task, expected {expected}")]
    NoModel {
        /// What was asked for.
        found: String,
        /// What there is.
        expected: String,
    },
    /// No such group.
    #[error("there is no group {found:?} to leave out, expected one of {expected}")]
    NoGroup {
        /// What was asked for.
        found: String,
        /// What there is.
        expected: String,
    },
    /// Logistic regression.
    #[error("logistic regression: {0}")]
    Linear(#[from] LinearError),
    /// Trees.
    #[error("trees: {0}")]
    Trees(#[from] TrainError),
    /// A neural network.
    #[error("network: {0}")]
    Network(#[from] NetworkError),
    /// An ensemble.
    #[error(transparent)]
    Ensemble(#[from] EnsembleError),
    /// SMOTE.
    #[error(transparent)]
    Smote(#[from] SmoteError),
    /// No model could be made.
    #[error("no model fits: {0}")]
    NothingFits(String),
    /// A model that answers no question of ours.
    #[error("models of task {0} answer no question that baselines could; import it for a task that has one")]
    NoQuestion(&'static str),
    /// A baseline.
    #[error(transparent)]
    Baseline(#[from] BaselineError),
    /// What was trained does not take the rows that judge.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl TrainingError {
    /// Whether it says something of one way to make a model alone, so that others may still do.
    fn leaves_others(&self) -> bool {
        matches!(
            self,
            TrainingError::Linear(LinearError::Unsettled(_))
                | TrainingError::Ensemble(_)
                | TrainingError::Network(NetworkError::Shape(_))
        )
    }
}

/// What training is told besides its data: threads to use, a clock, and who is told of progress and may break off.
pub struct Bench<'a> {
    /// Threads.
    pub pool: &'a ThreadPool,
    /// The time since some beginning.
    pub clock: &'a mut (dyn FnMut() -> Duration + Send),
    /// Told what is being done and how far it is, 0 to 1.
    pub watch: &'a mut (dyn FnMut(&str, f64) -> ControlFlow<()> + Send),
}

/// Trains the models of `task` on `source`, chooses one on rows that have not trained, and judges it on rows that have done neither.
///
/// # Errors
///
/// If the source is nothing to learn this from, or it is told to stop.
pub fn train(
    task: &'static Task,
    source: &Frame,
    options: &Options,
    bench: &mut Bench,
) -> Result<Trained, TrainingError> {
    let (rows, remarks) = ((task.rows)(source)?, (task.remarks)(source));
    let split = splitting::split(task, &dataset(task, &rows, &(task.fit)(&rows))?, options)?;
    let fitted = (task.fit)(&rows.select(&split.train));
    let data = dataset(task, &rows, &fitted)?;
    check_labels(&data, &split.train)?;
    let recipes = recipe::chosen(task, options)?;
    let given = recipe::Given { task, data: &data, split: &split, options };
    let (mut candidates, mut failures) = (Vec::new(), Vec::new());
    for (nth, recipe) in recipes.iter().enumerate() {
        let begun = (bench.clock)();
        let model = match recipe.fit(given, bench, (nth, recipes.len()), &candidates) {
            Err(error) if error.leaves_others() && recipes.len() > 1 => {
                failures.push(format!("{} is left out: {error}", recipe.name()));
                continue;
            }
            fitted => fitted?,
        };
        let took = (bench.clock)().saturating_sub(begun);
        candidates.push(scoring::candidate(task, recipe.name(), model, &data, &split, took, options)?);
    }
    if candidates.is_empty() {
        return Err(TrainingError::NothingFits(failures.join("; ")));
    }
    finish(Ground { task, options, rows, remarks, fitted, data, split }, candidates, failures)
}

/// What candidates stand on.
struct Ground<'a> {
    task: &'static Task,
    options: &'a Options,
    rows: Frame,
    remarks: Vec<String>,
    fitted: Fitted,
    data: Dataset,
    split: Split,
}

/// Chooses among candidates, and lets the gates judge the best.
fn finish(ground: Ground, candidates: Vec<Candidate>, failures: Vec<String>) -> Result<Trained, TrainingError> {
    let Ground { task, options, rows, remarks, fitted, data, split } = ground;
    let best = scoring::best(task, &candidates);
    let importances = importance::of(task, &candidates[best], &data, &split, options)?;
    let (heads, baselines) = heads(task, &data, &split, &candidates[best], &importances, options)?;
    let labels = outcome::labels(task, &rows, &data);
    let replay = replay::of_best(&data, &split, &candidates[best], &heads, options);
    Ok(Trained {
        task,
        options: options.clone(),
        fitted,
        data,
        split,
        labels,
        candidates,
        failures,
        remarks,
        best,
        heads,
        baselines,
        importances,
        replay,
    })
}

fn dataset(task: &Task, rows: &Frame, fitted: &Fitted) -> Result<Dataset, TrainingError> {
    let derived = (task.derive)(rows, fitted)?;
    Ok(Dataset::new(derived.frame, derived.schema, derived.roles)?)
}

fn check_labels(data: &Dataset, train: &[usize]) -> Result<(), TrainingError> {
    let label = |row: &usize| data.labels()[*row];
    let first = train.first().map(label).unwrap_or_default();
    let is_one = train.iter().all(|row| label(row) == first);
    if is_one { Err(TrainingError::OneLabel { rows: train.len(), label: first }) } else { Ok(()) }
}

/// The best candidate before the gates, head by head, and how its baselines did.
fn heads(
    task: &Task,
    data: &Dataset,
    split: &Split,
    best: &Candidate,
    importances: &[(String, f64)],
    options: &Options,
) -> Result<(Vec<Head>, Vec<Scored>), TrainingError> {
    let load = task.load.and_then(|name| outcome::numbers_of(data, name, &split.test));
    let bootstrap = Bootstrap { seed: options.seed, ..Bootstrap::default() };
    let (mut heads, mut scored) = (Vec::new(), Vec::new());
    for (nth, metric) in task.metrics().into_iter().enumerate() {
        let baselines = (task.baselines)(data, split, metric)?;
        let rules = (task.rules)(metric);
        let evidence = Evidence {
            data,
            split,
            train_scores: &best.train_scores[nth],
            test_scores: &best.test_scores[nth],
            baselines: &baselines,
            importances,
            load: load.as_deref(),
        };
        let judgement = judge(&rules, &evidence, &bootstrap, options.accept_suspicious);
        scored.extend(baselines.iter().map(|baseline| scoring::baseline(task, baseline, metric, data, split, options)));
        let deciles = outcome::deciles(load.as_deref(), data, split, &best.test_scores[nth], rules.metric);
        heads.push(Head { metric: rules.metric, judgement, baselines, deciles });
    }
    Ok((heads, scored))
}
