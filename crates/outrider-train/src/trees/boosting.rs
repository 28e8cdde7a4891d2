//! Gradient boosting (Friedman 2001), with leaves of one Newton step, or of the quantile itself.

use outrider_core::Random;
use outrider_infer::trees::{Combine, DEPTH_MAX, Head, Link, Trees};
use rayon::ThreadPool;
use rayon::prelude::*;

use super::binner::{Binned, Bins, fit};
use super::check::{self, TrainError};
use super::grower::{Grower, Grown, GrownLeaf, Growth, draw};
use super::objective::{quantile, weighted_quantile};
use super::scored::Scored;
use super::split::Limits;
use super::{Examples, Objective, Progress, Watch};

/// Rows of a task of what is done row by row.
pub(super) const ROWS_PER_TASK: usize = 16_384;

/// How to boost.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct BoostingSettings {
    /// What is minimised.
    pub objective: Objective,
    /// Trees to grow, besides those of the model to go on from.
    pub trees: usize,
    /// Leaves of a tree, at most.
    pub leaves: usize,
    /// Steps from a root to its deepest leaf, at most.
    pub depth: usize,
    /// What each tree is shrunk by.
    pub learning_rate: f64,
    /// Added to the hessians of a leaf.
    pub lambda: f64,
    /// The least sum of hessians of a leaf: rows, for all but the logistic objective.
    pub min_hessian: f64,
    /// The share of rows that each tree sees.
    pub row_share: f64,
    /// The share of features that each tree sees.
    pub feature_share: f64,
    /// Trees without a gain on the held out rows after which to stop.
    pub patience: usize,
    /// Of the luck of sampling.
    pub seed: u64,
}

impl Default for BoostingSettings {
    fn default() -> BoostingSettings {
        BoostingSettings {
            objective: Objective::Squared,
            trees: 200,
            leaves: 31,
            depth: 64,
            learning_rate: 0.1,
            lambda: 1.0,
            min_hessian: 1.0,
            row_share: 1.0,
            feature_share: 1.0,
            patience: 20,
            seed: 0,
        }
    }
}

/// A model that was boosted.
#[derive(Clone, Debug, PartialEq)]
pub struct Boosted {
    /// The model, up to its best tree if rows were held out.
    pub trees: Trees,
    /// The mean loss on the held out rows before the first new tree and after each.
    pub validation_losses: Vec<f64>,
}

/// Learns `train` on `pool`. With `held_out` rows it stops when they are predicted no better. `start` is a model to go on
/// from: with the same data and seed, two halves make the whole.
///
/// # Errors
///
/// If the data or settings cannot be learnt from, or `watch` says to stop.
pub fn boost(
    train: &Examples,
    held_out: Option<&Examples>,
    settings: &BoostingSettings,
    start: Option<&Trees>,
    pool: &ThreadPool,
    watch: Watch,
) -> Result<Boosted, TrainError> {
    settings.check()?;
    check::examples(train, settings.objective)?;
    held_out.map_or(Ok(()), |held| check::held_out(held, train, settings.objective))?;
    let trees = match start {
        Some(start) => settings.go_on(start, train)?,
        None => Trees::new(settings.head(train))?,
    };
    pool.install(|| run(train, held_out, settings, trees, watch))
}

fn run(
    train: &Examples,
    held_out: Option<&Examples>,
    settings: &BoostingSettings,
    mut trees: Trees,
    watch: Watch,
) -> Result<Boosted, TrainError> {
    let bins = fit(train.matrix);
    let binned = Binned::new(train.matrix, &bins);
    let held_binned = held_out.map(|held| Binned::new(held.matrix, &bins));
    let mut train = Scored::new(train, &binned, &trees);
    let mut held = held_out.zip(held_binned.as_ref()).map(|(held, binned)| Scored::new(held, binned, &trees));
    let mut losses: Vec<f64> = held.iter().map(|held| held.loss(settings.objective)).collect();
    let first = trees.len();
    let mut round = Round::new(&binned, &bins, settings);
    for nth in 1..=settings.trees {
        let (grown, values) = round.grow(&train, trees.len());
        trees.push(&grown.branches(&bins, &values))?;
        train.add(&grown, &values, (settings.row_share >= 1.0).then_some(&round.rows));
        if let Some(held) = &mut held {
            held.add(&grown, &values, None);
            losses.push(held.loss(settings.objective));
        }
        let progress = Progress { trees: nth, of: settings.trees, validation_loss: losses.last().copied() };
        if watch(progress).is_break() {
            return Err(TrainError::Cancelled(nth));
        }
        if settings.is_over(&losses) || (grown.leaves.len() == 1 && !settings.samples()) {
            break;
        }
    }
    if held.is_some() {
        trees.truncate(first + best(&losses));
    }
    Ok(Boosted { trees, validation_losses: losses })
}

/// Where the loss is least, first.
fn best(losses: &[f64]) -> usize {
    (0..losses.len()).min_by(|&a, &b| losses[a].total_cmp(&losses[b])).unwrap_or(0)
}

