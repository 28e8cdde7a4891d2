//! Ways to make a model, by name.

use std::ops::ControlFlow;

use outrider_core::frame::Frame;
use outrider_infer::{Encoding, Matrix, Model, Recalibration};

use super::{Bench, Options, TrainingError};
use crate::class_weights::ClassWeights;
use crate::dataset::Dataset;
use crate::linear::{self, LinearSettings};
use crate::metrics::Sample;
use crate::recalibrate;
use crate::resample::Smote;
use crate::search::{self, Candidate, Range};
use crate::split::{Split, folds_by_time};
use crate::tasks::{Target, Task};
use crate::trees::{BoostingSettings, Examples, ForestSettings, Objective, Progress, boost, grow_forest};

/// Folds of a search.
const FOLDS: usize = 3;
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
}

/// What a recipe is given.
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

/// The recipes of a task, or those that were asked for.
pub(super) fn chosen(task: &Task, options: &Options) -> Result<Vec<Recipe>, TrainingError> {
    let mut all = match task.target {
        Target::Probability => vec![Recipe::Logistic, Recipe::Forest, Recipe::Boosting],
        Target::Quantiles(_) => vec![Recipe::Stumps, Recipe::Boosting],
    };
    let named = |name: &String| {
        all.iter().copied().find(|recipe| recipe.name() == name).ok_or_else(|| {
            let expected = all.iter().map(|recipe| recipe.name()).collect::<Vec<_>>().join(", ");
            TrainingError::NoModel { found: name.clone(), expected }
        })
    };
    if !options.models.is_empty() {
        all = options.models.iter().map(named).collect::<Result<_, _>>()?;
    }
    if options.smote.is_some() && all.contains(&Recipe::Logistic) {
        all.push(Recipe::LogisticSmote);
    }
    Ok(all)
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
        }
    }

    /// Makes the model on the rows of `split` that train; those that choose say when to stop.
    pub(super) fn fit(
        self,
        task: &Task,
        data: &Dataset,
        split: &Split,
        options: &Options,
        bench: &mut Bench,
        (nth, of): (usize, usize),
    ) -> Result<Model, TrainingError> {
        let span = (nth as f64 / of as f64, (nth + 1) as f64 / of as f64);
        let mut work = Work { task, data, split, options, bench, name: self.name(), span };
        match self {
            Recipe::Logistic => work.logistic(&data.select(&split.train), None),
            Recipe::LogisticSmote => work.logistic_smote(),
            Recipe::Forest => work.forest(),
            Recipe::Boosting => work.boosting(31),
            Recipe::Stumps => work.boosting(2),
        }
    }
}

impl Work<'_, '_> {
    fn logistic(&mut self, rows: &Dataset, mended: Option<Recalibration>) -> Result<Model, TrainingError> {
        let _ = (self.bench.watch)(self.name, self.span.0);
        let settings = LinearSettings { class_weights: self.options.class_weights, ..LinearSettings::default() };
        let regression = linear::train(rows.frame(), rows.schema(), rows.labels(), rows.weights(), &settings)?;
        let model = Model::Logistic { regression, recalibration: mended };
        self.mended(model)
    }

