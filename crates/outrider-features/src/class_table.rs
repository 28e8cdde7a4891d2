//! The admitted classes as the fast path reads them: immutable, in the snapshot.
//!
//! Cost of a lookup: a binary search over at most 63 sorted keys, six comparisons in half a kilobyte; no allocation.

use std::sync::Arc;

use outrider_core::{ClassId, ClassKey};

/// Which key is which class, at one epoch. The empty table (the default) calls everything "other".
#[derive(Clone, Debug, Default, PartialEq)]
pub struct ClassTable {
    keys: Vec<(ClassKey, ClassId)>,
    names: Vec<(ClassId, Arc<str>)>,
}

impl ClassTable {
    /// The name of everything without a class of its own.
    pub const OTHER: &str = "other";

    /// The table of `classes`, whose keys and ids are each distinct and whose ids are not `OTHER`.
    pub(crate) fn new(classes: impl IntoIterator<Item = (ClassId, ClassKey, Arc<str>)>) -> Self {
        let mut table = ClassTable::default();
        for (id, key, name) in classes {
            table.keys.push((key, id));
            table.names.push((id, name));
        }
        table.keys.sort_unstable();
        table.names.sort_unstable_by_key(|&(id, _)| id);
        table
    }

    /// The class of `key`; [`ClassId::OTHER`] if it has none.
    #[inline]
    pub fn lookup(&self, key: ClassKey) -> ClassId {
        match self.keys.binary_search_by_key(&key, |&(k, _)| k) {
            Ok(at) => self.keys[at].1,
            Err(_) => ClassId::OTHER,
        }
    }

    /// The name of class `id`; "other" for [`ClassId::OTHER`] and for ids that name nothing here.
    pub fn name(&self, id: ClassId) -> &str {
        match self.names.binary_search_by_key(&id, |&(i, _)| i) {
            Ok(at) => &self.names[at].1,
            Err(_) => ClassTable::OTHER,
        }
    }

    /// The ids of this table that meant nothing or another class in `earlier`.
    pub fn changed_since<'a>(&'a self, earlier: &'a ClassTable) -> impl Iterator<Item = ClassId> + 'a {
        let is_new = |entry: &&(ClassId, Arc<str>)| earlier.names.binary_search(*entry).is_err();
        self.names.iter().filter(is_new).map(|(id, _)| *id)
    }

    /// Every class with its name, by id, "other" first.
    pub fn iter(&self) -> impl Iterator<Item = (ClassId, &str)> {
        let admitted = self.names.iter().map(|(id, name)| (*id, &**name));
        std::iter::once((ClassId::OTHER, ClassTable::OTHER)).chain(admitted)
    }
}
