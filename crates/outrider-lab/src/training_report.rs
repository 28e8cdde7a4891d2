//! The report of a training, for people: what its model is worth and why, in Markdown, on one page, in pictures.
//!
//! Every figure is a function of what was trained: the same training, the same bytes.

mod load_table;
mod numbers;
mod pictures;
mod replay_table;
#[cfg(test)]
mod sample;
mod seen;
mod tables;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use outrider_train::training::Trained;

use crate::chart::png;

/// Writes `report.md`, `index.html` and the pictures into `folder`, which is made if need be. `rejected_rows` could not be read;
/// `command` trains the same again. Returns the files.
///
/// # Errors
/// When the folder or a file cannot be written, and which; what was written before stays.
pub fn write(trained: &Trained, rejected_rows: u64, command: &str, folder: &Path) -> io::Result<Vec<PathBuf>> {
    fs::create_dir_all(folder).map_err(|error| named(folder, &error))?;
    let plots = pictures::all(trained);
    let told = text::Told::of(trained, rejected_rows, command);
    let mut files = vec![
        file(folder, "report.md", told.markdown(&plots).as_bytes())?,
        file(folder, "index.html", told.page(&plots).as_bytes())?,
    ];
    for plot in &plots {
        files.push(file(folder, &format!("{}.png", plot.name), &png(&plot.scene).unwrap_or_default())?);
    }
    Ok(files)
}

fn file(folder: &Path, name: &str, bytes: &[u8]) -> io::Result<PathBuf> {
    let path = folder.join(name);
    fs::write(&path, bytes).map_err(|error| named(&path, &error))?;
    Ok(path)
}

fn named(path: &Path, error: &io::Error) -> io::Error {
    io::Error::new(error.kind(), format!("cannot write the report's {}: {error}", path.display()))
}
