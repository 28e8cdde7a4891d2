//! What was trained as an artifact, and what an artifact holds as something that predicts.

use std::collections::BTreeMap;

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::Feature;
use outrider_infer::artifact::{Artifact, ArtifactFeature, Gate, Header, Lineage, Window};
use outrider_infer::{Model, ModelError, PartsError};
use sha2::{Digest, Sha256};

use super::{Options, Trained};
use crate::tasks::{Fitted, Task, TaskError};

/// Marks numbers that features are made with among the parameters of an artifact.
pub(super) const FITTED: &str = "fitted.";
/// The parameter that holds the threshold.
pub(super) const THRESHOLD: &str = "threshold";
/// The parameter that says which of the labels of a task.
pub(super) const LABEL: &str = "label";

/// A model with all that it needs to predict.
#[derive(Debug)]
pub struct Predictor {
    /// What it predicts.
    pub task: &'static Task,
    /// The model.
    pub model: Model,
    /// From which probability on a row is called positive.
    pub threshold: Option<f64>,
    /// Numbers that features are made with.
    pub fitted: Fitted,
}

/// Why an artifact predicts nothing.
#[derive(Debug, thiserror::Error)]
pub enum PredictorError {
    /// Of a task that this version does not know.
    #[error("the artifact is of task {0:?}, which this version does not know; it was written by a newer one")]
    NoTask(String),
    /// Its parts are damaged.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// Rows lack what the task needs.
    #[error(transparent)]
    Task(#[from] TaskError),
    /// Rows lack what the model needs.
    #[error(transparent)]
    Model(#[from] ModelError),
}

impl Trained {
    /// The best model as an artifact: the same rows and options, the same bytes.
    ///
    /// # Errors
    ///
    /// If it is larger than may be read again.
    pub fn artifact(&self) -> Result<Artifact, PartsError> {
        let features = &self.data.schema().features;
        let (sections, dictionaries) = self.best().model.parts(features.len())?;
        let of = |(feature, dictionary): (&Feature, Vec<String>)| ArtifactFeature {
            name: feature.name.clone(),
            kind: feature.kind,
            known_at: feature.known_at,
            dictionary,
        };
        let header = Header {
            task: self.task.name.to_owned(),
            model: self.best().model.kind().to_owned(),
            features: features.iter().zip(dictionaries).map(of).collect(),
            window: self.window(),
            rows: self.split.train.len() as u64,
            metrics: self.metrics(),
            gate: self.gate(),
            lineage: Lineage {
                data_sha256: data_sha256(self.data.frame()),
                seed: self.options.seed,
                parameters: self.parameters(),
                parent_sha256: None,
            },
        };
        Ok(Artifact::new(header, sections)?)
    }

    /// What the gates say, as artifacts have it.
    pub(super) fn gate(&self) -> Gate {
        let accepted_by_hand = self.heads.iter().any(|head| head.judgement.accepted);
        Gate { verdict: self.verdict_text(), reasons: self.reasons(), accepted_by_hand }
    }

    /// The figures of the best, as artifacts have them.
    pub(super) fn metrics(&self) -> BTreeMap<String, Option<f64>> {
        self.best().scored.figures.iter().map(|(name, value, _)| (name.clone(), *value)).collect()
    }

    fn window(&self) -> Option<Window> {
        let times = self.data.times()?;
        let of_train = || self.split.train.iter().map(|&row| times[row]);
        Some(Window { from_us: of_train().min()?, to_us: of_train().max()? })
    }

    fn parameters(&self) -> BTreeMap<String, String> {
        let Options { shares, smote, class_weights, search, grid, trees, .. } = &self.options;
        let mut parameters = BTreeMap::from([
            ("recipe".to_owned(), self.best().scored.name.clone()),
            ("split".to_owned(), self.split.kind.name().to_owned()),
            ("shares".to_owned(), format!("{} train, {} validation", shares.train, shares.validation)),
            ("class_weights".to_owned(), format!("{class_weights:?}")),
            ("smote".to_owned(), smote.map_or("none".to_owned(), |k| k.to_string())),
            ("search".to_owned(), search.to_string()),
            ("trees".to_owned(), trees.to_string()),
            ("grid".to_owned(), grid.to_string()),
        ]);
        parameters.extend(self.fitted.iter().map(|(name, value)| (format!("{FITTED}{name}"), value.to_string())));
        parameters.extend(self.options.remembered.clone());
        parameters.extend(self.task.label.map(|label| (LABEL.to_owned(), label.to_owned())));
        parameters.extend(self.best().members.clone().map(|members| ("members".to_owned(), members)));
        parameters.extend(self.best().threshold.map(|threshold| (THRESHOLD.to_owned(), threshold.to_string())));
        parameters
    }
}

impl Predictor {
    /// What an artifact holds.
    ///
    /// # Errors
    ///
    /// If it is of an unknown task, or damaged.
    pub fn of(artifact: &Artifact) -> Result<Predictor, PredictorError> {
        let header = artifact.header();
        let parameters = &header.lineage.parameters;
        let label = parameters.get(LABEL).map(String::as_str);
        let task = Task::of_artifact(&header.task, label).ok_or_else(|| PredictorError::NoTask(header.task.clone()))?;
        let fitted =
            parameters.iter().filter_map(|(name, value)| Some((name.strip_prefix(FITTED)?, value.parse().ok()?)));
        Ok(Predictor {
            task,
            model: Model::of(artifact)?,
            threshold: parameters.get(THRESHOLD).and_then(|value| value.parse().ok()),
            fitted: fitted.map(|(name, value)| (name.to_owned(), value)).collect(),
        })
    }

    /// The features of rows as they come: made by the code that made them in training.
    ///
    /// # Errors
    ///
    /// If columns are missing.
    pub fn features(&self, rows: &Frame) -> Result<Frame, PredictorError> {
        Ok(self.task.features(rows, &self.fitted)?)
    }

    /// What the model says of each row, head by head.
    ///
    /// # Errors
    ///
    /// If columns are missing or hold something else.
    pub fn predict(&self, rows: &Frame) -> Result<Vec<Vec<f64>>, PredictorError> {
        Ok(self.model.predict(&self.features(rows)?)?)
    }
}

/// SHA-256 of a table, names and values in their order, in hexadecimal.
pub(super) fn data_sha256(frame: &Frame) -> String {
    let mut hash = Sha256::new();
    for column in frame.columns() {
        hash.update((column.name.len() as u64).to_le_bytes());
        hash.update(&column.name);
        match &column.values {
            Values::Number(numbers) => numbers.iter().for_each(|number| hash.update(number.to_bits().to_le_bytes())),
            Values::Time(times) => times.iter().for_each(|time| hash.update(time.to_le_bytes())),
            Values::Word(words) => (0..words.codes.len()).for_each(|row| {
                hash.update(words.get(row).unwrap_or("\u{0}"));
                hash.update([0xff]);
            }),
        }
    }
    hex(&hash.finalize())
}

/// SHA-256 of bytes, in hexadecimal.
pub(super) fn sha256(bytes: &[u8]) -> String {
    hex(&Sha256::digest(bytes))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
