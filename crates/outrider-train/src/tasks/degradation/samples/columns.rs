//! Links, times and round trips by whatever names a source has for them.

use outrider_core::frame::{Frame, NO_TIME, Values, Words};

use super::super::super::TaskError;
use super::super::super::columns::{demand, numbers, times, words};
use super::super::{HINT, TASK};
use super::Bucket;

/// What sources call a link, its time and its round trip, the first that is there.
const LINKS: [&str; 4] = ["link", "trace", "prb_id", "host"];
/// What they call its other end, where they have it.
const DESTINATIONS: [&str; 3] = ["dst_addr", "target", "address"];
const TIMES: [&str; 4] = ["timestamp", "unix_ts", "ts", "time"];
const ROUND_TRIPS: [&str; 2] = ["rtt_ms", "avg"];
/// Some three thousand years before and after 1970.
const CALENDAR_US: std::ops::Range<i64> = -100_000_000_000_000_000..100_000_000_000_000_000;
/// Where whole milliseconds are measured, 0 is an answer; ratios need a little more than none.
const LEAST_MS: f64 = 0.001;

/// Links by name; a probe that takes part in several measurements, or that measures several destinations, is a link in each.
pub(super) fn names(source: &Frame) -> Result<Words, TaskError> {
    let name = first(source, &LINKS, "link")?;
    let names = words(source, name).unwrap_or_default();
    // A number by such a name is no destination; it may be a label.
    let is_named = |column: &&&str| matches!(source.column(column).map(|found| &found.values), Some(Values::Word(_)));
    let varying = |column: &str| words(source, column).filter(|found| found.dictionary.len() > 1);
    let destinations = DESTINATIONS.iter().filter(is_named).find_map(|column| varying(column));
    let parts: Vec<Words> = varying("msm_id").into_iter().chain(destinations).collect();
    if parts.is_empty() {
        return Ok(names);
    }
    let of = |row: usize| {
        let more = parts.iter().map(|part| part.get(row).unwrap_or("?"));
        Some(std::iter::once(names.get(row)?).chain(more).collect::<Vec<_>>().join("/"))
    };
    let full: Vec<Option<String>> = (0..source.rows()).map(of).collect();
    Ok(full.iter().map(Option::as_deref).collect())
}

/// The columns of a source that are looked at.
pub(super) struct Columns {
    /// Us since 1970.
    pub(super) at_us: Vec<i64>,
    avg_ms: Vec<f64>,
    min_ms: Option<Vec<f64>>,
    max_ms: Option<Vec<f64>>,
    std_ms: Option<Vec<f64>>,
    sent: Option<Vec<f64>>,
    received: Option<Vec<f64>>,
}

impl Columns {
    /// Those of `source`.
    pub(super) fn of(source: &Frame) -> Result<Columns, TaskError> {
        let (time, trip) = (first(source, &TIMES, "timestamp")?, first(source, &ROUND_TRIPS, "rtt_ms")?);
        Ok(Columns {
            at_us: moments(source, time)?,
            avg_ms: numbers(source, trip).unwrap_or_default(),
            min_ms: numbers(source, "min"),
            max_ms: numbers(source, "max"),
            std_ms: numbers(source, "std_ms"),
            sent: numbers(source, "sent"),
            received: numbers(source, "rcvd"),
        })
    }

    /// What one row measured.
    pub(super) fn sample(&self, row: usize) -> Bucket {
        let of = |column: &Option<Vec<f64>>| column.as_ref().map(|values| values[row]).filter(|value| *value >= 0.0);
        let trip = Some(self.avg_ms[row]).filter(|ms| *ms >= 0.0 && of(&self.received) != Some(0.0));
        let trip = trip.map(|ms| ms.max(LEAST_MS));
        let received = of(&self.received).unwrap_or(f64::from(u8::from(trip.is_some())));
        let spread = of(&self.std_ms).filter(|_| received >= 2.0);
        let measured = match (trip, spread) {
            (None, _) => 0.0,
            (Some(_), Some(_)) => received,
            (Some(_), None) => 1.0,
        };
        let or_trip = |value: Option<f64>| trip.map_or(f64::NAN, |ms| value.map_or(ms, |ms| ms.max(LEAST_MS)));
        Bucket {
            since_us: self.at_us[row],
            at_us: self.at_us[row],
            avg_ms: trip.unwrap_or(f64::NAN),
            min_ms: or_trip(of(&self.min_ms)),
            max_ms: or_trip(of(&self.max_ms)),
            received,
            lost: (of(&self.sent).unwrap_or(1.0) - received).max(0.0),
            squares: spread.map_or(0.0, |ms| ms.powi(2) * (received - 1.0)),
            measured,
        }
    }
}

/// The times in a column; what no calendar has is none.
fn moments(source: &Frame, column: &'static str) -> Result<Vec<i64>, TaskError> {
    let mut at_us = times(source, column).unwrap_or_else(|| vec![NO_TIME; source.rows()]);
    at_us.iter_mut().filter(|at_us| !CALENDAR_US.contains(*at_us)).for_each(|at_us| *at_us = NO_TIME);
    match &source.column(column).map(|found| &found.values) {
        Some(Values::Word(words)) => match words.dictionary.first() {
            Some(word) => Err(TaskError::Times { task: TASK, column, found: word.chars().take(40).collect() }),
            None => Ok(at_us),
        },
        _ => Ok(at_us),
    }
}

fn first(source: &Frame, names: &[&'static str], otherwise: &'static str) -> Result<&'static str, TaskError> {
    match names.iter().find(|name| source.column(name).is_some()) {
        Some(name) => Ok(name),
        None => demand(TASK, source, &[otherwise], HINT).map(|()| otherwise),
    }
}
