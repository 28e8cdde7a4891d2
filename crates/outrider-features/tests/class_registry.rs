//! Laws of the class registry: who gets in, who stays, and what a scanner can do about it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use outrider_core::{ClassId, ClassKey, Time};
use outrider_features::{ClassRegistry, ClassSettings};
use proptest::prelude::*;

fn at_s(seconds: u64) -> Time {
    Time::from_millis(seconds * 1000)
}

fn registry(max: usize) -> ClassRegistry {
    ClassRegistry::new(&ClassSettings { max, ..ClassSettings::default() })
}

/// The ids of the admitted, by key.
fn ids(registry: &ClassRegistry, keys: impl IntoIterator<Item = u64>) -> BTreeMap<u64, ClassId> {
    let table = registry.table();
    let ids = keys.into_iter().map(|key| (key, table.lookup(ClassKey(key))));
    ids.filter(|(_, id)| *id != ClassId::OTHER).collect()
}

/// One second of traffic: successes by key.
type Second = Vec<(u64, u64)>;

/// Phases of a mix of 80 keys, each with how many seconds it lasts; some are quiet.
fn traffic() -> impl Strategy<Value = Vec<(Second, usize)>> {
    let count = prop_oneof![4 => 0..4_u64, 2 => 0..40_u64, 1 => 100..2000_u64];
    let second = proptest::collection::vec((0..80_u64, count), 0..60);
    proptest::collection::vec((second, 1..150_usize), 1..8)
}

/// The phases second by second.
fn seconds(phases: &[(Second, usize)]) -> impl Iterator<Item = (u64, &Second)> {
    let seconds = phases.iter().flat_map(|(second, length)| std::iter::repeat_n(second, *length));
    (0..).zip(seconds)
}

/// What the registry must know, kept without any bound.
#[derive(Default)]
struct Plain {
    slots: BTreeMap<u64, BTreeMap<u64, u64>>,
}

impl Plain {
    fn count(&mut self, second: u64, key: u64, successes: u64) {
        *self.slots.entry(second / 10).or_default().entry(key).or_default() += successes;
    }

