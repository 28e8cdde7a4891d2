//! Walking trees: one row over eight trees at once, or eight rows over one tree.

use super::node::Node;
use super::prefix::Prefix;
use super::{Kind, Trees};
use crate::{Cells, Matrix};

/// Walks that are under way at once.
const LANES: usize = 8;
/// Steps of a walk between two looks at whether it is over.
const STRIDE: u8 = 4;
/// Rows of a batch that stay in the cache while all trees pass.
const BATCH_ROWS: usize = 64;

/// Runs the code with the number of slots that the features need, so that masks take the place of bounds checks.
macro_rules! sized {
    ($trees:expr, $method:ident ( $($argument:expr),* )) => {{
        let words = $trees.head.kinds.iter().any(|kind| matches!(kind, Kind::Category(_)));
        match (2 * $trees.head.kinds.len() + 1, words) {
            (..=64, false) => $trees.$method::<64, false>($($argument),*),
            (..=64, true) => $trees.$method::<64, true>($($argument),*),
            (..=512, false) => $trees.$method::<512, false>($($argument),*),
            (..=512, true) => $trees.$method::<512, true>($($argument),*),
            (_, false) => $trees.$method::<8192, false>($($argument),*),
            (_, true) => $trees.$method::<8192, true>($($argument),*),
        }
    }};
}

impl Trees {
    /// The prediction for one row as [`Matrix::read_row`] writes it: numbers, and codes by their bits.
    ///
    /// # Panics
    ///
    /// If the row is shorter than the model has features.
    pub fn predict_row(&self, row: &[f32]) -> f64 {
        self.finish(self.raw_row(row))
    }

    /// The same before the link.
    ///
    /// # Panics
    ///
    /// As [`Trees::predict_row`].
    pub fn raw_row(&self, row: &[f32]) -> f64 {
        let features = self.head.kinds.len();
        assert!(row.len() >= features, "{} values for {features} features", row.len());
        match &self.prefix.0 {
            Some(prefix) => self.combine(prefix.sum(row)),
            None => sized!(self, raw_row_in(row)),
        }
    }

    /// The prediction for each row.
    ///
    /// # Panics
    ///
    /// If `matrix` has other features than the model.
    pub fn predict(&self, matrix: &Matrix) -> Vec<f64> {
        let mut raw = self.raw(matrix);
        raw.iter_mut().for_each(|raw| *raw = self.finish(*raw));
        raw
    }

    /// The same before the link.
    ///
    /// # Panics
    ///
    /// As [`Trees::predict`].
    pub fn raw(&self, matrix: &Matrix) -> Vec<f64> {
        assert!(self.takes(matrix), "the features of the model: {:?}", self.head.kinds);
        match &self.prefix.0 {
            Some(prefix) => self.prefixed(prefix, matrix),
            None if matrix.rows() < LANES => (0..matrix.rows()).map(|row| self.raw_row(&matrix.row(row))).collect(),
            None => sized!(self, raw_in(matrix)),
        }
    }

    fn prefixed(&self, prefix: &Prefix, matrix: &Matrix) -> Vec<f64> {
        let mut row = vec![0.0; self.head.kinds.len()];
        let of = |nth| {
            matrix.read_row(nth, &mut row);
            self.combine(prefix.sum(&row))
        };
        (0..matrix.rows()).map(of).collect()
    }

    /// Whether `matrix` has the features of this model.
    pub fn takes(&self, matrix: &Matrix) -> bool {
        let fits = |(kind, cells): (&Kind, &Cells)| *kind == Kind::of(cells);
        matrix.columns().len() == self.head.kinds.len() && self.head.kinds.iter().zip(matrix.columns()).all(fits)
    }

    fn raw_row_in<const SLOTS: usize, const WORDS: bool>(&self, row: &[f32]) -> f64 {
        let mut slots = [0.0; SLOTS];
        self.fill(row, &mut slots);
        self.combine(self.sum::<SLOTS, WORDS>(&slots))
    }

