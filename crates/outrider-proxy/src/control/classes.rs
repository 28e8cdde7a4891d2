//! The classes: how requests are told apart, which looks are classes, and the table that workers read.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;

use outrider_core::Time;
use outrider_features::{ClassRegistry, ClassSettings, ClassStatus, ClassTable, Classifier};

use super::ClassCounts;

/// One way to tell requests apart, and what was learnt of it.
#[derive(Debug)]
pub(super) struct Classes {
    settings: ClassSettings,
    registry: ClassRegistry,
    pub(super) classifier: Arc<Classifier>,
    pub(super) table: Arc<ClassTable>,
}

impl Classes {
    pub(super) fn new(settings: &ClassSettings) -> Classes {
        let registry = ClassRegistry::new(settings);
        Classes {
            settings: settings.clone(),
            // A seed of this process alone: nobody outside can make two looks share a key.
            classifier: Arc::new(Classifier::new_seeded(settings, RandomState::new().hash_one(settings.max))),
            table: Arc::new(registry.table()),
            registry,
        }
    }

    /// Other settings: keys mean something else then, so nothing learnt is kept. The same settings change nothing.
    pub(super) fn follow(&mut self, settings: &ClassSettings) {
        if self.settings != *settings {
            *self = Classes::new(settings);
        }
    }

    /// Takes in what a worker saw.
    pub(super) fn count(&mut self, seen: &ClassCounts, now: Time) {
        for (key, name, successes) in &seen.counts {
            self.registry.observe(*key, name, *successes, now);
        }
    }

    /// Admits and drops classes; true if the table changed. Called once a second.
    pub(super) fn tick(&mut self, now: Time) -> bool {
        let changed = self.registry.tick(now);
        if changed {
            self.table = Arc::new(self.registry.table());
        }
        changed
    }

    pub(super) fn status(&self) -> Vec<ClassStatus> {
        self.registry.status()
    }
}
