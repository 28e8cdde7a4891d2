//! One tree, leaf by leaf: the leaf whose split gains most is split next.

use std::ops::Range;

use outrider_core::Random;
use rayon::prelude::*;

use super::binner::{Binned, Bins, LANES};
use super::histogram::{Histogram, Histograms, Pair, plus};
use super::partition::partition;
use super::split::{Limits, Split};

/// Leaves with fewer rows keep no histogram: their children's are made of their rows.
const KEEP_ROWS: usize = 512;
/// Nor do those with less than this share of all rows; it bounds the memory of deep trees.
const KEEP_ONE_IN: usize = 256;

/// How a tree may grow.
#[derive(Clone, Copy, Debug)]
pub(super) struct Growth {
    pub(super) leaves: usize,
    pub(super) depth: usize,
    pub(super) limits: Limits,
    /// Features drawn for each node; `None`: all that the tree may use.
    pub(super) features_per_node: Option<usize>,
}

/// Grows trees over the same rows, one after the other.
pub(super) struct Grower<'a> {
    binned: &'a Binned,
    bins: &'a [Bins],
    growth: Growth,
    histograms: Histograms<'a>,
    scratch: Vec<u32>,
}

/// A tree over bins.
pub(super) struct Grown {
    /// Children come after their parent.
    pub(super) nodes: Vec<GrownNode>,
    pub(super) leaves: Vec<GrownLeaf>,
}

pub(super) enum GrownNode {
    /// A place in the leaves.
    Leaf(usize),
    Split {
        split: Split,
        children: [usize; 2],
    },
}

/// Where a leaf's rows are, and what they sum up to.
pub(super) struct GrownLeaf {
    pub(super) rows: Range<usize>,
    pub(super) sums: Pair,
}

/// A leaf that may still be split.
struct Open {
    node: usize,
    depth: usize,
    rows: Range<usize>,
    sums: Pair,
    histogram: Option<Histogram>,
    best: Option<Split>,
}

/// One tree under way.
struct Tree<'a, 'b> {
    grower: &'a mut Grower<'b>,
    rows: &'a mut [u32],
    pairs: &'a [[f32; 2]],
    features: &'a [usize],
    random: &'a mut Random,
    nodes: Vec<GrownNode>,
    open: Vec<Open>,
}

impl<'a> Grower<'a> {
    pub(super) fn new(binned: &'a Binned, bins: &'a [Bins], growth: Growth) -> Grower<'a> {
        let scratch = vec![0; binned.rows];
        Grower { binned, bins, growth, histograms: Histograms::new(binned, bins.len()), scratch }
    }

    /// A tree for `pairs` of gradient and hessian, over `rows`, which ascend and end up in the order of leaves; ascending in
    /// each. It splits by `features` only.
    pub(super) fn grow(
        &mut self,
        rows: &mut [u32],
        pairs: &[[f32; 2]],
        features: &[usize],
        random: &mut Random,
    ) -> Grown {
        let nodes = vec![GrownNode::Leaf(0)];
        let mut tree = Tree { grower: self, rows, pairs, features, random, nodes, open: vec![] };
        tree.root();
        while tree.open.len() < tree.grower.growth.leaves {
            let Some(at) = tree.next() else { break };
            tree.split(at);
        }
        tree.close()
    }
}

impl Tree<'_, '_> {
    fn root(&mut self) {
        let histogram = self.grower.histograms.fill(self.rows, self.pairs);
        let sums = histogram.of(0).iter().fold([0.0; 2], |sum, pair| plus(sum, *pair));
        let mut root =
            Open { node: 0, depth: 0, rows: 0..self.rows.len(), sums, histogram: Some(histogram), best: None };
        self.look([&mut root]);
        self.open.push(root);
    }

    /// The leaf whose split gains most; the earlier one if two gain the same.
    fn next(&self) -> Option<usize> {
        let gain = |at: &usize| self.open[*at].best.as_ref().map(|split| split.gain);
        let with = (0..self.open.len()).filter(|at| gain(at).is_some());
        with.max_by(|a, b| gain(a).partial_cmp(&gain(b)).expect("gains are finite").then(b.cmp(a)))
    }

    fn split(&mut self, at: usize) {
        let Some(split) = self.open[at].best.take() else { return };
        let range = self.open[at].rows.clone();
        let rows = &mut self.rows[range.clone()];
        let (block, lane) = (&self.grower.binned.blocks[split.feature / LANES], split.feature % LANES);
        let left = partition(rows, &mut self.grower.scratch[..range.len()], block, lane, &split.rule.side());
        if left == 0 || left == range.len() {
            return;
        }
        let [first, second] = self.children(at, range.start + left, &split);
        let node = self.open[at].node;
        self.nodes[node] = GrownNode::Split { children: [first.node, second.node], split };
        self.open[at] = first;
        self.open.push(second);
    }

