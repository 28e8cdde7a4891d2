//! A node as other engines have it.

/// What counts as missing at a split by a number.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Missing {
    /// What is not a number.
    NotANumber,
    /// 0, and what is not a number is 0.
    Zero,
    /// Nothing: what is not a number is 0.
    Nothing,
}

/// A leaf, or a split whose children stand side by side, `ahead` nodes on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) enum Node {
    Leaf {
        value: f64,
    },
    /// `x <= cut` goes left.
    Number {
        cut: f64,
        ahead: u32,
        feature: u16,
        missing: Missing,
        missing_left: bool,
    },
    /// Codes of the set go left, or right.
    Set {
        start: u32,
        len: u32,
        ahead: u32,
        feature: u16,
        member_left: bool,
        missing_left: bool,
    },
}

impl Missing {
    /// A value as the split takes it.
    pub(super) fn mended(self, x: f64) -> f64 {
        if self != Missing::NotANumber && x.is_nan() { 0.0 } else { x }
    }

    /// Whether such a value is missing.
    pub(super) fn is(self, x: f64) -> bool {
        match self {
            Missing::NotANumber => x.is_nan(),
            Missing::Zero => x == 0.0,
            Missing::Nothing => false,
        }
    }
}

impl Node {
    /// From here to the left child; 0: a leaf.
    pub(super) fn ahead(self) -> usize {
        match self {
            Node::Leaf { .. } => 0,
            Node::Number { ahead, .. } | Node::Set { ahead, .. } => ahead as usize,
        }
    }

    /// What it reads; `None`: a leaf.
    pub(super) fn feature(self) -> Option<usize> {
        match self {
            Node::Leaf { .. } => None,
            Node::Number { feature, .. } | Node::Set { feature, .. } => Some(feature.into()),
        }
    }
}
