//! Whether a table has what a data set needs.

use outrider_core::frame::{Column, Frame, NO_TIME, Values};
use outrider_core::schema::FeatureKind;

use super::{DatasetError, Roles};

/// Whether `frame` has the feature, and of its kind.
pub(super) fn feature(frame: &Frame, name: &str, kind: FeatureKind) -> Result<(), DatasetError> {
    let column = find(frame, name, "a feature")?;
    let (is_right, expected) = match kind {
        FeatureKind::Number => (matches!(column.values, Values::Number(_)), "numbers"),
        FeatureKind::Category => (matches!(column.values, Values::Word(_)), "words"),
    };
    // A column without values says nothing of what it would hold.
    let is_empty = column.values.missing() == column.values.len();
    if is_right || is_empty { Ok(()) } else { Err(wrong_kind(column, "a feature", expected)) }
}

/// Whether `frame` has the other columns, with the values that they must have.
pub(super) fn roles(frame: &Frame, roles: &Roles) -> Result<(), DatasetError> {
    numbers(frame, &roles.label, "the label", "a finite number", f64::is_finite)?;
    if let Some(name) = &roles.weight {
        numbers(frame, name, "the weight", "a finite number of at least 0", |w| w.is_finite() && w >= 0.0)?;
    }
    if let Some(name) = &roles.censored {
        numbers(frame, name, "whether the label was cut short", "0 or 1", |told| told == 0.0 || told == 1.0)?;
    }
    if let Some(trial) = &roles.trial {
        numbers(frame, &trial.went, "where a row went", "0 or 1", |went| went == 0.0 || went == 1.0)?;
        numbers(frame, &trial.not_served, "whether a row was not served", "0 or 1", |told| told == 0.0 || told == 1.0)?;
        find(frame, &trial.like, "what alike rows have in common")?;
        numbers(frame, &trial.usd, "what a row cost", "a number", |_| true)?;
        numbers(frame, &trial.standing_usd, "a row's share of what stands", "a number", |_| true)?;
        numbers(frame, &trial.waited_ms, "how long a client waited", "a number", |_| true)?;
    }
    if let Some(name) = &roles.time {
        times(frame, name)?;
    }
    let named = [(&roles.group, "the group"), (&roles.block, "the block")];
    named.iter().try_for_each(|(name, role)| name.iter().try_for_each(|name| find(frame, name, role).map(|_| ())))
}

fn numbers(
    frame: &Frame,
    name: &str,
    role: &'static str,
    expected: &'static str,
    is_right: impl Fn(f64) -> bool,
) -> Result<(), DatasetError> {
    let column = find(frame, name, role)?;
    let Values::Number(numbers) = &column.values else { return Err(wrong_kind(column, role, "numbers")) };
    values(name, role, expected, numbers.iter().map(|&number| is_right(number)))
}

fn times(frame: &Frame, name: &str) -> Result<(), DatasetError> {
    let column = find(frame, name, "the time")?;
    let Values::Time(times) = &column.values else { return Err(wrong_kind(column, "the time", "times")) };
    values(name, "the time", "a time", times.iter().map(|&time| time != NO_TIME))
}

fn values(
    name: &str,
    role: &'static str,
    expected: &'static str,
    right: impl Iterator<Item = bool>,
) -> Result<(), DatasetError> {
    let wrong: Vec<usize> = right.enumerate().filter(|(_, right)| !right).map(|(row, _)| row).collect();
    match wrong.first() {
        None => Ok(()),
        Some(&row) => Err(DatasetError::Value { column: name.to_owned(), role, row, rows: wrong.len(), expected }),
    }
}

fn find<'a>(frame: &'a Frame, name: &str, role: &'static str) -> Result<&'a Column, DatasetError> {
    frame.column(name).ok_or_else(|| {
        let columns: Vec<&str> = frame.columns().iter().map(|column| column.name.as_str()).collect();
        DatasetError::NoColumn { column: name.to_owned(), role, columns: columns.join(", ") }
    })
}

fn wrong_kind(column: &Column, role: &'static str, expected: &'static str) -> DatasetError {
    let found = match column.values {
        Values::Number(_) => "numbers",
        Values::Word(_) => "words",
        Values::Time(_) => "times",
    };
    DatasetError::Kind { column: column.name.clone(), role, found, expected }
}
