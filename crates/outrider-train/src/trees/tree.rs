//! From a tree over bins to one over values, and to the leaf of a row.

use outrider_infer::trees::Branch;

use super::binner::{Binned, Bins};
use super::grower::{Grown, GrownNode};
use super::split::{Rule, Side, Split};

impl Grown {
    /// The same tree over values, with a value for each leaf.
    pub(super) fn branches(&self, bins: &[Bins], values: &[f32]) -> Vec<Branch> {
        let branch = |node: &GrownNode| match node {
            #[expect(clippy::cast_precision_loss, reason = "a share of rows, not a count")]
            GrownNode::Leaf(at) => Branch::Leaf { value: values[*at], cover: self.leaves[*at].rows.len() as f32 },
            GrownNode::Split { split, children } => branch(split, *children, &bins[split.feature]),
        };
        self.nodes.iter().map(branch).collect()
    }

    /// Which leaf each row comes to, by its bins.
    pub(super) fn walker<'a>(&'a self, binned: &'a Binned) -> impl Fn(usize) -> usize + Sync + 'a {
        let side = |node: &GrownNode| match node {
            GrownNode::Leaf(_) => None,
            GrownNode::Split { split, .. } => Some(split.rule.side()),
        };
        let sides: Vec<Option<Side>> = self.nodes.iter().map(side).collect();
        move |row| {
            let mut at = 0;
            loop {
                match (&self.nodes[at], &sides[at]) {
                    (GrownNode::Split { split, children }, Some(side)) => {
                        let left = side[usize::from(binned.at(row, split.feature))];
                        at = children[usize::from(!left)];
                    }
                    (GrownNode::Leaf(leaf), _) => return *leaf,
                    (GrownNode::Split { .. }, None) => unreachable!("each split has a side"),
                }
            }
        }
    }
}

fn branch(split: &Split, children: [usize; 2], bins: &Bins) -> Branch {
    let (feature, gain) = (split.feature, split.gain);
    match (&split.rule, bins) {
        (Rule::Number { bin, missing_left }, Bins::Number(cuts)) => {
            // Without a cut above the last bin, all present values go left.
            let cut = cuts.get(bin - 1).copied().unwrap_or(f32::MAX);
            Branch::Number { feature, cut, missing_left: *missing_left, children, gain }
        }
        (Rule::Category(side), Bins::Category(bins)) => {
            let left = bins.iter().map(|&bin| side[usize::from(bin)]).collect();
            Branch::Category { feature, left, children, gain }
        }
        _ => unreachable!("rules are made for features of these kinds"),
    }
}
