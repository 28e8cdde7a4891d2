//! Scoring without walking: a table of which leaves each value of a feature leaves open.
//!
//! After `QuickScorer` (Lucchese et al., SIGIR 2015). Every split asks `y > cut` or whether a word is in a set; where that is so, the
//! leaves below its first child are closed, and of those that stay open the first is the one where a walk would end. How a
//! value answers all the splits of its feature depends only on which cuts it lies between, so the leaves that stay open are
//! laid down beforehand: a row for each gap between cuts, or for each word, with a mask for each tree. A prediction is then a
//! search in each feature's cuts, the AND of one row of each feature, and the sum of the leaves that are left.
//!
//! The table of 200 trees of 31 leaves takes some megabytes, so it is made only when asked for ([`Trees::prepare`]), and
//! only for trees of at most 64 leaves.

use std::ops::{BitAnd, Range};
use std::{iter, mem};

use super::node::Test;
use super::{Kind, Trees};
use crate::Cells;

/// A larger table would be slower than walking, bytes.
const TABLE_MAX: usize = 32 << 20;
/// Features and their negatives that splits read, at most.
const SLOTS_MAX: usize = 256;
/// Trees whose masks are held at once.
const BLOCK: usize = 32;

/// The leaves of a tree that are open, the first in the lowest bit.
pub(super) trait Mask: Copy + BitAnd<Output = Self> {
    const ALL: Self;
    /// Without the leaves of `closed`.
    fn without(closed: Range<u32>) -> Self;
    /// The first that is open.
    fn first(self) -> usize;
}

macro_rules! mask {
    ($word:ty) => {
        impl Mask for $word {
            const ALL: $word = <$word>::MAX;

            fn without(closed: Range<u32>) -> $word {
                closed.fold(Self::ALL, |mask, leaf| mask & !(1 << leaf))
            }

            #[inline(always)]
            fn first(self) -> usize {
                self.trailing_zeros() as usize
            }
        }
    };
}

mask!(u32);
mask!(u64);

/// A table by the number of leaves that its trees may have.
#[derive(Clone, Debug)]
pub(super) enum Prefix {
    To32(Table<u32, 32>),
    To64(Table<u64, 64>),
}

impl Prefix {
    /// Of these trees; `None` if walking is better.
    pub(super) fn of(trees: &Trees) -> Option<Prefix> {
        let places = Places::of(trees);
        match places.leaves_max {
            0..=32 => Table::of(trees, &places).map(Prefix::To32),
            33..=64 => Table::of(trees, &places).map(Prefix::To64),
            _ => None,
        }
    }

    /// The leaves where a row ends, added in the order of the trees.
    #[inline]
    pub(super) fn sum(&self, row: &[f32]) -> f64 {
        match self {
            Prefix::To32(table) => table.sum(row),
            Prefix::To64(table) => table.sum(row),
        }
    }
}

/// Where the leaves below each node stand in their tree, from first child to last.
struct Places {
    /// Of each node the leaves below it.
    below: Vec<Range<u32>>,
    /// Leaves of the largest tree.
    leaves_max: u32,
}

impl Places {
    fn of(trees: &Trees) -> Places {
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

/// What is read of a row, and where its answers begin.
#[derive(Clone, Debug)]
struct Slot {
    feature: usize,
    reads: Reads,
    /// The first of its answers.
    start: u32,
}

#[derive(Clone, Debug)]
enum Reads {
    /// The feature times -1 or 1, among cuts that ascend.
    Number { sign: f32, cuts: Range<usize> },
    /// The code of a dictionary of so many words.
    Word { words: u32 },
}

/// Rows of masks for trees of at most `LEAVES` leaves.
#[derive(Clone, Debug)]
pub(super) struct Table<M, const LEAVES: usize> {
    slots: Vec<Slot>,
    cuts: Vec<f32>,
    /// For each answer of each slot its row in each block: many answers are one to the trees of a block, so that blocks are small
    /// and stay in the cache.
    rows: Vec<u16>,
    blocks: Vec<Block<M, LEAVES>>,
}

/// Some trees.
#[derive(Clone, Debug)]
struct Block<M, const LEAVES: usize> {
    /// What rows leave open; the first closes nothing.
    rows: Vec<[M; BLOCK]>,
    /// The leaves of each tree in their order; what fills up the last block has one of 0.
    leaves: [[f32; LEAVES]; BLOCK],
}

/// One split: what it reads, and where it stands.
struct Split {
    slot: usize,
    tree: usize,
    node: usize,
}

impl<M: Mask, const LEAVES: usize> Table<M, LEAVES> {
    fn of(trees: &Trees, places: &Places) -> Option<Self> {
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

    #[inline]
    fn sum(&self, row: &[f32]) -> f64 {
        let mut at = [0_u32; SLOTS_MAX];
        let at = &mut at[..self.slots.len()];
        for (at, slot) in at.iter_mut().zip(&self.slots) {
            *at = slot.start + self.answer(slot, row[slot.feature]);
        }
        let mut sum = 0.0;
        for (nth, block) in self.blocks.iter().enumerate() {
            let mut open = [M::ALL; BLOCK];
            let row = |at: u32| &block.rows[usize::from(self.rows[at as usize * self.blocks.len() + nth])];
            let mut fours = at.chunks_exact(4);
            for four in &mut fours {
                close(&mut open, [row(four[0]), row(four[1]), row(four[2]), row(four[3])]);
            }
            for &at in fours.remainder() {
                close(&mut open, [row(at)]);
            }
            for (open, leaves) in open.iter().zip(&block.leaves) {
                sum += f64::from(leaves[open.first() & (LEAVES - 1)]);
            }
        }
        sum
    }

    /// Which of its slot's answers a value takes.
    #[inline]
    #[expect(
        clippy::cast_possible_truncation,
        reason = "there are fewer cuts than answers, which are counted in 32 bits"
    )]
    fn answer(&self, slot: &Slot, x: f32) -> u32 {
        match slot.reads {
            // A missing value is above no cut.
            Reads::Number { sign, ref cuts } => self.cuts[cuts.clone()].partition_point(|&cut| sign * x > cut) as u32,
            Reads::Word { words } if x.to_bits() > words + 1 => Cells::unseen(words),
            Reads::Word { .. } => x.to_bits(),
        }
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

/// Closes what any of `rows` closes. A function of its own, so that it becomes a loop over vectors.
#[inline(never)]
fn close<M: Mask, const ROWS: usize>(open: &mut [M; BLOCK], rows: [&[M; BLOCK]; ROWS]) {
    for (at, open) in open.iter_mut().enumerate() {
        *open = rows.iter().fold(*open, |open, row| open & row[at]);
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
