//! What is wrong with the file of a scenario or an experiment, and where.

use std::fmt;

use serde::de::DeserializeOwned;

/// No file is longer.
const FILE_BYTES_MAX: usize = 1 << 20;

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistake {
    /// Line, from 1; 0 where it is about the whole file.
    pub line: u64,
    /// Column, from 1.
    pub column: u64,
    /// What is wrong and what was expected.
    pub what: String,
}

/// All mistakes of a file, in the order of their lines. `Display` gives one line for each.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mistakes {
    /// The file.
    pub source: String,
    /// The mistakes, at least one.
    pub mistakes: Vec<Mistake>,
}

impl fmt::Display for Mistakes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let source = &self.source;
        for (number, mistake) in self.mistakes.iter().enumerate() {
            let Mistake { line, column, what } = mistake;
            if number > 0 {
                writeln!(f)?;
            }
            match line {
                0 => write!(f, "{source}: {what}")?,
                _ => write!(f, "{source}:{line}:{column}: {what}")?,
            }
        }
        Ok(())
    }
}

impl std::error::Error for Mistakes {}

/// What the YAML of `text` says, if it has the form of a `T`.
///
/// # Errors
/// The first mistake of form, or that nobody should have to read so much.
pub fn read_form<T: DeserializeOwned>(text: &str) -> Result<T, Mistake> {
    if text.len() > FILE_BYTES_MAX {
        return Err(Mistake::of_all(format!("the file is longer than {FILE_BYTES_MAX} bytes")));
    }
    serde_saphyr::from_str(text).map_err(|error| of_form(&error))
}

impl Mistake {
    /// One that is about the whole file.
    pub fn of_all(what: impl Into<String>) -> Mistake {
        Mistake { line: 0, column: 0, what: what.into() }
    }
}

/// What the parser says, in one line: it draws a picture of the place below.
fn of_form(error: &serde_saphyr::Error) -> Mistake {
    let (line, column) = error.location().map_or((0, 0), |place| (place.line(), place.column()));
    let told = error.to_string();
    let first = told.lines().next().unwrap_or_default();
    let what = first.strip_prefix("error: ").unwrap_or(first);
    let what = what.strip_prefix(&format!("line {line} column {column}: ")).unwrap_or(what);
    let what = PLAIN.iter().find(|(theirs, _)| what.starts_with(theirs)).map_or(what, |(_, plain)| plain);
    Mistake { line, column, what: what.to_owned() }
}

/// What the parser says in words of its own, and what is meant.
const PLAIN: [(&str, &str); 8] = [
    ("invalid floating point", "a number is expected"),
    ("invalid u", "a whole number from 0 on is expected"),
    ("invalid i", "a whole number is expected"),
    ("invalid bool", "true or false is expected"),
    ("expected string scalar", "a text is expected"),
    ("expected mapping start", "keys with values are expected"),
    ("expected sequence start", "a list is expected"),
    ("multiple YAML documents", "a file is one document: no line of `---`"),
];
