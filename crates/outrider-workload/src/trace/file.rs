//! Where a trace is to be found: data alone, since reading it is the work of whoever may read files.

use std::path::PathBuf;

use serde::{Deserialize, Serialize};

/// Where a trace is to be found, and by what columns it is read.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct TraceFile {
    /// A CSV file, or one compressed with gzip; empty: told elsewhere.
    pub file: PathBuf,
    /// The name of the column of times; `None`: the first that has a usual name.
    pub time: Option<String>,
    /// The name of the column of sizes; `None`: the first that has a usual name, if there is one.
    pub size: Option<String>,
}

/// A file's name alone will do.
#[derive(Deserialize)]
#[serde(untagged, expecting = "a trace is a file, or { file: ..., time: COLUMN, size: COLUMN }")]
enum Written {
    File(PathBuf),
    Full(Full),
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Full {
    #[serde(default)]
    file: PathBuf,
    time: Option<String>,
    size: Option<String>,
}

impl From<Written> for TraceFile {
    fn from(written: Written) -> TraceFile {
        match written {
            Written::File(file) => TraceFile { file, time: None, size: None },
            Written::Full(Full { file, time, size }) => TraceFile { file, time, size },
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_written_short_or_in_full() {
        let read = |text| serde_json::from_str::<TraceFile>(text);
        assert_eq!(read(r#""a.csv""#).unwrap().file, PathBuf::from("a.csv"));
        let full = read(r#"{"file": "a.csv", "size": "ContextTokens"}"#).unwrap();
        assert_eq!(full.size.as_deref(), Some("ContextTokens"));
        let error = read(r#"{"path": "a.csv"}"#).unwrap_err().to_string();
        assert!(error.contains("a trace is a file, or"), "{error}");
    }
}
