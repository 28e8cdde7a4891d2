//! What was read, and what was not.

use std::fmt;
use std::path::PathBuf;

use serde::Serialize;

/// What a column holds.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum ColumnKind {
    /// Finite numbers, and truth values as 0 and 1.
    Number,
    /// Words.
    Word,
    /// Times.
    Time,
}

impl ColumnKind {
    /// As files and reports have it.
    pub fn name(self) -> &'static str {
        match self {
            ColumnKind::Number => "number",
            ColumnKind::Word => "word",
            ColumnKind::Time => "time",
        }
    }
}

/// How a reading went.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Reading {
    /// In the order they were read in.
    pub files: Vec<PathBuf>,
    /// Files of the folders that were not read, since their names do not say that they hold records.
    pub skipped: Vec<PathBuf>,
    /// Rows of the table.
    pub rows: u64,
    /// Rows that did not fit and are not in the table.
    pub rejected: u64,
    /// The first of them.
    pub samples: Vec<Rejected>,
    /// The columns by first sight.
    pub columns: Vec<ColumnReading>,
}

/// A row that did not fit.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Rejected {
    /// Where it is.
    pub file: PathBuf,
    /// Its first line, from 1; in Parquet its row, from 1.
    pub line: u64,
    /// The column that does not fit; `None`: the row as a whole.
    pub column: Option<String>,
    /// What was expected, and what was found.
    pub expected: String,
}

/// What became of a column.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct ColumnReading {
    /// As the files name it; dots lead into nested objects.
    pub name: String,
    /// What it holds.
    pub kind: ColumnKind,
    /// Rows without a value.
    pub missing: u64,
    /// Different values.
    pub distinct: u64,
    /// Whether counting them ended there, and there may be more.
    pub distinct_or_more: bool,
    /// What else there is to know: units taken for granted, or why the table does not have it.
    pub note: Option<String>,
}

impl fmt::Display for Rejected {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}, line {}", self.file.display(), self.line)?;
        if let Some(column) = &self.column {
            write!(f, ", column {column:?}")?;
        }
        write!(f, ": expected {}", self.expected)
    }
}

impl fmt::Display for ColumnReading {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let more = if self.distinct_or_more { "+" } else { "" };
        let distinct = format!("{}{more}", self.distinct);
        write!(f, "{:<32} {:<6} {:>10} {distinct:>10}", self.name, self.kind.name(), self.missing)?;
        self.note.as_ref().map_or(Ok(()), |note| write!(f, "  {note}"))
    }
}

/// So many of `what`, in English.
fn counted(count: u64, what: &str) -> String {
    format!("{count} {what}{}", if count == 1 { "" } else { "s" })
}

impl fmt::Display for Reading {
    /// Rows, the columns as a table, and the first wrong rows.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} of {}", counted(self.rows, "row"), counted(self.files.len() as u64, "file"))?;
        writeln!(f, "{:<32} {:<6} {:>10} {:>10}", "column", "kind", "missing", "distinct")?;
        self.columns.iter().try_for_each(|column| writeln!(f, "{column}"))?;
        self.skipped.iter().try_for_each(|path| writeln!(f, "not read: {}", path.display()))?;
        self.write_rejected(f)
    }
}

impl Reading {
    fn write_rejected(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.rejected == 0 {
            return writeln!(f, "no wrong rows");
        }
        writeln!(f, "{} left out, the first:", counted(self.rejected, "wrong row"))?;
        self.samples.iter().try_for_each(|sample| writeln!(f, "  {sample}"))
    }
}