impl BoostingSettings {
    fn check(&self) -> Result<(), TrainError> {
        let share = |name, share: f64| check::setting(name, share, share > 0.0 && share <= 1.0, "above 0, at most 1");
        let count = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        share("row_share", self.row_share)?;
        share("feature_share", self.feature_share)?;
        share("learning_rate", self.learning_rate)?;
        check::setting("lambda", self.lambda, self.lambda >= 0.0 && self.lambda.is_finite(), "0 or more")?;
        check::setting("min_hessian", self.min_hessian, self.min_hessian > 0.0, "above 0")?;
        check::setting("leaves", count(self.leaves), (2..=32_768).contains(&self.leaves), "2 to 32768")?;
        check::setting("depth", count(self.depth), (1..=DEPTH_MAX).contains(&self.depth), "1 to 128")?;
        match self.objective {
            Objective::Quantile(q) => check::setting("quantile", q, q > 0.0 && q < 1.0, "between 0 and 1"),
            _ => Ok(()),
        }
    }

    fn head(&self, train: &Examples) -> Head {
        let (link, quantile) = match self.objective {
            Objective::Squared => (Link::Identity, None),
            Objective::Logistic => (Link::Logistic, None),
            Objective::Quantile(quantile) => (Link::Identity, Some(quantile)),
        };
        let base = self.objective.base(train.labels, train.weights);
        Head { kinds: check::kinds(train.matrix), link, combine: Combine::Sum, base, quantile }
    }

    fn go_on(&self, start: &Trees, train: &Examples) -> Result<Trees, TrainError> {
        check::start(start, train.matrix)?;
        let expected = Head { base: start.head().base, ..self.head(train) };
        if *start.head() == expected { Ok(start.clone()) } else { Err(TrainError::Objective) }
    }

    fn growth(&self) -> Growth {
        let limits = Limits { lambda: self.lambda, min_hessian: self.min_hessian };
        Growth { leaves: self.leaves, depth: self.depth, limits, features_per_node: None }
    }

    /// Whether another tree may find what this one did not.
    fn samples(&self) -> bool {
        self.row_share < 1.0 || self.feature_share < 1.0
    }

    fn is_over(&self, losses: &[f64]) -> bool {
        !losses.is_empty() && losses.len() - 1 - best(losses) >= self.patience.max(1)
    }
}

/// What is kept from tree to tree.
struct Round<'a> {
    settings: &'a BoostingSettings,
    grower: Grower<'a>,
    features: Vec<usize>,
    pairs: Vec<[f32; 2]>,
    rows: Vec<u32>,
}

impl<'a> Round<'a> {
    fn new(binned: &'a Binned, bins: &'a [Bins], settings: &'a BoostingSettings) -> Round<'a> {
        let grower = Grower::new(binned, bins, settings.growth());
        let (features, pairs) = ((0..bins.len()).collect(), vec![[0.0; 2]; binned.rows]);
        Round { settings, grower, features, pairs, rows: vec![] }
    }

    /// The next tree, `nth` of all, and the value of each leaf.
    fn grow(&mut self, train: &Scored, nth: usize) -> (Grown, Vec<f32>) {
        let mut random = Random::stream(self.settings.seed, nth as u64);
        self.fill_pairs(train);
        self.draw_rows(&mut random);
        let features = self.draw_features(&mut random);
        let grown = self.grower.grow(&mut self.rows, &self.pairs, &features, &mut random);
        let values = grown.leaves.par_iter().map(|leaf| self.value(leaf, train)).collect();
        (grown, values)
    }

    fn fill_pairs(&mut self, train: &Scored) {
        let (objective, examples) = (self.settings.objective, train.examples);
        let chunks = self.pairs.par_chunks_mut(ROWS_PER_TASK).zip(train.scores.par_chunks(ROWS_PER_TASK));
        chunks.enumerate().for_each(|(nth, (pairs, scores))| {
            for (at, (pair, &score)) in pairs.iter_mut().zip(scores).enumerate() {
                let row = nth * ROWS_PER_TASK + at;
                *pair = objective.pair(score, examples.labels[row], examples.weight(row));
            }
        });
    }

    fn draw_rows(&mut self, random: &mut Random) {
        let (share, rows) = (self.settings.row_share, 0..u32::try_from(self.pairs.len()).expect("checked"));
        self.rows.clear();
        if share < 1.0 {
            self.rows.extend(rows.filter(|_| random.chance(share)));
        } else {
            self.rows.extend(rows);
        }
    }

    fn draw_features(&self, random: &mut Random) -> Vec<usize> {
        let features = self.features.len();
        #[expect(clippy::cast_precision_loss, reason = "features are few")]
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and their number")]
        let count = (self.settings.feature_share * features as f64).ceil() as usize;
        if count < features { draw(&self.features, count, random) } else { self.features.clone() }
    }

    #[expect(clippy::cast_possible_truncation, reason = "leaves are of that width")]
    fn value(&self, leaf: &GrownLeaf, train: &Scored) -> f32 {
        let value = match self.settings.objective {
            Objective::Quantile(quantile) => self.residual(leaf, train, quantile),
            _ => -leaf.sums[0] / (leaf.sums[1] + self.settings.lambda),
        };
        let value = (value * self.settings.learning_rate) as f32;
        if value.is_finite() { value } else { 0.0 }
    }

    /// The quantile of what is left of the labels in a leaf.
    fn residual(&self, leaf: &GrownLeaf, train: &Scored, share: f64) -> f64 {
        let rows = self.rows[leaf.rows.clone()].iter().map(|&row| row as usize);
        let left = |row: usize| train.examples.labels[row] - train.scores[row];
        match train.examples.weights {
            None => quantile(&mut rows.map(left).collect::<Vec<_>>(), share),
            Some(weights) => weighted_quantile(&mut rows.map(|row| (left(row), weights[row])).collect(), share),
        }
    }
}
