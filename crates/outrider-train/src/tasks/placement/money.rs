//! What each request of a log cost by a price list.
//!
//! Serverless: what it took, by the memory it was given. Containers: the time of a task, and a share of what the tasks of its workload
//! cost while they waited: over each slice of time all tasks are paid, and those that were served share it by their execution.

use std::collections::BTreeMap;

use outrider_core::frame::{Column, Frame, Values};
use outrider_workload::Prices;

use super::client_time::SLICE_US;
use super::log::{Log, Platform};

/// What a request cost, idle time and all.
pub(super) const REQUEST_USD: &str = "price.request_usd";
/// What its execution cost, by the formulas alone: memory as used, no idle time.
pub(super) const EXECUTION_USD: &str = "price.execution_usd";
/// What a second of waiting is worth.
pub(super) const CLIENT_SECOND_USD: &str = "price.client_second_usd";

const MS_PER_S: f64 = 1e3;
const US_PER_S: f64 = 1e6;

/// Whether `log` says itself what requests cost, or what that is made of.
#[must_use]
pub fn has_prices(log: &Frame) -> bool {
    [REQUEST_USD, EXECUTION_USD, CLIENT_SECOND_USD].iter().any(|name| log.column(name).is_some())
}

/// `log` with what each of its requests cost by `prices`: three columns, missing where it cannot be told.
///
/// # Panics
///
/// If `log` has columns of these names: see [`has_prices`].
#[must_use]
pub fn priced(log: &Frame, prices: &Prices) -> Frame {
    let read = Log::of(log);
    let idle = Idle::of(&read, prices);
    let rows = 0..read.len();
    let columns = [
        (REQUEST_USD, rows.clone().map(|row| request_usd(&read, row, prices, &idle)).collect()),
        (EXECUTION_USD, rows.clone().map(|row| execution_usd(&read, row, prices)).collect()),
        (CLIENT_SECOND_USD, rows.map(|_| prices.client_second_usd).collect()),
    ];
    let mut priced = log.clone();
    for (name, values) in columns {
        let added = priced.push(Column { name: name.to_owned(), values: Values::Number(values) });
        added.expect("a log without prices");
    }
    priced
}

fn request_usd(log: &Log, row: usize, prices: &Prices, idle: &Idle) -> f64 {
    let seconds = seconds(log, row);
    match log.platform[row] {
        Some(Platform::Serverless) => {
            // What was given is billed, used or not.
            let (given, used) = (log.memory_limit_mb[row], log.memory_used_mb[row]);
            prices.serverless.request_usd(if given.is_nan() { used } else { given }, seconds)
        }
        Some(Platform::Containers) => task_usd(log, row, prices, seconds) * idle.factor(log, row),
        None => f64::NAN,
    }
}

fn execution_usd(log: &Log, row: usize, prices: &Prices) -> f64 {
    let seconds = log.execution_ms[row] / MS_PER_S;
    match log.platform[row] {
        Some(Platform::Serverless) => prices.serverless.request_usd(log.memory_used_mb[row], seconds),
        Some(Platform::Containers) => task_usd(log, row, prices, seconds),
        None => f64::NAN,
    }
}

fn task_usd(log: &Log, row: usize, prices: &Prices, seconds: f64) -> f64 {
    let task = log.workload.get(row).and_then(|name| prices.tasks.get(name));
    task.map_or(f64::NAN, |task| prices.containers.task_usd(task, seconds))
}

/// How long it executed; where the server does not say, no longer than the client waited.
fn seconds(log: &Log, row: usize) -> f64 {
    let (execution, response) = (log.execution_ms[row], log.response_ms[row]);
    let ms = if execution.is_nan() { response } else { execution };
    ms / MS_PER_S
}

/// How many times its execution a request pays, by workload and slice.
struct Idle(BTreeMap<(u32, i64), f64>);

impl Idle {
    fn of(log: &Log, prices: &Prices) -> Idle {
        let mut busy_s: BTreeMap<(u32, i64), f64> = BTreeMap::new();
        let served = |&row: &usize| log.platform[row] == Some(Platform::Containers) && log.is_served(row);
        for row in (0..log.len()).filter(served) {
            let seconds = seconds(log, row);
            *busy_s.entry(key(log, row)).or_default() += if seconds.is_nan() { 0.0 } else { seconds };
        }
        let factor = |((workload, slice), busy_s): ((u32, i64), f64)| {
            let name = log.workload.dictionary.get(workload as usize);
            let count = name.and_then(|name| prices.tasks.get(name)).map_or(0, |task| task.count);
            let paid_s = f64::from(count) * SLICE_US as f64 / US_PER_S;
            ((workload, slice), if busy_s > 0.0 { (paid_s / busy_s).max(1.0) } else { 1.0 })
        };
        Idle(busy_s.into_iter().map(factor).collect())
    }

    fn factor(&self, log: &Log, row: usize) -> f64 {
        self.0.get(&key(log, row)).copied().unwrap_or(1.0)
    }
}

fn key(log: &Log, row: usize) -> (u32, i64) {
    (log.workload.codes[row], log.at_us[row].div_euclid(SLICE_US))
}
