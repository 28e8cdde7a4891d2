//! Features as bytes: bin 0 is missing, the others hold equal shares of the rows.

use outrider_core::Random;
use outrider_infer::{Cells, Matrix};
use rayon::prelude::*;

/// Values of a byte.
pub(super) const BINS: usize = 256;
/// Features in a block: the bins of a row are then one word.
pub(super) const LANES: usize = 8;
/// Bins of present values.
const BINS_MAX: usize = 254;
/// The bin of words that training has not seen, if the rare ones have none.
const UNSEEN: u8 = 255;
/// Values that cuts are chosen by.
const SAMPLE: usize = 200_000;
const SAMPLE_SEED: u64 = 0x00b1_4e12;
const ROWS_PER_TASK: usize = 16_384;

/// How one feature's values fall into bins.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Bins {
    /// Bin `b` holds `cuts[b - 2] < x <= cuts[b - 1]`; the last one has no upper end.
    Number(Vec<f32>),
    /// The bin of each word, of unseen and of missing.
    Category(Vec<u8>),
}

/// The bins of each row.
pub(super) struct Binned {
    pub(super) rows: usize,
    /// Blocks of eight features; the last one is filled up with nothing.
    pub(super) blocks: Vec<Vec<[u8; LANES]>>,
}

impl Bins {
    /// Present values fall into bins 1 to this one; those above hold no row of the training.
    pub(super) fn last(&self) -> usize {
        match self {
            Bins::Number(cuts) => cuts.len() + 1,
            Bins::Category(bins) => bins.iter().copied().filter(|&bin| bin != UNSEEN).max().map_or(0, usize::from),
        }
    }
}

/// Bins of every feature, by the values of `matrix`.
pub(super) fn fit(matrix: &Matrix) -> Vec<Bins> {
    let rows = sample(matrix.rows());
    let bins = |cells: &Cells| match cells {
        Cells::Number(values) => Bins::Number(cuts(rows.iter().map(|&row| values[row]).collect())),
        Cells::Category { codes, words } => Bins::Category(words_by_count(codes, *words)),
    };
    matrix.columns().par_iter().with_max_len(1).map(bins).collect()
}

/// A row by lot from each of equal strata; all of them if they are few.
fn sample(rows: usize) -> Vec<usize> {
    if rows <= SAMPLE {
        return (0..rows).collect();
    }
    let mut random = Random::new(SAMPLE_SEED);
    let start = |nth: usize| nth * rows / SAMPLE;
    (0..SAMPLE).map(|nth| start(nth) + random.below(start(nth + 1) - start(nth))).collect()
}

/// Where to cut so that bins hold about equally many; a value that is common has a bin of its own.
fn cuts(mut values: Vec<f32>) -> Vec<f32> {
    values.retain(|value| !value.is_nan());
    values.sort_unstable_by(f32::total_cmp);
    let runs: Vec<&[f32]> = values.chunk_by(|a, b| a == b).collect();
    let (mut cuts, mut held) = (vec![], 0);
    let (mut rows_left, mut bins_left) = (values.len(), BINS_MAX);
    for pair in runs.windows(2) {
        held += pair[0].len();
        let share = rows_left / bins_left.max(1);
        let full = runs.len() <= BINS_MAX || held >= share.max(1) || (pair[1].len() > share && 2 * held > share);
        if full && bins_left > 1 {
            cuts.push(between(pair[0][0], pair[1][0]));
            (rows_left, bins_left, held) = (rows_left - held, bins_left - 1, 0);
        }
    }
    cuts
}

/// Half-way from `a` to `b`, never at `b`.
fn between(a: f32, b: f32) -> f32 {
    #[expect(clippy::cast_possible_truncation, reason = "it lies between two numbers of that width")]
    let middle = ((f64::from(a) + f64::from(b)) / 2.0) as f32;
    if middle < b { middle } else { a }
}

/// Common words have a bin each, the commonest first; beyond that they share the last with those never seen.
fn words_by_count(codes: &[u32], words: u32) -> Vec<u8> {
    let mut counts = vec![0_usize; words as usize];
    codes.iter().filter(|&&code| code < words).for_each(|&code| counts[code as usize] += 1);
    let mut order: Vec<usize> = (0..words as usize).collect();
    order.sort_by_key(|&code| std::cmp::Reverse(counts[code]));
    let unseen = if order.len() > BINS_MAX { bin(BINS_MAX) } else { UNSEEN };
    let mut bins = vec![unseen; words as usize];
    order.iter().enumerate().for_each(|(rank, &code)| bins[code] = bin((rank + 1).min(BINS_MAX)));
    bins.extend([unseen, 0]);
    bins
}

fn bin(at: usize) -> u8 {
    u8::try_from(at).expect("at most 254")
}

impl Binned {
    /// The bins of every row of `matrix`, which has the features that `bins` are of.
    pub(super) fn new(matrix: &Matrix, bins: &[Bins]) -> Binned {
        let features: Vec<_> = bins.iter().zip(matrix.columns()).collect();
        let blocks = features.chunks(LANES).map(|features| block(features, matrix.rows())).collect();
        Binned { rows: matrix.rows(), blocks }
    }

