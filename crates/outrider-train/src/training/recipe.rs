//! Ways to make a model, by name.

mod chosen;
mod ensemble;
mod logistic;
mod network;
mod tuning;

use std::ops::ControlFlow;

use outrider_infer::{Encoding, Matrix, Model};

use super::{Bench, Candidate, Options, TrainingError};
use crate::class_weights::ClassWeights;
use crate::dataset::Dataset;
use crate::metrics::Sample;
use crate::recalibrate;
use crate::split::Split;
use crate::tasks::{Target, Task};
use crate::trees::{BoostingSettings, Examples, ForestSettings, Objective, Progress, boost, grow_forest};

pub(super) use chosen::chosen;

/// Smaller leaves than this are luck where there are many rows.
const ROWS_OF_LEAF: f64 = 20.0;

/// A way to make a model.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Recipe {
    /// Logistic regression.
    Logistic,
    /// The same on rows that SMOTE made, mended.
    LogisticSmote,
    /// A random forest.
    Forest,
    /// Boosted trees.
    Boosting,
    /// Boosted trees of two leaves: a sum of functions of one feature each.
    Stumps,
    /// A small neural network.
    Network,
    /// The mean of the others.
    Ensemble,
    /// The others, each by a share that rows that choose have taught.
    Stacked,
}

/// What a recipe has made.
pub(super) struct Made {
    /// The model.
    pub(super) model: Model,
    /// The mean loss on rows that choose before the first tree and after each, head by head; empty unless it is boosted.
    pub(super) validation_losses: Vec<Vec<f64>>,
    /// What is to be believed of it on rows that choose, head by head, if those have taught it something; `None`: what it says.
    pub(super) validation_scores: Option<Vec<Vec<f64>>>,
    /// Of an ensemble: its members with their shares, those of several heads behind each other.
    pub(super) members: Option<String>,
}

impl From<Model> for Made {
    fn from(model: Model) -> Made {
        Made { model, validation_losses: Vec::new(), validation_scores: None, members: None }
    }
}

/// What every recipe is given.
#[derive(Clone, Copy)]
pub(super) struct Given<'a> {
    pub(super) task: &'a Task,
    pub(super) data: &'a Dataset,
    pub(super) split: &'a Split,
    pub(super) options: &'a Options,
}

/// A recipe at work.
struct Work<'a, 'b> {
    task: &'a Task,
    data: &'a Dataset,
    split: &'a Split,
    options: &'a Options,
    bench: &'a mut Bench<'b>,
    name: &'static str,
    /// How far the whole training is when this begins, and when it ends.
    span: (f64, f64),
}

impl Recipe {
    /// As commands and reports have it.
    pub fn name(self) -> &'static str {
        match self {
            Recipe::Logistic => "logistic",
            Recipe::LogisticSmote => "logistic_smote",
            Recipe::Forest => "forest",
            Recipe::Boosting => "boosting",
            Recipe::Stumps => "stumps",
            Recipe::Network => "network",
            Recipe::Ensemble => "ensemble",
            Recipe::Stacked => "stacked",
        }
    }

    pub(super) fn is_ensemble(self) -> bool {
        matches!(self, Recipe::Ensemble | Recipe::Stacked)
    }

    /// Whether ensembles take it in: stumps and made rows are for comparison.
    fn is_member(self) -> bool {
        matches!(self, Recipe::Logistic | Recipe::Forest | Recipe::Boosting | Recipe::Network)
    }

    /// Makes the model on the rows of `split` that train; those that choose say when to stop. Ensembles are made of `before`.
    pub(super) fn fit(
        self,
        Given { task, data, split, options }: Given,
        bench: &mut Bench,
        (nth, of): (usize, usize),
        before: &[Candidate],
    ) -> Result<Made, TrainingError> {
        let span = (nth as f64 / of as f64, (nth + 1) as f64 / of as f64);
        let mut work = Work { task, data, split, options, bench, name: self.name(), span };
        match self {
            Recipe::Logistic => work.logistic(&data.select(&split.train), None).map(Made::from),
            Recipe::LogisticSmote => work.logistic_smote().map(Made::from),
            Recipe::Forest => work.forest().map(Made::from),
            Recipe::Boosting => work.boosting(31),
            Recipe::Stumps => work.boosting(2),
            Recipe::Network => work.network().map(Made::from),
            Recipe::Ensemble => work.average(&members(before)),
            Recipe::Stacked => work.stacked(&members(before)),
        }
    }
}

/// Those of which ensembles are made.
fn members(before: &[Candidate]) -> Vec<&Candidate> {
    let all = [Recipe::Logistic, Recipe::Forest, Recipe::Boosting, Recipe::Network];
    let is_member = |candidate: &&Candidate| all.iter().any(|recipe| recipe.name() == candidate.scored.name);
    before.iter().filter(is_member).collect()
}

