//! `outrider model import`: from a file of another engine to an artifact.

use std::fs::File;
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::Args;
use outrider_infer::import::{BYTES_MAX, ImportError, Told, read};
use outrider_store::{ModelFileError, write_model};
use outrider_train::tasks::{COLUMNS, Task};
use outrider_train::training::{ImportingError, Source, import};
use thiserror::Error;

use crate::commands::terminal;

/// Brings a model from elsewhere.
#[derive(Debug, Args)]
pub(super) struct Import {
    /// What `save_model` of XGBoost or LightGBM wrote; for a task with several heads a file for each, in their order
    #[arg(value_name = "FILE", required = true, num_args = 1..)]
    files: Vec<PathBuf>,
    /// What it predicts: a task of `outrider train`, whose features it must take; or `columns`: whatever it says of columns by name
    #[arg(long, value_name = "TASK")]
    task: String,
    /// Which label, where the task has several; left out: its first
    #[arg(long, value_name = "NAME")]
    label: Option<String>,
    /// The columns in the order of the training, for a file that does not name them
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    features: Option<Vec<String>>,
    /// The columns that were categories of pandas, in the order of the training, for a LightGBM file that does not prove which have words
    #[arg(long, value_name = "NAMES", value_delimiter = ',')]
    words: Option<Vec<String>>,
    /// Rows hold the codes of categories, counted from 0 as in the training: the words of the file are left aside
    #[arg(long, conflicts_with = "words")]
    codes: bool,
    /// The artifact
    #[arg(long, value_name = "ARTIFACT")]
    out: PathBuf,
}

/// Why there is no artifact.
#[derive(Debug, Error)]
enum ImportCommandError {
    #[error("there is no task {found:?}{}, expected one of {}, {}", label.as_ref().map_or(String::new(), |label| format!(" with label {label:?}")), Task::names().join(", "), COLUMNS.name)]
    NoTask { found: String, label: Option<String> },
    #[error("{path}: {source}; is there such a file, and may you read it?", path = path.display())]
    Io { path: PathBuf, source: io::Error },
    #[error("{path}: {source}", path = path.display())]
    File { path: PathBuf, source: ImportError },
    #[error(transparent)]
    Importing(#[from] ImportingError),
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    #[error("cannot write: {0}; is the disk full?")]
    Output(#[from] io::Error),
}

impl Import {
    pub(super) fn run(&self) -> ExitCode {
        terminal::finish(self.import())
    }

    fn import(&self) -> Result<(), ImportCommandError> {
        let task = Task::of_artifact(&self.task, self.label.as_deref());
        let no_task = || ImportCommandError::NoTask { found: self.task.clone(), label: self.label.clone() };
        let task = task.ok_or_else(no_task)?;
        let sources = self.files.iter().map(|path| self.source(path)).collect::<Result<Vec<_>, _>>()?;
        let left_out: String =
            self.files.iter().zip(&sources).filter_map(|(path, source)| left_out(path, source)).collect();
        let artifact = import(task, sources)?;
        write_model(&artifact, &self.out)?;
        let features = artifact.header().features.len();
        let features = if features == 1 { "1 feature".to_owned() } else { format!("{features} features") };
        let out = self.out.display();
        Ok(terminal::say(&format!(
            "Model: {out}, of task {}, takes {features}, not judged yet\n{left_out}",
            task.name
        ))?)
    }

    fn source(&self, path: &Path) -> Result<Source, ImportCommandError> {
        let bytes = bounded(path).map_err(|source| ImportCommandError::Io { path: path.to_owned(), source })?;
        let told = Told { features: self.features.as_deref(), words: self.words.as_deref(), codes: self.codes };
        let named = read(&bytes).and_then(|foreign| foreign.named(told));
        let named = named.map_err(|source| ImportCommandError::File { path: path.to_owned(), source })?;
        Ok(Source::new(named, &bytes))
    }
}

/// That trees of a file do not count, and how they would.
fn left_out(path: &Path, source: &Source) -> Option<String> {
    let foreign = &source.model.foreign;
    let (left, path) = (foreign.trees_left_out, path.display());
    let trees = left + foreign.model.len();
    (left > 0).then(|| {
        format!(
            "Left out: {left} of the {trees} trees of {path}, which come after the best iteration that early stopping noted in it; if \
             training went on after that on purpose, let them count: set_attr(best_iteration=None), save_model, and import again\n"
        )
    })
}

/// No more than can be a model, and a byte, so that too much shows.
fn bounded(path: &Path) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    File::open(path)?.take(BYTES_MAX as u64 + 1).read_to_end(&mut bytes)?;
    Ok(bytes)
}
