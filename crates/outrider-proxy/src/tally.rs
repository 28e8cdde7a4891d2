//! Successful requests per class at one worker, on their way to the class registry.

use std::collections::HashMap;

use outrider_core::ClassKey;

use crate::control::ClassCounts;

/// Classes that are told apart within one second. What comes beyond is counted nowhere: at a hundred times the number of
/// classes that can be admitted it cannot have had a share that matters.
const MAX_KEYS: usize = 6400;

/// The counts of the present second.
#[derive(Debug, Default)]
pub(crate) struct Tally(HashMap<ClassKey, (String, u64)>);

impl Tally {
    /// One more success of `key`. `name` may be empty when the registry knows the key.
    pub(crate) fn succeeded(&mut self, key: ClassKey, name: String) {
        if let Some((_, count)) = self.0.get_mut(&key) {
            *count += 1;
        } else if self.0.len() < MAX_KEYS {
            self.0.insert(key, (name, 1));
        }
    }

    /// The counts so far, from now on zero; none if nothing succeeded.
    pub(crate) fn take(&mut self) -> Option<ClassCounts> {
        if self.0.is_empty() {
            return None;
        }
        let counts = self.0.drain().map(|(key, (name, count))| (key, name, count)).collect();
        Some(ClassCounts { counts })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_are_bounded_and_start_anew() {
        let mut tally = Tally::default();
        for round in 0..2 {
            for key in 0..(MAX_KEYS as u64 + 100) {
                tally.succeeded(ClassKey(key), format!("{round}"));
            }
        }
        let counts = tally.take().unwrap().counts;
        assert_eq!(counts.len(), MAX_KEYS);
        assert!(counts.iter().all(|(_, name, count)| name == "0" && *count == 2));
        assert!(tally.take().is_none());
    }
}
