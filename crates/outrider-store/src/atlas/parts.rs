//! Parts that were fetched, each a file, until all are there.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::{AtlasError, AtlasQuery, Span};
use crate::replace::replace;

/// The folder of parts beside the file that they will make.
pub(super) struct Parts(PathBuf);

impl Parts {
    /// Of this query: parts of another one have other names.
    pub(super) fn open(query: &AtlasQuery, out: &Path) -> Result<Parts, AtlasError> {
        let probes: Vec<String> = query.probes.iter().map(ToString::to_string).collect();
        let name = if probes.is_empty() { "all".to_owned() } else { probes.join("-") };
        let folder = out.with_added_extension("parts").join(format!("{}-{name:.80}", query.measurement));
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

    fn path(&self, (from_s, to_s): Span) -> PathBuf {
        self.0.join(format!("{from_s}-{to_s}.jsonl"))
    }
}