    /// Successes by key over the slot of `second` and the five before it.
    fn last_minute(&self, second: u64) -> BTreeMap<u64, u64> {
        let mut sums = BTreeMap::new();
        for (_, counts) in self.slots.range((second / 10).saturating_sub(5)..=second / 10) {
            for (key, count) in counts {
                *sums.entry(*key).or_default() += count;
            }
        }
        sums
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn admission_and_dropping_keep_their_rules(traffic in traffic(), max in 1..=64_usize) {
        let mut registry = registry(max);
        let mut plain = Plain::default();
        let mut before = BTreeMap::new();
        let mut last_common: BTreeMap<u64, u64> = BTreeMap::new();
        let mut freed: BTreeMap<ClassId, u64> = BTreeMap::new();
        for (second, counts) in seconds(&traffic) {
            for &(key, successes) in counts {
                registry.observe(ClassKey(key), &key.to_string(), successes, at_s(second));
                plain.count(second, key, successes);
            }
            let changed = registry.tick(at_s(second));
            let now = ids(&registry, 0..80);
            prop_assert_eq!(changed, now != before);
            prop_assert!(now.len() < max);
            prop_assert_eq!(now.values().collect::<BTreeSet<_>>().len(), now.len(), "ids are distinct");

            let sums = plain.last_minute(second);
            let all: u64 = sums.values().sum();
            let of_classes: u64 = before.keys().filter_map(|key| sums.get(key)).sum();
            let sum = |key: u64| sums.get(&key).copied().unwrap_or(0);
            let deserves = |key: u64| all >= 20 && sum(key) >= 5 && sum(key) * 100 >= all;
            let fallen = before.iter().filter(|(key, _)| !now.contains_key(key));
            freed.extend(fallen.map(|(_, id)| (*id, second)));
            for key in 0..80 {
                match (before.get(&key), now.get(&key)) {
                    (None, Some(id)) => {
                        prop_assert!(deserves(key), "{key} got in at {second} with {} of {all}", sum(key));
                        let rested = freed.get(id).is_none_or(|&since| second - since >= 60);
                        prop_assert!(rested, "{id:?} was given away too early");
                        last_common.insert(key, second);
                    }
                    (Some(id), None) => {
                        prop_assert!(second - last_common[&key] >= 180, "{key} fell too early");
                        prop_assert_eq!(freed.get(id), Some(&second));
                    }
                    (Some(a), Some(b)) => prop_assert_eq!(a, b, "ids stay"),
                    (None, None) => {
                        let resting = freed.values().filter(|&&since| second - since < 60).count();
                        let full = now.len() + resting + 1 >= max;
                        prop_assert!(full || !deserves(key), "{key} was left out at {second}");
                    }
                }
                // At least 0.5 % of what classes have, or nobody is judged.
                if all < 20 || sum(key) > 0 && sum(key) * 200 >= of_classes {
                    last_common.insert(key, second);
                }
            }
            before = now;
        }
    }

    #[test]
    fn nothing_is_lost_between_classes_and_other(traffic in traffic()) {
        let mut registry = registry(64);
        let mut all = 0;
        for (second, counts) in seconds(&traffic) {
            for &(key, successes) in counts {
                registry.observe(ClassKey(key), &key.to_string(), successes, at_s(second));
                all += successes;
            }
            let dropped: BTreeSet<ClassId> = registry.status().iter().map(|class| class.id).collect();
            registry.tick(at_s(second));
            let status = registry.status();
            let share: f64 = status.iter().map(|class| class.share_last_minute).sum();
            prop_assert!(share == 0.0 || (share - 1.0).abs() < 1e-9, "{share}");
            prop_assert!(status.iter().all(|class| (0.0..=1.0).contains(&class.share_last_minute)));
            let counted: u64 = status.iter().map(|class| class.successes_total).sum();
            prop_assert!(counted <= all);
            if dropped.iter().all(|id| status.iter().any(|class| class.id == *id)) && second < 180 {
                prop_assert_eq!(counted, all);
            }
        }
    }
}

/// Thirty pages of 3.3 % each, a hundred successes a second.
fn real_traffic(registry: &mut ClassRegistry, now: Time) {
    for key in 0..30 {
        registry.observe(ClassKey(key), &format!("GET /page{key}"), 3, now);
    }
}

#[test]
fn a_scanner_with_a_million_paths_neither_gets_in_nor_drives_out() {
    for successes_of_the_scanner in [0, 1] {
        let mut registry = registry(64);
        for second in 0..20 {
            real_traffic(&mut registry, at_s(second));
            registry.tick(at_s(second));
        }
        let before = ids(&registry, 0..30);
        assert_eq!(before.len(), 30);
        // 250 s: longer than it takes for a class to fall.
        for second in 20..270 {
            let now = at_s(second);
            real_traffic(&mut registry, now);
            for n in 0..4000 {
                let key = ClassKey(1_000_000 + second * 4000 + n);
                registry.observe(key, "GET /wp-admin", successes_of_the_scanner, now);
            }
            assert!(!registry.tick(now), "nothing changes at {second}");
        }
        assert_eq!(ids(&registry, 0..30), before);
        assert_eq!(registry.table().iter().count(), 31);
        let other = &registry.status()[0];
        assert_eq!(other.name, "other");
        assert_eq!(other.share_last_minute > 0.9, successes_of_the_scanner > 0);
    }
}

#[test]
fn a_common_class_is_found_in_the_midst_of_a_flood() {
    let mut registry = registry(64);
    for second in 0..30 {
        for n in 0..10_000 {
            registry.observe(ClassKey(1_000_000 + second * 10_000 + n), "scan", 1, at_s(second));
            if n % 50 == 0 {
                registry.observe(ClassKey(7), "GET /real", 1, at_s(second));
            }
        }
        registry.tick(at_s(second));
    }
    assert_eq!(registry.table().lookup(ClassKey(7)), ClassId(1));
    assert_eq!(registry.table().name(ClassId(1)), "GET /real");
    assert_eq!(registry.table().iter().count(), 2);
}

#[test]
fn a_quiet_night_forgets_nothing() {
    let mut registry = registry(64);
    real_traffic(&mut registry, at_s(0));
    real_traffic(&mut registry, at_s(0));
    assert!(registry.tick(at_s(0)));
    for second in 1..40_000 {
        assert!(!registry.tick(at_s(second)));
    }
    assert_eq!(ids(&registry, 0..30).len(), 30);
}

#[test]
fn a_class_that_nobody_asks_for_falls_after_minutes_and_its_id_rests() {
    let mut registry = registry(3);
    registry.observe(ClassKey(1), "old", 50, at_s(0));
    registry.observe(ClassKey(2), "kept", 50, at_s(0));
    assert!(registry.tick(at_s(0)));
    let mut fell_s = None;
    let mut replaced_s = None;
    for second in 1..600 {
        registry.observe(ClassKey(2), "kept", 50, at_s(second));
        registry.observe(ClassKey(3), "new", 50, at_s(second));
        registry.tick(at_s(second));
        let table = registry.table();
        if fell_s.is_none() && table.lookup(ClassKey(1)) == ClassId::OTHER {
            fell_s = Some(second);
        }
        if replaced_s.is_none() && table.lookup(ClassKey(3)) != ClassId::OTHER {
            replaced_s = Some(second);
        }
    }
    // 50 of 5000 is rare from second 50 on; the slots empty at 60.
    let fell_s = fell_s.expect("it falls");
    assert!((220..=245).contains(&fell_s), "{fell_s}");
    assert_eq!(replaced_s, Some(fell_s + 60));
    assert_eq!(registry.table().lookup(ClassKey(3)), ClassId(1));
}

#[test]
fn time_that_jumps_or_runs_backwards_does_no_harm() {
    let mut registry = registry(64);
    registry.observe(ClassKey(1), "a", 50, at_s(100));
    registry.observe(ClassKey(1), "a", 50, at_s(10));
    assert!(registry.tick(at_s(50)));
    registry.observe(ClassKey(2), "b", u64::MAX, Time::from_nanos(u64::MAX));
    registry.observe(ClassKey(2), "b", u64::MAX, Time::ZERO + Duration::from_secs(1));
    assert!(registry.tick(Time::from_nanos(u64::MAX)));
    assert_eq!(registry.table().iter().count(), 3);
}

#[test]
fn one_class_at_most_is_none_but_other() {
    let mut registry = registry(1);
    real_traffic(&mut registry, at_s(0));
    assert!(!registry.tick(at_s(0)));
    assert_eq!(registry.table().iter().collect::<Vec<_>>(), [(ClassId::OTHER, "other")]);
    assert_eq!(registry.status()[0].successes_total, 90);
}
