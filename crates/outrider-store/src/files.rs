//! The files that paths stand for.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use thiserror::Error;

/// In a folder these are read, gzipped or not; a file that is named itself is read whatever its name.
const ENDINGS: [&str; 5] = ["csv", "tsv", "jsonl", "ndjson", "parquet"];
/// So deep lie folders in folders.
const DEPTH: usize = 16;

/// Why paths stand for no files.
#[derive(Debug, Error)]
pub enum FilesError {
    /// The system says no.
    #[error("{path}: {source}; is the path right?", path = path.display())]
    Io {
        /// What it was asked for.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// A folder without records.
    #[error("{path}: the folder holds no file that ends with {endings}, gzipped or not", path = .0.display(), endings = ENDINGS.join(", "))]
    None(PathBuf),
    /// A file's rows would be read twice.
    #[error("{path} is to be read twice; name each file or its folder once", path = .0.display())]
    Twice(PathBuf),
    /// Folders in folders without end.
    #[error("{path}: folders lie more than {DEPTH} deep", path = .0.display())]
    Deep(PathBuf),
    /// No path at all.
    #[error("no files to read, expected the path of a file or of a folder")]
    Nothing,
}

/// Files to read in their order, and those passed over.
#[derive(Debug, Default)]
pub(crate) struct Files {
    pub(crate) read: Vec<PathBuf>,
    pub(crate) skipped: Vec<PathBuf>,
}

/// Those that `paths` stand for: files as they are named, of folders all that hold records, by name.
pub(crate) fn find(paths: &[PathBuf]) -> Result<Files, FilesError> {
    let mut files = Files::default();
    for path in paths {
        let before = files.read.len();
        files.add(path, 0)?;
        if files.read.len() == before {
            return Err(FilesError::None(path.clone()));
        }
    }
    files.refuse_twice()?;
    if files.read.is_empty() { Err(FilesError::Nothing) } else { Ok(files) }
}

impl Files {
    fn add(&mut self, path: &Path, depth: usize) -> Result<(), FilesError> {
        let is_folder = fs::metadata(path).map_err(|source| io_error(path, source))?.is_dir();
        match is_folder {
            true if depth == DEPTH => return Err(FilesError::Deep(path.to_owned())),
            true => {
                for entry in entries(path)? {
                    self.add(&entry, depth + 1)?;
                }
            }
            false if depth == 0 || holds_records(path) => self.read.push(path.to_owned()),
            false => self.skipped.push(path.to_owned()),
        }
        Ok(())
    }

    fn refuse_twice(&self) -> Result<(), FilesError> {
        let mut seen = BTreeSet::new();
        for path in &self.read {
            if !seen.insert(fs::canonicalize(path).map_err(|source| io_error(path, source))?) {
                return Err(FilesError::Twice(path.clone()));
            }
        }
        Ok(())
    }
}

/// What lies in a folder, by name; nothing hidden.
fn entries(folder: &Path) -> Result<Vec<PathBuf>, FilesError> {
    let read = || fs::read_dir(folder)?.map(|entry| Ok(entry?.path())).collect::<io::Result<Vec<_>>>();
    let mut entries = read().map_err(|source| io_error(folder, source))?;
    entries.retain(|path| path.file_name().is_some_and(|name| !name.as_encoded_bytes().starts_with(b".")));
    entries.sort();
    Ok(entries)
}

fn holds_records(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy().to_ascii_lowercase();
    let name = name.strip_suffix(".gz").unwrap_or(&name);
    name.rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}

fn io_error(path: &Path, source: io::Error) -> FilesError {
    FilesError::Io { path: path.to_owned(), source }
}