    fn children(&mut self, at: usize, middle: usize, split: &Split) -> [Open; 2] {
        let parent = &mut self.open[at];
        let (rows, depth, node) = (parent.rows.clone(), parent.depth + 1, self.nodes.len());
        let histogram = parent.histogram.take();
        let open = |node, rows, sums| Open { node, depth, rows, sums, histogram: None, best: None };
        let mut first = open(node, rows.start..middle, split.sums[0]);
        let mut second = open(node + 1, middle..rows.end, split.sums[1]);
        self.nodes.extend([GrownNode::Leaf(0), GrownNode::Leaf(0)]);
        let last = self.open.len() + 1 >= self.grower.growth.leaves;
        if !last && (self.may_split(&first) || self.may_split(&second)) {
            self.fill(&mut first, &mut second, histogram);
            self.look([&mut first, &mut second]);
            [&mut first, &mut second].into_iter().for_each(|leaf| self.forget(leaf));
        } else if let Some(histogram) = histogram {
            self.grower.histograms.give_back(histogram);
        }
        [first, second]
    }

    fn may_split(&self, leaf: &Open) -> bool {
        let growth = &self.grower.growth;
        leaf.depth < growth.depth && leaf.rows.len() > 1 && leaf.sums[1] >= 2.0 * growth.limits.min_hessian
    }

    /// The smaller child's histogram is made of its rows, the larger one's is what remains of the parent's.
    fn fill(&mut self, first: &mut Open, second: &mut Open, parent: Option<Histogram>) {
        let (small, large) = if first.rows.len() <= second.rows.len() { (first, second) } else { (second, first) };
        let histograms = &mut self.grower.histograms;
        let of_small = histograms.fill(&self.rows[small.rows.clone()], self.pairs);
        large.histogram = Some(match parent {
            Some(mut parent) => {
                parent.subtract(&of_small);
                parent
            }
            None => histograms.fill(&self.rows[large.rows.clone()], self.pairs),
        });
        small.histogram = Some(of_small);
    }

    /// Finds the best split of each leaf; the first feature of those that gain the same.
    fn look<const N: usize>(&mut self, leaves: [&mut Open; N]) {
        let mut tasks = vec![];
        for leaf in leaves {
            if self.may_split(leaf) {
                let features = self.draw();
                tasks.push((leaf, features));
            }
        }
        let (bins, limits) = (self.grower.bins, self.grower.growth.limits);
        for (leaf, features) in tasks {
            let Some(histogram) = &leaf.histogram else { continue };
            let best = |&feature: &usize| limits.best(feature, &bins[feature], histogram.of(feature), leaf.sums);
            let found: Vec<Option<Split>> = features.par_iter().with_min_len(4).map(best).collect();
            let more = |a: Split, b: Split| if b.gain > a.gain { b } else { a };
            leaf.best = found.into_iter().flatten().reduce(more);
        }
    }

    /// The features that a node may be split by, in their order.
    fn draw(&mut self) -> Vec<usize> {
        match self.grower.growth.features_per_node {
            Some(count) if count < self.features.len() => draw(self.features, count, self.random),
            _ => self.features.to_vec(),
        }
    }

    /// Gives a histogram back that will not be used, or takes more memory than it saves time.
    fn forget(&mut self, leaf: &mut Open) {
        let keep = KEEP_ROWS.max(self.grower.binned.rows / KEEP_ONE_IN);
        if leaf.best.is_none() || leaf.rows.len() < keep {
            leaf.histogram.take().into_iter().for_each(|histogram| self.grower.histograms.give_back(histogram));
        }
    }

    fn close(mut self) -> Grown {
        let mut leaves = vec![];
        for open in self.open {
            self.nodes[open.node] = GrownNode::Leaf(leaves.len());
            leaves.push(GrownLeaf { rows: open.rows, sums: open.sums });
            open.histogram.into_iter().for_each(|histogram| self.grower.histograms.give_back(histogram));
        }
        Grown { nodes: self.nodes, leaves }
    }
}

/// `count` of `from` by lot, in their order.
pub(super) fn draw(from: &[usize], count: usize, random: &mut Random) -> Vec<usize> {
    let mut pool = from.to_vec();
    for at in 0..count {
        let other = at + random.below(pool.len() - at);
        pool.swap(at, other);
    }
    pool.truncate(count);
    pool.sort_unstable();
    pool
}
