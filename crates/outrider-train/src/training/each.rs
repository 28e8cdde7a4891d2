//! Every group judges in its turn; what is said of all of them is looked at together.

use outrider_core::frame::Frame;

use super::outcome::Scored;
use super::recipe::{self, Recipe};
use super::scoring::{self, Figure, Said};
use super::{Bench, Options, TrainingError, check_labels, dataset};
use crate::dataset::Dataset;
use crate::metrics::{Bootstrap, Interval, Metric, Sample};
use crate::split::{Split, SplitError, leave_each_out};
use crate::tasks::{Target, Task};
use crate::threshold::{best_f1, of_rule};

/// From where on a call, which is 0 or 1, is one.
const CALLED: f64 = 0.5;

/// How models and baselines did on groups that they had never seen.
#[derive(Clone, Debug)]
pub struct EachOut {
    /// Of what.
    pub task: &'static Task,
    /// How many groups have judged.
    pub groups: usize,
    /// Rows that have judged, all of the data.
    pub rows: usize,
    /// Models, on all rows together.
    pub models: Vec<Scored>,
    /// Baselines likewise, each called at the threshold that is best for these very rows.
    pub baselines: Vec<Scored>,
    /// Model, baseline, and by how much the first is better in the task's metric.
    pub contests: Vec<(String, String, Option<Interval>)>,
}

/// What one says of every row, gathered group by group.
struct Pooled {
    name: String,
    scores: Vec<f64>,
    calls: Vec<f64>,
}

/// Trains the models of `task` once for each group of `source`, which then judges.
///
/// # Errors
///
/// If there are no groups, or as of [`train`](super::train).
pub fn train_each(
    task: &'static Task,
    source: &Frame,
    options: &Options,
    bench: &mut Bench,
) -> Result<EachOut, TrainingError> {
    let rows = (task.rows)(source)?;
    let all = dataset(task, &rows, &(task.fit)(&rows))?;
    let groups = all.groups().ok_or(SplitError::TooFewGroups { groups: 0 })?;
    if task.target != Target::Probability {
        let found = "--split leave-each-out".to_owned();
        return Err(TrainingError::NoModel { found, expected: "a task of probabilities".to_owned() });
    }
    let splits = leave_each_out(&groups, &all.copies(), options.seed)?;
    let mut recipes = recipe::chosen(task, options)?;
    // An ensemble would be made of candidates that have been judged; here its members are judged alone.
    recipes.retain(|recipe| !recipe.is_ensemble());
    let (mut models, mut baselines) = (Vec::new(), Vec::new());
    for (nth, split) in splits.iter().enumerate() {
        let data = dataset(task, &rows, &(task.fit)(&rows.select(&split.train)))?;
        check_labels(&data, &split.train)?;
        for (at, recipe) in recipes.iter().enumerate() {
            let place = (nth * recipes.len() + at, splits.len() * recipes.len());
            let given = recipe::Given { task, data: &data, split, options };
            model(&mut models, *recipe, given, bench, place)?;
        }
        for baseline in (task.baselines)(&data, split, Metric::LogLoss)? {
            // Those that tell rows apart are called at one threshold for all groups, once they are all there.
            let at = of_rule(&baseline.scores);
            let calls = baseline.scores.iter().map(|score| at.map_or(f64::NAN, |at| call(*score, at)));
            gather(&mut baselines, &baseline.name, all.rows(), split, &baseline.scores, &calls.collect::<Vec<_>>());
        }
    }
    Ok(judged(task, &all, splits.len(), &models, baselines, options))
}

