//! Names for request classes.

/// What a request looks like, folded into 64 bits: equal looks, equal key. Made by the classifier.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassKey(pub u64);

/// A class that the registry admitted: a small index, at most [`ClassId::MAX`] of them at once. Its meaning holds for
/// one snapshot only.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct ClassId(pub u8);

impl ClassId {
    /// Everything that has no class of its own.
    pub const OTHER: ClassId = ClassId(0);
    /// How many classes there can be, `OTHER` among them.
    pub const MAX: usize = 64;

    /// The index, for tables with a row per class.
    pub const fn index(self) -> usize {
        self.0 as usize
    }
}
