//! The log and its price list as files: whole or not at all.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use flate2::Compression;
use flate2::write::GzEncoder;
use outrider_workload::{Prices, PricesError};
use thiserror::Error;

use super::Collected;
use super::world::prices;

/// No price list is longer, bytes.
const PRICES_MAX: u64 = 1 << 20;

/// Why a file was not written, or not read.
#[derive(Debug, Error)]
pub enum FileError {
    /// The system says no.
    #[error("{path}: {source}; is there such a folder, may you use it, and is there room?", path = path.display())]
    Io {
        /// The file.
        path: PathBuf,
        /// What it says.
        source: io::Error,
    },
    /// It is no price list.
    #[error("{path}: {why}; expected the keys of docs/placement.md", path = path.display())]
    Form {
        /// The file.
        path: PathBuf,
        /// Where, and what is wrong.
        why: String,
    },
    /// Its values make no sense.
    #[error("{path}: {source}", path = path.display())]
    Prices {
        /// The file.
        path: PathBuf,
        /// Which.
        source: PricesError,
    },
}

/// A log and the price list beside it that can be written: both are begun, under other names.
#[derive(Debug)]
pub struct LogFiles {
    log: Begun,
    prices: Begun,
}

impl LogFiles {
    /// Begins to write the log to `path` (compressed if it ends with `.gz`) and its price list beside it, so that a place that cannot be
    /// written to is found before there is anything to write.
    ///
    /// # Errors
    /// When one of them cannot be written; then what was there before stays.
    pub fn begin(path: &Path) -> Result<LogFiles, FileError> {
        Ok(LogFiles { log: Begun::new(path)?, prices: Begun::new(&prices_path(path))? })
    }

    /// Writes both and puts them in their places; the answer is where the price list is.
    ///
    /// # Errors
    /// When one of them cannot be written; then what was there before stays.
    pub fn write(mut self, collected: &Collected) -> Result<PathBuf, FileError> {
        self.prices.fill(|out| out.write_all(prices_text(&prices()).as_bytes()))?;
        let is_zipped = self.log.path.extension().is_some_and(|extension| extension == "gz");
        self.log.fill(|out| match is_zipped {
            true => {
                let mut zip = GzEncoder::new(out, Compression::fast());
                write_lines(collected, &mut zip)?;
                zip.finish().map(|_| ())
            }
            false => write_lines(collected, out),
        })?;
        let beside = self.prices.path.clone();
        self.prices.finish()?;
        self.log.finish()?;
        Ok(beside)
    }
}

/// Reads a price list in YAML.
///
/// # Errors
/// When it cannot be read, is none, or holds values that make no sense.
pub fn read_prices(path: &Path) -> Result<Prices, FileError> {
    let io = |source| FileError::Io { path: path.to_owned(), source };
    let size = fs::metadata(path).map_err(io)?.len();
    if size > PRICES_MAX {
        return Err(FileError::Form { path: path.to_owned(), why: format!("{size} bytes are no price list") });
    }
    let text = fs::read_to_string(path).map_err(io)?;
    let read: Prices = serde_saphyr::from_str(&text)
        .map_err(|error| FileError::Form { path: path.to_owned(), why: error.to_string().replace('\n', " ") })?;
    read.check().map_err(|source| FileError::Prices { path: path.to_owned(), source })?;
    Ok(read)
}

fn write_lines(collected: &Collected, out: &mut impl Write) -> io::Result<()> {
    collected.lines().try_for_each(|line| {
        serde_json::to_writer(&mut *out, &line)?;
        out.write_all(b"\n")
    })
}

/// A file that is being written under another name, which is gone if it is not finished.
#[derive(Debug)]
struct Begun {
    path: PathBuf,
    part: PathBuf,
    file: File,
}

impl Begun {
    fn new(path: &Path) -> Result<Begun, FileError> {
        let io = |source| FileError::Io { path: path.to_owned(), source };
        if path.is_dir() {
            return Err(io(io::Error::from(io::ErrorKind::IsADirectory)));
        }
        let part = path.with_added_extension("part");
        let file = File::create(&part).map_err(io)?;
        Ok(Begun { path: path.to_owned(), part, file })
    }

