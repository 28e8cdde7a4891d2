//! Parts that were fetched, each a file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{AtlasError, AtlasQuery, Span};
use crate::replace::replace;

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

    pub(super) fn has(&self, span: Span) -> bool {
        self.path(span).is_file()
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
        // What stays is but room on the disk.
        let _ = self.0.parent().map(fs::remove_dir_all);
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

/// Measurement and probes; where those are many, the first and a hash of all.
fn name(query: &AtlasQuery) -> String {
    let probes: Vec<String> = query.probes.iter().map(ToString::to_string).collect();
    let (measurement, probes) = (query.measurement, probes.join("-"));
    match probes.len() {
        0 => format!("{measurement}-all"),
        1..=80 => format!("{measurement}-{probes}"),
        _ => format!("{measurement}-{probes:.60}-{:016x}", fnv1a(probes.as_bytes())),
    }
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

    #[test]
    fn queries_that_differ_in_their_last_probe_lie_apart() {
        let of = |last: u64| {
            let probes = (1_000_000..1_000_020).chain([last]).collect();
            name(&AtlasQuery { api: String::new(), measurement: 1001, from_s: 0, to_s: 1, probes })
        };
        assert_ne!(of(1), of(2));
        assert!(of(1).starts_with("1001-1000000-1000001-") && of(1).len() < 100, "{}", of(1));
    }
}
