//! The split that was asked for.

use std::collections::BTreeMap;

use outrider_core::frame::Values;

use super::{Options, SplitChoice, TrainingError};
use crate::dataset::Dataset;
use crate::split::{Split, SplitError, at_random, by_time, leave_out};
use crate::tasks::Task;

pub(super) fn split(task: &Task, data: &Dataset, options: &Options) -> Result<Split, TrainingError> {
    let copies = data.copies();
    let by_luck = || at_random(data.labels(), options.shares, &copies, options.seed);
    match &options.split {
        SplitChoice::Usual if data.times().is_some() => of_time(task, data, options),
        SplitChoice::Usual if data.groups().is_some() => of_groups(data, None, options),
        SplitChoice::Usual | SplitChoice::Random => Ok(by_luck()?),
        SplitChoice::Time => of_time(task, data, options),
        SplitChoice::LeaveOut(group) => of_groups(data, group.as_deref(), options),
    }
}

fn of_time(task: &Task, data: &Dataset, options: &Options) -> Result<Split, TrainingError> {
    let times = data.times().ok_or(TrainingError::NoTimes("time", "leave-out or --split random"))?;
    Ok(by_time(times, task.embargo_us, options.shares, &data.copies())?)
}

fn of_groups(data: &Dataset, wanted: Option<&str>, options: &Options) -> Result<Split, TrainingError> {
    let groups = data.groups().ok_or(SplitError::TooFewGroups { groups: 0 })?;
    let first = first_rows(data);
    let held = match wanted {
        Some(wanted) => first.get(wanted).ok_or_else(|| TrainingError::NoGroup {
            found: wanted.to_owned(),
            expected: first.keys().cloned().collect::<Vec<_>>().join(", "),
        })?,
        None => first.values().next_back().ok_or(SplitError::TooFewGroups { groups: 0 })?,
    };
    Ok(leave_out(&groups, groups[*held], &data.copies(), options.seed)?)
}

/// The groups by name, each with a row of it.
fn first_rows(data: &Dataset) -> BTreeMap<String, usize> {
    let column = data.roles().group.as_deref().and_then(|name| data.frame().column(name));
    let Some(Values::Word(words)) = column.map(|column| &column.values) else { return BTreeMap::new() };
    (0..data.rows()).rev().filter_map(|row| Some((words.get(row)?.to_owned(), row))).collect()
}
