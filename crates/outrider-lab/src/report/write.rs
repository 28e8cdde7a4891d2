//! The report's files. What is there under the same names is overwritten; nothing else in the folder is touched.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;
use thiserror::Error;

use super::markdown::markdown;
use super::page::page;
use super::plots::{Plot, plots};
use super::requests::{write_requests, write_tries};
use super::{About, Report};
use crate::chart::png;
use outrider_sim::Measured;

/// What was written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Written {
    /// All figures, in the keys that `--json` prints, and what was compared: `comparison.json`.
    pub comparison: PathBuf,
    /// Every request: `requests.csv.gz`.
    pub requests: PathBuf,
    /// Every try, where users try again: `tries.csv.gz`.
    pub tries: Option<PathBuf>,
    /// Tables and definitions: `summary.md`.
    pub summary: PathBuf,
    /// All of it to be read in a browser, in one file: `index.html`.
    pub page: PathBuf,
    /// The pictures.
    pub plots: Vec<PathBuf>,
}

/// Why the report could not be written.
#[derive(Debug, Error)]
#[error("cannot write the report's {path}: {source}", path = path.display())]
pub struct ReportError {
    /// The file, or the folder.
    pub path: PathBuf,
    /// Why not.
    pub source: io::Error,
}

/// Figures and words in one object.
#[derive(Serialize)]
struct Comparison<'a> {
    about: &'a About,
    #[serde(flatten)]
    report: &'a Report,
}

/// Writes the whole report of `measured` into `dir`, which is made if need be.
///
/// # Errors
/// When the folder or a file cannot be written; what was written before stays.
pub fn write_all(dir: &Path, measured: &[Measured], report: &Report, about: &About) -> Result<Written, ReportError> {
    fs::create_dir_all(dir).map_err(|source| ReportError { path: dir.to_owned(), source })?;
    let plots = plots(measured, report, about);
    let has_tries = measured.iter().any(|round| !round.tries.is_empty());
    Ok(Written {
        comparison: write(dir, "comparison.json", |out| {
            serde_json::to_writer_pretty(out, &Comparison { about, report }).map_err(io::Error::from)
        })?,
        requests: write(dir, "requests.csv.gz", |out| write_requests(out, measured))?,
        tries: has_tries.then(|| write(dir, "tries.csv.gz", |out| write_tries(out, measured))).transpose()?,
        summary: write(dir, "summary.md", |out| out.write_all(markdown(report, about).as_bytes()))?,
        page: write(dir, "index.html", |out| out.write_all(page(report, about, &plots).as_bytes()))?,
        plots: plots.iter().map(|plot| write_plot(dir, plot)).collect::<Result<_, _>>()?,
    })
}

fn write_plot(dir: &Path, plot: &Plot) -> Result<PathBuf, ReportError> {
    let picture = png(&plot.scene).unwrap_or_default();
    write(dir, &format!("{}.png", plot.name), |out| out.write_all(&picture))
}

fn write(
    dir: &Path,
    name: &str,
    fill: impl FnOnce(&mut BufWriter<File>) -> io::Result<()>,
) -> Result<PathBuf, ReportError> {
    let path = dir.join(name);
    let written = File::create(&path).and_then(|file| {
        let mut out = BufWriter::new(file);
        fill(&mut out)?;
        out.flush()
    });
    match written {
        Ok(()) => Ok(path),
        Err(source) => Err(ReportError { path, source }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::{figures, tests::made_up};

    /// A folder of this test process alone, removed at the end.
    struct Folder(PathBuf);

    impl Folder {
        fn new(name: &str) -> Folder {
            Folder(std::env::temp_dir().join(format!("outrider-report-{name}-{}", std::process::id())))
        }
    }

    impl Drop for Folder {
        fn drop(&mut self) {
            let _ = fs::remove_dir_all(&self.0);
        }
    }

    #[test]
    fn every_file_is_written_and_says_what_it_should() {
        let folder = Folder::new("all");
        let measured = made_up(1);
        let report = figures(&measured);
        let about = About { name: "a test".into(), ..About::default() };
        let written = write_all(&folder.0.join("made/on/the/way"), &measured, &report, &about).unwrap();
        let json: serde_json::Value = serde_json::from_reader(File::open(written.comparison).unwrap()).unwrap();
        assert_eq!((json["about"]["name"].as_str(), json["runs"].as_array().unwrap().len()), (Some("a test"), 4));
        assert!(fs::read_to_string(written.summary).unwrap().starts_with("# a test"));
        assert!(fs::metadata(written.requests).unwrap().len() > 1_000);
        assert_eq!(written.plots.len(), fs::read_to_string(written.page).unwrap().matches("<svg ").count());
        let picture = tiny_skia::Pixmap::load_png(&written.plots[0]).unwrap();
        let paper = picture.pixel(0, 0);
        let drawn = picture.pixels().iter().filter(|pixel| Some(**pixel) != paper).count();
        let share = drawn as f64 / picture.pixels().len() as f64;
        assert!((0.005..0.5).contains(&share), "{share} of the picture is not paper");
    }

    #[test]
    fn what_cannot_be_written_is_named() {
        let folder = Folder::new("file");
        fs::write(&folder.0, "in the way").unwrap();
        let told = write_all(&folder.0, &[], &figures(&[]), &About::default()).unwrap_err().to_string();
        fs::remove_file(&folder.0).unwrap();
        assert!(told.starts_with("cannot write the report's ") && told.contains("outrider-report-file"), "{told}");
    }
}
