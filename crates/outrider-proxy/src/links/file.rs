//! The file of round trips: whole lines under one header, at most so large, and one older file beside it.
//!
//! Opened anew for every round: a file that was moved, cut or removed meanwhile, or a folder that came back, needs no care of its own.
//! While it is open it is locked, so that a process that takes over from another neither mends its line nor rotates at once with it.

use std::fs::{File, Metadata, OpenOptions, TryLockError};
use std::io::{self, Write};
use std::os::unix::fs::{FileExt, MetadataExt};
use std::path::{Path, PathBuf};
use std::time::Duration;

use crate::settings::LinkProbes;

/// The first line.
const HEADER: &str = "host,ts,rtt_ms\n";
/// A torn line is looked for in so many last bytes: all that a round writes at a time.
const TAIL_BYTES: u64 = 64 << 10;
/// How often a file is tried that another process has locked or moved, and the wait in between.
const TRIES: u32 = 20;
const WAIT: Duration = Duration::from_millis(5);
/// Of a foreign first line so much is shown.
const SHOWN: usize = 60;

/// Why rows cannot be appended.
#[derive(Debug, thiserror::Error)]
pub enum LinkFileError {
    /// The system refuses.
    #[error("{}: cannot be {what}: {source}", path.display())]
    System {
        /// The file.
        path: PathBuf,
        /// What was to be done with it.
        what: &'static str,
        /// What the system says.
        source: io::Error,
    },
    /// A folder, a pipe, a device.
    #[error("{}: is no ordinary file; name one that does not exist yet, or one of earlier link probes", .0.display())]
    NotAFile(PathBuf),
    /// A file of something else.
    #[error(
        "{}: begins with {found:?} and not with \"host,ts,rtt_ms\", so it is no file of link probes; name another, or move it away",
        path.display()
    )]
    Header {
        /// The file.
        path: PathBuf,
        /// The beginning of its first line.
        found: String,
    },
    /// No line ends where lines of ours would.
    #[error("{}: its last {TAIL_BYTES} bytes hold no end of a line, so that it cannot be mended; move it away", .0.display())]
    Tail(PathBuf),
    /// Another process holds it.
    #[error("{}: another process keeps it locked", .0.display())]
    Locked(PathBuf),
}

/// Where rows are appended.
#[derive(Clone, Debug)]
pub struct LinkFile {
    path: PathBuf,
    rotated: PathBuf,
    max_bytes: u64,
}

/// What came of appending rows.
#[derive(Debug)]
pub(super) struct Appended {
    /// Rows that are in the file.
    pub(super) rows: u64,
    /// Rows that are not.
    pub(super) dropped: u64,
    pub(super) error: Option<LinkFileError>,
}

impl LinkFile {
    /// The file at `path`, to have at most `max_bytes`.
    pub(super) fn new(path: PathBuf, max_bytes: u64) -> LinkFile {
        LinkFile { rotated: rotated(&path), path, max_bytes }
    }

    /// The file of `settings`.
    pub fn of(settings: &LinkProbes) -> LinkFile {
        LinkFile::new(settings.file.clone(), settings.max_bytes)
    }

    /// Where it is.
    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// Whether what is there now, if anything, could be appended to. Reads, and changes nothing.
    ///
    /// # Errors
    /// If the file, or the older one that it will replace, is of something else, or cannot be read.
    pub fn inspect(&self) -> Result<(), LinkFileError> {
        for path in [&self.path, &self.rotated] {
            match std::fs::metadata(path) {
                Ok(metadata) if metadata.is_file() => {
                    let file = File::open(path).map_err(|source| system(path, "read", source))?;
                    begins_as_ours(path, &file, metadata.len())?;
                }
                Ok(_) => return Err(LinkFileError::NotAFile(path.clone())),
                Err(_) => {}
            }
        }
        Ok(())
    }

    /// Makes the file if there is none, and cuts off a line that a crash has left unfinished.
    ///
    /// # Errors
    /// If it is of something else, or cannot be written.
    pub(super) fn open(&self) -> Result<(), LinkFileError> {
        self.inspect()?;
        self.opened().map(|_| ())
    }

    /// Appends `rows`, whole lines; those before an error stay.
    pub(super) fn append(&self, rows: &str) -> Appended {
        let mut rest = rows;
        let mut error = None;
        while !rest.is_empty() && error.is_none() {
            match self.append_some(rest) {
                Ok(bytes) => rest = &rest[bytes..],
                Err(found) => error = Some(found),
            }
        }
        let dropped = lines(rest);
        Appended { rows: lines(rows) - dropped, dropped, error }
    }

