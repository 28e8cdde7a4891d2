//! Making trees from branches that name their children.

use thiserror::Error;

use super::node::{Node, set_len};
use super::{DEPTH_MAX, Kind, Prepared, Trees};

/// A node of a tree as trainers and importers have it. Children are places in the same list, after their parent.
#[derive(Clone, Debug, PartialEq)]
pub enum Branch {
    /// The end.
    Leaf {
        /// What it adds.
        value: f32,
        /// Rows of the training that ended here, above 0.
        cover: f32,
    },
    /// A split by a number.
    Number {
        /// The feature's place.
        feature: usize,
        /// `x <= cut` takes the left child.
        cut: f32,
        /// Whether a missing value takes the left child.
        missing_left: bool,
        /// The left and the right child.
        children: [usize; 2],
        /// Above 0.
        gain: f64,
    },
    /// A split by a category.
    Category {
        /// The feature's place.
        feature: usize,
        /// For each word, then unseen, then missing: whether it takes the left child.
        left: Vec<bool>,
        /// The left and the right child.
        children: [usize; 2],
        /// Above 0.
        gain: f64,
    },
}

/// Why branches make no tree.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum TreeError {
    /// Too many features.
    #[error("{0} features, expected at most {max}", max = super::FEATURES_MAX)]
    Features(usize),
    /// A base or quantile that is none.
    #[error("the base of a model must be finite, its quantile between 0 and 1")]
    Head,
    /// A branch is not what it must be.
    #[error("tree {tree}, node {node}: {problem}")]
    Branch {
        /// The tree's place.
        tree: usize,
        /// The node's place in it.
        node: usize,
        /// What is wrong and what was expected.
        problem: &'static str,
    },
}

type Problem = (usize, &'static str);

/// One tree on its way to becoming part of a model.
struct Builder<'a> {
    trees: &'a mut Trees,
    branches: &'a [Branch],
    /// Breadth first, so that children stand side by side after their parent: each branch and how deep it is.
    queue: Vec<(usize, usize)>,
    seen: Vec<bool>,
}

impl Trees {
    /// Adds a tree; the first branch is its root.
    ///
    /// # Errors
    ///
    /// If the branches are no tree over the features of this model; the model is then as it was.
    pub fn push(&mut self, branches: &[Branch]) -> Result<(), TreeError> {
        let (tree, before) = (self.len(), (self.nodes.len(), self.sets.len(), self.gains.clone()));
        self.prefix = Prepared::default();
        let seen = vec![false; branches.len()];
        let added = Builder { trees: self, branches, queue: vec![(0, 0)], seen }.add();
        if let Ok((depth, end)) = added {
            self.depths.push(depth);
            self.roots.push(end);
        } else {
            self.nodes.truncate(before.0);
            self.covers.truncate(before.0);
            self.sets.truncate(before.1);
            self.gains = before.2;
        }
        added.map(|_| ()).map_err(|(node, problem)| TreeError::Branch { tree, node, problem })
    }

    /// Keeps the first `len` trees. What the splits of the others have gained stays counted.
    pub fn truncate(&mut self, len: usize) {
        if len < self.len() {
            self.prefix = Prepared::default();
            self.roots.truncate(len + 1);
            self.depths.truncate(len);
            self.nodes.truncate(self.roots[len] as usize);
            self.covers.truncate(self.nodes.len());
        }
    }
}

