//! Laying down the table: which leaves each answer closes.

use std::ops::Range;
use std::{iter, mem};

use super::{BLOCK, Block, Mask, Reads, SLOTS_MAX, Slot, Table};
use crate::trees::node::Test;
use crate::trees::{Kind, Trees};

/// A larger table would be slower than walking, bytes.
const TABLE_MAX: usize = 32 << 20;

/// Where the leaves below each node stand in their tree, from first child to last.
pub(super) struct Places {
    /// Of each node the leaves below it.
    below: Vec<Range<u32>>,
    /// Leaves of the largest tree.
    pub(super) leaves_max: u32,
}

impl Places {
    pub(super) fn of(trees: &Trees) -> Places {
        let nodes = &trees.nodes;
        let mut counts = vec![1_u32; nodes.len()];
        for at in (0..nodes.len()).rev().filter(|&at| !nodes[at].is_leaf()) {
            let first = at + usize::from(nodes[at].ahead);
            counts[at] = counts[first] + counts[first + 1];
        }
        let mut below: Vec<Range<u32>> = counts.iter().map(|&count| 0..count).collect();
        for at in (0..nodes.len()).filter(|&at| !nodes[at].is_leaf()) {
            let (first, start) = (at + usize::from(nodes[at].ahead), below[at].start);
            below[first] = start..start + counts[first];
            below[first + 1] = below[first].end..below[at].end;
        }
        let roots = &trees.roots[..trees.len()];
        let leaves_max = roots.iter().map(|&root| counts[root as usize]).max().unwrap_or(0);
        Places { below, leaves_max }
    }

    /// The leaves below the first child of a split.
    fn first_of(&self, trees: &Trees, node: usize) -> Range<u32> {
        self.below[node + usize::from(trees.nodes[node].ahead)].clone()
    }
}

/// One split: what it reads, and where it stands.
struct Split {
    slot: usize,
    tree: usize,
    node: usize,
}

impl<M: Mask, const LEAVES: usize> Table<M, LEAVES> {
    /// Of trees whose leaves stand at `places`; `None`: it would be too large.
    pub(super) fn of(trees: &Trees, places: &Places) -> Option<Self> {
        let blocks = (0..trees.len()).step_by(BLOCK).map(|first| Block::of(trees, places, first)).collect();
        let mut table = Table { slots: vec![], cuts: vec![], rows: vec![], blocks };
        for splits in splits(trees).chunk_by(|one, other| one.slot == other.slot) {
            table.lay(trees, places, splits)?;
        }
        (table.slots.len() <= SLOTS_MAX).then_some(table)
    }

    /// Adds the answers of one slot; `None`: there are too many.
    fn lay(&mut self, trees: &Trees, places: &Places, splits: &[Split]) -> Option<()> {
        let (slot, start) = (splits[0].slot, u32::try_from(self.rows.len() / self.blocks.len()).ok()?);
        let feature = slot % trees.head.kinds.len();
        let reads = if let Kind::Category(words) = trees.head.kinds[feature] {
            for code in 0..words + 2 {
                let mut answer = Answer::new(self.blocks.len());
                splits
                    .iter()
                    .filter(|split| split.holds(trees, code))
                    .for_each(|split| answer.close(trees, places, split));
                self.push(&mut answer)?;
            }
            Reads::Word { words }
        } else {
            let sign = if slot == feature { 1.0 } else { -1.0 };
            Reads::Number { sign, cuts: self.lay_cuts(trees, places, splits)? }
        };
        self.slots.push(Slot { feature, reads, start });
        Some(())
    }

    /// The answer of values that are above no cut, and that of those above each.
    fn lay_cuts(&mut self, trees: &Trees, places: &Places, splits: &[Split]) -> Option<Range<usize>> {
        let (first, mut answer) = (self.cuts.len(), Answer::new(self.blocks.len()));
        self.push(&mut answer)?;
        let cut = |split: &Split| trees.nodes[split.node].value;
        for same in splits.chunk_by(|one, other| cut(one) == cut(other)) {
            same.iter().for_each(|split| answer.close(trees, places, split));
            self.cuts.push(cut(&same[0]));
            self.push(&mut answer)?;
        }
        Some(first..self.cuts.len())
    }

    /// Adds an answer, with a row in each block where it is another than the last.
    fn push(&mut self, answer: &mut Answer<M>) -> Option<()> {
        for (block, part) in self.blocks.iter_mut().zip(&mut answer.parts) {
            if mem::take(&mut part.is_new) {
                part.row = u16::try_from(block.rows.len()).ok()?;
                block.rows.push(part.open);
            }
            self.rows.push(part.row);
        }
        let rows: usize = self.blocks.iter().map(|block| block.rows.len()).sum();
        (rows * size_of::<[M; BLOCK]>() <= TABLE_MAX).then_some(())
    }
}

impl Split {
    /// Whether its set has the word of this code.
    fn holds(&self, trees: &Trees, code: u32) -> bool {
        let set = trees.nodes[self.node].value.to_bits() as usize;
        trees.sets[set + code as usize / 32] >> (code % 32) & 1 != 0
    }
}

/// What an answer leaves open, block by block.
struct Answer<M> {
    parts: Vec<Part<M>>,
}

struct Part<M> {
    open: [M; BLOCK],
    /// Its row, once it has one.
    row: u16,
    /// Whether it is to have another one.
    is_new: bool,
}

impl<M: Mask> Answer<M> {
    /// Closes nothing, as the first row of every block.
    fn new(blocks: usize) -> Answer<M> {
        let part = || Part { open: [M::ALL; BLOCK], row: 0, is_new: false };
        Answer { parts: iter::repeat_with(part).take(blocks).collect() }
    }

    fn close(&mut self, trees: &Trees, places: &Places, split: &Split) {
        let part = &mut self.parts[split.tree / BLOCK];
        let open = &mut part.open[split.tree % BLOCK];
        *open = *open & M::without(places.first_of(trees, split.node));
        part.is_new = true;
    }
}

impl<M: Mask, const LEAVES: usize> Block<M, LEAVES> {
    /// The trees from the given one on.
    fn of(trees: &Trees, places: &Places, first: usize) -> Self {
        let mut leaves = [[0.0; LEAVES]; BLOCK];
        for (tree, leaves) in (first..trees.len()).zip(&mut leaves) {
            let nodes = trees.roots[tree] as usize..trees.roots[tree + 1] as usize;
            for node in nodes.filter(|&node| trees.nodes[node].is_leaf()) {
                leaves[places.below[node].start as usize] = trees.nodes[node].value;
            }
        }
        Block { rows: vec![[M::ALL; BLOCK]], leaves }
    }
}

/// All splits, by what they read and then by their cuts.
fn splits(trees: &Trees) -> Vec<Split> {
    let features = trees.head.kinds.len();
    let of_tree = |tree: usize| {
        let nodes = trees.roots[tree] as usize..trees.roots[tree + 1] as usize;
        nodes.filter(|&node| !trees.nodes[node].is_leaf()).map(move |node| (tree, node))
    };
    let of = |(tree, node): (usize, usize)| {
        let slot = match trees.nodes[node].test(features) {
            Test::Category { feature, .. } => feature,
            _ => usize::from(trees.nodes[node].slot),
        };
        Split { slot, tree, node }
    };
    let mut splits: Vec<Split> = (0..trees.len()).flat_map(of_tree).map(of).collect();
    let cut = |split: &Split| trees.nodes[split.node].value;
    splits.sort_by(|a, b| a.slot.cmp(&b.slot).then(cut(a).total_cmp(&cut(b))));
    splits
}
