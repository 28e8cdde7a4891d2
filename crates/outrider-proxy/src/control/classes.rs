//! The classes: how requests are told apart, which looks are classes, and the table that workers read.

use std::hash::{BuildHasher, RandomState};
use std::sync::Arc;
use std::time::Duration;

use outrider_core::Time;
use outrider_features::{ClassRegistry, ClassSettings, ClassStatus, ClassTable, Classifier};

use super::ClassCounts;

/// For this long after a change of settings workers may still send keys of the old ones: they count for a second, and a
/// request in flight keeps what it began with.
const OLD_KEYS: Duration = Duration::from_secs(3);

/// One way to tell requests apart, and what was learnt of it.
#[derive(Debug)]
pub(super) struct Classes {
    settings: ClassSettings,
    /// Nothing is counted before.
    begins: Time,
    registry: ClassRegistry,
    pub(super) classifier: Arc<Classifier>,
    pub(super) table: Arc<ClassTable>,
}

impl Classes {
    pub(super) fn new(settings: &ClassSettings) -> Classes {
        let registry = ClassRegistry::new(settings);
        Classes {
            settings: settings.clone(),
            begins: Time::ZERO,
            // A seed of this process alone: nobody outside can make two looks share a key.
            classifier: Arc::new(Classifier::new_seeded(settings, RandomState::new().hash_one(settings.max))),
            table: Arc::new(registry.table()),
            registry,
        }
    }

    /// Other settings: keys mean something else then, so nothing learnt is kept. The same settings change nothing. Says
    /// whether they are others.
    pub(super) fn follow(&mut self, settings: &ClassSettings, now: Time) -> bool {
        let differ = self.settings != *settings;
        if differ {
            *self = Classes { begins: now + OLD_KEYS, ..Classes::new(settings) };
        }
        differ
    }

    /// Whether what workers say of classes is about these.
    pub(super) fn counts(&self, now: Time) -> bool {
        now >= self.begins
    }

    /// Takes in what a worker saw.
    pub(super) fn count(&mut self, seen: &ClassCounts, now: Time) {
        if !self.counts(now) {
            return;
        }
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

#[cfg(test)]
mod tests {
    use outrider_core::ClassKey;

    use super::*;

    fn seen() -> ClassCounts {
        ClassCounts { counts: vec![(ClassKey(7), "GET /".into(), 100_000)] }
    }

    fn names(classes: &Classes) -> Vec<String> {
        classes.status().into_iter().map(|class| class.name).collect()
    }

    #[test]
    fn keys_of_old_settings_are_not_taken_for_new_ones() {
        let settings = ClassSettings { max: 8, ..ClassSettings::default() };
        let mut classes = Classes::new(&settings);
        classes.count(&seen(), Time::ZERO);
        let now = Time::from_millis(1_000);
        assert!(classes.tick(now));
        assert_eq!(names(&classes), ["other", "GET /"]);

        assert!(!classes.follow(&settings, now));
        assert_eq!(names(&classes), ["other", "GET /"], "the same settings change nothing");

        let other = ClassSettings { authentication: true, ..settings };
        assert!(classes.follow(&other, now));
        assert_eq!(names(&classes), ["other"]);
        classes.count(&seen(), now + Duration::from_secs(1));
        classes.tick(now + Duration::from_secs(4));
        assert_eq!(names(&classes), ["other"], "a worker was late");
        classes.count(&seen(), now + Duration::from_secs(5));
        classes.tick(now + Duration::from_secs(6));
        assert_eq!(names(&classes), ["other", "GET /"]);
    }
}
