//! The label `client_time`: which platform serves requests of a kind at the lower price, at the time, where the price is the money and the
//! client's whole waiting, at what a second of it is worth.
//!
//! Like is compared with like: the same workload, a like size, the same minute, median beside median. So the label is one of the
//! conditions that a request arrives in, not of its own luck: a request that is heavy by itself would have been so on either platform, and
//! comparing it with the other's median would blame its platform for that. Where a platform has too few of its like in the minute, the five
//! minutes around count. Only where the other platform was not measured on that day at all, all days with the same window and load pattern
//! do; then labels hold something of rows that judge, and that is told. Whoever was not served, cut short or refused, has an
//! infinite price, and counts so in the median: leaving those out would make a platform the better the more it fails. Where both
//! medians are infinite nobody knows, and there is no label.

use std::collections::BTreeMap;

use super::log::{Log, Platform, median};
use super::{Platforms, flag, size, window};

/// Like is compared within so long a time, us: a minute, over which queues are much the same.
const MINUTE_US: i64 = 60_000_000;
/// The next longer time, us: over it containers are paid, and labels made.
pub(super) const SLICE_US: i64 = 5 * MINUTE_US;
/// Of fewer a median says little.
const AT_LEAST: usize = 5;
const DAY_US: i64 = 86_400_000_000;
const MS_PER_S: f64 = 1e3;

/// What became of requests that have something in common, and which of them each row is among.
struct Cells {
    of_row: Vec<Option<usize>>,
    labels: Vec<Option<f64>>,
}

/// What rows are compared with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Among {
    /// Their like in the same minute or slice.
    Now,
    /// Their like of other days.
    Ever,
}

/// 1 where serverless functions are better, 0 where not; missing where nobody knows.
pub(super) fn labels(log: &Log) -> Vec<f64> {
    compared(log).into_iter().map(|label| label.map_or(f64::NAN, |(label, _)| label)).collect()
}

/// The label of each row, and whom it is compared with.
pub(super) fn compared(log: &Log) -> Vec<Option<(f64, Among)>> {
    let prices: Vec<f64> = (0..log.len()).map(|row| price(log, row)).collect();
    let within = |long_us: i64| Cells::of(log, &prices, |row| (like(log, row), log.at_us[row].div_euclid(long_us)));
    let (minute, slice) = (within(MINUTE_US), within(SLICE_US));
    let ever = Cells::of(log, &prices, |row| (like(log, row), window::of(log.at_us[row]), log.pattern.codes[row]));
    let alone = alone(log);
    let label = |row: usize| {
        let now = minute.label(row).or_else(|| slice.label(row)).map(|label| (label, Among::Now));
        let ever = || ever.label(row).filter(|_| alone[row]).map(|label| (label, Among::Ever));
        now.or_else(ever)
    };
    (0..log.len()).map(label).collect()
}

/// Whether one platform was measured on the day of each row.
fn alone(log: &Log) -> Vec<bool> {
    let day = |row: usize| log.at_us[row].div_euclid(DAY_US);
    let mut seen: BTreeMap<i64, Platforms<bool>> = BTreeMap::new();
    for row in (0..log.len()).filter(|&row| log.is_known(row)) {
        log.platform[row].into_iter().for_each(|platform| seen.entry(day(row)).or_default()[platform as usize] = true);
    }
    (0..log.len()).map(|row| seen.get(&day(row)).is_some_and(|both| both.contains(&false))).collect()
}

/// Money and waiting, in dollars; infinite for whoever was not served.
fn price(log: &Log, row: usize) -> f64 {
    if log.is_served(row) { log.request_usd[row] + waiting_usd(log, row, log.response_ms[row]) } else { f64::INFINITY }
}

fn waiting_usd(log: &Log, row: usize, waited_ms: f64) -> f64 {
    waited_ms / MS_PER_S * log.client_second_usd[row]
}

/// Waiting of each request, and the money that it alone costs, in dollars: of serverless functions all, of containers none, for their tasks
/// stand. Whoever was not served waited as long as anybody: failing at once is no service.
pub(super) fn own_usd(log: &Log) -> Vec<f64> {
    let longest_ms = log.response_ms.iter().copied().fold(f64::NAN, f64::max);
    let own = |row: usize| {
        let waited_ms = if log.is_served(row) { log.response_ms[row] } else { longest_ms };
        let is_paid = log.platform[row] == Some(Platform::Serverless);
        let money_usd = if is_paid { log.request_usd[row] } else { 0.0 };
        // A log does not say what a function used that did not answer.
        let money_usd = if money_usd.is_nan() && !log.is_served(row) { 0.0 } else { money_usd };
        money_usd + waiting_usd(log, row, waited_ms)
    };
    (0..log.len()).map(own).collect()
}

fn like(log: &Log, row: usize) -> (u32, Option<i32>) {
    (log.workload.codes[row], size::bucket(log.size_kb[row]))
}

impl Cells {
    /// Of rows with the same `key`.
    fn of<K: Ord>(log: &Log, prices: &[f64], key: impl Fn(usize) -> K) -> Cells {
        let mut places: BTreeMap<K, usize> = BTreeMap::new();
        let mut cells: Vec<Platforms<Vec<f64>>> = Vec::new();
        let mut of_row = vec![None; log.len()];
        for row in (0..log.len()).filter(|&row| log.is_known(row)) {
            let place = *places.entry(key(row)).or_insert(cells.len());
            cells.resize_with(cells.len().max(place + 1), Default::default);
            of_row[row] = Some(place);
            if let Some(platform) = log.platform[row].filter(|_| !prices[row].is_nan()) {
                cells[place][platform as usize].push(prices[row]);
            }
        }
        Cells { of_row, labels: cells.into_iter().map(better).collect() }
    }

    /// Of the cell that a row is in; `None`: too few of its like, or none of them served.
    fn label(&self, row: usize) -> Option<f64> {
        self.labels[self.of_row[row]?]
    }
}

/// Whether the median price is the lower one on serverless functions.
fn better(prices: Platforms<Vec<f64>>) -> Option<f64> {
    let enough = |mut prices: Vec<f64>| if prices.len() < AT_LEAST { None } else { median(&mut prices) };
    let medians = prices.map(enough);
    let (serverless, containers) =
        medians[Platform::Serverless as usize].zip(medians[Platform::Containers as usize])?;
    let is_known = serverless.is_finite() || containers.is_finite();
    is_known.then(|| flag(serverless < containers))
}
