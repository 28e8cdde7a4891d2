//! What a reader of labels must know of the log that they are made of.

use std::collections::BTreeSet;

use outrider_core::frame::Frame;

use super::client_time::{Among, compared};
use super::log::{self, Log};
use super::with_money;

/// A sentence for each thing that is not as it should be.
pub(super) fn told(source: &Frame) -> Vec<String> {
    let once = log::once(source);
    let repeated = once.as_ref().map_or(0, |once| source.rows() - once.rows());
    let log = with_money(once.as_ref().unwrap_or(source));
    let known: Vec<usize> = (0..log.len()).filter(|&row| log.is_known(row)).collect();
    let labels = compared(&log);
    let unlabelled = known.iter().filter(|&&row| labels[row].is_none()).count();
    let ever = known.iter().filter(|&&row| labels[row].is_some_and(|(_, among)| among == Among::Ever)).count();
    let all = known.len();
    let sentences = [
        (repeated > 0).then(|| format!("{repeated} rows repeat a request_id on the same platform and are left out")),
        unpriced(&log, &known),
        (unlabelled > 0).then(|| {
            format!(
                "{unlabelled} of {all} requests are left out: a platform has fewer than five of their like within five minutes, or neither served them"
            )
        }),
        (ever > 0).then(|| {
            format!(
                "{ever} of {all} labels compare requests of different days, for want of both platforms on one: rows that judge have a part in labels that train, and a table by what they share is the better for it"
            )
        }),
    ];
    sentences.into_iter().flatten().collect()
}

/// Workloads whose containers have no price.
fn unpriced(log: &Log, known: &[usize]) -> Option<String> {
    let without = known.iter().filter(|&&row| log.standing_usd[row].is_nan());
    let names: BTreeSet<&str> = without.filter_map(|&row| log.workload.get(row)).collect();
    (!names.is_empty()).then(|| {
        let names: Vec<String> = names.into_iter().map(|name| format!("{name:?}")).collect();
        format!(
            "the price list has no task for workload_type {}: name it under tasks (--prices FILE)",
            names.join(", ")
        )
    })
}
