//! Every request of every round as `requests.csv.gz`, for whoever wants another figure: `pandas.read_csv` reads it as it is.
//!
//! | column | what |
//! |---|---|
//! | `scenario`, `load`, `strategy`, `seed` | the round; `load` is empty where it is not known |
//! | `number` | of the request in its round, from 0; the same number is the same request for every strategy |
//! | `class` | its class |
//! | `scheduled_ms` | when it was to arrive, from the start of the round |
//! | `latency_ms` | from then to the end of its last try |
//! | `late_ms` | how late the bench took it up |
//! | `tries` | of its user |
//! | `end` | `answered`, `timed_out`, `not_connected`, `broken` |
//! | `status` | of the answer; empty without one |
//! | `host` | that answered; empty if none did |
//! | `measured` | 1 if figures count it, 0 in the warm-up |

use std::io::{self, Write};

use flate2::Compression;
use flate2::write::GzEncoder;

use super::run::is_measured;
use outrider_sim::{End, Measured, Row};

const COLUMNS: [&str; 14] = [
    "scenario",
    "load",
    "strategy",
    "seed",
    "number",
    "class",
    "scheduled_ms",
    "latency_ms",
    "late_ms",
    "tries",
    "end",
    "status",
    "host",
    "measured",
];

/// Writes all of `measured`, compressed, a request at a time.
pub(super) fn write_requests(out: impl Write, measured: &[Measured]) -> io::Result<()> {
    let mut table = csv::Writer::from_writer(GzEncoder::new(out, Compression::fast()));
    table.write_record(COLUMNS)?;
    for round in measured {
        for (number, row) in round.rows.iter().enumerate() {
            table.write_record(record(round, number, row))?;
        }
    }
    let gzip = table.into_inner().map_err(csv::IntoInnerError::into_error)?;
    gzip.finish()?.flush()
}

fn record(round: &Measured, number: usize, row: &Row) -> [String; 14] {
    let name = |names: Option<&String>| names.cloned().unwrap_or_default();
    let (end, status) = match row.end {
        End::Status(status) => ("answered", status.to_string()),
        End::TimedOut => ("timed_out", String::new()),
        End::NotConnected => ("not_connected", String::new()),
        End::Broken => ("broken", String::new()),
    };
    let host = row.host.and_then(|host| round.hosts.get(usize::from(host)));
    [
        round.scenario.clone(),
        round.load.map_or_else(String::new, |load| load.to_string()),
        round.strategy.clone(),
        round.seed.to_string(),
        number.to_string(),
        name(round.classes.get(usize::from(row.class))),
        ms(row.scheduled_us),
        ms(row.latency_us),
        ms(row.late_us.into()),
        row.tries.to_string(),
        end.to_owned(),
        status,
        name(host.map(|host| &host.name)),
        u8::from(is_measured(round, row)).to_string(),
    ]
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
        assert_eq!(table.headers().unwrap(), &COLUMNS[..]);
        let rows: Vec<csv::StringRecord> = table.records().map(Result::unwrap).collect();
        let one = [
            "test", "0.5", strategy, "7", "0", "small", "999.999", "1234.567", "0.050", "1", "answered", "200", "h1",
            "0",
        ];
        let two =
            ["test", "0.5", strategy, "7", "1", "large", "1000.000", "0.005", "0.050", "1", "timed_out", "", "", "1"];
        assert_eq!((&rows[0], &rows[1], rows.len()), (&one.to_vec().into(), &two.to_vec().into(), 2));
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
