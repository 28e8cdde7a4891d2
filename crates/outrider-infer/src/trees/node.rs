//! A node in 8 bytes.
//!
//! `x <= cut` is the first of two children when a missing value goes there too: `x > cut` takes the second. When missing
//! values go the other way, the children change places and the test is turned: `-x > -cut - one step` is true just where
//! `x <= cut` is.

/// The slot of a split by category has this bit, and its feature in the others.
const CATEGORY: u16 = 0x8000;

/// Where to look, what to compare with, and how far on the children are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Node {
    /// The cut, the leaf's value, or the start of a set of words by its bits.
    pub(super) value: f32,
    /// A place in a row as [`fill`] lays it out.
    pub(super) slot: u16,
    /// From here to the first child; 0: a leaf.
    pub(super) ahead: u16,
}

/// How a node reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Test {
    /// No test: a leaf.
    Leaf,
    /// A number is compared; missing takes the first child.
    Number { feature: usize },
    /// Words in the set that starts at `set` take the second child.
    Category { feature: usize, set: usize },
}

impl Node {
    pub(super) fn leaf(value: f32, features: usize) -> Node {
        Node { value, slot: slot(2 * features), ahead: 0 }
    }

    pub(super) fn number(feature: usize, cut: f32, missing_left: bool, features: usize) -> Node {
        match missing_left {
            true => Node { value: cut, slot: slot(feature), ahead: 0 },
            false => Node { value: (-cut).next_down(), slot: slot(features + feature), ahead: 0 },
        }
    }

    pub(super) fn category(feature: usize, set: u32) -> Node {
        Node { value: f32::from_bits(set), slot: slot(feature) | CATEGORY, ahead: 0 }
    }

    #[inline]
    pub(super) fn is_leaf(self) -> bool {
        self.ahead == 0
    }

    pub(super) fn test(self, features: usize) -> Test {
        let slot = usize::from(self.slot & !CATEGORY);
        match self {
            _ if self.is_leaf() => Test::Leaf,
            _ if self.slot & CATEGORY != 0 => Test::Category { feature: slot, set: self.value.to_bits() as usize },
            _ if slot < features => Test::Number { feature: slot },
            _ => Test::Number { feature: slot.wrapping_sub(features) },
        }
    }

    /// What it reads; `None`: a leaf.
    pub(super) fn feature(self, features: usize) -> Option<usize> {
        match self.test(features) {
            Test::Leaf => None,
            Test::Number { feature } | Test::Category { feature, .. } => Some(feature),
        }
    }

    /// Whether a row takes the second child. `SLOTS` is a power of two, above every slot; `WORDS`: there are categories.
    #[inline(always)]
    pub(super) fn second<const SLOTS: usize, const WORDS: bool>(self, row: &[f32; SLOTS], sets: &[u32]) -> bool {
        let y = row[usize::from(self.slot) & (SLOTS - 1)];
        let greater = y > self.value;
        if !WORDS {
            return greater;
        }
        // Without a branch, which would be guessed wrong half of the time: of a number, the first word of all sets is read.
        let category = u32::from(self.slot >> 15);
        let code = y.to_bits();
        let at = self.value.to_bits().wrapping_add(code >> 5) & category.wrapping_neg();
        let member = sets[at as usize] >> (code & 31);
        (member & category | u32::from(greater) & !category) & 1 != 0
    }
}

#[expect(clippy::cast_possible_truncation, reason = "FEATURES_MAX is checked before a node is made")]
fn slot(at: usize) -> u16 {
    at as u16
}

/// Words of 32 bits that a set over a dictionary of `words` words takes.
pub(super) fn set_len(words: u32) -> usize {
    words as usize / 32 + 1 + usize::from(words % 32 == 31)
}
