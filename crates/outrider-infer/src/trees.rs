//! Regression trees, added or averaged: boosted models and forests.
//!
//! A node takes 8 bytes, and a step down is a compare and an add, without a branch: a row is read as `x` and `-x` of each
//! feature, so that every split reads `y > s` and a missing value, which is never greater, takes the learnt side by itself;
//! a leaf reads a place that is always missing and stays where it is. Eight trees are walked at once, so that their
//! loads overlap.

mod build;
mod codec;
mod kernel;
mod node;
mod prefix;
mod shap;

pub use build::{Branch, TreeError};
pub use codec::CodecError;
pub(crate) use codec::Input;

pub use crate::shap::Explanation;

use node::Node;
use prefix::Prefix;

/// Features that a model may have: a slot of a node holds twice as many and one more.
pub const FEATURES_MAX: usize = 4_095;
/// Steps from a root to its deepest leaf.
pub const DEPTH_MAX: usize = 128;

/// What a feature's values are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Ordered numbers.
    Number,
    /// Places in a dictionary of so many words, then unseen, then missing.
    Category(u32),
}

/// How the sum of trees becomes what is predicted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Link {
    /// As it is.
    Identity,
    /// 1 / (1 + exp(-sum)).
    Logistic,
}

/// How trees are put together.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Combine {
    /// Boosting: their sum.
    Sum,
    /// A forest: their mean.
    Mean,
}

/// What a model says besides its trees.
#[derive(Clone, Debug, PartialEq)]
pub struct Head {
    /// Its features in their order.
    pub kinds: Vec<Kind>,
    /// From the sum to the prediction.
    pub link: Link,
    /// Sum or mean.
    pub combine: Combine,
    /// What is predicted without any tree, before the link.
    pub base: f64,
    /// The quantile that is predicted, in (0, 1); `None`: the mean, or a probability.
    pub quantile: Option<f64>,
}

/// A model of trees, for inference.
#[derive(Clone, Debug, PartialEq)]
pub struct Trees {
    head: Head,
    /// All trees, one after the other; children come after their parent, side by side.
    nodes: Vec<Node>,
    /// Rows of the training that came through each node.
    covers: Vec<f32>,
    /// The root of each tree in `nodes`, and the end.
    roots: Vec<u32>,
    /// Steps to the deepest leaf of each tree.
    depths: Vec<u8>,
    /// Bits of the words that take the second child, a run for each split of a category; never empty.
    sets: Vec<u32>,
    /// What the splits by each feature have gained in training.
    gains: Vec<f64>,
    /// A faster way to the same sums, if it was asked for.
    prefix: Prepared,
}

/// What can be made from the trees again at any time, so that models are equal whether they have it or not.
#[derive(Clone, Debug, Default)]
struct Prepared(Option<Prefix>);

impl PartialEq for Prepared {
    fn eq(&self, _: &Prepared) -> bool {
        true
    }
}

impl Trees {
    /// A model without trees.
    ///
    /// # Errors
    ///
    /// If it has more than [`FEATURES_MAX`] features, its base is not finite, or its quantile is not in (0, 1).
    pub fn new(head: Head) -> Result<Trees, TreeError> {
        if head.kinds.len() > FEATURES_MAX {
            return Err(TreeError::Features(head.kinds.len()));
        }
        let quantile = head.quantile.is_none_or(|q| q > 0.0 && q < 1.0);
        if !head.base.is_finite() || !quantile {
            return Err(TreeError::Head);
        }
        let gains = vec![0.0; head.kinds.len()];
        Ok(Trees {
            head,
            nodes: vec![],
            covers: vec![],
            roots: vec![0],
            depths: vec![],
            sets: vec![0],
            gains,
            prefix: Prepared::default(),
        })
    }

    /// The same, laid out for many predictions: several times as fast, for some megabytes, if its trees have at most 64 leaves; a
    /// change of its trees undoes it. Sums stay the same bit for bit.
    #[must_use]
    pub fn prepare(mut self) -> Trees {
        self.prefix = Prepared(Prefix::of(&self));
        self
    }

    /// What it says besides its trees.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How many trees there are.
    pub fn len(&self) -> usize {
        self.depths.len()
    }

    /// Whether there is no tree.
    pub fn is_empty(&self) -> bool {
        self.depths.is_empty()
    }

    /// Leaves of all trees.
    pub fn leaves(&self) -> usize {
        (self.nodes.len() + self.len()) / 2
    }

    /// What the splits by each feature have gained in training, in shares of 1; all 0 without a split.
    pub fn gain_shares(&self) -> Vec<f64> {
        let total: f64 = self.gains.iter().sum();
        self.gains.iter().map(|gain| if total > 0.0 { gain / total } else { 0.0 }).collect()
    }

    /// Features that some split reads, by their places.
    pub fn used(&self) -> Vec<usize> {
        let mut used: Vec<usize> = self.nodes.iter().filter_map(|node| node.feature(self.head.kinds.len())).collect();
        used.sort_unstable();
        used.dedup();
        used
    }

    /// The prediction of a sum of trees.
    fn finish(&self, sum: f64) -> f64 {
        match self.head.link {
            Link::Identity => sum,
            Link::Logistic => 1.0 / (1.0 + (-sum).exp()),
        }
    }

    /// What the leaves of all trees say together, before the link.
    fn combine(&self, sum: f64) -> f64 {
        match self.head.combine {
            Combine::Sum => self.head.base + sum,
            Combine::Mean if self.is_empty() => self.head.base,
            #[expect(clippy::cast_precision_loss, reason = "trees are far fewer than 2^52")]
            Combine::Mean => self.head.base + sum / self.len() as f64,
        }
    }
}
