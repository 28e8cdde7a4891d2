//! Sums of gradient and hessian per bin.

use rayon::prelude::*;

use super::binner::{BINS, Binned, LANES};

/// Gradient and hessian.
pub(super) type Pair = [f64; 2];
/// Sums for each bin of each feature of a block.
pub(super) type Block = [[Pair; BINS]; LANES];

static EMPTY: Block = [[[0.0; 2]; BINS]; LANES];
/// Rows of a chunk, at least; results depend on it.
const CHUNK_ROWS: usize = 32_768;
/// Chunks that rows are split into, at most; results depend on it.
const CHUNKS_MAX: usize = 8;
/// Below this, threads cost more than they save.
const ALONE_ROWS: usize = 2_048;

/// Histograms of one node, a block for each block of features.
#[derive(Clone)]
pub(super) struct Histogram(Vec<Block>);

/// Makes histograms, and keeps those that are no longer needed for the next.
pub(super) struct Histograms<'a> {
    binned: &'a Binned,
    features: usize,
    free: Vec<Histogram>,
    parts: Vec<Histogram>,
}

#[inline]
pub(super) fn plus(a: Pair, b: Pair) -> Pair {
    [a[0] + b[0], a[1] + b[1]]
}

#[inline]
pub(super) fn minus(a: Pair, b: Pair) -> Pair {
    [a[0] - b[0], a[1] - b[1]]
}

/// A part of the work: a block of features over a chunk of rows.
struct Task<'a> {
    sums: &'a mut Block,
    block: usize,
    rows: &'a [u32],
}

impl Histogram {
    /// The sums of a feature's bins.
    pub(super) fn of(&self, feature: usize) -> &[Pair; BINS] {
        &self.0[feature / LANES][feature % LANES]
    }

    /// What a child leaves to its sibling.
    pub(super) fn subtract(&mut self, other: &Histogram) {
        self.change(other, minus);
    }

    fn change(&mut self, other: &Histogram, change: fn(Pair, Pair) -> Pair) {
        for (mine, other) in self.0.iter_mut().zip(&other.0) {
            let pairs = mine.as_flattened_mut().iter_mut().zip(other.as_flattened());
            pairs.for_each(|(mine, other)| *mine = change(*mine, *other));
        }
    }
}

impl<'a> Histograms<'a> {
    pub(super) fn new(binned: &'a Binned, features: usize) -> Histograms<'a> {
        Histograms { binned, features, free: vec![], parts: vec![] }
    }

    pub(super) fn give_back(&mut self, histogram: Histogram) {
        self.free.push(histogram);
    }

    fn take(&mut self) -> Histogram {
        self.free.pop().unwrap_or_else(|| Histogram(vec![EMPTY; self.binned.blocks.len()]))
    }

    /// The sums of `pairs` over `rows`, which ascend.
    pub(super) fn fill(&mut self, rows: &[u32], pairs: &[[f32; 2]]) -> Histogram {
        let mut histogram = self.take();
        let mut parts = std::mem::take(&mut self.parts);
        let chunks = (rows.len() / CHUNK_ROWS).clamp(1, CHUNKS_MAX);
        while parts.len() + 1 < chunks {
            parts.push(self.take());
        }
        let used = chunks - 1;
        let wholes = std::iter::once(&mut histogram).chain(&mut parts[..used]);
        let chunks = rows.chunks(rows.len().div_ceil(chunks).max(1)).chain(std::iter::repeat(&[][..]));
        let tasks = wholes.zip(chunks).flat_map(|(whole, rows)| {
            let blocks = whole.0.iter_mut().enumerate();
            blocks.map(move |(block, sums)| Task { sums, block, rows })
        });
        self.run(tasks.collect(), rows.len(), pairs);
        parts[..used].iter().for_each(|part| histogram.change(part, plus));
        self.parts = parts;
        histogram
    }

    fn run(&self, tasks: Vec<Task>, rows: usize, pairs: &[[f32; 2]]) {
        let run = |task: Task| {
            let lanes = (self.features - task.block * LANES).min(LANES);
            let bins = &self.binned.blocks[task.block];
            match lanes {
                1 | 2 => sum::<2>(task, bins, pairs),
                3 | 4 => sum::<4>(task, bins, pairs),
                5 | 6 => sum::<6>(task, bins, pairs),
                _ => sum::<8>(task, bins, pairs),
            }
        };
        if rows < ALONE_ROWS {
            tasks.into_iter().for_each(run);
        } else {
            tasks.into_par_iter().with_max_len(1).for_each(run);
        }
    }
}

/// The first `N` features of a block. A row's bins are one load; 32 KiB of sums stay in the first cache.
fn sum<const N: usize>(task: Task, bins: &[[u8; LANES]], pairs: &[[f32; 2]]) {
    let Task { sums, rows, .. } = task;
    sums.as_flattened_mut().fill([0.0; 2]);
    for &row in rows {
        let [gradient, hessian] = pairs[row as usize].map(f64::from);
        let bins = bins[row as usize];
        for lane in 0..N {
            let cell = &mut sums[lane][usize::from(bins[lane])];
            cell[0] += gradient;
            cell[1] += hessian;
        }
    }
}
