//! Whether a file has changed, asked once a second.
//!
//! Polling and not the system's notifications: those miss network file systems, bind mounts and the symbolic links that
//! Kubernetes turns, and say nothing of when a writer is done. A change counts once two polls in a row have seen the same
//! content, so that a file caught half-written is not applied; a file that is gone for a moment, as it is while an editor
//! replaces it, changes nothing; a file that was touched or written with the same content neither.
//!
//! Cost of a poll: one `stat`; the file is read only when that differs from last time, or to confirm a change.

use std::fs::Metadata;
use std::hash::{DefaultHasher, Hash, Hasher};
use std::path::{Path, PathBuf};
use std::time::SystemTime;

use crate::config::source;

/// What can be told of a file without reading it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Stamp {
    modified: Option<SystemTime>,
    bytes: u64,
    inode: u64,
}

impl Stamp {
    fn of(metadata: &Metadata) -> Stamp {
        Stamp { modified: metadata.modified().ok(), bytes: metadata.len(), inode: inode(metadata) }
    }
}

#[cfg(unix)]
fn inode(metadata: &Metadata) -> u64 {
    std::os::unix::fs::MetadataExt::ino(metadata)
}

#[cfg(not(unix))]
fn inode(_: &Metadata) -> u64 {
    0
}

/// What a poll should do with what it has seen. No I/O, no clock.
#[derive(Clone, Debug, Default)]
pub(crate) struct Watch {
    /// Hash of the content that was last handed out.
    applied: Option<u64>,
    /// The stamp under which that content, or the same again, was seen.
    settled: Option<Stamp>,
    /// A content that waits to be seen a second time.
    candidate: Option<(Stamp, u64)>,
}

impl Watch {
    /// Whether the file has to be read, given its stamp.
    fn wants(&self, stamp: Stamp) -> bool {
        self.candidate.is_some() || self.settled != Some(stamp)
    }

    /// Whether the content, by its hash, is a change to apply.
    fn saw(&mut self, stamp: Stamp, hash: u64) -> bool {
        if self.applied == Some(hash) {
            self.candidate = None;
            self.settled = Some(stamp);
            return false;
        }
        let stable = self.candidate == Some((stamp, hash));
        self.candidate = (!stable).then_some((stamp, hash));
        if stable {
            self.applied = Some(hash);
            self.settled = Some(stamp);
        }
        stable
    }

    /// The file is not there, or cannot be read.
    fn missed(&mut self) {
        self.candidate = None;
        self.settled = None;
    }
}

/// A file that is polled.
#[derive(Clone, Debug)]
pub(crate) struct FileWatch {
    path: PathBuf,
    watch: Watch,
}

impl FileWatch {
    /// Watches `path`, whose content `applied` is in force.
    pub(crate) fn new(path: &Path, applied: &[u8]) -> FileWatch {
        let mut watch = FileWatch { path: path.to_owned(), watch: Watch::default() };
        watch.applied(applied);
        watch
    }

    /// The new content, once, when the file has changed and come to rest. To be called about once a second.
    pub(crate) fn poll(&mut self) -> Option<Vec<u8>> {
        let Some(stamp) = self.stamp() else {
            self.watch.missed();
            return None;
        };
        if !self.watch.wants(stamp) {
            return None;
        }
        match source::read_bytes(&self.path) {
            // Written to between the two looks: not at rest.
            Ok(bytes) if self.stamp() == Some(stamp) => self.watch.saw(stamp, hash(&bytes)).then_some(bytes),
            _ => {
                self.watch.missed();
                None
            }
        }
    }

    /// `applied` is in force now, by whatever way it came: a poll will not hand it out again.
    pub(crate) fn applied(&mut self, applied: &[u8]) {
        self.watch = Watch { applied: Some(hash(applied)), ..Watch::default() };
    }

    fn stamp(&self) -> Option<Stamp> {
        std::fs::metadata(&self.path).ok().map(|metadata| Stamp::of(&metadata))
    }
}

