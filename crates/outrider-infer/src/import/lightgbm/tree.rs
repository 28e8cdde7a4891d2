//! One tree of LightGBM: lists for its splits and lists for its leaves.

use super::blocks::Block;
use crate::import::ImportError;
use crate::imported::{Growth, Missing, NODES_MAX, Part};

/// Bits of `decision_type`.
const CATEGORICAL: u8 = 1;
const DEFAULT_LEFT: u8 = 2;

/// What a block tells of its splits and leaves.
struct Lists {
    leaves: Vec<f64>,
    features: Vec<usize>,
    thresholds: Vec<f64>,
    decisions: Vec<u8>,
    /// Below 0: the leaf at its complement.
    left: Vec<i32>,
    right: Vec<i32>,
    /// Where the bits of each set begin, and the end.
    boundaries: Vec<usize>,
    bits: Vec<u32>,
    /// Rows of splits, then of leaves; empty: not told.
    counts: Vec<f32>,
}

/// Adds tree `nth`.
pub(super) fn push(growth: &mut Growth, nth: usize, block: &Block) -> Result<(), ImportError> {
    if block.has("is_linear") && block.number::<u8>("is_linear")? != 0 {
        return Err(ImportError::unsupported("a tree with linear leaves", "train with linear_tree=false"));
    }
    let lists = Lists::of(block)?;
    let count = lists.features.len() + lists.leaves.len();
    let part = |at: usize| Ok((lists.part(at)?, lists.counts.get(at).copied()));
    growth.push(count, part).map_err(|problem| ImportError::of_node(nth, problem))
}

impl Lists {
    fn of(block: &Block) -> Result<Lists, ImportError> {
        let (leaves, sets): (usize, usize) = (block.number("num_leaves")?, block.number("num_cat")?);
        if !(1..=NODES_MAX).contains(&leaves) || sets >= leaves {
            return Err(
                block.damaged(format!("{leaves} leaves and {sets} sets, expected 1 to {NODES_MAX}, fewer sets"))
            );
        }
        let splits = leaves - 1;
        let boundaries = block.numbers("cat_boundaries", if sets == 0 { 0 } else { sets + 1 })?;
        let bits = block.numbers("cat_threshold", boundaries.last().copied().unwrap_or(0))?;
        Ok(Lists {
            leaves: block.numbers("leaf_value", leaves)?,
            features: block.numbers("split_feature", splits)?,
            thresholds: block.numbers("threshold", splits)?,
            decisions: block.numbers("decision_type", splits)?,
            left: block.numbers("left_child", splits)?,
            right: block.numbers("right_child", splits)?,
            boundaries,
            bits,
            counts: counts(block, splits, leaves)?,
        })
    }

    /// Node `at`: splits come first, then leaves.
    fn part(&self, at: usize) -> Result<Part, String> {
        if at >= self.features.len() {
            return Ok(Part::Leaf { value: self.leaves[at - self.features.len()] });
        }
        let (feature, decision) = (self.features[at], self.decisions[at]);
        let children = [self.child(self.left[at])?, self.child(self.right[at])?];
        let missing = missing(decision)?;
        if decision & CATEGORICAL == 0 {
            let (cut, missing_left) = (self.thresholds[at], decision & DEFAULT_LEFT != 0);
            return Ok(Part::Number { feature, cut, missing, missing_left, children });
        }
        let codes = self.set(self.thresholds[at])?;
        // What is missing is no member, whatever the split says.
        Ok(Part::Set { feature, codes, member_left: true, missing_left: false, children })
    }

    fn child(&self, place: i32) -> Result<usize, String> {
        let splits = self.features.len();
        match (usize::try_from(place), usize::try_from(!place)) {
            (Ok(split), _) if split < splits => Ok(split),
            (_, Ok(leaf)) => Ok(splits + leaf),
            _ => Err(format!("a child at {place}, expected one of {splits} splits, or a leaf below 0")),
        }
    }

    /// The bits of the set whose number stands in the place of a threshold.
    fn set(&self, number: f64) -> Result<Vec<u32>, String> {
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "compared with what it was")]
        let at = Some(number as usize).filter(|&at| at as f64 == number);
        let ends = at.and_then(|at| self.boundaries.get(at..at.saturating_add(2)));
        let bits = ends.and_then(|ends| self.bits.get(ends[0]..ends[1]));
        bits.map(<[u32]>::to_vec).ok_or_else(|| format!("set {number}, expected one of the tree"))
    }
}

/// Rows of splits, then of leaves, if the file tells them.
fn counts(block: &Block, splits: usize, leaves: usize) -> Result<Vec<f32>, ImportError> {
    if !block.has("leaf_count") || splits > 0 && !block.has("internal_count") {
        return Ok(Vec::new());
    }
    let mut counts: Vec<f32> = block.numbers("internal_count", splits)?;
    counts.extend(block.numbers::<f32>("leaf_count", leaves)?);
    Ok(counts)
}

/// Bits 2 and 3 of `decision_type`.
fn missing(decision: u8) -> Result<Missing, String> {
    match decision >> 2 {
        0 => Ok(Missing::Nothing),
        1 => Ok(Missing::Zero),
        2 => Ok(Missing::NotANumber),
        _ => Err(format!("decision_type {decision}, expected a missing type of 0 (none), 1 (zero) or 2 (NaN)")),
    }
}
