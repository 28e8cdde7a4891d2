//! From the records of the load to rows, and what they say of the bench itself.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::load::{Attempt, Outcome, Record};
use outrider_sim::{End, Row, Try};

/// Collects the rows of one round.
pub(super) struct Rows {
    hosts: BTreeMap<String, u16>,
    rows: Vec<(u64, Row)>,
    tries: Vec<(u64, Try)>,
    /// Whether each try is kept.
    keeps_tries: bool,
}

impl Rows {
    /// For hosts of these names; with every try if `keeps_tries`.
    pub(super) fn new(hosts: &[String], keeps_tries: bool) -> Rows {
        let index = |(index, name): (usize, &String)| Some((name.clone(), u16::try_from(index).ok()?));
        let hosts = hosts.iter().enumerate().filter_map(index).collect();
        Rows { hosts, rows: Vec::new(), tries: Vec::new(), keeps_tries }
    }

    fn host(&self, name: Option<&Arc<str>>) -> Option<u16> {
        name.and_then(|name| self.hosts.get(name.as_ref()).copied())
    }

    pub(super) fn add(&mut self, record: &Record) {
        if self.keeps_tries {
            self.add_tries(record);
        }
        let host = self.host(record.host.as_ref());
        let row = Row {
            scheduled_us: record.scheduled.as_nanos() / 1_000,
            latency_us: u64::try_from(record.latency().as_micros()).unwrap_or(u64::MAX),
            late_us: u32::try_from(record.late().as_micros()).unwrap_or(u32::MAX),
            class: u16::try_from(record.class).unwrap_or(u16::MAX),
            host,
            end: end(record.outcome),
            tries: record.tries,
            #[expect(clippy::cast_possible_truncation, reason = "24 bits are enough")]
            size: record.size as f32,
        };
        self.rows.push((record.number, row));
    }

    fn add_tries(&mut self, record: &Record) {
        let Record { due, done, outcome, ref host, .. } = *record;
        let last = Attempt { due, done, outcome, host: host.clone() };
        for (nth, attempt) in record.before.iter().chain([&last]).enumerate() {
            let one = Try {
                request: 0,
                nth: u8::try_from(nth + 1).unwrap_or(u8::MAX),
                due_us: attempt.due.as_nanos() / 1_000,
                took_us: u64::try_from(attempt.done.since(attempt.due).as_micros()).unwrap_or(u64::MAX),
                host: self.host(attempt.host.as_ref()),
                end: end(attempt.outcome),
                retried: nth < record.before.len(),
            };
            self.tries.push((record.number, one));
        }
    }

    /// All rows by number, and all tries by their ends.
    pub(super) fn done(mut self) -> (Vec<Row>, Vec<Try>) {
        self.rows.sort_unstable_by_key(|(number, _)| *number);
        let places: BTreeMap<u64, u32> = self.rows.iter().map(|(number, _)| *number).zip(0..).collect();
        let of = |(number, one): (u64, Try)| Try { request: places[&number], ..one };
        let mut tries: Vec<Try> = self.tries.into_iter().map(of).collect();
        tries.sort_by_key(|one| one.due_us.saturating_add(one.took_us));
        (self.rows.into_iter().map(|(_, row)| row).collect(), tries)
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
            due: Time::from_millis(10),
            size: 1.0,
            before: Vec::new(),
            outcome,
            host: host.map(Into::into),
        }
    }

    #[test]
    fn rows_stand_by_number_and_hosts_by_index() {
        let mut rows = Rows::new(&["h0".to_owned(), "h1".to_owned()], false);
        rows.add(&record(2, Outcome::TimedOut, None));
        rows.add(&record(0, Outcome::Answered(200), Some("h1")));
        rows.add(&record(1, Outcome::Answered(503), Some("somebody else")));
        let (rows, tries) = rows.done();
        assert!(tries.is_empty());
        let told: Vec<_> = rows.iter().map(|row| (row.end, row.host)).collect();
        assert_eq!(told, [(End::Status(200), Some(1)), (End::Status(503), None), (End::TimedOut, None)]);
        assert_eq!((rows[0].scheduled_us, rows[0].latency_us, rows[0].late_us), (10_000, 20_000, 1_000));
        assert_eq!(late_ms(&rows), [1.0; 3]);
        assert_eq!(late_ms(&[]), [0.0; 3]);
    }

    #[test]
    fn a_try_says_what_its_user_did_next() {
        let mut rows = Rows::new(&["h0".to_owned()], true);
        let first = Attempt {
            due: Time::from_millis(10),
            done: Time::from_millis(14),
            outcome: Outcome::Answered(503),
            host: Some("h0".into()),
        };
        rows.add(&Record {
            due: Time::from_millis(20),
            tries: 2,
            before: vec![first],
            ..record(7, Outcome::TimedOut, None)
        });
        rows.add(&record(3, Outcome::Answered(200), Some("h0")));
        let (rows, tries) = rows.done();
        let told: Vec<_> = tries
            .iter()
            .map(|one| (one.request, one.nth, one.due_us, one.took_us, one.host, one.end, one.retried))
            .collect();
        let expected = [
            (1, 1, 10_000, 4_000, Some(0), End::Status(503), true),
            (1, 2, 20_000, 10_000, None, End::TimedOut, false),
            (0, 1, 10_000, 20_000, Some(0), End::Status(200), false),
        ];
        assert_eq!((rows.len(), told.as_slice()), (2, expected.as_slice()));
    }
}