fn hash(bytes: &[u8]) -> u64 {
    let mut hasher = DefaultHasher::new();
    bytes.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use proptest::prelude::*;

    use super::*;

    fn stamp(modified_s: u64, bytes: u64) -> Stamp {
        Stamp { modified: Some(SystemTime::UNIX_EPOCH + Duration::from_secs(modified_s)), bytes, inode: 1 }
    }

    fn watching(applied: u64) -> Watch {
        Watch { applied: Some(applied), ..Watch::default() }
    }

    /// One poll: the content is looked at only if the watch wants it.
    fn poll(watch: &mut Watch, stamp: Stamp, hash: u64) -> bool {
        watch.wants(stamp) && watch.saw(stamp, hash)
    }

    #[test]
    fn a_change_is_applied_once_and_when_at_rest() {
        let mut watch = watching(1);
        assert!(!poll(&mut watch, stamp(0, 10), 1));
        assert!(!watch.wants(stamp(0, 10)), "an unchanged file is not read again");
        assert!(!poll(&mut watch, stamp(5, 4), 7), "half-written");
        assert!(!poll(&mut watch, stamp(6, 12), 2), "whole, but only just");
        assert!(poll(&mut watch, stamp(6, 12), 2));
        assert!(!poll(&mut watch, stamp(6, 12), 2));
        assert!(!poll(&mut watch, stamp(9, 12), 2), "touched");
    }

    #[test]
    fn a_change_taken_back_is_no_change() {
        let mut watch = watching(1);
        assert!(!poll(&mut watch, stamp(1, 9), 2));
        assert!(!poll(&mut watch, stamp(2, 9), 1));
        assert!(!poll(&mut watch, stamp(2, 9), 1));
    }

    #[test]
    fn a_file_that_is_gone_for_a_moment_changes_nothing() {
        let mut watch = watching(1);
        assert!(!poll(&mut watch, stamp(0, 9), 1));
        watch.missed();
        assert!(!poll(&mut watch, stamp(3, 9), 1));
        watch.missed();
        assert!(!poll(&mut watch, stamp(4, 9), 2));
        watch.missed();
        assert!(!poll(&mut watch, stamp(4, 9), 2), "not twice in a row");
        assert!(poll(&mut watch, stamp(4, 9), 2));
    }

    #[test]
    fn files_are_read_whole() {
        let folder = std::env::temp_dir().join(format!("outrider-watch-{}", std::process::id()));
        std::fs::create_dir_all(&folder).unwrap();
        let path = folder.join("a.yaml");
        std::fs::write(&path, "one").unwrap();
        let mut watch = FileWatch::new(&path, b"one");
        assert_eq!(watch.poll(), None);
        std::fs::write(&path, "three").unwrap();
        assert_eq!(watch.poll(), None);
        assert_eq!(watch.poll().as_deref(), Some(&b"three"[..]));
        assert_eq!(watch.poll(), None);
        std::fs::write(&path, "four").unwrap();
        watch.applied(b"four");
        assert_eq!((watch.poll(), watch.poll()), (None, None));
        std::fs::remove_dir_all(&folder).unwrap();
        assert_eq!(watch.poll(), None);
    }

    proptest! {
        /// Whatever happens to a file: each change handed out differs from the last one, was seen twice in a row, and
        /// the content that stays is handed out in the end.
        #[test]
        fn what_stays_is_applied(polls in prop::collection::vec(prop::option::of((0_u64..3, 0_u64..3)), 0..40), last in 0_u64..3) {
            let mut watch = watching(0);
            let mut applied = 0;
            let mut previous = None;
            let end = [Some((9, last)), Some((9, last))];
            for seen in polls.into_iter().chain(end) {
                // Like a file system, a new content always comes with a new stamp.
                let seen = seen.map(|(time, content)| (stamp(time, content), content));
                match seen {
                    None => watch.missed(),
                    Some((stamp, content)) => if poll(&mut watch, stamp, content) {
                        prop_assert_ne!(content, applied);
                        prop_assert_eq!(previous, seen);
                        applied = content;
                    },
                }
                previous = seen;
            }
            prop_assert_eq!(applied, last);
        }
    }
}