    fn fill(&mut self, write: impl FnOnce(&mut BufWriter<&File>) -> io::Result<()>) -> Result<(), FileError> {
        let mut out = BufWriter::new(&self.file);
        let written = write(&mut out).and_then(|()| out.flush()).and_then(|()| self.file.sync_all());
        written.map_err(|source| FileError::Io { path: self.path.clone(), source })
    }

    fn finish(self) -> Result<(), FileError> {
        fs::rename(&self.part, &self.path).map_err(|source| FileError::Io { path: self.path.clone(), source })
    }
}

impl Drop for Begun {
    fn drop(&mut self) {
        // Once finished there is none; if it cannot be removed, so be it.
        let _ = fs::remove_file(&self.part);
    }
}

/// `a/log.prices.yaml` for `a/log.jsonl.gz`.
fn prices_path(path: &Path) -> PathBuf {
    let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
    let stem = name.strip_suffix(".gz").unwrap_or(&name);
    let stem = stem.strip_suffix(".jsonl").or_else(|| stem.strip_suffix(".json")).unwrap_or(stem);
    path.with_file_name(format!("{stem}.prices.yaml"))
}

fn prices_text(prices: &Prices) -> String {
    let Prices { region, date, client_second_usd, serverless, containers, tasks } = prices;
    let mut text = format!(
        "region: {region}\ndate: {date}\nclient_second_usd: {client_second_usd}\nserverless:\n  gb_second_usd: {}\n  request_usd: {}\n\
         containers:\n  vcpu_hour_usd: {}\n  gb_hour_usd: {}\ntasks:\n",
        serverless.gb_second_usd, serverless.request_usd, containers.vcpu_hour_usd, containers.gb_hour_usd
    );
    for (name, task) in tasks {
        text += &format!("  {name}: {{ vcpu: {}, gb: {}, count: {} }}\n", task.vcpu, task.gb, task.count);
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    fn file(name: &str, text: &str) -> PathBuf {
        let path = std::env::temp_dir().join(format!("outrider-prices-{}-{name}.yaml", std::process::id()));
        fs::write(&path, text).unwrap();
        path
    }

    #[test]
    fn a_price_list_is_read_as_it_was_written() {
        let path = file("same", &prices_text(&prices()));
        assert_eq!(read_prices(&path).unwrap(), prices());
        fs::remove_file(path).unwrap();
        let beside = |path: &str| prices_path(Path::new(path)).display().to_string();
        assert_eq!(beside("a/log.jsonl.gz"), "a/log.prices.yaml");
        assert_eq!(
            ["run.1.jsonl", "run.2.json", "log"].map(beside),
            ["run.1.prices.yaml", "run.2.prices.yaml", "log.prices.yaml"]
        );
    }

    #[test]
    fn mistakes_are_told_in_a_sentence() {
        let told = |name: &str, text: &str| {
            let path = file(name, text);
            let told = read_prices(&path).unwrap_err().to_string();
            fs::remove_file(path).unwrap();
            assert!(!told.contains('\n'), "{told}");
            told
        };
        assert!(told("key", "regoin: here\n").contains("regoin"));
        assert!(told("value", "client_second_usd: -1\n").contains("client_second_usd is -1, expected a number from 0"));
        assert!(told("kind", "serverless: cheap\n").contains("expected the keys of docs/placement.md"));
        assert!(read_prices(Path::new("no such file")).unwrap_err().to_string().contains("is there such a folder"));
    }

    #[test]
    fn what_cannot_be_finished_leaves_what_was_there() {
        let path = file("kept", "before");
        let mut begun = Begun::new(&path).unwrap();
        let refused = begun.fill(|out| {
            out.write_all(b"half")?;
            Err(io::Error::other("no more"))
        });
        assert!(refused.unwrap_err().to_string().contains("no more"));
        drop(begun);
        assert_eq!(fs::read_to_string(&path).unwrap(), "before");
        assert!(!path.with_added_extension("part").exists());
        fs::remove_file(path).unwrap();
    }

    #[test]
    fn a_place_that_cannot_be_written_to_is_found_at_once() {
        let told = |path: &str| LogFiles::begin(Path::new(path)).unwrap_err().to_string();
        assert!(told("no such folder/log.jsonl").starts_with("no such folder/log.jsonl: No such file"));
        assert!(told("src").starts_with("src: is a directory"), "{}", told("src"));
        assert!(!Path::new("src.part").exists());
    }
}
