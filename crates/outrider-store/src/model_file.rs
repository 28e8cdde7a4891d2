//! Artifacts on disk: whole, or not there.

use std::fs::File;
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use outrider_infer::artifact::{Artifact, ArtifactError, BYTES_MAX};
use thiserror::Error;

use crate::replace::replace;

/// Why an artifact was not read or written.
#[derive(Debug, Error)]
pub enum ModelFileError {
    /// The system says no.
    #[error("{path}: {source}; is there such a file or folder, and room on the disk?", path = path.display())]
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

/// Writes `artifact` to `path`, in the place of what was there.
///
/// # Errors
/// When the system says no; then what was there still is.
pub fn write_model(artifact: &Artifact, path: &Path) -> Result<(), ModelFileError> {
    let written = replace(path, |file| file.write_all(&artifact.write()));
    written.map_err(|source| ModelFileError::Io { path: path.to_owned(), source })
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
