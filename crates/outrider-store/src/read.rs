//! From paths to a table.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::{Path, PathBuf};

use outrider_core::frame::Frame;
use thiserror::Error;

use crate::columns::Columns;
use crate::files::{self, Files, FilesError};
use crate::held::Origin;
use crate::limits::Limits;
use crate::reading::{ColumnKind, Reading};
use crate::sink::{Cells, Refusal, Sink};
use crate::source::read_rows;
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
    /// What can be read but once cannot be held.
    #[error("{path}: {why}", path = path.display())]
    Held {
        /// How it is called.
        path: PathBuf,
        /// Why.
        why: std::io::Error,
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
    let first = reading.samples.first().map(|sample| {
        let ones = if reading.rejected == 1 { "one" } else { "ones" };
        format!(" but {} wrong {ones}; {sample}", reading.rejected)
    });
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
    let sources = files.into_iter().map(|name| (Origin::Path(name.clone()), name)).collect();
    read_all(sources, skipped, options, watch)
}

/// All rows of what can be read but once, such as standard input, of at most `limit` bytes; errors call it `name`. A few megabytes are held
/// in memory, more in a file without a name.
///
/// # Errors
/// When it is too long, cannot be read, or no row is good.
pub fn read_once(
    name: &str,
    from: &mut dyn Read,
    limit: u64,
    options: &Options,
) -> Result<(Frame, Reading), ReadError> {
    let name = PathBuf::from(name);
    let origin = Origin::hold(from, limit).map_err(|why| ReadError::Held { path: name.clone(), why })?;
    read_all(vec![(origin, name)], Vec::new(), options, &mut |_| ())
}

/// Where rows are, and how it is called.
type Source = (Origin, PathBuf);

fn read_all(
    sources: Vec<Source>,
    skipped: Vec<PathBuf>,
    options: &Options,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<(Frame, Reading), ReadError> {
    let planned = plan(&sources, options, watch)?;
    let mut columns = Columns::new(planned, &options.limits);
    let mut rows = 0;
    for source in &sources {
        columns.begin(&source.1);
        rows = look(source, 2, rows, &options.limits, &mut columns, watch)?;
    }
    let files = sources.into_iter().map(|(_, name)| name).collect();
    let (rows, rejected, samples) = (columns.rows, columns.rejected, std::mem::take(&mut columns.samples));
    let (frame, columns) = columns.finish();
    let reading = Reading { files, skipped, rows, rejected, samples, columns };
    match rows {
        0 => Err(ReadError::NoRows { path: reading.files[0].clone(), reading: Box::new(reading) }),
        _ => Ok((frame, reading)),
    }
}

/// What the columns of all files are to be.
fn plan(sources: &[Source], options: &Options, watch: &mut dyn FnMut(Progress<'_>)) -> Result<Vec<Planned>, ReadError> {
    let mut tally = Tally::new(&options.limits, &options.kinds);
    let mut rows = 0;
    for source in sources {
        rows = look(source, 1, rows, &options.limits, &mut tally, watch)?;
    }
    Ok(tally.plan())
}

/// Looks at one file, behind `rows` of others; the rows so far.
fn look(
    (origin, file): &Source,
    look: u8,
    rows: u64,
    limits: &Limits,
    sink: &mut dyn Sink,
    watch: &mut dyn FnMut(Progress<'_>),
) -> Result<u64, ReadError> {
    let mut watched = Watched { sink, rows, told: |rows| watch(Progress { file, look, rows }) };
    let read = read_rows(origin, limits, &mut watched);
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
    fn is_wanted(&self, name: &str) -> bool {
        self.sink.is_wanted(name)
    }

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
