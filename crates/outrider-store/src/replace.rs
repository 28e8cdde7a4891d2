//! Files are replaced whole: written beside, flushed to disk and renamed, so that a crash at any instant leaves the old one or the new
//! one.

use std::fs::{self, File};
use std::io;
use std::path::Path;

/// Puts what `write` writes in the place of what is at `path`. When that fails, all is as it was.
///
/// # Errors
/// Those of `write` and of the system.
pub fn replace(path: &Path, write: impl FnOnce(&mut File) -> io::Result<()>) -> io::Result<()> {
    let beside = path.with_added_extension("unfinished");
    let mut file = File::create(&beside)?;
    let replaced = write(&mut file).and_then(|()| file.sync_all()).and_then(|()| fs::rename(&beside, path));
    if replaced.is_err() {
        let _ = fs::remove_file(&beside);
        return replaced;
    }
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
    File::open(folder.unwrap_or(Path::new(".")))?.sync_all()
}
