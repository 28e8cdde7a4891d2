//! Parts that were fetched, each a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::time::{Duration, UNIX_EPOCH};

use super::{AtlasError, AtlasQuery, Span};
use crate::replace::replace;

/// Results of probes come in for so long after they were taken: until then a part is not over.
pub(super) const LATE_S: i64 = 900;

/// A folder of parts.
pub(super) struct Parts(PathBuf);

impl Parts {
    /// Beside the file that they will make.
    pub(super) fn open(query: &AtlasQuery, out: &Path) -> Result<Parts, AtlasError> {
        Parts::within(&out.with_added_extension("parts"), query)
    }

    /// Of this query: parts of another one lie in another folder.
    pub(super) fn within(folder: &Path, query: &AtlasQuery) -> Result<Parts, AtlasError> {
        let folder = folder.join(name(query));
        fs::create_dir_all(&folder).map_err(|source| AtlasError::Io { path: folder.clone(), source })?;
        Ok(Parts(folder))
    }

    pub(super) fn folder(&self) -> &Path {
        &self.0
    }

    /// Whether the part is there, and was written when all its results had come in.
    pub(super) fn has(&self, span: Span) -> bool {
        let over_s = u64::try_from(span.1.saturating_add(LATE_S)).unwrap_or_default();
        let over = UNIX_EPOCH.checked_add(Duration::from_secs(over_s));
        let written = fs::metadata(self.path(span)).and_then(|file| file.modified());
        written.is_ok_and(|written| over.is_some_and(|over| written >= over))
    }

    pub(super) fn keep(&self, span: Span, lines: &[u8]) -> Result<(), AtlasError> {
        let path = self.path(span);
        replace(&path, |file| file.write_all(lines)).map_err(|source| AtlasError::Io { path, source })
    }

    /// All parts as one file, in the place of what was there; then they go.
    pub(super) fn join(&self, spans: &[Span], out: &Path) -> Result<(), AtlasError> {
        let copy = |file: &mut File| {
            spans.iter().try_for_each(|span| io::copy(&mut File::open(self.path(*span))?, file).map(|_| ()))
        };
        replace(out, copy).map_err(|source| AtlasError::Io { path: out.to_owned(), source })?;
        // What stays is but room on the disk, or parts of another query.
        let _ = fs::remove_dir_all(&self.0);
        let _ = self.0.parent().map(fs::remove_dir);
        Ok(())
    }

    /// Removes all parts but these; of other queries' those that ended by `from_s`, and folders that are empty then. Other files stay.
    pub(super) fn leave_only(&self, spans: &[Span], from_s: i64) -> io::Result<()> {
        remove(&self.0, |span| !spans.contains(&span))?;
        let Some(all) = self.0.parent() else { return Ok(()) };
        for entry in fs::read_dir(all)? {
            let other = entry?.path();
            if other != self.0 && other.is_dir() {
                remove(&other, |(_, to_s)| to_s <= from_s)?;
                // One that still holds something stays.
                let _ = fs::remove_dir(&other);
            }
        }
        Ok(())
    }

    /// Whether there was any result.
    pub(super) fn holds_results(&self, span: Span) -> bool {
        fs::metadata(self.path(span)).is_ok_and(|file| file.len() > 0)
    }

    pub(super) fn path(&self, (from_s, to_s): Span) -> PathBuf {
        self.0.join(format!("{from_s}-{to_s}.jsonl"))
    }
}

/// The measurement, and a hash of it, the address of the API and the probes.
fn name(query: &AtlasQuery) -> String {
    let AtlasQuery { api, measurement, probes, .. } = query;
    let probes: Vec<String> = probes.iter().map(ToString::to_string).collect();
    let whole = format!("{}\n{measurement}\n{}", api.trim_end_matches('/'), probes.join(","));
    format!("{measurement}-{:016x}", fnv1a(whole.as_bytes()))
}

/// The 64-bit hash of Fowler, Noll and Vo.
fn fnv1a(bytes: &[u8]) -> u64 {
    bytes.iter().fold(0xcbf2_9ce4_8422_2325, |hash, byte| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3))
}

/// Removes parts of `folder`, whole or unfinished, by their span.
fn remove(folder: &Path, is_old: impl Fn(Span) -> bool) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        let name = name.strip_suffix(".unfinished").unwrap_or(&name);
        let span = name.strip_suffix(".jsonl").and_then(|name| name.split_once('-'));
        let span = span.and_then(|(from_s, to_s)| Some((from_s.parse().ok()?, to_s.parse().ok()?)));
        if span.is_some_and(&is_old) {
            fs::remove_file(&path)?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(api: &str, measurement: u64, probes: &[u64]) -> AtlasQuery {
        AtlasQuery { api: api.to_owned(), measurement, from_s: 0, to_s: 1, probes: probes.to_vec() }
    }

    #[test]
    fn queries_that_differ_in_anything_lie_apart() {
        let many: Vec<u64> = (1_000_000..1_000_020).collect();
        let of = |api, measurement, probes: &[u64]| name(&query(api, measurement, probes));
        let names = [
            of("http://a", 1001, &[]),
            of("http://b", 1001, &[]),
            of("http://a/proxy", 1001, &[]),
            of("http://a", 1010, &[]),
            of("http://a", 1001, &[7, 8]),
            of("http://a", 1001, &[78]),
            of("http://a", 1001, &[&many[..], &[1]].concat()),
            of("http://a", 1001, &[&many[..], &[2]].concat()),
        ];
        let apart: std::collections::BTreeSet<&String> = names.iter().collect();
        assert_eq!(apart.len(), names.len(), "{names:?}");
        assert!(names.iter().all(|name| name.starts_with("10") && name.len() == 21), "{names:?}");
        assert_eq!(of("http://a/", 1001, &[7]), of("http://a", 1001, &[7]));
    }
}
