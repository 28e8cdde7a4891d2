//! Every request of every round as `requests.csv.gz`, for whoever wants another figure: `pandas.read_csv` reads it as it is.
//!
//! | column | what |
//! |---|---|
//! | `scenario`, `load`, `strategy`, `seed` | the round; `load` is empty where it is not known |
//! | `number` | of the request in its round, from 0; the same number is the same request for every strategy |
//! | `class` | its class |
//! | `size` | how large it was beside others of its class |
//! | `scheduled_ms` | when it was to arrive, from the start of the round |
//! | `latency_ms` | from then to the end of its last try |
//! | `late_ms` | how late the bench took it up |
//! | `tries` | of its user |
//! | `end` | `answered`, `timed_out`, `not_connected`, `broken` |
//! | `status` | of the answer; empty without one |
//! | `host` | that answered; empty if none did |
//! | `measured` | 1 if figures count it, 0 in the warm-up |
//!
//! Where users try again there is `tries.csv.gz` beside it, from which `outrider train retry` learns: a row for each try, with its
//! `number` of the request, `try` from 1, `due_ms`, `latency_ms` from then on, `ended_s`, `end`, `status` and `host` of this try, and
//! `retried`: 1 if its user tried again.

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::run::is_measured;
use outrider_sim::{End, Measured, Row, Try};

const OF_REQUESTS: [&str; 15] = [
    "scenario",
    "load",
    "strategy",
    "seed",
    "number",
    "class",
    "size",
    "scheduled_ms",
    "latency_ms",
    "late_ms",
    "tries",
    "end",
    "status",
    "host",
    "measured",
];

const OF_TRIES: [&str; 16] = [
    "scenario",
    "load",
    "strategy",
    "seed",
    "number",
    "class",
    "size",
    "try",
    "due_ms",
    "latency_ms",
    "ended_s",
    "end",
    "status",
    "host",
    "retried",
    "measured",
];

/// Writes all requests of `measured`, compressed, one at a time.
pub(super) fn write_requests(out: impl Write, measured: &[Measured]) -> io::Result<()> {
    let of = |round: &Measured, table: &mut Table<_>| {
        let mut rows = round.rows.iter().enumerate();
        rows.try_for_each(|(number, row)| table.write_record(request(round, number, row)))
    };
    write(out, &OF_REQUESTS, measured, of)
}

/// Writes all tries of `measured` in the same way.
pub(super) fn write_tries(out: impl Write, measured: &[Measured]) -> io::Result<()> {
    let of = |round: &Measured, table: &mut Table<_>| {
        round.tries.iter().try_for_each(|one| table.write_record(attempt(round, one)))
    };
    write(out, &OF_TRIES, measured, of)
}

type Table<W> = csv::Writer<GzEncoder<W>>;

fn write<W: Write>(
    out: W,
    columns: &[&str],
    measured: &[Measured],
    of: impl Fn(&Measured, &mut Table<W>) -> csv::Result<()>,
) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(GzEncoder::new(out, Compression::fast()));
    table.write_record(columns)?;
    measured.iter().try_for_each(|round| of(round, &mut table))?;
    let gzip = table.into_inner().map_err(csv::IntoInnerError::into_error)?;
    gzip.finish()?.flush()
}

fn request(round: &Measured, number: usize, row: &Row) -> [String; 15] {
    let (end, status) = words(row.end);
    [
        round.scenario.clone(),
        round.load.map_or_else(String::new, |load| load.to_string()),
        round.strategy.clone(),
        round.seed.to_string(),
        number.to_string(),
        round.classes.get(usize::from(row.class)).cloned().unwrap_or_default(),
        row.size.to_string(),
        ms(row.scheduled_us),
        ms(row.latency_us),
        ms(row.late_us.into()),
        row.tries.to_string(),
        end.to_owned(),
        status,
        host(round, row.host),
        flag(is_measured(round, row)),
    ]
}

