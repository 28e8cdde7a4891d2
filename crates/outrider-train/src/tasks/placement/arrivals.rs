//! How busy it was when a request arrived, counted from what came before it: arrivals, and who had not been answered yet on either
//! platform. How any of them fared after that moment is in none of it.
//!
//! Rates count requests, wherever they went: one that was sent to both platforms once. So they say the same whatever share of the traffic
//! goes where.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BTreeSet, BinaryHeap, VecDeque};

use super::Platforms;
use super::log::{Log, Platform};

/// How far rates look back, us: a minute.
pub(super) const LOOK_BACK_US: i64 = 60_000_000;
/// How far the rate of now looks back, us: ten seconds.
const NOW_US: i64 = 10_000_000;
const US_PER_S: f64 = 1e6;
const US_PER_MS: f64 = 1e3;

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

/// Of each row: requests a second over the last minute and over ten seconds, those of its workload likewise, and the time since the last of
/// its workload in seconds (missing for the first). Those that came at the very same moment are not among them, so that both copies of a
/// request see the same.
pub(super) fn rates(log: &Log) -> [Vec<f64>; 5] {
    let mut order: Vec<usize> = (0..log.len()).filter(|&row| log.is_known(row)).collect();
    order.sort_by_key(|&row| (log.at_us[row], row));
    let mut all = Recent::default();
    let mut of_workload: BTreeMap<_, Recent> = BTreeMap::new();
    let mut counted = BTreeSet::new();
    let mut found: [Vec<f64>; 5] = std::array::from_fn(|_| vec![f64::NAN; log.len()]);
    for together in order.chunk_by(|&a, &b| log.at_us[a] == log.at_us[b]) {
        for &row in together {
            let at_us = log.at_us[row];
            let own = of_workload.entry(log.workload.codes[row]).or_default();
            (found[0][row], found[1][row]) = all.rates(at_us);
            (found[2][row], found[3][row]) = own.rates(at_us);
            found[4][row] = own.last_us.map_or(f64::NAN, |last| at_us.saturating_sub(last) as f64 / US_PER_S);
        }
        for &row in together.iter().filter(|&&row| counted.insert(log.request[row])) {
            all.add(log.at_us[row]);
            of_workload.entry(log.workload.codes[row]).or_default().add(log.at_us[row]);
        }
    }
    found
}

/// Of each row: requests of its workload in flight on each platform when it came, as their clients saw it. Those that came at the very same
/// moment are not among them, so that both copies of a request see the same; nor are those of whose end a log says nothing.
pub(super) fn in_flight(log: &Log) -> Platforms<Vec<f64>> {
    let mut order: Vec<usize> = (0..log.len()).filter(|&row| log.is_known(row)).collect();
    order.sort_by_key(|&row| log.at_us[row]);
    let mut ends: BTreeMap<(Platform, u32), BinaryHeap<Reverse<i64>>> = BTreeMap::new();
    let mut found = Platform::BOTH.map(|_| vec![f64::NAN; log.len()]);
    for together in order.chunk_by(|&a, &b| log.at_us[a] == log.at_us[b]) {
        for (&row, platform) in together.iter().flat_map(|row| Platform::BOTH.map(|platform| (row, platform))) {
            let ends = ends.entry((platform, log.workload.codes[row])).or_default();
            while ends.peek().is_some_and(|Reverse(end)| *end <= log.at_us[row]) {
                ends.pop();
            }
            found[platform as usize][row] = ends.len() as f64;
        }
        for (&row, platform) in together.iter().filter_map(|row| Some((row, log.platform[*row]?))) {
            let waited_us = log.response_ms[row] * US_PER_MS;
            if waited_us > 0.0 {
                #[expect(clippy::cast_possible_truncation, reason = "it saturates")]
                let end = Reverse(log.at_us[row].saturating_add(waited_us as i64));
                ends.entry((platform, log.workload.codes[row])).or_default().push(end);
            }
        }
    }
    found
}