    /// The bin of a feature in a row.
    pub(super) fn at(&self, row: usize, feature: usize) -> u8 {
        self.blocks[feature / LANES][row][feature % LANES]
    }
}

fn block(features: &[(&Bins, &Cells)], rows: usize) -> Vec<[u8; LANES]> {
    let mut block = vec![[0; LANES]; rows];
    block.par_chunks_mut(ROWS_PER_TASK).enumerate().for_each(|(nth, block)| {
        for (lane, (bins, cells)) in features.iter().enumerate() {
            fill(block, lane, bins, cells, nth * ROWS_PER_TASK);
        }
    });
    block
}

fn fill(block: &mut [[u8; LANES]], lane: usize, bins: &Bins, cells: &Cells, first: usize) {
    match (bins, cells) {
        (Bins::Number(cuts), Cells::Number(values)) => {
            let mut padded = [f32::INFINITY; BINS];
            padded[..cuts.len()].copy_from_slice(cuts);
            block.iter_mut().zip(&values[first..]).for_each(|(row, &x)| row[lane] = number(&padded, x));
        }
        (Bins::Category(bins), Cells::Category { codes, .. }) => {
            block.iter_mut().zip(&codes[first..]).for_each(|(row, &code)| row[lane] = bins[code as usize]);
        }
        _ => unreachable!("bins were made for columns of these kinds"),
    }
}

/// One more than there are cuts below `x`; 0 if it is missing.
#[inline]
fn number(cuts: &[f32; BINS], x: f32) -> u8 {
    let mut below = 0_usize;
    for step in [128, 64, 32, 16, 8, 4, 2, 1] {
        below += if cuts[(below + step - 1) & 255] < x { step } else { 0 };
    }
    #[expect(clippy::cast_possible_truncation, reason = "there are at most 253 cuts")]
    if x.is_nan() { 0 } else { below as u8 + 1 }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn binned(values: Vec<f32>) -> (Vec<Bins>, Vec<u8>) {
        let matrix = Matrix::new(vec![Cells::Number(values)]).unwrap();
        let bins = fit(&matrix);
        let binned = Binned::new(&matrix, &bins);
        let of = (0..matrix.rows()).map(|row| binned.at(row, 0)).collect();
        (bins, of)
    }

    #[test]
    fn few_values_have_a_bin_each_and_missing_has_its_own() {
        let (bins, of) = binned(vec![3.0, f32::NAN, -1.0, 3.0, 7.5]);
        assert_eq!((bins, of), (vec![Bins::Number(vec![1.0, 5.25])], vec![2, 0, 1, 2, 3]));
        assert_eq!(binned(vec![4.0; 3]), (vec![Bins::Number(vec![])], vec![1; 3]));
        assert_eq!(binned(vec![f32::NAN; 2]), (vec![Bins::Number(vec![])], vec![0; 2]));
    }

    #[test]
    #[expect(clippy::cast_possible_truncation, reason = "below 1000")]
    fn bins_are_the_same_after_any_monotone_change_of_the_values() {
        let mut random = Random::new(5);
        let mut value = |at: u16| f32::from(at % 80) / 4.0 + f32::from(random.below(1_000) as u16) / 1e3;
        let values: Vec<f32> = (0..5_000).map(&mut value).collect();
        let changed = values.iter().map(|value| value.exp() * 3.0 - 9.0).collect();
        assert_eq!(binned(values).1, binned(changed).1);
    }

    #[test]
    fn many_values_fall_into_254_bins_of_like_shares_and_a_common_one_stays_alone() {
        let common = (0..1_000).map(|_| 0.5);
        let (_, of) = binned((0..9_000).map(|at| at as f32 / 9_000.0).chain(common).collect());
        let mut counts = [0; BINS];
        of.iter().for_each(|&bin| counts[usize::from(bin)] += 1);
        assert!(counts[1..=250].iter().all(|&count| count > 20), "{counts:?}");
        assert_eq!(counts.iter().filter(|&&count| count > 80).count(), 1, "{counts:?}");
        assert!(counts[255] == 0 && counts[0] == 0);
    }

    #[test]
    fn neighbouring_floats_are_told_apart() {
        let (a, b) = (1.0_f32, 1.0_f32.next_up());
        assert_eq!(binned(vec![a, b, f32::MAX, f32::MIN]).1, [2, 3, 4, 1]);
    }

    #[test]
    fn words_have_bins_by_count_and_rare_ones_share_theirs_with_the_unseen() {
        assert_eq!(words_by_count(&[1, 1, 0, 3, 2], 2), [2, 1, UNSEEN, 0]);
        let many = words_by_count(&[299; 4], 300);
        assert_eq!((many[299], many[0], many[252], many[253], many[300], many[301]), (1, 2, 254, 254, 254, 0));
    }
}
