//! What each request of a log cost by a price list.
//!
//! Serverless: what it took, by the memory it was given. Containers: the time of a task, and a share of what the tasks of its workload
//! cost while they waited. Over each slice of time all tasks are paid, and all requests of their workload share it by their execution, those
//! that went to serverless functions too: else containers would be the dearer the fewer requests a log, or a model, sends there.

use std::collections::{BTreeMap, BTreeSet};

use outrider_core::frame::{Column, Frame, Values};
use outrider_workload::{Prices, TaskSize};

use super::client_time::SLICE_US;
use super::log::{Log, Platform};

/// What a request cost, idle time and all.
pub(super) const REQUEST_USD: &str = "price.request_usd";
/// What its execution cost, by the formulas alone: memory as used, no idle time.
pub(super) const EXECUTION_USD: &str = "price.execution_usd";
/// An equal share of what the tasks of its workload cost in its slice, used or not: what stands wherever it goes.
pub(super) const STANDING_USD: &str = "price.standing_usd";
/// What a second of waiting is worth.
pub(super) const CLIENT_SECOND_USD: &str = "price.client_second_usd";

const MS_PER_S: f64 = 1e3;
/// A slice of time, over which tasks are paid, s.
const SLICE_S: f64 = SLICE_US as f64 / 1e6;

/// Whether `log` says itself what requests cost, or what that is made of.
#[must_use]
pub fn has_prices(log: &Frame) -> bool {
    [REQUEST_USD, EXECUTION_USD, STANDING_USD, CLIENT_SECOND_USD].iter().any(|name| log.column(name).is_some())
}

/// `log` with what each of its requests cost by `prices`: four columns, missing where it cannot be told.
///
/// # Panics
///
/// If `log` has columns of these names: see [`has_prices`].
#[must_use]
pub fn priced(log: &Frame, prices: &Prices) -> Frame {
    let read = Log::of(log);
    let demand = Demand::of(&read);
    let rows = 0..read.len();
    let columns = [
        (REQUEST_USD, rows.clone().map(|row| request_usd(&read, row, prices, &demand)).collect()),
        (EXECUTION_USD, rows.clone().map(|row| execution_usd(&read, row, prices)).collect()),
        (STANDING_USD, rows.clone().map(|row| demand.standing_usd(&read, row, prices)).collect()),
        (CLIENT_SECOND_USD, rows.map(|_| prices.client_second_usd).collect()),
    ];
    let mut priced = log.clone();
    for (name, values) in columns {
        let added = priced.push(Column { name: name.to_owned(), values: Values::Number(values) });
        added.expect("a log without prices");
    }
    priced
}

fn request_usd(log: &Log, row: usize, prices: &Prices, demand: &Demand) -> f64 {
    let seconds = seconds(log, row);
    match log.platform[row] {
        Some(Platform::Serverless) => {
            // What was given is billed, used or not.
            let (given, used) = (log.memory_limit_mb[row], log.memory_used_mb[row]);
            prices.serverless.request_usd(if given.is_nan() { used } else { given }, seconds)
        }
        Some(Platform::Containers) => task_usd(log, row, prices, seconds) * demand.factor(log, row, prices),
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
    task(log, row, prices).map_or(f64::NAN, |task| prices.containers.task_usd(task, seconds))
}

/// How long it executed; where the server does not say, no longer than the client waited.
fn seconds(log: &Log, row: usize) -> f64 {
    let (execution, response) = (log.execution_ms[row], log.response_ms[row]);
    let ms = if execution.is_nan() { response } else { execution };
    ms / MS_PER_S
}

/// How much is asked of the tasks of each workload.
struct Demand {
    /// Requests of a workload in a slice, wherever they went.
    requests: BTreeMap<(u32, i64), f64>,
    /// Seconds that one of a workload executes on containers, on average, and of how many that is.
    execution_s: BTreeMap<u32, (f64, f64)>,
}

impl Demand {
    fn of(log: &Log) -> Demand {
        let (mut counted, mut requests) = (BTreeSet::new(), BTreeMap::new());
        for row in (0..log.len()).filter(|&row| log.is_known(row) && counted.insert(log.request[row])) {
            *requests.entry(key(log, row)).or_default() += 1.0;
        }
        let mut execution_s: BTreeMap<u32, (f64, f64)> = BTreeMap::new();
        let served = |&row: &usize| log.platform[row] == Some(Platform::Containers) && log.is_served(row);
        for row in (0..log.len()).filter(served) {
            let seconds = seconds(log, row);
            let (mean_s, count) = execution_s.entry(log.workload.codes[row]).or_default();
            if !seconds.is_nan() {
                *count += 1.0;
                *mean_s += (seconds - *mean_s) / *count;
            }
        }
        Demand { requests, execution_s }
    }

    /// How many times its execution a request pays, were all of its workload served by containers: not less than once.
    fn factor(&self, log: &Log, row: usize, prices: &Prices) -> f64 {
        let paid_s = task(log, row, prices).map_or(f64::NAN, |task| f64::from(task.count) * SLICE_S);
        let requests = self.requests.get(&key(log, row)).copied().unwrap_or(f64::NAN);
        let (mean_s, _) = self.execution_s.get(&log.workload.codes[row]).copied().unwrap_or((f64::NAN, 0.0));
        let factor = paid_s / (requests * mean_s);
        // Of a row without a time nobody knows who else was there.
        if factor.is_finite() { factor.max(1.0) } else { 1.0 }
    }

    fn standing_usd(&self, log: &Log, row: usize, prices: &Prices) -> f64 {
        let requests = self.requests.get(&key(log, row)).copied().unwrap_or(f64::NAN);
        let all = |task: &TaskSize| f64::from(task.count) * prices.containers.task_usd(task, SLICE_S);
        task(log, row, prices).map_or(f64::NAN, all) / requests
    }
}

fn task<'a>(log: &Log, row: usize, prices: &'a Prices) -> Option<&'a TaskSize> {
    log.workload.get(row).and_then(|name| prices.tasks.get(name))
}

fn key(log: &Log, row: usize) -> (u32, i64) {
    (log.workload.codes[row], log.at_us[row].div_euclid(SLICE_US))
}
