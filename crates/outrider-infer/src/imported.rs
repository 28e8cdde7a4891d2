//! Trees that another engine has grown, walked as that engine walks them: thresholds of 64 bits, its own ways with missing
//! values, codes of categories that need not follow each other. Slower than [`crate::trees`], and exact.

mod build;
mod codec;
mod columns;
mod explain;
mod node;

pub use columns::Columns;

pub(crate) use build::{Growth, Part};
pub(crate) use node::Missing;

use crate::trees::Combine;
use node::Node;

/// Features that a model may have.
pub const FEATURES_MAX: usize = 4_095;
/// Steps from a root to its deepest leaf.
pub const DEPTH_MAX: usize = 256;
/// Nodes of all trees.
pub const NODES_MAX: usize = 1 << 22;
/// Words of 32 bits of all sets.
pub const SETS_MAX: usize = 1 << 22;
/// Rows that stay in the cache while all trees pass.
const BATCH_ROWS: usize = 64;
/// Nearer to 0 than this is 0 (`kZeroThreshold` of LightGBM).
const ZERO: f32 = 1e-35;

/// How a value is read before it is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// Rounded to 32 bits, as XGBoost holds its data.
    Single,
    /// As it is, but for what is next to 0, as LightGBM holds its data.
    Double,
}

/// How the sum of trees becomes what is predicted.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Link {
    /// As it is.
    Identity,
    /// 1 / (1 + exp(-slope x sum)); the slope is above 0.
    Logistic {
        /// Of the curve.
        slope: f64,
    },
    /// exp(sum).
    Exponential,
}

/// What a model says besides its trees.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Head {
    /// Features that it takes.
    pub features: usize,
    /// How values are read.
    pub reading: Reading,
    /// From the sum to the prediction.
    pub link: Link,
    /// Sum or mean.
    pub combine: Combine,
    /// What is predicted without any tree, before the link.
    pub base: f64,
}

/// A model of another engine.
#[derive(Clone, Debug, PartialEq)]
pub struct Imported {
    head: Head,
    /// All trees, one after the other; children come after their parent, side by side, the left one first.
    nodes: Vec<Node>,
    /// Rows, or their weight, of the training that came through each node; empty: not told.
    covers: Vec<f32>,
    /// The root of each tree in `nodes`, and the end.
    roots: Vec<u32>,
    /// Bits of codes, a run for each split by category.
    sets: Vec<u32>,
}

impl Reading {
    fn of(self, x: f64) -> f64 {
        match self {
            #[expect(clippy::cast_possible_truncation, reason = "to the width that the engine has")]
            Reading::Single => f64::from(x as f32),
            Reading::Double if x.abs() <= f64::from(ZERO) => 0.0,
            Reading::Double => x,
        }
    }

    /// The code that `x` is, by its whole part; `None`: it is none, and in no set.
    fn code(self, x: f64) -> Option<usize> {
        let is_code = match self {
            Reading::Single => x >= 0.0,
            Reading::Double => x > -1.0,
        };
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "saturates, beyond every set")]
        is_code.then_some(x as usize)
    }
}

impl Link {
    /// The prediction of a sum of trees.
    pub fn of(self, sum: f64) -> f64 {
        match self {
            Link::Identity => sum,
            Link::Logistic { slope } => 1.0 / (1.0 + (-slope * sum).exp()),
            Link::Exponential => sum.exp(),
        }
    }
}

impl Imported {
    /// What it says besides its trees.
    pub fn head(&self) -> &Head {
        &self.head
    }

    /// How many trees there are.
    pub fn len(&self) -> usize {
        self.roots.len() - 1
    }

    /// Whether there is no tree.
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }

    /// Leaves of all trees.
    pub fn leaves(&self) -> usize {
        (self.nodes.len() + self.len()) / 2
    }

    /// The splits that compare a feature with a threshold.
    pub(crate) fn cuts(&self) -> impl Iterator<Item = (usize, f64)> {
        self.nodes.iter().filter_map(|node| match node {
            Node::Number { feature, cut, .. } => Some((usize::from(*feature), *cut)),
            _ => None,
        })
    }

    /// The prediction for each row of these columns, one for each feature.
    ///
    /// # Panics
    ///
    /// If the columns are not as many as the features, or differ in length.
    pub fn predict(&self, columns: &[Vec<f64>]) -> Vec<f64> {
        let mut raw = self.raw(columns);
        raw.iter_mut().for_each(|raw| *raw = self.head.link.of(*raw));
        raw
    }

    /// The same before the link.
    ///
    /// # Panics
    ///
    /// As [`Imported::predict`].
    pub fn raw(&self, columns: &[Vec<f64>]) -> Vec<f64> {
        assert_eq!(columns.len(), self.head.features, "a column for each feature");
        let mut sums = vec![0.0; columns.first().map_or(0, Vec::len)];
        let mut rows = vec![0.0; sums.len().min(BATCH_ROWS) * columns.len()];
        for (nth, sums) in sums.chunks_mut(BATCH_ROWS).enumerate() {
            self.lay(columns, nth * BATCH_ROWS, sums.len(), &mut rows);
            self.add(&rows, sums);
            sums.iter_mut().for_each(|sum| *sum = self.combined(*sum));
        }
        sums
    }

    /// Lays `count` rows from `first` on one after the other.
    fn lay(&self, columns: &[Vec<f64>], first: usize, count: usize, rows: &mut [f64]) {
        for (feature, column) in columns.iter().enumerate() {
            for (row, &x) in column[first..first + count].iter().enumerate() {
                rows[row * columns.len() + feature] = self.head.reading.of(x);
            }
        }
    }

    fn add(&self, rows: &[f64], sums: &mut [f64]) {
        for &root in &self.roots[..self.len()] {
            for (row, sum) in rows.chunks_exact(self.head.features).zip(sums.iter_mut()) {
                *sum += self.leaf(root as usize, row);
            }
        }
    }

    fn leaf(&self, mut at: usize, row: &[f64]) -> f64 {
        loop {
            match self.nodes[at] {
                Node::Leaf { value } => return value,
                node => at = at + node.ahead() + usize::from(!self.is_left(node, row)),
            }
        }
    }

    /// Whether a row that was read takes the left child of a split.
    fn is_left(&self, node: Node, row: &[f64]) -> bool {
        match node {
            Node::Leaf { .. } => false,
            Node::Number { cut, feature, missing, missing_left, .. } => {
                let x = missing.mended(row[usize::from(feature)]);
                if missing.is(x) { missing_left } else { x <= cut }
            }
            Node::Set { start, len, feature, member_left, missing_left, .. } => {
                let (x, set) = (row[usize::from(feature)], &self.sets[start as usize..][..len as usize]);
                if x.is_nan() { missing_left } else { self.is_member(x, set) == member_left }
            }
        }
    }

    fn is_member(&self, x: f64, set: &[u32]) -> bool {
        let word = |code: usize| set.get(code / 32).is_some_and(|word| word >> (code % 32) & 1 == 1);
        self.head.reading.code(x).is_some_and(word)
    }

    /// What the leaves of all trees say together, before the link.
    fn combined(&self, sum: f64) -> f64 {
        self.head.base + sum * self.scale()
    }

    #[expect(clippy::cast_precision_loss, reason = "trees are far fewer than 2^52")]
    fn scale(&self) -> f64 {
        match self.head.combine {
            Combine::Sum => 1.0,
            Combine::Mean => 1.0 / self.len().max(1) as f64,
        }
    }
}
