//! Survivorship: what timed out is an observation cut short, not a missing one. A model of those that came back in time promises too much.

use super::{Evidence, Rules};
use crate::dataset::Dataset;

/// Above this share of rows cut short, even the median is not known.
const MOST: f64 = 0.5;

/// How many rows were cut short.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Survival {
    /// All.
    pub rows: usize,
    /// Those whose end nobody saw: a label that is an amount is a lower bound.
    pub cut_short: usize,
}

/// `None`: the data does not say.
pub fn survival(data: &Dataset) -> Option<Survival> {
    let censored = data.censored()?;
    Some(Survival { rows: censored.len(), cut_short: censored.iter().filter(|cut| **cut).count() })
}

pub(super) fn reasons(rules: &Rules, evidence: &Evidence) -> Option<String> {
    if !rules.can_be_cut_short {
        return None;
    }
    let Some(Survival { rows, cut_short }) = survival(evidence.data) else {
        return Some(
            "no column says which requests were cut short: timeouts are missing, and what is left are survivors. Record them, with a column \
             of 0 and 1"
                .to_owned(),
        );
    };
    (cut_short as f64 > MOST * rows as f64).then(|| {
        let column = evidence.data.roles().censored.as_deref().unwrap_or_default();
        format!("{cut_short} of {rows} rows were cut short ({column:?}), more than half: how long they take is not known; wait longer")
    })
}

pub(super) fn notes(evidence: &Evidence) -> Option<String> {
    let Survival { rows, cut_short } = survival(evidence.data)?;
    let so = match evidence.data.is_two_class() {
        true => "how long they would have taken is not known",
        false => "their labels are lower bounds",
    };
    (cut_short > 0).then(|| format!("{cut_short} of {rows} rows were cut short: {so}"))
}
