//! `random`, weighted: every open host with the chance of its weight, whatever its load. The baseline of all others.

use super::alias::AliasTable;
use super::{Candidate, Field, Rule};
use crate::picker::Picker;

/// Draws by weight, again when a draw hits a closed host.
#[derive(Debug)]
pub(super) struct Weighted(AliasTable);

impl Weighted {
    pub(super) fn new(candidates: &[Candidate]) -> Weighted {
        Weighted(AliasTable::new(candidates))
    }
}

impl Rule for Weighted {
    fn pick(&self, field: &Field<'_>, picker: &mut Picker) -> Option<usize> {
        self.0.draw_open(field, picker.random())
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::Time;
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{address, candidates, field, picker, request_at};

    const DRAWS: usize = 20_000;

    fn counts(shares: &[u64], tried: usize, seed: u64) -> Vec<usize> {
        let candidates = candidates(shares);
        let tried: Vec<_> = (0..tried).map(address).collect();
        let request = crate::PickRequest { tried: &tried, ..request_at(Time::ZERO) };
        let (rule, mut picker) = (Weighted::new(&candidates), picker(seed));
        let mut counts = vec![0; shares.len()];
        for _ in 0..DRAWS {
            if let Some(at) = rule.pick(&field(&candidates, &request), &mut picker) {
                counts[at] += 1;
            }
        }
        counts
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        #[test]
        fn shares_lie_within_binomial_bounds(shares in prop::collection::vec(1u64..20, 1..12), seed: u64) {
            let total: u64 = shares.iter().sum();
            for (count, share) in counts(&shares, 0, seed).into_iter().zip(&shares) {
                let chance = *share as f64 / total as f64;
                let deviation = (DRAWS as f64 * chance * (1.0 - chance)).sqrt();
                let off = (count as f64 - DRAWS as f64 * chance).abs();
                prop_assert!(off <= 6.0 * deviation + 1.0, "{count} of {DRAWS} at a chance of {chance}");
            }
        }

        #[test]
        fn what_was_tried_is_left_out_and_the_rest_keeps_its_proportions(seed: u64) {
            let counts = counts(&[5, 1, 1, 2], 1, seed);
            let drawn: usize = counts.iter().sum();
            prop_assert_eq!(counts[0], 0);
            let share = counts[3] as f64 / drawn as f64;
            prop_assert!((share - 0.5).abs() < 0.03, "{share}");
        }
    }
}
