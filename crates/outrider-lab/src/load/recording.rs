//! Reads recorded arrivals from a CSV file, compressed with gzip or not, for a load that replays them.
//!
//! Public data sets are not part of this project: whoever wants to replay one names the file. A column of times in seconds,
//! milliseconds (`..._ms`), microseconds (`..._us`) or nanoseconds (`..._ns`), or of dates, is enough; sizes where there are
//! any.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use csv::{ByteRecord, Reader, StringRecord};
use flate2::read::MultiGzDecoder;
use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;
use outrider_workload::{Trace, TraceError, TraceFile, TraceRow};
use thiserror::Error;

/// Columns of times, in this order, whatever their case and unit.
const TIMES: [&str; 8] = ["timestamp", "time", "scheduled", "arrival", "at", "ts", "unix_ts", "starttime"];
/// Columns of sizes. Of the tokens of a language model the generated ones take nearly all of the time.
const SIZES: [&str; 4] = ["size", "generatedtokens", "tokens", "bytes"];
/// Units of a column of numbers, by the end of its name, s.
const UNITS_S: [(&str, f64); 4] = [("_ms", 1e-3), ("_us", 1e-6), ("_ns", 1e-9), ("_s", 1.0)];
/// More rows than this are more than a run can send; more bytes are no trace.
const ROWS_MAX: usize = 5_000_000;
const BYTES_MAX: u64 = 1 << 30;

/// Where two public recordings are to be had.
pub const PUBLIC: &str = "AzureLLMInferenceTrace_code.csv and AzureLLMInferenceTrace_conv.csv of \
                          https://github.com/Azure/AzurePublicDataset (CC-BY 4.0)";

/// Why a file cannot be replayed.
#[derive(Debug, Error)]
pub enum RecordingError {
    /// No file was named.
    #[error("a trace needs a file: --data PATH, or file= in the pattern; to be had, for example: {PUBLIC}")]
    NoFile,
    /// It cannot be opened.
    #[error("cannot read {path}: {source}")]
    Open {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It is no CSV.
    #[error("{path}: {source}")]
    Csv {
        /// Its path.
        path: PathBuf,
        /// Where and why.
        source: csv::Error,
    },
    /// A column is not there.
    #[error("{path} has no column {wanted}; it has {has}")]
    Column {
        /// Its path.
        path: PathBuf,
        /// Which one was looked for.
        wanted: String,
        /// The columns there are.
        has: String,
    },
    /// A cell is no time or no number.
    #[error("{path}, line {line}: {text:?} is not {wanted}")]
    Cell {
        /// Its path.
        path: PathBuf,
        /// Which line, from 1.
        line: u64,
        /// What stands there.
        text: String,
        /// What should.
        wanted: &'static str,
    },
    /// Too many rows.
    #[error("{path} has more than {ROWS_MAX} rows")]
    Long {
        /// Its path.
        path: PathBuf,
    },
    /// Its arrivals cannot be replayed.
    #[error("{path}: {source}")]
    Trace {
        /// Its path.
        path: PathBuf,
        /// Why not.
        source: TraceError,
    },
}

/// Reads `what`.
///
/// # Errors
/// When the file cannot be read, has no such columns, or makes no trace; with the line where it went wrong.
pub fn read_trace(what: &TraceFile) -> Result<Trace, RecordingError> {
    Trace::new(read_rows(what)?).map_err(|source| RecordingError::Trace { path: what.file.clone(), source })
}

/// The arrivals of `what`, in their order there.
pub(crate) fn read_rows(what: &TraceFile) -> Result<Vec<TraceRow>, RecordingError> {
    if what.file.as_os_str().is_empty() {
        return Err(RecordingError::NoFile);
    }
    let path = || what.file.clone();
    let mut csv = open(&what.file).map_err(|source| RecordingError::Open { path: path(), source })?;
    let header = csv.headers().map_err(|source| RecordingError::Csv { path: path(), source })?.clone();
    let columns = Columns::find(what, &header)?;
    let mut rows = Vec::new();
    for record in csv.byte_records() {
        let record = record.map_err(|source| RecordingError::Csv { path: path(), source })?;
        if rows.len() == ROWS_MAX {
            return Err(RecordingError::Long { path: path() });
        }
        rows.push(columns.read(&what.file, &record)?);
    }
    Ok(rows)
}

/// A CSV file, compressed or not by its name.
pub(crate) fn open(path: &Path) -> io::Result<Reader<Box<dyn Read>>> {
    let file = File::open(path)?;
    let zipped = path.extension().is_some_and(|extension| extension == "gz");
    let plain: Box<dyn Read> = if zipped { Box::new(MultiGzDecoder::new(file)) } else { Box::new(file) };
    Ok(Reader::from_reader(Box::new(plain.take(BYTES_MAX))))
}

struct Columns {
    time: usize,
    unit_s: f64,
    size: Option<usize>,
}

impl Columns {
    fn find(what: &TraceFile, header: &StringRecord) -> Result<Columns, RecordingError> {
        let missing = |wanted: String| RecordingError::Column {
            path: what.file.clone(),
            wanted,
            has: header.iter().collect::<Vec<_>>().join(", "),
        };
        let named = |name: &String| {
            let position = header.iter().position(|column| column == name);
            position.ok_or_else(|| missing(format!("{name:?}")))
        };
        let usual = |names: &[&str]| names.iter().find_map(|name| header.iter().position(|c| bare(c) == *name));
        let time = match &what.time {
            Some(name) => named(name)?,
            None => usual(&TIMES).ok_or_else(|| missing(format!("of times ({}, or time=)", TIMES.join(", "))))?,
        };
        let size = what.size.as_ref().map(named).transpose()?.or_else(|| usual(&SIZES));
        Ok(Columns { time, unit_s: unit(&header[time]).1, size })
    }