    /// Lays a row out: `x` of each feature, then `-x`, then what is always missing. A code beyond its dictionary is unseen.
    pub(super) fn fill(&self, row: &[f32], slots: &mut [f32]) {
        let features = self.head.kinds.len();
        for (at, (kind, &x)) in self.head.kinds.iter().zip(row).enumerate() {
            slots[at] = match *kind {
                Kind::Category(words) if x.to_bits() > words + 1 => f32::from_bits(Cells::unseen(words)),
                _ => x,
            };
            slots[features + at] = -x;
        }
        slots[2 * features] = f32::NAN;
    }

    /// The leaves of all trees, added in the order of the trees.
    fn sum<const SLOTS: usize, const WORDS: bool>(&self, slots: &[f32; SLOTS]) -> f64 {
        let mut sum = 0.0;
        let (nodes, sets) = (self.nodes.as_slice(), self.sets.as_slice());
        let roots = &self.roots[..self.len()];
        for (roots, depths) in roots.chunks(LANES).zip(self.depths.chunks(LANES)) {
            let mut at = [roots[0] as usize; LANES];
            at.iter_mut().zip(roots).for_each(|(at, &root)| *at = root as usize);
            for steps in strides(depths.iter().copied().max().unwrap_or(0)) {
                let before = at;
                for _ in 0..steps {
                    // A loop, as a closure would not be inlined here.
                    for at in &mut at {
                        *at = step::<SLOTS, WORDS>(*at, nodes, sets, slots);
                    }
                }
                if at == before {
                    break;
                }
            }
            at[..roots.len()].iter().for_each(|&at| sum += f64::from(self.nodes[at].value));
        }
        sum
    }

    fn raw_in<const SLOTS: usize, const WORDS: bool>(&self, matrix: &Matrix) -> Vec<f64> {
        let mut slots = vec![[0.0; SLOTS]; BATCH_ROWS];
        let mut row = vec![0.0; self.head.kinds.len()];
        let mut sums = vec![0.0; matrix.rows()];
        for (nth, sums) in sums.chunks_mut(BATCH_ROWS).enumerate() {
            for (at, slots) in slots[..sums.len()].iter_mut().enumerate() {
                matrix.read_row(nth * BATCH_ROWS + at, &mut row);
                self.fill(&row, slots);
            }
            self.add_batch::<SLOTS, WORDS>(&slots, sums);
            sums.iter_mut().for_each(|sum| *sum = self.combine(*sum));
        }
        sums
    }

    fn add_batch<const SLOTS: usize, const WORDS: bool>(&self, slots: &[[f32; SLOTS]], sums: &mut [f64]) {
        let (nodes, sets) = (self.nodes.as_slice(), self.sets.as_slice());
        for (&root, &depth) in self.roots.iter().zip(&self.depths) {
            for (slots, sums) in slots.chunks_exact(LANES).zip(sums.chunks_mut(LANES)) {
                let mut at = [root as usize; LANES];
                for steps in strides(depth) {
                    let before = at;
                    for _ in 0..steps {
                        for (at, slots) in at.iter_mut().zip(slots) {
                            *at = step::<SLOTS, WORDS>(*at, nodes, sets, slots);
                        }
                    }
                    if at == before {
                        break;
                    }
                }
                sums.iter_mut().zip(at).for_each(|(sum, at)| *sum += f64::from(self.nodes[at].value));
            }
        }
    }
}

/// `depth` steps in strides, after each of which walks that have all come to a leaf end: the deepest leaf of a forest's tree lies far
/// below most.
fn strides(depth: u8) -> impl Iterator<Item = u8> {
    (0..depth).step_by(STRIDE as usize).map(move |from| STRIDE.min(depth - from))
}

#[inline(always)]
fn step<const SLOTS: usize, const WORDS: bool>(at: usize, nodes: &[Node], sets: &[u32], slots: &[f32; SLOTS]) -> usize {
    let node = nodes[at];
    at + usize::from(node.ahead) + usize::from(node.second::<SLOTS, WORDS>(slots, sets))
}

impl Kind {
    /// The kind of a column.
    pub fn of(cells: &Cells) -> Kind {
        match cells {
            Cells::Number(_) => Kind::Number,
            Cells::Category { words, .. } => Kind::Category(*words),
        }
    }
}
