//! The label `balanced_optimal`: faster and cheaper on the server's side, both by a margin of 10 %, beside the other platform's medians of the
//! same workload over all the data.
//!
//! It looks over the whole data, so that labels of rows that train hold a little of those that judge; and what never came back is not in it.
//! `client_time` has neither fault.

use std::collections::BTreeMap;

use super::log::{Log, Platform, median};
use super::{Platforms, flag};

/// Less than this part of the other's counts as better.
const MARGIN: f64 = 0.9;

/// 1 where serverless functions are better, 0 where not; missing but for requests that were served on a known platform and say how long
/// they executed, and where one of the four numbers that are compared is missing.
pub(super) fn labels(log: &Log) -> Vec<f64> {
    let used: Vec<usize> = (0..log.len()).filter(|&row| is_used(log, row)).collect();
    let (time, cost) = (medians(log, &used, &log.execution_ms), medians(log, &used, &log.execution_usd));
    let mut labels = vec![f64::NAN; log.len()];
    for row in used {
        let faster = is_better(log, row, &time, &log.execution_ms);
        let cheaper = is_better(log, row, &cost, &log.execution_usd);
        labels[row] = faster.zip(cheaper).map_or(f64::NAN, |(faster, cheaper)| flag(faster && cheaper));
    }
    labels
}

/// A row without a time has its part in the medians, if no features and so no place among the rows that are learnt from.
fn is_used(log: &Log, row: usize) -> bool {
    log.is_served(row) && log.platform[row].is_some() && !log.execution_ms[row].is_nan()
}

/// By workload and platform.
fn medians(log: &Log, rows: &[usize], values: &[f64]) -> BTreeMap<u32, Platforms<f64>> {
    let mut groups: BTreeMap<u32, Platforms<Vec<f64>>> = BTreeMap::new();
    for &row in rows.iter().filter(|&&row| !values[row].is_nan()) {
        if let Some(platform) = log.platform[row] {
            groups.entry(log.workload.codes[row]).or_default()[platform as usize].push(values[row]);
        }
    }
    let of = |mut both: Platforms<Vec<f64>>| [0, 1].map(|at| median(&mut both[at]).unwrap_or(f64::NAN));
    groups.into_iter().map(|(workload, both)| (workload, of(both))).collect()
}

/// Whether serverless functions are better by `values`, the row's own beside the other platform's median; `None` where one is missing.
fn is_better(log: &Log, row: usize, medians: &BTreeMap<u32, Platforms<f64>>, values: &[f64]) -> Option<bool> {
    let (platform, both) = log.platform[row].zip(medians.get(&log.workload.codes[row]))?;
    let (own, other) = (values[row], both[platform.other() as usize]);
    let is_known = !own.is_nan() && !other.is_nan();
    is_known.then_some(match platform {
        Platform::Serverless => own < MARGIN * other,
        Platform::Containers => other < MARGIN * own,
    })
}
