//! A model as sections of an artifact, and back.

use crate::artifact::{Artifact, ArtifactError, Section};
use crate::imported::{Columns, Imported};
use crate::linear::{DamagedError, LogisticRegression, TooLargeError};
use crate::trees::{CodecError, Trees};
use crate::{EncodeError, Encoding, Model, Recalibration, RecalibrationError};

const REGRESSION: &str = "regression";
const RECALIBRATION: &str = "recalibration";
const LOGARITHMIC: &str = "logarithmic";
/// Heads of a model, at most.
const HEADS_MAX: usize = 16;

/// Why an artifact holds no model.
#[derive(Debug, thiserror::Error)]
pub enum PartsError {
    /// A part is missing.
    #[error(transparent)]
    Artifact(#[from] ArtifactError),
    /// The regression is damaged.
    #[error(transparent)]
    Regression(#[from] DamagedError),
    /// The regression is too large to be written.
    #[error(transparent)]
    TooLarge(#[from] TooLargeError),
    /// Trees are damaged.
    #[error(transparent)]
    Trees(#[from] CodecError),
    /// What mends probabilities is damaged.
    #[error(transparent)]
    Recalibration(#[from] RecalibrationError),
    /// Dictionaries are damaged.
    #[error(transparent)]
    Encoding(#[from] EncodeError),
    /// Parts that do not belong together.
    #[error("the trees of the model do not take the features that its header names; train it anew")]
    Unlike,
    /// A kind of model that this version does not know.
    #[error("the model is of kind {0:?}, expected logistic, trees or imported; it was written by a newer version")]
    Kind(String),
}

impl Model {
    /// Its parts, and the dictionary of each of `features` features: those of a regression are in its own part.
    ///
    /// # Errors
    ///
    /// If it is larger than may be read again.
    pub fn parts(&self, features: usize) -> Result<(Vec<Section>, Vec<Vec<String>>), PartsError> {
        match self {
            Model::Logistic { regression, recalibration } => {
                let sections =
                    [section(REGRESSION, regression.write()?)].into_iter().chain(mending(recalibration.as_ref()));
                Ok((sections.collect(), vec![Vec::new(); features]))
            }
            Model::Trees { encoding, heads, logarithmic, recalibration } => {
                let trees = heads.iter().enumerate().map(|(nth, head)| section(&head_name(nth), head.write()));
                let logarithmic = logarithmic.then(|| section(LOGARITHMIC, Vec::new()));
                let sections = trees.chain(logarithmic).chain(mending(recalibration.as_ref()));
                Ok((sections.collect(), encoding.words().to_vec()))
            }
            Model::Imported { columns, heads, recalibration } => {
                let heads = heads.iter().enumerate().map(|(nth, head)| section(&imported_name(nth), head.write()));
                Ok((heads.chain(mending(recalibration.as_ref())).collect(), columns.words().to_vec()))
            }
        }
    }

    /// The model that an artifact holds.
    ///
    /// # Errors
    ///
    /// If a part is missing, damaged, or does not fit the others.
    pub fn of(artifact: &Artifact) -> Result<Model, PartsError> {
        let has = |name: &str| artifact.section_names().any(|own| own == name);
        let recalibration = match has(RECALIBRATION) {
            true => Some(Recalibration::read(artifact.section(RECALIBRATION)?)?),
            false => None,
        };
        match artifact.header().model.as_str() {
            "logistic" => {
                let regression = LogisticRegression::read(artifact.section(REGRESSION)?)?;
                Ok(Model::Logistic { regression, recalibration })
            }
            "trees" => trees(artifact, has(LOGARITHMIC), recalibration),
            "imported" => imported(artifact, recalibration),
            other => Err(PartsError::Kind(other.to_owned())),
        }
    }
}

fn trees(artifact: &Artifact, logarithmic: bool, recalibration: Option<Recalibration>) -> Result<Model, PartsError> {
    let encoding = Encoding::new(artifact.header().schema(), words(artifact))?;
    let heads = heads(artifact, head_name, |bytes| Trees::read(bytes).map(Trees::prepare))?;
    let fits = heads.iter().all(|head| encoding.fits(head));
    let model = Model::Trees { encoding, heads, logarithmic, recalibration };
    if fits { Ok(model) } else { Err(PartsError::Unlike) }
}

fn imported(artifact: &Artifact, recalibration: Option<Recalibration>) -> Result<Model, PartsError> {
    let columns = Columns::new(artifact.header().schema(), words(artifact))?;
    let heads = heads(artifact, imported_name, Imported::read)?;
    let fits = heads.iter().all(|head| head.head().features == columns.words().len());
    let model = Model::Imported { columns, heads, recalibration };
    if fits { Ok(model) } else { Err(PartsError::Unlike) }
}

/// The words of each feature, by code.
fn words(artifact: &Artifact) -> Vec<Vec<String>> {
    artifact.header().features.iter().map(|feature| feature.dictionary.clone()).collect()
}

/// At least one.
fn heads<T>(
    artifact: &Artifact,
    name: fn(usize) -> String,
    read: fn(&[u8]) -> Result<T, CodecError>,
) -> Result<Vec<T>, PartsError> {
    let mut heads = vec![read(artifact.section(&name(0))?)?];
    for nth in 1..HEADS_MAX {
        let Ok(bytes) = artifact.section(&name(nth)) else { break };
        heads.push(read(bytes)?);
    }
    Ok(heads)
}

fn head_name(nth: usize) -> String {
    format!("trees.{nth}")
}

fn imported_name(nth: usize) -> String {
    format!("imported.{nth}")
}

fn mending(recalibration: Option<&Recalibration>) -> Option<Section> {
    recalibration.map(|by| section(RECALIBRATION, by.write()))
}

fn section(name: &str, bytes: Vec<u8>) -> Section {
    Section { name: name.to_owned(), bytes }
}