impl Builder<'_> {
    /// The depth of the tree, and the end of all nodes.
    fn add(mut self) -> Result<(u8, u32), Problem> {
        let mut at = 0;
        while let Some(&(branch, depth)) = self.queue.get(at) {
            let node = self.node(branch).map_err(|problem| (branch, problem))?;
            let children = self.branches.get(branch).and_then(Branch::in_order);
            let ahead = children.map_or(0, |_| self.queue.len() - at);
            let ahead = u16::try_from(ahead).map_err(|_| (branch, "a level of a tree has fewer than 2^15 splits"))?;
            self.trees.nodes.push(Node { ahead, ..node });
            for child in children.into_iter().flatten() {
                self.enter(branch, child, depth + 1).map_err(|problem| (branch, problem))?;
            }
            at += 1;
        }
        self.cover();
        let depth = self.queue.last().map_or(0, |&(_, depth)| depth);
        let end = u32::try_from(self.trees.nodes.len());
        let end = end.map_err(|_| (0, "all trees together have fewer than 2^32 nodes"))?;
        Ok((u8::try_from(depth).map_err(|_| (0, "too deep"))?, end))
    }

    fn enter(&mut self, parent: usize, child: usize, depth: usize) -> Result<(), &'static str> {
        if child <= parent || self.seen.get(child) != Some(&false) {
            return Err("children come after their parent, each has one parent");
        }
        if depth > DEPTH_MAX {
            return Err("a leaf is at most 128 steps from the root");
        }
        self.seen[child] = true;
        self.queue.push((child, depth));
        Ok(())
    }

    fn node(&mut self, branch: usize) -> Result<Node, &'static str> {
        let kinds = &self.trees.head.kinds;
        match self.branches.get(branch).ok_or("a tree has a root")? {
            &Branch::Leaf { value, cover } if value.is_finite() && cover.is_finite() && cover > 0.0 => {
                Ok(Node::leaf(value, kinds.len()))
            }
            Branch::Leaf { .. } => Err("a leaf's value is finite, and rows ended in it"),
            &Branch::Number { feature, cut, missing_left, gain, .. } => {
                let fits = kinds.get(feature) == Some(&Kind::Number) && cut.is_finite();
                fits.then_some(()).ok_or("a cut is finite, and its feature is a number of the model")?;
                self.gain(feature, gain)?;
                Ok(Node::number(feature, cut, missing_left, self.trees.head.kinds.len()))
            }
            Branch::Category { feature, left, gain, .. } => {
                let Some(&Kind::Category(words)) = kinds.get(*feature) else {
                    return Err("the feature of a set is a category of the model");
                };
                let fits = left.len() == words as usize + 2;
                fits.then_some(()).ok_or("a set tells the side of each word, of unseen and of missing")?;
                self.gain(*feature, *gain)?;
                Ok(Node::category(*feature, self.set(words, left)?))
            }
        }
    }

    fn gain(&mut self, feature: usize, gain: f64) -> Result<(), &'static str> {
        self.trees.gains[feature] += gain;
        (gain.is_finite() && gain >= 0.0).then_some(()).ok_or("a gain is finite and not below 0")
    }

    fn set(&mut self, words: u32, left: &[bool]) -> Result<u32, &'static str> {
        let sets = &mut self.trees.sets;
        let start = sets.len();
        sets.resize(start + set_len(words), 0);
        for code in (0..left.len()).filter(|&code| left[code]) {
            sets[start + code / 32] |= 1 << (code % 32);
        }
        u32::try_from(start).map_err(|_| "all sets together have fewer than 2^37 bits")
    }

    /// A node saw the rows of both its children.
    fn cover(&mut self) {
        let first = self.trees.covers.len();
        let nodes = &self.trees.nodes[first..];
        let mut covers = vec![0.0; nodes.len()];
        for (at, node) in nodes.iter().enumerate().rev() {
            covers[at] = match self.branches[self.queue[at].0] {
                Branch::Leaf { cover, .. } => cover,
                _ => covers[at + usize::from(node.ahead)] + covers[at + usize::from(node.ahead) + 1],
            };
        }
        self.trees.covers.extend(covers);
    }
}

impl Branch {
    /// The children as a node has them: the first is for missing values and for words that are not in the set.
    fn in_order(&self) -> Option<[usize; 2]> {
        match *self {
            Branch::Leaf { .. } => None,
            Branch::Number { children, missing_left: true, .. } => Some(children),
            Branch::Number { children: [left, right], .. } | Branch::Category { children: [left, right], .. } => {
                Some([right, left])
            }
        }
    }
}