impl Work<'_, '_> {
    fn forest(&mut self) -> Result<Model, TrainingError> {
        let (encoding, train, weights) = self.training()?;
        let labels = pick(self.data.labels(), &self.split.train);
        let examples = Examples { matrix: &train, labels: &labels, weights: weights.as_deref() };
        let settings = ForestSettings {
            classes: self.task.target == Target::Probability,
            trees: self.options.trees,
            leaves: 256,
            min_weight: ROWS_OF_LEAF,
            seed: self.options.seed,
            ..ForestSettings::default()
        };
        let trees = grow_forest(
            &examples,
            &settings,
            self.bench.pool,
            &mut told(&mut *self.bench.watch, self.name, self.span),
        )?;
        self.mended(Model::Trees { encoding, heads: vec![trees.prepare()], logarithmic: false, recalibration: None })
    }

    fn boosting(&mut self, leaves: usize) -> Result<Made, TrainingError> {
        let (encoding, train, weights) = self.training()?;
        let held = encoding
            .encode(self.data.select(&self.split.validation).frame())
            .map_err(outrider_infer::ModelError::from)?;
        let logarithmic = self.task.target != Target::Probability;
        let of = |rows: &[usize]| labels(self.data, rows, logarithmic);
        let (labels, held_labels) = (of(&self.split.train), of(&self.split.validation));
        let held_out = Examples { matrix: &held, labels: &held_labels, weights: None };
        let (mut heads, mut validation_losses, mut is_weighed) = (Vec::new(), Vec::new(), false);
        for objective in objectives(self.task.target) {
            let plain = BoostingSettings {
                objective,
                leaves,
                trees: self.options.trees,
                min_hessian: min_hessian(objective),
                seed: self.options.seed,
                ..BoostingSettings::default()
            };
            let (settings, positive) = self.tuned(&plain, &train, &labels)?;
            is_weighed |= positive != 1.0;
            let of_grid = tuning::weights(&labels, positive);
            let weights = of_grid.as_deref().or(weights.as_deref());
            let examples = Examples { matrix: &train, labels: &labels, weights };
            let mut told = told(&mut *self.bench.watch, self.name, self.span);
            let boosted = boost(&examples, Some(&held_out), &settings, None, self.bench.pool, &mut told)?;
            heads.push(boosted.trees.prepare());
            validation_losses.push(boosted.validation_losses);
        }
        let model = Model::Trees { encoding, heads, logarithmic, recalibration: None };
        let model = if is_weighed { self.by_platt(&model)? } else { self.mended(model)? };
        Ok(Made { validation_losses, ..Made::from(model) })
    }

    /// How rows are encoded, those that train, and how much each counts.
    fn training(&self) -> Result<(Encoding, Matrix, Option<Vec<f64>>), TrainingError> {
        let rows = self.data.select(&self.split.train);
        let encoding = Encoding::learn(rows.schema(), rows.frame()).map_err(outrider_infer::ModelError::from)?;
        let matrix = encoding.encode(rows.frame()).map_err(outrider_infer::ModelError::from)?;
        let weights = self.weights(&rows);
        Ok((encoding, matrix, weights))
    }

    /// How much each row that trains counts.
    fn weights(&self, rows: &Dataset) -> Option<Vec<f64>> {
        match self.options.class_weights {
            ClassWeights::Equal => rows.weights().map(<[f64]>::to_vec),
            of_classes if self.task.target == Target::Probability => {
                Some(of_classes.of_rows(rows.labels(), rows.weights()))
            }
            _ => rows.weights().map(<[f64]>::to_vec),
        }
    }

    /// The model, its probabilities mended on rows that choose where classes were weighed: of those as trained, whatever else was to
    /// mend them.
    fn mended(&self, model: Model) -> Result<Model, TrainingError> {
        if self.options.class_weights == ClassWeights::Equal || self.task.target != Target::Probability {
            return Ok(model);
        }
        self.by_platt(&model.mended(None))
    }

    fn by_platt(&self, model: &Model) -> Result<Model, TrainingError> {
        let rows = self.data.select(&self.split.validation);
        let said = model.predict(rows.frame())?.remove(0);
        Ok(model.clone().mended(recalibrate::platt(&Sample::new(rows.labels(), &said))))
    }
}

/// Progress through a part of the whole training, told to `watch`.
fn told<'w>(
    watch: &'w mut (dyn FnMut(&str, f64) -> ControlFlow<()> + Send),
    name: &'static str,
    (from, to): (f64, f64),
) -> impl FnMut(Progress) -> ControlFlow<()> + Send + 'w {
    move |progress| watch(name, from + (to - from) * progress.trees as f64 / progress.of.max(1) as f64)
}

fn objectives(target: Target) -> Vec<Objective> {
    match target {
        Target::Probability => vec![Objective::Logistic],
        Target::Quantiles(quantiles) => quantiles.iter().map(|&quantile| Objective::Quantile(quantile)).collect(),
        Target::Anything => Vec::new(),
    }
}

/// In rows, but for the logistic objective, whose rows count a quarter at most.
fn min_hessian(objective: Objective) -> f64 {
    if objective == Objective::Logistic { 1.0 } else { ROWS_OF_LEAF }
}

fn labels(data: &Dataset, rows: &[usize], logarithmic: bool) -> Vec<f64> {
    let label = |&row: &usize| data.labels()[row];
    rows.iter().map(label).map(|label| if logarithmic { label.max(f64::MIN_POSITIVE).ln() } else { label }).collect()
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}
