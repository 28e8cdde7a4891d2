//! A file that lists hosts: read again when it has changed, refused whole when it cannot be read.
//!
//! Polled once a second rather than watched: the same on every system and every kind of mount, blind neither to a rename
//! over the file nor to a folder that appears later.

use std::fs::Metadata;
use std::path::{Path, PathBuf};
use std::time::{Duration, SystemTime};

use outrider_pilot::HostSpec;
use tokio::task::spawn_blocking;
use tokio::time::sleep;

use super::finding::{Finding, Findings};

/// Reads a hosts file; the error is a sentence for people. Supplied by whoever knows the form of the file.
pub type ParseHosts = fn(&Path) -> Result<Vec<HostSpec>, String>;

/// What reading a hosts file gives.
pub(super) type Hosts = Result<Vec<HostSpec>, String>;

/// How often a file is looked at; often in tests, which wait for it.
const POLL: Duration = if cfg!(test) { Duration::from_millis(50) } else { Duration::from_secs(1) };
/// A larger file is refused.
const FILE_BYTES: u64 = 16 * 1024 * 1024;

/// What tells one content of a file from the next. None while that is not certain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Stamp {
    modified: SystemTime,
    bytes: u64,
    #[cfg(unix)]
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Option<Stamp> {
        let modified = metadata.modified().ok()?;
        Some(Stamp {
            modified,
            bytes: metadata.len(),
            #[cfg(unix)]
            inode: std::os::unix::fs::MetadataExt::ino(metadata),
        })
    }

    /// A file written just now may be written once more without its time changing: clocks of file systems are coarse.
    fn is_settled(&self, now: SystemTime) -> bool {
        now.duration_since(self.modified).is_ok_and(|age| age > POLL)
    }
}

/// A reading of a file.
#[derive(Clone, Debug)]
pub(super) struct Reading {
    pub(super) hosts: Hosts,
    /// The file's stamp, if an equal one later means an equal content.
    pub(super) stamp: Option<Stamp>,
}

/// Reads the file at `path`, off this thread: a network mount may hang.
pub(super) async fn read(path: PathBuf, parse: ParseHosts) -> Reading {
    let read = spawn_blocking(move || read_now(&path, parse)).await;
    read.unwrap_or_else(|_| Reading { hosts: Err("reading it broke off".to_owned()), stamp: None })
}

fn read_now(path: &Path, parse: ParseHosts) -> Reading {
    let refuse = |why: String| Reading { hosts: Err(why), stamp: None };
    let metadata = match std::fs::metadata(path) {
        Ok(metadata) => metadata,
        Err(error) => return refuse(error.to_string()),
    };
    if !metadata.is_file() {
        return refuse("it is not a file".to_owned());
    }
    if metadata.len() > FILE_BYTES {
        return refuse(format!("it is larger than {FILE_BYTES} bytes"));
    }
    let stamp = Stamp::of(&metadata).filter(|stamp| stamp.is_settled(SystemTime::now()));
    let hosts = parse(path);
    Reading { hosts, stamp }
}

/// Sends what the file says, each time that differs from `last`.
pub(super) async fn watch(path: PathBuf, parse: ParseHosts, mut last: Reading, findings: Findings) {
    loop {
        sleep(POLL).await;
        if unchanged(&path, &last.stamp).await {
            continue;
        }
        let reading = read(path.clone(), parse).await;
        let differs = reading.hosts != last.hosts;
        last = reading;
        let finding = Finding::File(path.clone(), last.hosts.clone());
        if differs && findings.send(finding).await.is_err() {
            return;
        }
    }
}

async fn unchanged(path: &Path, last: &Option<Stamp>) -> bool {
    if last.is_none() {
        return false;
    }
    let path = path.to_owned();
    let now = spawn_blocking(move || std::fs::metadata(path).ok().and_then(|m| Stamp::of(&m)));
    now.await.ok().flatten() == *last
}
#[cfg(test)]
mod tests;
