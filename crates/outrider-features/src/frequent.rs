//! The most frequent keys of a stream of any length, in bounded memory: a Misra-Gries summary.
//!
//! At most 1024 keys are held. When one more would be, the 513th largest count is subtracted from all and what is left
//! with nothing goes (Misra and Gries 1982, in batches as in Anderson et al. 2017, "A high-performance algorithm for
//! identifying frequent items in data streams"). So a count is never too high, and too low by at most N/513 after N
//! counts; it is exact as long as at most 1024 keys have come. Space-saving, the usual alternative, errs upwards: a
//! scanner would lend its counts to whatever comes last.
//!
//! A count added costs a search in a tree of 1024 and, spread over all, a constant share of the subtractions.

use std::collections::BTreeMap;
use std::sync::Arc;

use outrider_core::ClassKey;

/// Keys that outlast a subtraction, at most.
const KEPT: usize = 512;
/// Keys held, at most.
pub(crate) const HELD: usize = 2 * KEPT;

/// The summary.
#[derive(Debug, Default)]
pub(crate) struct Frequent {
    counts: BTreeMap<ClassKey, Count>,
}

/// What is known of a key.
#[derive(Debug)]
pub(crate) struct Count {
    /// As it was first named.
    pub(crate) name: Arc<str>,
    /// How often it came, at least.
    pub(crate) least: u64,
}

impl Frequent {
    /// Counts `more` (not 0) of `key`, which is called `name`.
    pub(crate) fn add(&mut self, key: ClassKey, name: &str, more: u64) {
        let count = self.counts.entry(key).or_insert_with(|| Count { name: Arc::from(name), least: 0 });
        count.least = count.least.saturating_add(more);
        if self.counts.len() > HELD {
            self.subtract();
        }
    }

    /// How often `key` came, at least.
    pub(crate) fn least(&self, key: ClassKey) -> u64 {
        self.counts.get(&key).map_or(0, |count| count.least)
    }

    /// What is held, by key.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (ClassKey, &Count)> {
        self.counts.iter().map(|(key, count)| (*key, count))
    }

    /// Forgets `key`; how often it came, at least.
    pub(crate) fn remove(&mut self, key: ClassKey) -> u64 {
        self.counts.remove(&key).map_or(0, |count| count.least)
    }

    /// Forgets everything.
    pub(crate) fn clear(&mut self) {
        self.counts.clear();
    }

    fn subtract(&mut self) {
        let mut counts: Vec<u64> = self.counts.values().map(|count| count.least).collect();
        let from_top = |a: &u64, b: &u64| b.cmp(a);
        let (_, &mut cut, _) = counts.select_nth_unstable_by(KEPT, from_top);
        self.counts.retain(|_, count| {
            count.least -= cut.min(count.least);
            count.least > 0
        });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn counts_err_downwards_by_the_bound_at_most(
            scanned in 0..20_000_u64,
            often in proptest::collection::vec((0..50_u64, 1..200_u64), 0..100),
        ) {
            let mut frequent = Frequent::default();
            let mut exact: BTreeMap<u64, u64> = BTreeMap::new();
            let mut total = 0;
            let each = usize::try_from(scanned).unwrap() / (often.len() + 1);
            let mut strangers = 1000..1000 + scanned;
            for (key, more) in often {
                frequent.add(ClassKey(key), "often", more);
                *exact.entry(key).or_default() += more;
                total += more;
                for stranger in strangers.by_ref().take(each) {
                    frequent.add(ClassKey(stranger), "once", 1);
                    total += 1;
                }
                prop_assert!(frequent.counts.len() <= HELD);
            }
            for (key, count) in exact {
                let least = frequent.least(ClassKey(key));
                prop_assert!(least <= count && count - least <= total / (KEPT as u64 + 1));
                prop_assert!(scanned > 900 || least == count, "exact while few keys have come");
            }
        }
    }
}