    fn logistic_smote(&mut self) -> Result<Model, TrainingError> {
        let smote = Smote { k: self.options.smote.unwrap_or(5), seed: self.options.seed, ..Smote::default() };
        let made = smote.oversample(self.data, &self.split.train)?;
        self.logistic(&made.data, made.recalibration())
    }

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
        self.mended(Model::Trees { encoding, heads: vec![trees], logarithmic: false, recalibration: None })
    }

    fn boosting(&mut self, leaves: usize) -> Result<Model, TrainingError> {
        let (encoding, train, weights) = self.training()?;
        let held = encoding
            .encode(self.data.select(&self.split.validation).frame())
            .map_err(outrider_infer::ModelError::from)?;
        let logarithmic = self.task.target != Target::Probability;
        let of = |rows: &[usize]| labels(self.data, rows, logarithmic);
        let (labels, held_labels) = (of(&self.split.train), of(&self.split.validation));
        let examples = Examples { matrix: &train, labels: &labels, weights: weights.as_deref() };
        let held_out = Examples { matrix: &held, labels: &held_labels, weights: None };
        let mut heads = Vec::new();
        for objective in objectives(self.task.target) {
            let plain = BoostingSettings {
                objective,
                leaves,
                trees: self.options.trees,
                min_hessian: min_hessian(objective),
                seed: self.options.seed,
                ..BoostingSettings::default()
            };
            let settings =
                if self.options.search > 0 && leaves > 2 { self.searched(&plain, &train, &labels)? } else { plain };
            let mut told = told(&mut *self.bench.watch, self.name, self.span);
            heads.push(boost(&examples, Some(&held_out), &settings, None, self.bench.pool, &mut told)?.trees);
        }
        self.mended(Model::Trees { encoding, heads, logarithmic, recalibration: None })
    }

    /// The best settings of so many draws, over folds of the rows that train.
    fn searched(
        &mut self,
        plain: &BoostingSettings,
        train: &Matrix,
        labels: &[f64],
    ) -> Result<BoostingSettings, TrainingError> {
        let times = self.data.times().ok_or(TrainingError::NoTimes("--search", "time, and data with times"))?;
        let own = pick_times(times, &self.split.train);
        let copies = self.data.select(&self.split.train).copies();
        let rows: Vec<usize> = (0..own.len()).collect();
        let folds = folds_by_time(&own, &rows, FOLDS, self.task.embargo_us, &copies)?;
        let (pool, name) = (self.bench.pool, self.name);
        let metric = metric_of(plain.objective);
        let score = |candidate: &Candidate, fold: &crate::split::Fold| {
            let settings = with(plain, candidate);
            let of = |rows: &[usize]| (train.select(rows), pick(labels, rows));
            let ((matrix, labels), (held, held_labels)) = (of(&fold.train), of(&fold.validation));
            let examples = Examples { matrix: &matrix, labels: &labels, weights: None };
            let held_out = Examples { matrix: &held, labels: &held_labels, weights: None };
            let trees =
                boost(&examples, Some(&held_out), &settings, None, pool, &mut |_| ControlFlow::Continue(()))?.trees;
            Ok::<_, TrainingError>(metric.of(&Sample::new(&held_labels, &trees.predict(&held))))
        };
        let (watch, (from, to)) = (&mut self.bench.watch, self.span);
        let told = |progress: search::Progress| {
            let part = progress.done as f64 / progress.of as f64;
            watch(name, from + (to - from) * part / 2.0)
        };
        let candidates = search::draws(&parameters(), self.options.search, self.options.seed);
        let found = search::search(candidates, &folds, metric.better(), score, told)?;
        Ok(found.best().map_or(*plain, |best| with(plain, &best.candidate)))
    }

    /// How rows are encoded, those that train, and how much each counts.
    fn training(&self) -> Result<(Encoding, Matrix, Option<Vec<f64>>), TrainingError> {
        let rows = self.data.select(&self.split.train);
        let encoding = Encoding::learn(rows.schema(), rows.frame()).map_err(outrider_infer::ModelError::from)?;
        let matrix = encoding.encode(rows.frame()).map_err(outrider_infer::ModelError::from)?;
        let weights = match self.options.class_weights {
            ClassWeights::Equal => rows.weights().map(<[f64]>::to_vec),
            of_classes if self.task.target == Target::Probability => {
                Some(of_classes.of_rows(rows.labels(), rows.weights()))
            }
            _ => rows.weights().map(<[f64]>::to_vec),
        };
        Ok((encoding, matrix, weights))
    }

    /// The model, its probabilities mended on rows that choose where classes were weighed.
    fn mended(&self, model: Model) -> Result<Model, TrainingError> {
        if self.options.class_weights == ClassWeights::Equal || self.task.target != Target::Probability {
            return Ok(model);
        }
        let rows = self.data.select(&self.split.validation);
        let said = model.predict(rows.frame())?.remove(0);
        let by = recalibrate::platt(&Sample::new(rows.labels(), &said));
        Ok(match model {
            Model::Logistic { regression, .. } => Model::Logistic { regression, recalibration: by },
            Model::Trees { encoding, heads, logarithmic, .. } => {
                Model::Trees { encoding, heads, logarithmic, recalibration: by }
            }
        })
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
    }
}

fn metric_of(objective: Objective) -> crate::metrics::Metric {
    match objective {
        Objective::Logistic => crate::metrics::Metric::LogLoss,
        Objective::Squared => crate::metrics::Metric::Rmse,
        Objective::Quantile(quantile) => crate::metrics::Metric::Pinball(quantile),
    }
}

/// In rows, but for the logistic objective, whose rows count a quarter at most.
fn min_hessian(objective: Objective) -> f64 {
    if objective == Objective::Logistic { 1.0 } else { ROWS_OF_LEAF }
}

/// What a search draws.
fn parameters() -> [(&'static str, Range); 4] {
    [
        ("leaves", Range::Whole { low: 4, high: 63 }),
        ("learning_rate", Range::Logarithmic { low: 0.03, high: 0.2 }),
        ("min_hessian", Range::Logarithmic { low: 1.0, high: 100.0 }),
        ("feature_share", Range::Even { low: 0.5, high: 1.0 }),
    ]
}

fn with(plain: &BoostingSettings, candidate: &Candidate) -> BoostingSettings {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a whole number above 0
    let leaves = candidate.get("leaves").map_or(plain.leaves, |leaves| leaves as usize);
    BoostingSettings {
        leaves,
        learning_rate: candidate.get("learning_rate").unwrap_or(plain.learning_rate),
        min_hessian: candidate.get("min_hessian").unwrap_or(plain.min_hessian),
        feature_share: candidate.get("feature_share").unwrap_or(plain.feature_share),
        ..*plain
    }
}

fn labels(data: &Dataset, rows: &[usize], logarithmic: bool) -> Vec<f64> {
    let label = |&row: &usize| data.labels()[row];
    rows.iter().map(label).map(|label| if logarithmic { label.max(f64::MIN_POSITIVE).ln() } else { label }).collect()
}

fn pick(values: &[f64], rows: &[usize]) -> Vec<f64> {
    rows.iter().map(|&row| values[row]).collect()
}

fn pick_times(times: &[i64], rows: &[usize]) -> Vec<i64> {
    rows.iter().map(|&row| times[row]).collect()
}

/// Only the rows of `frame` that are named.
pub(super) fn rows_of(frame: &Frame, rows: &[usize]) -> Frame {
    frame.select(rows)
}
