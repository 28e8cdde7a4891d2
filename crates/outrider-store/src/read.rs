//! From paths to a table.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};

use outrider_core::frame::Frame;
use thiserror::Error;

use crate::columns::Columns;
use crate::files::{self, Files, FilesError};
use crate::limits::Limits;
use crate::reading::{ColumnKind, Reading};
use crate::sink::{Cells, Refusal, Sink};
use crate::source::read_file;
use crate::tally::{Planned, Tally};

/// Rows between two words on how far it is.
const PACE: u64 = 1 << 16;

/// How to read.
#[derive(Clone, Debug, Default)]
pub struct Options {
    /// What is too much.
    pub limits: Limits,
    /// What these columns are to be, whatever their values look like. Values that do not fit make wrong rows.
    pub kinds: BTreeMap<String, ColumnKind>,
}

/// How far the reading is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Progress<'a> {
    /// The file it is at.
    pub file: &'a Path,
    /// The first look at all files, or the second.
    pub look: u8,
    /// Rows of this look, over all files.
    pub rows: u64,
}

/// Why there is no table.
#[derive(Debug, Error)]
pub enum ReadError {
    /// The paths stand for no files.
    #[error(transparent)]
    Files(#[from] FilesError),
    /// A file cannot be read.
    #[error("{path}: {why}", path = path.display())]
    File {
        /// Which.
        path: PathBuf,
        /// Why.
        why: Refusal,
    },
    /// There is not a single good row.
    #[error("{path}: no rows{wrong}", path = path.display(), wrong = told(.reading))]
    NoRows {
        /// The first file.
        path: PathBuf,
        /// What was found in their place.
        reading: Box<Reading>,
    },
}

fn told(reading: &Reading) -> String {
    let first = reading.samples.first().map(|sample| format!(" but {} wrong ones; {sample}", reading.rejected));
    first.unwrap_or_else(|| ", expected at least one below the header".to_owned())
}

/// All rows of `paths`: files, or folders of files. `watch` hears how far it is.
///
/// # Errors
/// When there is no file, one cannot be read, or no row is good.
pub fn read(
    paths: &[PathBuf],
    options: &Options,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<(Frame, Reading), ReadError> {
    let Files { read: files, skipped } = files::find(paths)?;
    let planned = plan(&files, options, watch)?;
    let mut columns = Columns::new(planned, &options.limits);
    let mut rows = 0;
    for file in &files {
        columns.begin(file);
        rows = look(file, 2, rows, &options.limits, &mut columns, watch)?;
    }
    let (rows, rejected, samples) = (columns.rows, columns.rejected, std::mem::take(&mut columns.samples));
    let (frame, columns) = columns.finish();
    let reading = Reading { files, skipped, rows, rejected, samples, columns };
    match rows {
        0 => Err(ReadError::NoRows { path: reading.files[0].clone(), reading: Box::new(reading) }),
        _ => Ok((frame, reading)),
    }
}

/// What the columns of all files are to be.
fn plan(files: &[PathBuf], options: &Options, watch: &mut dyn FnMut(Progress<'_>)) -> Result<Vec<Planned>, ReadError> {
    let mut tally = Tally::new(&options.limits);
    let mut rows = 0;
    for file in files {
        rows = look(file, 1, rows, &options.limits, &mut tally, watch)?;
    }
    Ok(tally.plan(&options.kinds))
}

/// Looks at one file, behind `rows` of others; the rows so far.
fn look(
    file: &Path,
    look: u8,
    rows: u64,
    limits: &Limits,
    sink: &mut dyn Sink,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<u64, ReadError> {
    let mut watched = Watched { sink, rows, told: |rows| watch(Progress { file, look, rows }) };
    let read = read_file(file, limits, &mut watched);
    read.map_err(|why| ReadError::File { path: file.to_owned(), why })?;
    Ok(watched.rows)
}

/// Counts what passes, and tells it now and then.
struct Watched<'a, F> {
    sink: &'a mut dyn Sink,
    rows: u64,
    told: F,
}

impl<F: FnMut(u64)> Watched<'_, F> {
    fn count(&mut self) {
        self.rows += 1;
        if self.rows.is_multiple_of(PACE) {
            (self.told)(self.rows);
        }
    }
}

impl<F: FnMut(u64)> Sink for Watched<'_, F> {
    fn column(&mut self, name: &str) -> Result<usize, Refusal> {
        self.sink.column(name)
    }

    fn row(&mut self, line: u64, cells: Cells<'_>) -> Result<(), Refusal> {
        self.count();
        self.sink.row(line, cells)
    }

    fn wrong(&mut self, line: u64, expected: String) {
        self.count();
        self.sink.wrong(line, expected);
    }
}