fn model(
    models: &mut Vec<Pooled>,
    recipe: Recipe,
    given: recipe::Given,
    bench: &mut Bench,
    place: (usize, usize),
) -> Result<(), TrainingError> {
    let recipe::Given { data, split, .. } = given;
    let model = recipe.fit(given, bench, place, &[])?.model;
    let said = |rows: &[usize]| Ok::<_, TrainingError>(model.predict(&data.frame().select(rows))?.remove(0));
    let (validation, scores) = (said(&split.validation)?, said(&split.test)?);
    let labels: Vec<f64> = split.validation.iter().map(|&row| data.labels()[row]).collect();
    let threshold = best_f1(&Sample::new(&labels, &validation)).map_or(f64::INFINITY, |best| best.at);
    let calls: Vec<f64> = scores.iter().map(|score| call(*score, threshold)).collect();
    gather(models, recipe.name(), data.rows(), split, &scores, &calls);
    Ok(())
}

/// 1 if a score is called positive, else 0.
fn call(score: f64, threshold: f64) -> f64 {
    f64::from(u8::from(score >= threshold))
}

fn gather(all: &mut Vec<Pooled>, name: &str, rows: usize, split: &Split, scores: &[f64], calls: &[f64]) {
    let at = all.iter().position(|pooled| pooled.name == name).unwrap_or(all.len());
    if at == all.len() {
        all.push(Pooled { name: name.to_owned(), scores: vec![0.0; rows], calls: vec![0.0; rows] });
    }
    for (nth, &row) in split.test.iter().enumerate() {
        (all[at].scores[row], all[at].calls[row]) = (scores[nth], calls[nth]);
    }
}

fn judged(
    task: &'static Task,
    data: &Dataset,
    groups: usize,
    models: &[Pooled],
    mut baselines: Vec<Pooled>,
    options: &Options,
) -> EachOut {
    for baseline in &mut baselines {
        let best = best_f1(&Sample::new(data.labels(), &baseline.scores)).map_or(f64::INFINITY, |best| best.at);
        let open = baseline.calls.iter_mut().zip(&baseline.scores).filter(|(called, _)| called.is_nan());
        open.for_each(|(called, score)| *called = call(*score, best));
    }
    let pairs = models.iter().flat_map(|model| baselines.iter().map(move |baseline| (model, baseline)));
    let contest = |(model, baseline): (&Pooled, &Pooled)| {
        (model.name.clone(), baseline.name.clone(), advantage(task, data, model, baseline, options))
    };
    EachOut {
        task,
        groups,
        rows: data.rows(),
        contests: pairs.map(contest).collect(),
        models: models.iter().map(|model| scored(data, model, options)).collect(),
        baselines: baselines.iter().map(|baseline| scored(data, baseline, options)).collect(),
    }
}

fn advantage(task: &Task, data: &Dataset, model: &Pooled, baseline: &Pooled, options: &Options) -> Option<Interval> {
    let metric = (task.rules)(Metric::LogLoss).metric;
    let (ours, theirs) = (Sample::new(data.labels(), &model.scores), Sample::new(data.labels(), &baseline.scores));
    let bootstrap = Bootstrap { seed: options.seed, ..Bootstrap::default() };
    let signed = |sample: &Sample| metric.of(sample).map(|value| metric.better().advantage(value, 0.0));
    bootstrap.difference(&ours, &theirs, &data.blocks(), signed)
}

/// Of scores what does not need a threshold, of calls the rest: each group was called at a threshold of its own.
fn scored(data: &Dataset, pooled: &Pooled, options: &Options) -> Scored {
    let rows: Vec<usize> = (0..data.rows()).collect();
    let of = |scores: &[f64], threshold| {
        scoring::figures(Metric::LogLoss, data, &rows, &Said { scores, threshold }, options)
    };
    let is_of_calls = |figure: &Figure| figure.0 == "threshold";
    let mut figures = of(&pooled.scores, None);
    let calls = of(&pooled.calls, Some(CALLED));
    let first = calls.iter().position(is_of_calls).map_or(calls.len(), |at| at + 1);
    figures.truncate(first - 1);
    figures.extend(calls.into_iter().skip(first));
    Scored { name: pooled.name.clone(), figures }
}
