//! What `predictive` has learnt of its hosts at the end of a round, beside the truth.

use outrider_pilot::{Accuracy, StrategyKind};
use outrider_sim::{Rule, by_name, fly};

/// Who was predicted for less often is not judged.
const JUDGED: u64 = 500;

/// Over several fleets of `uneven-mixed`.
pub(crate) struct Knowledge {
    /// All hosts.
    pub(crate) hosts: usize,
    /// Those whose parallelism is known to within one.
    pub(crate) within_one: usize,
    /// For each host and each class, the shares of requests that took no longer than their predicted median and 90th percentile.
    pub(crate) coverage: Vec<(f64, f64)>,
}

/// After a round of so many `requests` at `load` on the fleet of each of `seeds`.
pub(crate) fn knowledge(load: f64, seeds: std::ops::RangeInclusive<u64>, requests: u32) -> Knowledge {
    let mut all = Knowledge { hosts: 0, within_one: 0, coverage: Vec::new() };
    for seed in seeds {
        let scenario = by_name("uneven-mixed").expect("it is built in").with_requests(requests, load, seed);
        let scenario = scenario.expect("it makes sense");
        let flown = fly(&scenario, Rule::Pilot(StrategyKind::Predictive), load, seed).expect("it can be flown");
        let truth = flown.measured.hosts.iter().map(|host| host.parallelism as f64);
        let is_near = |(learnt, truth): (&Option<f64>, f64)| learnt.is_some_and(|learnt| (learnt - truth).abs() <= 1.0);
        all.hosts += flown.learnt_parallelism.len();
        all.within_one += flown.learnt_parallelism.iter().zip(truth).filter(|&pair| is_near(pair)).count();
        all.coverage.extend(
            flown.accuracy.iter().filter(|accuracy| accuracy.requests >= JUDGED).filter_map(Accuracy::coverage),
        );
    }
    all
}

impl Knowledge {
    /// The least and the greatest share at the median, then at the 90th percentile.
    pub(crate) fn range(&self) -> [(f64, f64); 2] {
        let of = |share: fn(&(f64, f64)) -> f64| {
            let shares = || self.coverage.iter().map(share);
            (shares().fold(f64::MAX, f64::min), shares().fold(f64::MIN, f64::max))
        };
        [of(|both| both.0), of(|both| both.1)]
    }

    /// The mean share at the median and at the 90th percentile.
    pub(crate) fn mean(&self) -> (f64, f64) {
        let of =
            |share: fn(&(f64, f64)) -> f64| self.coverage.iter().map(share).sum::<f64>() / self.coverage.len() as f64;
        (of(|both| both.0), of(|both| both.1))
    }
}
