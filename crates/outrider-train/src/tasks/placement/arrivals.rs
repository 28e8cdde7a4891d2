//! How busy a platform was when a request arrived, counted from arrivals alone: nothing of how any of them fared.
//!
//! A request counts those that went to its own platform before it. Whoever predicts gives the rates that the platform would see.

use std::collections::{BTreeMap, VecDeque};

use super::log::Log;

/// How far rates look back, us: a minute.
pub(super) const LOOK_BACK_US: i64 = 60_000_000;
/// How far the rate of now looks back, us: ten seconds.
const NOW_US: i64 = 10_000_000;
const US_PER_S: f64 = 1e6;

/// Arrivals of the last minute, from the earliest.
#[derive(Default)]
struct Recent {
    at_us: VecDeque<i64>,
    last_us: Option<i64>,
}

impl Recent {
    /// How many a second came in the minute before `at_us`, and in the ten seconds before it.
    fn rates(&mut self, at_us: i64) -> (f64, f64) {
        while self.at_us.front().is_some_and(|&first| first < at_us.saturating_sub(LOOK_BACK_US)) {
            self.at_us.pop_front();
        }
        let late = self.at_us.partition_point(|&at| at < at_us.saturating_sub(NOW_US));
        let rate = |count: usize, over_us: i64| count as f64 * US_PER_S / over_us as f64;
        (rate(self.at_us.len(), LOOK_BACK_US), rate(self.at_us.len() - late, NOW_US))
    }

    fn add(&mut self, at_us: i64) {
        self.at_us.push_back(at_us);
        self.last_us = Some(at_us);
    }
}

/// Of each row: requests a second over the last minute, those of its workload, those of its workload over ten seconds, and the time since
/// the last of its workload in seconds (missing for the first).
pub(super) fn rates(log: &Log) -> [Vec<f64>; 4] {
    let mut order: Vec<usize> = (0..log.len()).filter(|&row| log.is_known(row)).collect();
    order.sort_by_key(|&row| (log.at_us[row], row));
    let mut of_platform: BTreeMap<_, Recent> = BTreeMap::new();
    let mut of_workload: BTreeMap<_, Recent> = BTreeMap::new();
    let mut found: [Vec<f64>; 4] = std::array::from_fn(|_| vec![f64::NAN; log.len()]);
    for row in order {
        let (platform, at_us) = (log.platform[row], log.at_us[row]);
        let all = of_platform.entry(platform).or_default();
        let own = of_workload.entry((platform, log.workload.codes[row])).or_default();
        found[0][row] = all.rates(at_us).0;
        (found[1][row], found[2][row]) = own.rates(at_us);
        found[3][row] = own.last_us.map_or(f64::NAN, |last| at_us.saturating_sub(last) as f64 / US_PER_S);
        all.add(at_us);
        own.add(at_us);
    }
    found
}