    fn read(&self, path: &Path, record: &ByteRecord) -> Result<TraceRow, RecordingError> {
        let cell = |column: usize| String::from_utf8_lossy(record.get(column).unwrap_or_default());
        let error = |column, wanted| RecordingError::Cell {
            path: path.to_path_buf(),
            line: record.position().map_or(0, csv::Position::line),
            text: cell(column).into_owned(),
            wanted,
        };
        let at_s = seconds(cell(self.time).trim(), self.unit_s);
        let at_s = at_s.ok_or_else(|| error(self.time, "a time: a number, or a date as 2023-11-16 18:17:03.98"))?;
        let size = |column| cell(column).trim().parse().map_err(|_| error(column, "a number"));
        Ok(TraceRow { at_s, size: self.size.map(size).transpose()? })
    }
}

/// A column's name in small letters, without its unit.
fn bare(name: &str) -> String {
    let name = name.trim().to_ascii_lowercase();
    let unit = unit(&name).0;
    name.strip_suffix(unit).unwrap_or(&name).to_owned()
}

/// The end of a column's name that tells its unit, and the unit in seconds.
fn unit(name: &str) -> (&'static str, f64) {
    let name = name.to_ascii_lowercase();
    let known = UNITS_S.into_iter().find(|(end, _)| name.ends_with(end) && !name.starts_with("unix_"));
    known.unwrap_or(("", 1.0))
}

/// A number, or a date with or without a zone, as seconds.
fn seconds(text: &str, unit_s: f64) -> Option<f64> {
    let number = text.parse::<f64>().ok().map(|number| number * unit_s);
    let date = || {
        let stamp = text.parse::<Timestamp>().ok();
        let stamp = stamp.or_else(|| TimeZone::UTC.to_timestamp(text.parse::<DateTime>().ok()?).ok());
        stamp.map(|stamp| stamp.as_nanosecond() as f64 / 1e9)
    };
    number.or_else(date)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::io::Write;

    use flate2::Compression;
    use flate2::write::GzEncoder;

    /// Reads `text` from a file of its own called `name`.
    fn read(name: &str, bytes: &[u8], size: Option<&str>) -> Result<Trace, RecordingError> {
        let file = std::env::temp_dir().join(format!("outrider-trace-{}-{name}", std::process::id()));
        std::fs::write(&file, bytes).unwrap();
        let trace = read_trace(&TraceFile { file: file.clone(), time: None, size: size.map(str::to_owned) });
        std::fs::remove_file(&file).unwrap();
        trace
    }

    fn rows(times: [f64; 3], sizes: Option<[f64; 3]>) -> Trace {
        let size = |i: usize| sizes.map(|sizes| sizes[i]);
        Trace::new((0..3).map(|i| TraceRow { at_s: times[i], size: size(i) }).collect()).unwrap()
    }

    #[test]
    fn dates_and_tokens_are_read_from_gzip() {
        let text = "TIMESTAMP,ContextTokens,GeneratedTokens\n2023-11-16 18:17:03.9799600,4808,10\n\
                    2023-11-16 18:17:04.4799600,3180,8\n2023-11-16T18:17:05.9799600Z,110,27\n";
        let mut zip = GzEncoder::new(Vec::new(), Compression::fast());
        zip.write_all(text.as_bytes()).unwrap();
        let zipped = zip.finish().unwrap();
        let trace = read("dates.csv.gz", &zipped, None).unwrap();
        assert!((trace.rate_per_s() - 1.0).abs() < 1e-6 && trace.has_sizes());
        let context = read("context.csv.gz", &zipped, Some("ContextTokens")).unwrap();
        assert_ne!(trace, context);
    }

    #[test]
    fn numbers_have_the_unit_that_their_column_says() {
        let expected = rows([0.0, 0.25, 1.0], None);
        for (name, text) in [
            ("s.csv", "time\n0\n0.25\n1\n"),
            ("ms.csv", "number,scheduled_ms\n1,0\n2,250\n3,1000\n"),
            ("us.csv", "at_us\n0\n250000\n1000000\n"),
            ("unix.csv", "unix_ts\n0\n0.25\n1\n"),
        ] {
            assert_eq!(read(name, text.as_bytes(), None).unwrap(), expected, "{name}");
        }
        let sized = read("sized.csv", b"time, size\n0,1\n1,2\n3,6\n", None).unwrap();
        assert_eq!(sized, rows([0.0, 1.0, 3.0], Some([1.0, 2.0, 6.0])));
    }

    #[test]
    fn what_is_wrong_is_said_with_its_place() {
        for (name, text, size, said) in [
            ("a.csv", "x,y\n1,2\n", None, "has no column of times (timestamp, "),
            ("b.csv", "time\n1\nsoon\n", None, "line 3: \"soon\" is not a time"),
            ("c.csv", "time,size\n1,2\n2,big\n", None, "line 3: \"big\" is not a number"),
            ("d.csv", "time\n1\n2,3\n", None, "found record with 2 fields"),
            ("e.csv", "time\n1\n", None, "at least 2 arrivals"),
            ("f.csv", "time,a,b\n1,2,3\n", Some("c"), "has no column \"c\"; it has time, a, b"),
            ("g.csv.gz", "time\n1.25\n2.25\n3.25\n4.25\n", None, "invalid gzip header"),
        ] {
            let error = read(name, text.as_bytes(), size).unwrap_err().to_string();
            assert!(error.contains(said), "{name}: {error}");
        }
        let nowhere = read_trace(&TraceFile::default()).unwrap_err().to_string();
        assert!(nowhere.contains("--data PATH") && nowhere.contains("AzurePublicDataset"));
    }
}
