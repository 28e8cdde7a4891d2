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

mod lay;

use std::ops::{BitAnd, Range};

use super::Trees;
use crate::Cells;

use lay::Places;

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

impl<M: Mask, const LEAVES: usize> Table<M, LEAVES> {
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

/// Closes what any of `rows` closes. A function of its own, so that it becomes a loop over vectors.
#[inline(never)]
fn close<M: Mask, const ROWS: usize>(open: &mut [M; BLOCK], rows: [&[M; BLOCK]; ROWS]) {
    for (at, open) in open.iter_mut().enumerate() {
        *open = rows.iter().fold(*open, |open, row| open & row[at]);
    }
}
