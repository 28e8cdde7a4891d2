//! Draws by weight in constant time: the alias method (Walker 1977), its table built as in Vose, "A linear algorithm
//! for generating random numbers with a given distribution", IEEE Trans. Software Eng. 17(9), 1991.

use outrider_core::Random;

use super::{Candidate, Field};

/// How often a draw that hits a closed candidate is repeated before the rule gives up.
const DRAWS: usize = 8;

/// A distribution over the candidates, each with its share. Cost of a draw: two random numbers and one row of a table;
/// with equal shares one random number and no table.
#[derive(Debug)]
pub(super) struct AliasTable {
    len: usize,
    /// Empty when all shares are equal.
    rows: Box<[Row]>,
}

/// Column `i` of the table: itself with chance `own`, else `other`.
#[derive(Clone, Copy, Debug)]
struct Row {
    own: f64,
    other: u32,
}

impl AliasTable {
    pub(super) fn new(candidates: &[Candidate]) -> AliasTable {
        let len = candidates.len();
        let uniform = candidates.windows(2).all(|pair| pair[0].share == pair[1].share);
        let rows = if uniform { Box::default() } else { rows(candidates) };
        AliasTable { len, rows }
    }

    /// A candidate by share; there must be one.
    #[inline]
    pub(super) fn draw(&self, random: &mut Random) -> usize {
        let at = random.below(self.len);
        match self.rows.get(at) {
            Some(row) if random.unit() >= row.own => row.other as usize,
            _ => at,
        }
    }

    /// An open candidate by share among the open ones, if a few draws find one.
    #[inline]
    pub(super) fn draw_open(&self, field: &Field<'_>, random: &mut Random) -> Option<usize> {
        (0..DRAWS).map(|_| self.draw(random)).find(|&at| field.is_open(at))
    }

    /// Two distinct open candidates, or one if a few draws find no second.
    pub(super) fn draw_two(&self, field: &Field<'_>, random: &mut Random) -> Option<(usize, Option<usize>)> {
        let first = self.draw_open(field, random)?;
        if self.len == 1 {
            return Some((first, None));
        }
        let second = (0..DRAWS).map(|_| self.draw_other(first, random)).find(|&at| at != first && field.is_open(at));
        Some((first, second))
    }

    /// Equal shares: uniform over all but `first`. Else by share, which may be `first` again; the last resort of a
    /// table that a single candidate dominates is left to the repetition.
    #[inline]
    fn draw_other(&self, first: usize, random: &mut Random) -> usize {
        if !self.rows.is_empty() {
            return self.draw(random);
        }
        let at = random.below(self.len - 1);
        at + usize::from(at >= first)
    }
}

#[allow(clippy::cast_possible_truncation)] // a pool has fewer than 2^32 hosts
fn rows(candidates: &[Candidate]) -> Box<[Row]> {
    let total: f64 = candidates.iter().map(|c| c.share as f64).sum();
    let scale = candidates.len() as f64 / total;
    let mut height: Vec<f64> = candidates.iter().map(|c| c.share as f64 * scale).collect();
    let (mut small, mut large): (Vec<usize>, Vec<usize>) = (0..height.len()).partition(|&i| height[i] < 1.0);
    let mut rows: Box<[Row]> = (0..height.len()).map(|i| Row { own: 1.0, other: i as u32 }).collect();
    while let (Some(low), Some(&high)) = (small.pop(), large.last()) {
        rows[low] = Row { own: height[low], other: high as u32 };
        height[high] -= 1.0 - height[low];
        if height[high] < 1.0 {
            large.pop();
            small.push(high);
        }
    }
    rows
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::candidates;

    /// The chance of each candidate, read off the table.
    fn chances(table: &AliasTable) -> Vec<f64> {
        let mut chances = vec![0.0; table.len];
        for (at, row) in table.rows.iter().enumerate() {
            chances[at] += row.own / table.len as f64;
            chances[row.other as usize] += (1.0 - row.own) / table.len as f64;
        }
        chances
    }

    proptest! {
        #[test]
        fn the_table_holds_every_share_exactly(shares in prop::collection::vec(1u64..1_000_000, 2..200)) {
            prop_assume!(shares.iter().any(|&s| s != shares[0]));
            let table = AliasTable::new(&candidates(&shares));
            let total: u64 = shares.iter().sum();
            for (chance, share) in chances(&table).iter().zip(&shares) {
                prop_assert!((chance - *share as f64 / total as f64).abs() < 1e-9);
            }
        }
    }
}