fn attempt(round: &Measured, one: &Try) -> [String; 16] {
    let row = round.rows.get(one.request as usize);
    let (end, status) = words(one.end);
    [
        round.scenario.clone(),
        round.load.map_or_else(String::new, |load| load.to_string()),
        round.strategy.clone(),
        round.seed.to_string(),
        one.request.to_string(),
        row.and_then(|row| round.classes.get(usize::from(row.class))).cloned().unwrap_or_default(),
        row.map_or_else(String::new, |row| row.size.to_string()),
        one.nth.to_string(),
        ms(one.due_us),
        ms(one.took_us),
        s(one.due_us.saturating_add(one.took_us)),
        end.to_owned(),
        status,
        host(round, one.host),
        flag(one.retried),
        flag(row.is_some_and(|row| is_measured(round, row))),
    ]
}

/// The end, and the status of an answer.
fn words(end: End) -> (&'static str, String) {
    match end {
        End::Status(status) => ("answered", status.to_string()),
        End::TimedOut => ("timed_out", String::new()),
        End::NotConnected => ("not_connected", String::new()),
        End::Broken => ("broken", String::new()),
    }
}

fn host(round: &Measured, index: Option<u16>) -> String {
    let host = index.and_then(|index| round.hosts.get(usize::from(index)));
    host.map(|host| host.name.clone()).unwrap_or_default()
}

fn flag(is: bool) -> String {
    u8::from(is).to_string()
}

/// Whole microseconds as seconds, exactly.
fn s(us: u64) -> String {
    format!("{}.{:06}", us / 1_000_000, us % 1_000_000)
}

/// Whole microseconds as milliseconds, exactly.
fn ms(us: u64) -> String {
    format!("{}.{:03}", us / 1_000, us % 1_000)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::sample::{round, row};
    use flate2::read::GzDecoder;

    #[test]
    fn what_is_written_reads_back() {
        let strategy = "a \"quoted\", name\nof two lines";
        let mut measured = round(strategy, 7);
        measured.rows =
            vec![row(999_999, 1_234_567), Row { end: End::TimedOut, host: None, class: 1, ..row(1_000_000, 5) }];
        let mut packed = Vec::new();
        write_requests(&mut packed, &[measured]).unwrap();
        let mut table = csv::Reader::from_reader(GzDecoder::new(&packed[..]));
        assert_eq!(table.headers().unwrap(), &OF_REQUESTS[..]);
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let one = [
            "test", "0.5", strategy, "7", "0", "small", "1", "999.999", "1234.567", "0.050", "1", "answered", "200",
            "h1", "0",
        ];
        let two = [
            "test",
            "0.5",
            strategy,
            "7",
            "1",
            "large",
            "1",
            "1000.000",
            "0.005",
            "0.050",
            "1",
            "timed_out",
            "",
            "",
            "1",
        ];
        assert_eq!((&rows[0], &rows[1], rows.len()), (&one.to_vec().into(), &two.to_vec().into(), 2));
    }

    #[test]
    fn a_try_names_its_request() {
        let one = Try {
            request: 1,
            nth: 2,
            due_us: 1_500,
            took_us: 2_000_000,
            host: Some(1),
            end: End::Status(503),
            retried: true,
        };
        let mut measured = round("a", 7);
        measured.rows = vec![row(0, 1), Row { class: 1, size: 2.5, ..row(1_000, 5) }];
        measured.tries = vec![one];
        let mut packed = Vec::new();
        write_tries(&mut packed, &[measured]).unwrap();
        let mut table = csv::Reader::from_reader(GzDecoder::new(&packed[..]));
        assert_eq!(table.headers().unwrap(), &OF_TRIES[..]);
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let expected = [
            "test", "0.5", "a", "7", "1", "large", "2.5", "2", "1.500", "2000.000", "2.001500", "answered", "503",
            "h2", "1", "0",
        ];
        assert_eq!(rows, [expected.to_vec()]);
    }

    #[test]
    fn a_full_disk_is_an_error() {
        struct Full;
        impl Write for Full {
            fn write(&mut self, _: &[u8]) -> io::Result<usize> {
                Err(io::ErrorKind::StorageFull.into())
            }
            fn flush(&mut self) -> io::Result<()> {
                Ok(())
            }
        }
        assert_eq!(write_requests(Full, &[]).unwrap_err().kind(), io::ErrorKind::StorageFull);
    }
}
