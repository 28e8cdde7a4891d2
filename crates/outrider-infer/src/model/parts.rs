//! A model as sections of an artifact, and back.

use crate::artifact::{Artifact, ArtifactError, Section};
use crate::linear::LogisticRegression;
use crate::trees::{CodecError, Trees};
use crate::{DamagedError, EncodeError, Encoding, Model, Recalibration, RecalibrationError, TooLargeError};

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
    #[error("the model is of kind {0:?}, expected logistic or trees; it was written by a newer version")]
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
            "trees" => {
                let words = artifact.header().features.iter().map(|feature| feature.dictionary.clone()).collect();
                let encoding = Encoding::new(artifact.header().schema(), words)?;
                let heads = heads(artifact)?;
                let fits = heads.iter().all(|head| encoding.fits(head));
                let model = Model::Trees { encoding, heads, logarithmic: has(LOGARITHMIC), recalibration };
                if fits { Ok(model) } else { Err(PartsError::Unlike) }
            }
            other => Err(PartsError::Kind(other.to_owned())),
        }
    }
}

/// At least one.
fn heads(artifact: &Artifact) -> Result<Vec<Trees>, PartsError> {
    let first = Trees::read(artifact.section(&head_name(0))?)?;
    let mut heads = vec![first.prepare()];
    for nth in 1..HEADS_MAX {
        let Ok(bytes) = artifact.section(&head_name(nth)) else { break };
        heads.push(Trees::read(bytes)?.prepare());
    }
    Ok(heads)
}

fn head_name(nth: usize) -> String {
    format!("trees.{nth}")
}

fn mending(recalibration: Option<&Recalibration>) -> Option<Section> {
    recalibration.map(|by| section(RECALIBRATION, by.write()))
}

fn section(name: &str, bytes: Vec<u8>) -> Section {
    Section { name: name.to_owned(), bytes }
}
