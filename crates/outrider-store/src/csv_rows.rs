//! Rows of CSV.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::io::{self, BufRead};
use std::str;

use csv_core::{ReadRecordResult, Reader, ReaderBuilder};

use crate::cell::Cell;
use crate::limits::Limits;
use crate::sink::{Cells, Refusal, Sink};

/// What may stand between fields; a comma if none does.
const DELIMITERS: [u8; 4] = [b',', b';', b'\t', b'|'];

/// Gives every row of `text` to `sink`.
pub(crate) fn read(text: &mut dyn BufRead, limits: &Limits, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let delimiter = delimiter(text.fill_buf()?);
    let mut records = Records::new(text, delimiter, limits);
    let columns = match records.next()? {
        Record::Fields { .. } => header(&records, limits, sink)?,
        Record::Long { .. } => return Err(Refusal::Header(limits.line_bytes)),
        Record::End => return Err(Refusal::Empty),
    };
    loop {
        match records.next()? {
            Record::End => return Ok(()),
            Record::Long { line } => sink.wrong(line, too_long(limits.line_bytes, records.line() - line)),
            Record::Fields { line } => row(&records, line, &columns, sink)?,
        }
    }
}

/// The one that the first line has most of.
fn delimiter(start: &[u8]) -> u8 {
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    let count = |delimiter: u8| line.iter().filter(|&&byte| byte == delimiter).count();
    DELIMITERS.into_iter().rev().max_by_key(|&delimiter| count(delimiter)).unwrap_or(b',')
}

fn header(records: &Records<'_>, limits: &Limits, sink: &mut dyn Sink) -> Result<Vec<usize>, Refusal> {
    let mut seen = BTreeSet::new();
    let column = |(number, field): (usize, &[u8])| {
        let name = str::from_utf8(field).map_err(|_| Refusal::Header(limits.line_bytes))?.trim();
        let name = if name.is_empty() { format!("column_{}", number + 1) } else { name.to_owned() };
        let column = sink.column(&name)?;
        if seen.insert(name.clone()) { Ok(column) } else { Err(Refusal::Twice(name)) }
    };
    records.fields().enumerate().map(column).collect()
}

fn row(records: &Records<'_>, line: u64, columns: &[usize], sink: &mut dyn Sink) -> Result<(), Refusal> {
    if records.ends.len() != columns.len() {
        sink.wrong(line, format!("{} fields as in the header, found {}", columns.len(), records.ends.len()));
        return Ok(());
    }
    let cells = columns
        .iter()
        .zip(records.fields())
        .map(|(&column, field)| Ok((column, Cell::text(Cow::Borrowed(str::from_utf8(field)?)))));
    match cells.collect::<Result<Cells<'_>, str::Utf8Error>>() {
        Ok(cells) => sink.row(line, cells),
        Err(error) => {
            sink.wrong(line, format!("UTF-8 text, found {error}"));
            Ok(())
        }
    }
}

fn too_long(limit: usize, lines: u64) -> String {
    format!("a row of at most {limit} bytes, found a longer one that goes on for {lines} lines; is a quote left open?")
}

/// A record's place; its fields are in [`Records`].
enum Record {
    Fields {
        line: u64,
    },
    /// Longer than allowed, and skipped.
    Long {
        line: u64,
    },
    End,
}

/// Records one after the other in a buffer that does not grow beyond the limits.
struct Records<'a> {
    text: &'a mut dyn BufRead,
    reader: Reader,
    bytes: Vec<u8>,
    ends: Vec<usize>,
    limits: &'a Limits,
    /// Whether the last byte read ends a line.
    is_after_line: bool,
}

impl<'a> Records<'a> {
    fn new(text: &'a mut dyn BufRead, delimiter: u8, limits: &'a Limits) -> Records<'a> {
        let reader = ReaderBuilder::new().delimiter(delimiter).build();
        Records { text, reader, bytes: Vec::new(), ends: Vec::new(), limits, is_after_line: false }
    }

    /// The line that reading has come to.
    fn line(&self) -> u64 {
        self.reader.line() - u64::from(self.is_after_line)
    }

    fn fields(&self) -> impl Iterator<Item = &[u8]> {
        let starts = std::iter::once(0).chain(self.ends.iter().copied());
        starts.zip(&self.ends).map(|(start, &end)| &self.bytes[start..end])
    }

    fn next(&mut self) -> io::Result<Record> {
        let first_line = self.reader.line();
        let (mut written, mut fields, mut is_long) = (0, 0, false);
        self.bytes.resize(self.bytes.capacity().max(4_096), 0);
        self.ends.resize(self.ends.capacity().max(64), 0);
        loop {
            let (result, bytes, ends) = self.step(written, fields)?;
            (written, fields) = (written + bytes, fields + ends);
            match result {
                ReadRecordResult::InputEmpty => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull if self.grow() => {}
                ReadRecordResult::OutputFull | ReadRecordResult::OutputEndsFull => {
                    (written, fields, is_long) = (0, 0, true);
                }
                ReadRecordResult::Record if is_long => return Ok(Record::Long { line: first_line }),
                ReadRecordResult::Record => return Ok(self.finish(written, fields)),
                ReadRecordResult::End => return Ok(Record::End),
            }
        }
    }

    /// Reads on, behind what is there of the record.
    fn step(&mut self, written: usize, fields: usize) -> io::Result<(ReadRecordResult, usize, usize)> {
        let input = self.text.fill_buf()?;
        let (result, read, bytes, ends) =
            self.reader.read_record(input, &mut self.bytes[written..], &mut self.ends[fields..]);
        if let Some(&last) = input[..read].last() {
            self.is_after_line = last == b'\n';
        }
        self.text.consume(read);
        Ok((result, bytes, ends))
    }

    /// More room, unless there is as much as allowed.
    fn grow(&mut self) -> bool {
        let bytes = (self.bytes.len() * 2).min(self.limits.line_bytes);
        let ends = (self.ends.len() * 2).min(self.limits.columns + 1);
        let grows = bytes > self.bytes.len() || ends > self.ends.len();
        self.bytes.resize(bytes.max(self.bytes.len()), 0);
        self.ends.resize(ends.max(self.ends.len()), 0);
        grows
    }

    fn finish(&mut self, written: usize, fields: usize) -> Record {
        self.bytes.truncate(written);
        self.ends.truncate(fields);
        let inner = self.bytes.iter().filter(|&&byte| byte == b'\n').count() as u64;
        Record::Fields { line: self.line() - inner }
    }
}
