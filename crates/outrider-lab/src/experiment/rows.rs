//! From the records of the load to rows, and what they say of the bench itself.

use std::collections::BTreeMap;

use crate::load::{Outcome, Record};
use outrider_sim::{End, Row};

/// Collects the rows of one round.
pub(super) struct Rows {
    hosts: BTreeMap<String, u16>,
    rows: Vec<(u64, Row)>,
}

impl Rows {
    /// For hosts of these names.
    pub(super) fn new(hosts: &[String]) -> Rows {
        let index = |(index, name): (usize, &String)| Some((name.clone(), u16::try_from(index).ok()?));
        Rows { hosts: hosts.iter().enumerate().filter_map(index).collect(), rows: Vec::new() }
    }

    pub(super) fn add(&mut self, record: &Record) {
        let host = record.host.as_ref().and_then(|name| self.hosts.get(name.as_ref()).copied());
        let row = Row {
            scheduled_us: record.scheduled.as_nanos() / 1_000,
            latency_us: u64::try_from(record.latency().as_micros()).unwrap_or(u64::MAX),
            late_us: u32::try_from(record.late().as_micros()).unwrap_or(u32::MAX),
            class: u16::try_from(record.class).unwrap_or(u16::MAX),
            host,
            end: end(record.outcome),
            tries: record.tries,
        };
        self.rows.push((record.number, row));
    }

    /// All rows, by number.
    pub(super) fn by_number(mut self) -> Vec<Row> {
        self.rows.sort_unstable_by_key(|(number, _)| *number);
        self.rows.into_iter().map(|(_, row)| row).collect()
    }
}

fn end(outcome: Outcome) -> End {
    match outcome {
        Outcome::Answered(status) => End::Status(status),
        Outcome::TimedOut => End::TimedOut,
        Outcome::NotConnected => End::NotConnected,
        Outcome::Broken => End::Broken,
    }
}

/// How late the bench took up requests: median, quantile 0.99 and the worst, ms.
pub(super) fn late_ms(rows: &[Row]) -> [f64; 3] {
    let mut late: Vec<u32> = rows.iter().map(|row| row.late_us).collect();
    late.sort_unstable();
    let last = late.len().saturating_sub(1);
    let at = |share: f64| late.get(rank(share, last)).map_or(0.0, |&us| f64::from(us) / 1e3);
    [at(0.5), at(0.99), at(1.0)]
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of an index is an index")]
fn rank(share: f64, last: usize) -> usize {
    (share * last as f64).round() as usize
}

#[cfg(test)]
mod tests {
    use super::*;
    use outrider_core::Time;

    fn record(number: u64, outcome: Outcome, host: Option<&str>) -> Record {
        Record {
            number,
            class: 1,
            scheduled: Time::from_millis(10),
            taken: Time::from_millis(11),
            sent: None,
            done: Time::from_millis(30),
            tries: 1,
            outcome,
            host: host.map(Into::into),
        }
    }

    #[test]
    fn rows_stand_by_number_and_hosts_by_index() {
        let mut rows = Rows::new(&["h0".to_owned(), "h1".to_owned()]);
        rows.add(&record(2, Outcome::TimedOut, None));
        rows.add(&record(0, Outcome::Answered(200), Some("h1")));
        rows.add(&record(1, Outcome::Answered(503), Some("somebody else")));
        let rows = rows.by_number();
        let told: Vec<_> = rows.iter().map(|row| (row.end, row.host)).collect();
        assert_eq!(told, [(End::Status(200), Some(1)), (End::Status(503), None), (End::TimedOut, None)]);
        assert_eq!((rows[0].scheduled_us, rows[0].latency_us, rows[0].late_us), (10_000, 20_000, 1_000));
        assert_eq!(late_ms(&rows), [1.0; 3]);
        assert_eq!(late_ms(&[]), [0.0; 3]);
    }
}
