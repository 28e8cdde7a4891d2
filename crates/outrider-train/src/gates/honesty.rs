//! Gate 2: what judges must not have trained, nor be a copy or a neighbour of what has.

use std::collections::BTreeSet;

use super::{Evidence, Rules};
use crate::split::{Copies, Split, SplitKind};

const MICROS_PER_SECOND: f64 = 1e6;

/// What is wrong with the split: a sentence each.
pub(super) fn reasons(rules: &Rules, evidence: &Evidence) -> Vec<String> {
    let split = evidence.split;
    let told = [
        overlap(split),
        copies(split, &evidence.data.copies()),
        embargo(rules, evidence),
        random(evidence),
        group(evidence),
    ];
    told.into_iter().flatten().collect()
}

/// What a reader must know of the split.
pub(super) fn notes(evidence: &Evidence) -> Vec<String> {
    let split = evidence.split;
    let dropped = (split.copies_dropped > 0)
        .then(|| format!("{} rows were left out of training: later parts hold copies of them", split.copies_dropped));
    let random = matches!(split.kind, SplitKind::Random { .. })
        .then(|| "the split is random: where rows hang together, figures are too good".to_owned());
    random.into_iter().chain(dropped).collect()
}

fn overlap(split: &Split) -> Option<String> {
    let parts = [&split.train, &split.validation, &split.test];
    let all: BTreeSet<usize> = parts.iter().flat_map(|part| part.iter().copied()).collect();
    let twice = parts.iter().map(|part| part.len()).sum::<usize>() - all.len();
    (twice > 0).then(|| format!("{twice} rows are in more than one part of the split: split anew"))
}

fn copies(split: &Split, copies: &Copies) -> Option<String> {
    let keys = copies.keys()?;
    let earlier: BTreeSet<u64> = split.train.iter().chain(&split.validation).map(|&row| keys[row]).collect();
    let straddling = split.test.iter().filter(|&&row| earlier.contains(&keys[row])).count();
    (straddling > 0).then(|| {
        format!("{straddling} rows that judge are copies of rows that trained: drop the copies and split anew")
    })
}

fn embargo(rules: &Rules, evidence: &Evidence) -> Option<String> {
    let SplitKind::Time { .. } = evidence.split.kind else { return None };
    let Some(times) = evidence.data.times() else {
        return Some(
            "the split is by time, but the data has no column of times: name it, or split otherwise".to_owned(),
        );
    };
    let gap = |earlier: &[usize], later: &[usize]| {
        let last = earlier.iter().map(|&row| times[row]).max()?;
        let first = later.iter().map(|&row| times[row]).min()?;
        Some(first.saturating_sub(last))
    };
    let split = evidence.split;
    let least =
        [gap(&split.train, &split.validation), gap(&split.validation, &split.test)].into_iter().flatten().min()?;
    (least <= 0 || least < rules.embargo_us).then(|| {
        format!(
            "parts of the split are {} s apart, expected at least {} s (window and horizon): split by time with this embargo",
            least as f64 / MICROS_PER_SECOND,
            rules.embargo_us as f64 / MICROS_PER_SECOND
        )
    })
}

/// Neighbours in time lie on both sides of a random split: what it says of rows that have a time is no evidence.
fn random(evidence: &Evidence) -> Option<String> {
    let is_random = matches!(evidence.split.kind, SplitKind::Random { .. });
    (is_random && evidence.data.times().is_some()).then(|| {
        "the split is random, though rows have a time: neighbours in time train and judge, so figures are too good. Split by time".to_owned()
    })
}

fn group(evidence: &Evidence) -> Option<String> {
    let SplitKind::LeaveOut { .. } = evidence.split.kind else { return None };
    let groups = evidence.data.groups()?;
    let of = |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<BTreeSet<u32>>();
    let shared = of(&evidence.split.test).intersection(&of(&evidence.split.train)).count();
    (shared > 0).then(|| {
        let column = evidence.data.roles().group.as_deref().unwrap_or_default();
        format!("{shared} groups of {column:?} train and judge, though one should be left out: split anew")
    })
}
