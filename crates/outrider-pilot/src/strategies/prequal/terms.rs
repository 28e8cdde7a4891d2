//! How large a probe pool is, how fast it is filled and emptied, and how often a probe may be used.

use outrider_core::Random;

/// The terms of one publication's probe pool.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Terms {
    /// m, the probes kept at most.
    pub(crate) size: usize,
    /// r_probe.
    pub(crate) probes_per_query: f64,
    /// r_remove.
    pub(crate) removals_per_query: f64,
    /// How often a probe is used, on average; infinite: until its age.
    uses: f64,
}

impl Terms {
    /// The largest probe pool.
    pub(crate) const MOST_PROBES: usize = 16;
    /// The smallest: with fewer there is never a choice. Below 4 hosts half of them would be fewer.
    const FEWEST_PROBES: usize = 2;
    /// Probes per query of which the paper removes one.
    const PROBES_PER_REMOVAL: f64 = 3.0;
    /// The paper's d: net probes that a query may leave unused.
    const DRIFT: f64 = 1.0;

    pub(crate) fn new(hosts: usize, probes_per_query: f64) -> Terms {
        let size = (hosts / 2).clamp(Terms::FEWEST_PROBES, Terms::MOST_PROBES);
        let removals_per_query = (probes_per_query / Terms::PROBES_PER_REMOVAL).min(1.0);
        let known = size as f64 / hosts.max(1) as f64;
        Terms { size, probes_per_query, removals_per_query, uses: uses(known, probes_per_query, removals_per_query) }
    }

    /// A number of uses whose mean is the budget.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // saturates at "for as long as it lives"
    pub(crate) fn draw_uses(&self, random: &mut Random) -> u32 {
        let whole = self.uses.floor();
        let more = self.uses.is_finite() && random.chance(self.uses - whole);
        (whole as u32).saturating_add(u32::from(more))
    }
}

/// The reuse budget, max(1, (1 + d) / ((1 - m/n) r_probe - r_remove)), with `known` = m/n, the chance that a probe is of
/// a host that is in the pool already and replaces what is there. Where a query takes out as many as it brings in, a
/// probe is used until its age.
fn uses(known: f64, probes_per_query: f64, removals_per_query: f64) -> f64 {
    let net = (1.0 - known) * probes_per_query - removals_per_query;
    if net < 1e-9 { f64::INFINITY } else { ((1.0 + Terms::DRIFT) / net).max(1.0) }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn the_formula_groups_as_the_paper_groups_it() {
        // Reproducers wrote (1 - m/n)(r_probe - r_remove), which gives 1 and 1.19.
        assert!((Terms::new(12, 3.0).uses - 2.0 / (0.5 * 3.0 - 1.0)).abs() < 1e-9);
        assert!((Terms::new(100, 3.0).uses - 2.0 / (0.84 * 3.0 - 1.0)).abs() < 1e-9);
    }

    #[test]
    fn sizes_probes_and_removals_are_the_papers() {
        for (hosts, size) in [(1, 2), (2, 2), (3, 2), (5, 2), (6, 3), (12, 6), (31, 15), (32, 16), (10_000, 16)] {
            assert_eq!(Terms::new(hosts, 3.0).size, size, "{hosts}");
        }
        assert_eq!((Terms::new(100, 3.0).removals_per_query, Terms::new(100, 5.0).removals_per_query), (1.0, 1.0));
    }

    #[test]
    fn where_nothing_is_left_over_a_probe_is_used_until_its_age() {
        for hosts in [1, 2, 3] {
            assert_eq!(Terms::new(hosts, 3.0).draw_uses(&mut Random::new(1)), u32::MAX, "{hosts}");
        }
    }

    proptest! {
        #[test]
        fn fewer_probes_are_used_as_much_more_often(hosts in 4usize..500, rate in 0.05f64..3.0) {
            let (few, many) = (Terms::new(hosts, rate).uses, Terms::new(hosts, 3.0).uses);
            prop_assert!((few * rate - 3.0 * 2.0 / ((1.0 - Terms::new(hosts, 3.0).size as f64 / hosts as f64) * 3.0 - 1.0)).abs() < 1e-6);
            prop_assert!(few >= many);
        }

        #[test]
        fn uses_are_rounded_at_random_around_their_mean(hosts in 4usize..200, seed: u64) {
            let (terms, mut random) = (Terms::new(hosts, 3.0), Random::new(seed));
            let draws: Vec<u32> = (0..4_000).map(|_| terms.draw_uses(&mut random)).collect();
            let mean = draws.iter().map(|&uses| f64::from(uses)).sum::<f64>() / 4_000.0;
            prop_assert!((mean - terms.uses).abs() < 0.05, "{mean} for {}", terms.uses);
            prop_assert!(draws.iter().all(|&uses| (f64::from(uses) - terms.uses).abs() < 1.0));
        }
    }
}
