//! A table into a file.

use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use outrider_core::frame::{Column, Frame, NO_TIME, Values};
use thiserror::Error;

use crate::cell::time_text;
use crate::parquet_table;
use crate::replace::replace;

/// What a file of records is written as.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Format {
    /// Comma-separated, with a header.
    Csv,
    /// The same in gzip.
    CsvGzip,
    /// Parquet, its columns compressed with Snappy.
    Parquet,
}

/// Why nothing was written, or not all.
#[derive(Debug, Error)]
pub enum WriteError {
    /// Nothing is known of such an ending.
    #[error("{path}: the name ends with none of .csv, .csv.gz and .parquet, by which the format is chosen", path = .0.display())]
    Ending(PathBuf),
    /// The system says no.
    #[error("{path}: cannot write: {source}; is there such a folder, and room on the disk?", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
}

impl Format {
    /// By the ending of the name of a file.
    ///
    /// # Errors
    /// When it is another one.
    pub fn of(path: &Path) -> Result<Format, WriteError> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
        match () {
            () if name.ends_with(".csv") => Ok(Format::Csv),
            () if name.ends_with(".csv.gz") => Ok(Format::CsvGzip),
            () if name.ends_with(".parquet") => Ok(Format::Parquet),
            () => Err(WriteError::Ending(path.to_owned())),
        }
    }
}

/// Writes `frame` to `path`, in the format that its ending names, in the place of what was there.
///
/// # Errors
/// When the ending is unknown, or the file cannot be written; then what was there still is.
pub fn write(frame: &Frame, path: &Path) -> Result<(), WriteError> {
    let format = Format::of(path)?;
    let written = replace(path, |file| write_as(frame, format, BufWriter::new(file)));
    written.map_err(|source| WriteError::Io { path: path.to_owned(), source })
}

fn write_as(frame: &Frame, format: Format, out: impl Write + Send) -> io::Result<()> {
    match format {
        Format::Csv => write_csv(frame, out)?.flush(),
        Format::CsvGzip => write_csv(frame, GzEncoder::new(out, Compression::fast()))?.finish()?.flush(),
        Format::Parquet => parquet_table::write(frame, out),
    }
}

/// Writes a header and the rows; what is missing is empty. Gives `out` back.
fn write_csv<W: Write>(frame: &Frame, out: W) -> io::Result<W> {
    let mut table = csv::Writer::from_writer(out);
    table.write_record(frame.columns().iter().map(|column| &column.name))?;
    for row in 0..frame.rows() {
        frame.columns().iter().try_for_each(|column| table.write_field(field(column, row)))?;
        table.write_record(None::<&[u8]>)?;
    }
    table.into_inner().map_err(csv::IntoInnerError::into_error)
}

fn field(column: &Column, row: usize) -> String {
    match &column.values {
        Values::Number(numbers) if numbers[row].is_nan() => String::new(),
        Values::Number(numbers) => numbers[row].to_string(),
        Values::Word(words) => words.get(row).unwrap_or_default().to_owned(),
        Values::Time(times) if times[row] == NO_TIME => String::new(),
        Values::Time(times) => time_text(times[row]),
    }
}
