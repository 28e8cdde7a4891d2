//! What keeps `outrider train` from a model.

use std::io;
use std::path::PathBuf;

use outrider_infer::PartsError;
use outrider_store::{ModelFileError, ReadError};
use outrider_train::tasks::Task;
use outrider_train::training::TrainingError;
use thiserror::Error;

use super::cost::CostError;
use super::prices::PricesError;

/// Why there is no model.
#[derive(Debug, Error)]
pub(super) enum TrainCommandError {
    #[error("there is no task {found:?}, expected one of {}", Task::names().join(", "))]
    NoTask { found: String },
    #[error("task {task} has no label {found:?}, expected {}", labels(task))]
    NoLabel { task: String, found: String },
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error(transparent)]
    Prices(#[from] PricesError),
    #[error(transparent)]
    Training(#[from] TrainingError),
    #[error(transparent)]
    Parts(#[from] PartsError),
    #[error(transparent)]
    Cost(#[from] CostError),
    #[error(transparent)]
    ModelFile(#[from] ModelFileError),
    #[error("{path}: {source}; is there room, and may you write there?", path = path.display())]
    Write { path: PathBuf, source: io::Error },
    #[error("cannot start threads: {0}")]
    Threads(#[from] rayon::ThreadPoolBuildError),
    #[error(
        "no model is written: it is suspicious (see the reasons above). Mend the data, or take it upon yourself with --accept-suspicious"
    )]
    Suspicious,
}

fn labels(task: &str) -> String {
    let labels = Task::labels(task);
    if labels.is_empty() { "no --label: it has but one".to_owned() } else { format!("one of {}", labels.join(", ")) }
}
