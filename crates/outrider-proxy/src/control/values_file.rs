//! What a pool has learnt, in a file: read once, written when it has changed.
//!
//! A file is replaced whole: written beside, flushed to disk and renamed, so that a crash leaves the old one or the new one.
//! What it holds is checked by the pilot before it is believed.

use std::fs::File;
use std::io::{ErrorKind, Read, Write};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use tokio::task::spawn_blocking;

use super::finding::{Finding, Findings};
use super::task::Task;

/// A larger file is refused. A table of eight hosts has 210 kB.
const FILE_BYTES: u64 = 1 << 20;

/// The file of one pool.
#[derive(Debug)]
pub(super) struct ValuesFile {
    pub(super) path: PathBuf,
    /// What it holds; none before it has been read.
    held: Option<Vec<u8>>,
    /// Reading or writing; ends with the file's use.
    task: Task,
}

impl ValuesFile {
    /// Begins to read `path` for `pool`.
    pub(super) fn begin(path: &Path, pool: &Arc<str>, findings: &Findings) -> ValuesFile {
        let (from, pool, findings) = (path.to_owned(), Arc::clone(pool), findings.clone());
        let task = Task::start(async move {
            let read = spawn_blocking(move || read(&from)).await;
            let bytes = read.unwrap_or_else(|broken| Err(broken.to_string()));
            let _ = findings.send(Finding::ValuesRead(pool, bytes)).await;
        });
        ValuesFile { path: path.to_owned(), held: None, task }
    }

    /// It holds `bytes`.
    pub(super) fn holds(&mut self, bytes: Vec<u8>) {
        self.held = Some(bytes);
    }

    /// Whether `bytes` are to be written. Not before the file has been read: what is in it shall not be lost.
    pub(super) fn wants(&self, bytes: &[u8]) -> bool {
        self.held.as_ref().is_some_and(|held| held != bytes)
    }

    /// Begins to write `bytes` for `pool`.
    pub(super) fn write(&mut self, bytes: Vec<u8>, pool: &Arc<str>, findings: &Findings) {
        self.holds(bytes.clone());
        let (to, pool, findings) = (self.path.clone(), Arc::clone(pool), findings.clone());
        self.task = Task::start(async move {
            let written = spawn_blocking(move || replace(&to, "new", &bytes)).await;
            let result = written.unwrap_or_else(|broken| Err(broken.to_string()));
            let _ = findings.send(Finding::ValuesWritten(pool, result)).await;
        });
    }
}

/// What is in the file; nothing if there is none yet.
fn read(path: &Path) -> Result<Vec<u8>, String> {
    let mut bytes = Vec::new();
    match File::open(path).and_then(|file| file.take(FILE_BYTES + 1).read_to_end(&mut bytes)) {
        Ok(_) if bytes.len() as u64 > FILE_BYTES => Err(format!("it has more than {FILE_BYTES} bytes")),
        Ok(_) => Ok(bytes),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(Vec::new()),
        Err(error) => Err(error.to_string()),
    }
}

/// Puts `bytes` in the place of what is there, by way of a file with another `extension`: one for each that may write at
/// a time.
pub(super) fn replace(path: &Path, extension: &str, bytes: &[u8]) -> Result<(), String> {
    let beside = path.with_added_extension(extension);
    let write = || {
        let mut file = File::create(&beside)?;
        file.write_all(bytes)?;
        file.sync_all()?;
        std::fs::rename(&beside, path)?;
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
    };
    write().map_err(|error: std::io::Error| error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::control::tests::Folder;

    #[test]
    fn a_file_is_replaced_whole_and_nothing_is_left_beside_it() {
        let folder = Folder::new();
        let path = folder.0.join("values.bin");
        assert_eq!(read(&path), Ok(Vec::new()));
        for bytes in [b"longer than the next".as_slice(), b"short"] {
            replace(&path, "new", bytes).unwrap();
            assert_eq!(read(&path).unwrap(), bytes);
        }
        assert_eq!(std::fs::read_dir(&folder.0).unwrap().count(), 1);
        assert!(replace(&folder.0.join("missing/values.bin"), "new", b"").is_err());
        assert!(read(&folder.0).is_err());
    }

    #[test]
    fn a_huge_file_is_not_read_to_its_end() {
        let folder = Folder::new();
        let path = folder.0.join("values.bin");
        File::create(&path).unwrap().set_len(1 << 40).unwrap();
        assert!(read(&path).unwrap_err().contains("more than"));
    }
}
