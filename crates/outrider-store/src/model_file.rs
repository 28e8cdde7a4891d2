//! Artifacts on disk: whole, or not there.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use outrider_infer::artifact::{Artifact, ArtifactError, BYTES_MAX};
use thiserror::Error;

/// Why an artifact was not read or written.
#[derive(Debug, Error)]
pub enum ModelFileError {
    /// The system says no.
    #[error("{path}: {source}", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// It holds something else, or was damaged.
    #[error("{path}: {source}", path = path.display())]
    Artifact {
        /// The file.
        path: PathBuf,
        /// What is wrong.
        source: ArtifactError,
    },
}

/// Writes `artifact` to `path`: beside it first, then in its place, so that a crash at any instant leaves the old one or the new one.
///
/// # Errors
/// When the system says no.
pub fn write_model(artifact: &Artifact, path: &Path) -> Result<(), ModelFileError> {
    let beside = path.with_extension("unfinished");
    replace(&artifact.write(), path, &beside).map_err(|source| {
        let _ = fs::remove_file(&beside);
        ModelFileError::Io { path: path.to_owned(), source }
    })
}

fn replace(bytes: &[u8], path: &Path, beside: &Path) -> io::Result<()> {
    let mut file = File::create(beside)?;
    file.write_all(bytes)?;
    file.sync_all()?;
    fs::rename(beside, path)?;
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}

/// Reads the artifact at `path`.
///
/// # Errors
/// When the system says no, or the file is no artifact, cut short, altered or too large.
pub fn read_model(path: &Path) -> Result<Artifact, ModelFileError> {
    let bytes = bounded(path).map_err(|source| ModelFileError::Io { path: path.to_owned(), source })?;
    Artifact::read(&bytes).map_err(|source| ModelFileError::Artifact { path: path.to_owned(), source })
}

/// No more than can be an artifact, and a byte, so that too much shows.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
