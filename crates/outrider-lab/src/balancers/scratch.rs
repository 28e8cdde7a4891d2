//! A folder of one balancer's own, removed with it.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

use super::BalancerError;

#[derive(Debug)]
pub(super) struct Scratch(PathBuf);

impl Scratch {
    pub(super) fn new() -> Result<Scratch, BalancerError> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("outrider-lab-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // Fails if it is there already: nobody else's folder is written to.
        fs::create_dir(&folder).map_err(BalancerError::Config)?;
        Ok(Scratch(folder))
    }

    pub(super) fn path(&self) -> &Path {
        &self.0
    }

    /// Writes a file whole or not at all: whoever watches it never reads half of it.
    pub(super) fn write(&self, name: &str, text: &str) -> io::Result<PathBuf> {
        let path = self.0.join(name);
        let unfinished = self.0.join(format!("{name}.new"));
        fs::write(&unfinished, text)?;
        fs::rename(unfinished, &path)?;
        Ok(path)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for temporary files.
        let _ = fs::remove_dir_all(&self.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_scratch_folder_goes_with_its_owner() {
        let scratch = Scratch::new().unwrap();
        let file = scratch.write("outrider.yaml", "a: b\n").unwrap();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: b\n");
        drop(scratch);
        assert!(!file.exists());
    }
}
