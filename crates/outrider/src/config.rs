//! The configuration: YAML in, settings out, every mistake at once.
//!
//! A file goes through four steps, each a file here: `tree` (YAML with positions), `check` (against the table of `keys`),
//! `written` (what was written) and `lower` (what it means). The same table gives the JSON Schema (`schema`) and the
//! reference page (`reference`).

mod check;
mod effective;
mod forms;
mod hosts_file;
mod keys;
mod lower;
mod mistake;
mod reference;
mod schema;
mod shape;
mod source;
mod suggest;
mod tree;
pub(crate) mod units;
mod watch;
mod written;

use std::path::{Path, PathBuf};

use outrider_proxy::settings::Settings;
use serde_json::Value;

pub(crate) use hosts_file::parse_hosts_file;
pub(crate) use lower::AdminSettings;
pub(crate) use mistake::Report;
pub(crate) use reference::reference;
pub(crate) use schema::schema;
pub(crate) use units::duration_text;
pub(crate) use watch::FileWatch;

use crate::config::mistake::{Mistake, Place};

/// A configuration without mistakes.
#[derive(Clone, Debug)]
pub(crate) struct Config {
    /// For the proxy.
    pub(crate) settings: Settings,
    /// For the admin API.
    pub(crate) admin: AdminSettings,
    /// Every key with its value, defaults written out; no secrets.
    pub(crate) effective: Value,
}

/// What a configuration means depends on.
#[derive(Clone, Debug)]
pub(crate) struct Surroundings {
    /// Files are named relative to it.
    pub(crate) folder: PathBuf,
    /// Workers, where none are given.
    pub(crate) cores: usize,
    /// The content of `OUTRIDER_ADMIN_TOKEN`.
    pub(crate) admin_token: Option<String>,
}

impl Surroundings {
    /// Those of this process, for a configuration at `path`.
    pub(crate) fn of(path: &Path) -> Surroundings {
        Surroundings {
            folder: path.parent().unwrap_or(Path::new("")).to_owned(),
            cores: std::thread::available_parallelism().map_or(1, usize::from),
            admin_token: std::env::var(lower::TOKEN_VARIABLE).ok(),
        }
    }
}

/// The bytes of a configuration file.
///
/// # Errors
/// It cannot be read, or has more than 1 MiB.
pub(crate) fn read_bytes(path: &Path) -> Result<Vec<u8>, Report> {
    source::read_bytes(path).map_err(|unreadable| refused(path, &unreadable))
}

/// The configuration in a file.
///
/// # Errors
/// Every mistake in it, by position.
pub(crate) fn load(path: &Path) -> Result<Config, Report> {
    parse(path, &read_bytes(path)?, &Surroundings::of(path))
}

/// The configuration in `bytes`, which were read from `path`.
///
/// # Errors
/// Every mistake in it, by position.
pub(crate) fn parse(path: &Path, bytes: &[u8], around: &Surroundings) -> Result<Config, Report> {
    let text = source::text(bytes).map_err(|unreadable| refused(path, &unreadable))?;
    let mut report = Report::default();
    let file = report.source(&path.display().to_string());
    report.quote(file, &text);
    let config = read(&text, file, around, &mut report);
    match config.filter(|_| report.count() == 0) {
        Some(config) => Ok(config),
        None => Err(report.sorted()),
    }
}

fn read(text: &str, file: usize, around: &Surroundings, report: &mut Report) -> Option<Config> {
    let root = match tree::parse(text, file) {
        Ok(root) => root,
        Err(mistake) => {
            report.add(mistake);
            return None;
        }
    };
    let written = check::document(&root, &keys::ROOT, report)?;
    let (settings, admin) = lower::lower(&written, around, report);
    Some(Config { settings, admin, effective: effective::effective(&written) })
}

fn refused(path: &Path, unreadable: &source::Unreadable) -> Report {
    let mut report = Report::default();
    let file = report.source(&path.display().to_string());
    let hint = "name another with `-c FILE`".to_owned();
    report.add(Mistake::at(Place::whole(file), unreadable.to_string(), "a configuration file").hint(hint));
    report
}

#[cfg(test)]
mod tests;