    /// Appends what of `rows` fits in; where nothing does, the next file begins. How many bytes of `rows` are written.
    fn append_some(&self, rows: &str) -> Result<usize, LinkFileError> {
        let (mut file, length) = self.opened()?;
        let room = self.max_bytes.saturating_sub(length).min(TAIL_BYTES);
        let fitting = whole_lines(rows, room);
        if fitting.is_empty() && length > HEADER.len() as u64 {
            std::fs::rename(&self.path, &self.rotated).map_err(|source| system(&self.path, "rotated", source))?;
            return Ok(0);
        }
        // One row is shorter than any size that may be configured.
        let fitting = if fitting.is_empty() { rows } else { fitting };
        if let Err(source) = file.write_all(fitting.as_bytes()) {
            // If this fails too, the next round mends.
            let _ = file.set_len(length);
            return Err(system(&self.path, "written", source));
        }
        Ok(fitting.len())
    }

    /// The file, locked, with its header and with nothing behind its last line, and its length.
    fn opened(&self) -> Result<(File, u64), LinkFileError> {
        for _ in 0..TRIES {
            if std::fs::metadata(&self.path).is_ok_and(|metadata| !metadata.is_file()) {
                return Err(LinkFileError::NotAFile(self.path.clone()));
            }
            let file = OpenOptions::new().read(true).append(true).create(true).open(&self.path);
            let file = file.map_err(|source| system(&self.path, "opened for writing", source))?;
            // Where the file system has no locks it goes without.
            if !matches!(file.try_lock(), Err(TryLockError::WouldBlock)) {
                let metadata = file.metadata().map_err(|source| system(&self.path, "looked at", source))?;
                if std::fs::metadata(&self.path).is_ok_and(|now| is_same(&now, &metadata)) {
                    let length = self.mended(&file, metadata.len())?;
                    return Ok((file, length));
                }
            }
            std::thread::sleep(WAIT);
        }
        Err(LinkFileError::Locked(self.path.clone()))
    }

    /// Gives `file` its header, and cuts off what is behind its last line. Its length then.
    fn mended(&self, mut file: &File, length: u64) -> Result<u64, LinkFileError> {
        begins_as_ours(&self.path, file, length)?;
        let failed = |source| system(&self.path, "written", source);
        let header = HEADER.len() as u64;
        if length < header {
            file.set_len(0).and_then(|()| file.write_all(HEADER.as_bytes())).map_err(failed)?;
            return Ok(header);
        }
        let from = length.saturating_sub(TAIL_BYTES);
        let tail = read(file, from, length).map_err(|source| system(&self.path, "read", source))?;
        let end = tail.iter().rposition(|&byte| byte == b'\n').map(|last| from + last as u64 + 1);
        let end = end.ok_or_else(|| LinkFileError::Tail(self.path.clone()))?;
        if end < length {
            file.set_len(end).map_err(failed)?;
        }
        Ok(end)
    }
}

/// `NAME.csv` becomes `NAME.1.csv`, and `NAME` becomes `NAME.1`.
fn rotated(path: &Path) -> PathBuf {
    let extension = path.extension().unwrap_or_default();
    path.with_extension("1").with_added_extension(extension)
}

fn system(path: &Path, what: &'static str, source: io::Error) -> LinkFileError {
    LinkFileError::System { path: path.to_owned(), what, source }
}

fn is_same(one: &Metadata, other: &Metadata) -> bool {
    (one.dev(), one.ino()) == (other.dev(), other.ino())
}

/// Whether a file of this length begins with the header, or with as much of it as it has.
fn begins_as_ours(path: &Path, file: &File, length: u64) -> Result<(), LinkFileError> {
    let start = read(file, 0, length.min(SHOWN as u64)).map_err(|source| system(path, "read", source))?;
    let header = HEADER.as_bytes();
    if start.starts_with(header) || header.starts_with(&start) {
        return Ok(());
    }
    let line = start.split(|&byte| byte == b'\n').next().unwrap_or_default();
    Err(LinkFileError::Header { path: path.to_owned(), found: String::from_utf8_lossy(line).into_owned() })
}

fn read(file: &File, from: u64, to: u64) -> io::Result<Vec<u8>> {
    let mut bytes = vec![0; usize::try_from(to - from).unwrap_or_default()];
    file.read_exact_at(&mut bytes, from)?;
    Ok(bytes)
}

/// The whole lines that `rows` begins with and that have at most `room` bytes.
fn whole_lines(rows: &str, room: u64) -> &str {
    let room = usize::try_from(room).unwrap_or(usize::MAX).min(rows.len());
    let end = rows.as_bytes()[..room].iter().rposition(|&byte| byte == b'\n');
    end.map_or("", |last| &rows[..=last])
}

fn lines(rows: &str) -> u64 {
    rows.bytes().filter(|&byte| byte == b'\n').count() as u64
}

#[cfg(test)]
mod tests;
