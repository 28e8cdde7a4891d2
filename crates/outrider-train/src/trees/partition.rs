//! Rows of a node to its children, in their order.

use rayon::prelude::*;

use super::binner::LANES;
use super::split::Side;

const CHUNK_ROWS: usize = 32_768;

/// Moves the rows whose bin is of the left side to the front, the others behind, each in their order; how many are left.
/// `scratch` is as long as `rows`.
pub(super) fn partition(
    rows: &mut [u32],
    scratch: &mut [u32],
    bins: &[[u8; LANES]],
    lane: usize,
    side: &Side,
) -> usize {
    let split = |(rows, scratch): (&mut [u32], &mut [u32])| split(rows, scratch, bins, lane, side);
    let chunks = rows.par_chunks_mut(CHUNK_ROWS).zip(scratch.par_chunks_mut(CHUNK_ROWS));
    let lefts: Vec<usize> = chunks.map(split).collect();
    let mut at = 0;
    for (nth, &left) in lefts.iter().enumerate() {
        rows.copy_within(nth * CHUNK_ROWS..nth * CHUNK_ROWS + left, at);
        at += left;
    }
    let left = at;
    for (chunk, lefts) in scratch.chunks(CHUNK_ROWS).zip(lefts) {
        let right = &chunk[..chunk.len() - lefts];
        rows[at..at + right.len()].copy_from_slice(right);
        at += right.len();
    }
    left
}

/// Left rows to the front of `rows`, right rows to the front of `scratch`.
fn split(rows: &mut [u32], scratch: &mut [u32], bins: &[[u8; LANES]], lane: usize, side: &Side) -> usize {
    let lane = lane % LANES;
    let (mut left, mut right) = (0, 0);
    for at in 0..rows.len() {
        let row = rows[at];
        let goes_left = side[usize::from(bins[row as usize][lane])];
        rows[left] = row;
        scratch[right] = row;
        left += usize::from(goes_left);
        right += usize::from(!goes_left);
    }
    left
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_sides_keep_their_order_over_chunks() {
        let count = 100_000_u32;
        let bins: Vec<_> = (0..count).map(|row| [0, (row * 7 % 5) as u8, 0, 0, 0, 0, 0, 0]).collect();
        let mut side = [false; 256];
        side[2] = true;
        side[3] = true;
        let mut rows: Vec<u32> = (0..count).filter(|row| row % 3 != 0).collect();
        let (lefts, rights): (Vec<u32>, Vec<u32>) = rows.iter().partition(|&&row| side[bins[row as usize][1] as usize]);
        let mut scratch = vec![0; rows.len()];
        let left = partition(&mut rows, &mut scratch, &bins, 1, &side);
        assert_eq!((&rows[..left], &rows[left..]), (lefts.as_slice(), rights.as_slice()));
    }
}
