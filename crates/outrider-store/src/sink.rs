//! Between what reads rows and what takes them.

use std::io;

use thiserror::Error;

use crate::cell::Cell;

/// The cells of a row by column.
pub(crate) type Cells<'a> = Vec<(usize, Cell<'a>)>;

/// What takes rows.
pub(crate) trait Sink {
    /// The number of the column of this name, which is new or known.
    ///
    /// # Errors
    /// When there are too many, or the name is too long.
    fn column(&mut self, name: &str) -> Result<usize, Refusal>;

    /// Whether somebody wants a column of this name, even if nothing is in it.
    fn is_wanted(&self, _name: &str) -> bool {
        false
    }

    /// Takes a row that begins at `line`.
    ///
    /// # Errors
    /// When there are too many.
    fn row(&mut self, line: u64, cells: Cells<'_>) -> Result<(), Refusal>;

    /// At `line` there is no row: what was expected, and found in its place.
    fn wrong(&mut self, line: u64, expected: String);
}

/// Why a file cannot be read at all.
#[derive(Debug, Error)]
pub enum Refusal {
    /// The system says no, or the file ends within its compressed data.
    #[error("{0}; is the file there, complete and readable?")]
    Io(#[from] io::Error),
    /// It has no bytes.
    #[error("it is empty, expected CSV with a header, JSON lines or Parquet")]
    Empty,
    /// UTF-16, or text with zeros.
    #[error("it is neither UTF-8 text nor Parquet; convert it, as with `iconv -f UTF-16 -t UTF-8`")]
    Binary,
    /// All rows in one list.
    #[error("it is one JSON list, expected an object on each line; convert it, as with `jq -c '.[]'`")]
    JsonList,
    /// A header that does not fit.
    #[error("the header is longer than {0} bytes or not UTF-8, expected the names of the columns on the first line")]
    Header(usize),
    /// Two columns of a header have this name.
    #[error("two columns are named {0:?}, expected each name once; rename one in the header")]
    Twice(String),
    /// Too many columns.
    #[error("more than {0} columns; do names hold what should be values?")]
    Columns(usize),
    /// A name that is no name.
    #[error("a column's name is longer than {0} bytes; do names hold what should be values?")]
    Name(usize),
    /// Too many rows.
    #[error("more than {0} rows; read fewer files at a time")]
    Rows(u64),
    /// What the library of Parquet says.
    #[error("not readable as Parquet: {0}")]
    Parquet(String),
}
