//! Random forests (Breiman 2001): trees on bootstrapped rows, features drawn for each node, the mean of all. Of labels 0 and 1
//! the mean is a probability, and the squared error's best split is that of Gini's impurity.

use outrider_core::Random;
use outrider_infer::trees::{Branch, Combine, DEPTH_MAX, Head, Link, Trees};
use rayon::ThreadPool;
use rayon::prelude::*;

use super::binner::{Binned, Bins, fit};
use super::check::{self, TrainError};
use super::grower::{Grower, Growth};
use super::split::Limits;
use super::{Examples, Objective, Progress, Watch};

/// How to grow a forest.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct ForestSettings {
    /// Whether labels are 0 and 1.
    pub classes: bool,
    /// Trees to grow.
    pub trees: usize,
    /// Leaves of a tree, at most.
    pub leaves: usize,
    /// Steps from a root to its deepest leaf, at most.
    pub depth: usize,
    /// The least weight of a leaf: rows, unless they have weights.
    pub min_weight: f64,
    /// The share of features that is drawn for each node.
    pub feature_share: f64,
    /// Of the luck of sampling.
    pub seed: u64,
}

impl Default for ForestSettings {
    fn default() -> ForestSettings {
        ForestSettings {
            classes: false,
            trees: 100,
            leaves: 1_024,
            depth: 64,
            min_weight: 3.0,
            feature_share: 0.4,
            seed: 0,
        }
    }
}

/// Learns `train` on `pool`, as many trees at once as it has threads.
///
/// # Errors
///
/// If the data or settings cannot be learnt from, or `watch` says to stop.
pub fn grow_forest(
    train: &Examples,
    settings: &ForestSettings,
    pool: &ThreadPool,
    watch: Watch,
) -> Result<Trees, TrainError> {
    settings.check()?;
    let objective = if settings.classes { Objective::Logistic } else { Objective::Squared };
    check::examples(train, objective)?;
    let head = Head {
        kinds: check::kinds(train.matrix),
        link: Link::Identity,
        combine: Combine::Mean,
        base: Objective::Squared.base(train.labels, train.weights),
        quantile: None,
    };
    let trees = Trees::new(head)?;
    pool.install(|| run(train, settings, trees, watch))
}

fn run(train: &Examples, settings: &ForestSettings, mut trees: Trees, watch: Watch) -> Result<Trees, TrainError> {
    let bins = fit(train.matrix);
    let binned = Binned::new(train.matrix, &bins);
    let base = trees.head().base;
    let at_once = rayon::current_num_threads();
    while trees.len() < settings.trees {
        let next = trees.len()..settings.trees.min(trees.len() + at_once);
        let grown: Vec<_> = next.into_par_iter().map(|nth| settings.tree(train, &bins, &binned, base, nth)).collect();
        grown.iter().try_for_each(|branches| trees.push(branches))?;
        let progress = Progress { trees: trees.len(), of: settings.trees, validation_loss: None };
        if watch(progress).is_break() {
            return Err(TrainError::Cancelled(trees.len()));
        }
    }
    Ok(trees)
}

impl ForestSettings {
    fn check(&self) -> Result<(), TrainError> {
        let count = |count: usize| u32::try_from(count).map_or(f64::INFINITY, f64::from);
        let share = self.feature_share;
        check::setting("feature_share", share, share > 0.0 && share <= 1.0, "above 0, at most 1")?;
        check::setting("min_weight", self.min_weight, self.min_weight > 0.0, "above 0")?;
        check::setting("trees", count(self.trees), self.trees > 0, "1 or more")?;
        check::setting("leaves", count(self.leaves), (2..=32_768).contains(&self.leaves), "2 to 32768")?;
        check::setting("depth", count(self.depth), (1..=DEPTH_MAX).contains(&self.depth), "1 to 128")
    }

    /// Tree `nth`: luck of its own, so that it does not matter who grows it.
    fn tree(&self, train: &Examples, bins: &[Bins], binned: &Binned, base: f64, nth: usize) -> Vec<Branch> {
        let mut random = Random::stream(self.seed, nth as u64);
        let pairs = bootstrap(train, base, &mut random);
        let drawn = |row: &u32| pairs[*row as usize][1] > 0.0;
        let mut rows: Vec<u32> = (0..u32::try_from(pairs.len()).expect("checked")).filter(drawn).collect();
        let features: Vec<usize> = (0..bins.len()).collect();
        let mut grower = Grower::new(binned, bins, self.growth(features.len()));
        let grown = grower.grow(&mut rows, &pairs, &features, &mut random);
        #[expect(clippy::cast_possible_truncation, reason = "leaves are of that width")]
        let value = |sums: [f64; 2]| if sums[1] > 0.0 { (-sums[0] / sums[1]) as f32 } else { 0.0 };
        let values: Vec<f32> = grown.leaves.iter().map(|leaf| value(leaf.sums)).collect();
        grown.branches(bins, &values)
    }

    #[expect(clippy::cast_precision_loss, reason = "features are few")]
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "between 0 and their number")]
    fn growth(&self, features: usize) -> Growth {
        let drawn = (self.feature_share * features as f64).ceil() as usize;
        let limits = Limits { lambda: 0.0, min_hessian: self.min_weight };
        Growth { leaves: self.leaves, depth: self.depth, limits, features_per_node: Some(drawn) }
    }
}

/// As many rows as there are, drawn with replacement: how often each counts, and how far its label is from `base`.
fn bootstrap(train: &Examples, base: f64, random: &mut Random) -> Vec<[f32; 2]> {
    let mut times = vec![0_u32; train.labels.len()];
    (0..times.len()).for_each(|_| times[random.below(train.labels.len())] += 1);
    let pair = |(row, times): (usize, u32)| {
        let weight = f64::from(times) * train.weight(row);
        #[expect(clippy::cast_possible_truncation, reason = "summed in `f64`")]
        [(weight * (base - train.labels[row])) as f32, weight as f32]
    };
    times.into_iter().enumerate().map(pair).collect()
}
