//! A model as sections of an artifact, and back.

mod ensemble;

use crate::artifact::{Artifact, ArtifactError, Section};
use crate::imported::{Columns, Imported};
use crate::linear::LogisticRegression;
use crate::network::Network;
use crate::trees::{CodecError, Trees};
use crate::{
    DamagedError, EncodeError, Encoding, EnsembleError, Model, Recalibration, RecalibrationError, TooLargeError,
};

const REGRESSION: &str = "regression";
const NETWORK: &str = "network";
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
    /// A part is damaged.
    #[error(transparent)]
    Damaged(#[from] DamagedError),
    /// A part is too large to be written.
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
    /// Members that make no ensemble.
    #[error(transparent)]
    Ensemble(#[from] EnsembleError),
    /// Parts that do not belong together.
    #[error("the trees of the model do not take the features that its header names; train it anew")]
    Unlike,
    /// A kind of model that this version does not know.
    #[error(
        "the model is of kind {0:?}, expected logistic, trees, imported, network or ensemble; it was written by a newer version"
    )]
    Kind(String),
}

impl Model {
    /// Its parts, and the dictionary of each of `features` features: those of a regression, a network and an ensemble are in parts of
    /// their own.
    ///
    /// # Errors
    ///
    /// If it is larger than may be read again.
    pub fn parts(&self, features: usize) -> Result<(Vec<Section>, Vec<Vec<String>>), PartsError> {
        let none = vec![Vec::new(); features];
        let (mut sections, words) = match self {
            Model::Logistic { regression, .. } => (vec![section(REGRESSION, regression.write()?)], none),
            Model::Trees { encoding, heads, .. } => {
                let trees = heads.iter().enumerate().map(|(nth, head)| section(&head_name(nth), head.write()));
                (trees.collect(), encoding.words().to_vec())
            }
            Model::Imported { columns, heads, .. } => {
                let heads = heads.iter().enumerate().map(|(nth, head)| section(&imported_name(nth), head.write()));
                (heads.collect(), columns.words().to_vec())
            }
            Model::Network { network, .. } => (vec![section(NETWORK, network.write()?)], none),
            Model::Ensemble { ensemble, .. } => (ensemble::write(ensemble, features)?, none),
        };
        sections.extend(self.is_logarithmic().then(|| section(LOGARITHMIC, Vec::new())));
        sections.extend(self.recalibration().map(|by| section(RECALIBRATION, by.write())));
        Ok((sections, words))
    }

    /// The model that an artifact holds.
    ///
    /// # Errors
    ///
    /// If a part is missing, damaged, or does not fit the others.
    pub fn of(artifact: &Artifact) -> Result<Model, PartsError> {
        let words = artifact.header().features.iter().map(|feature| feature.dictionary.clone()).collect();
        let shelf = Shelf { artifact, prefix: String::new() };
        let kind = artifact.header().model.as_str();
        if kind == ensemble::KIND { ensemble::read(&shelf) } else { shelf.model(kind, words) }
    }
}

/// The sections of one model: all of an artifact, or those of a member of an ensemble.
struct Shelf<'a> {
    artifact: &'a Artifact,
    prefix: String,
}

impl<'a> Shelf<'a> {
    fn section(&self, name: &str) -> Result<&'a [u8], ArtifactError> {
        self.artifact.section(&format!("{}{name}", self.prefix))
    }

    fn has(&self, name: &str) -> bool {
        self.section(name).is_ok()
    }

    /// The model of this kind, which is no ensemble.
    fn model(&self, kind: &str, words: Vec<Vec<String>>) -> Result<Model, PartsError> {
        let recalibration = self.recalibration()?;
        match kind {
            "logistic" => {
                let regression = LogisticRegression::read(self.section(REGRESSION)?)?;
                Ok(Model::Logistic { regression, recalibration })
            }
            "trees" => self.trees(words, recalibration),
            "imported" => self.imported(words, recalibration),
            "network" => {
                let network = Network::read(self.section(NETWORK)?)?;
                Ok(Model::Network { network, logarithmic: self.has(LOGARITHMIC), recalibration })
            }
            other => Err(PartsError::Kind(other.to_owned())),
        }
    }

    fn recalibration(&self) -> Result<Option<Recalibration>, PartsError> {
        match self.section(RECALIBRATION) {
            Ok(bytes) => Ok(Some(Recalibration::read(bytes)?)),
            Err(_) => Ok(None),
        }
    }

    fn trees(&self, words: Vec<Vec<String>>, recalibration: Option<Recalibration>) -> Result<Model, PartsError> {
        let encoding = Encoding::new(self.artifact.header().schema(), words)?;
        let heads = self.heads(head_name, |bytes| Trees::read(bytes).map(Trees::prepare))?;
        let fits = heads.iter().all(|head| encoding.fits(head));
        let model = Model::Trees { encoding, heads, logarithmic: self.has(LOGARITHMIC), recalibration };
        if fits { Ok(model) } else { Err(PartsError::Unlike) }
    }

    fn imported(&self, words: Vec<Vec<String>>, recalibration: Option<Recalibration>) -> Result<Model, PartsError> {
        let columns = Columns::new(self.artifact.header().schema(), words)?;
        let heads = self.heads(imported_name, Imported::read)?;
        let fits = heads.iter().all(|head| head.head().features == columns.words().len());
        let model = Model::Imported { columns, heads, recalibration };
        if fits { Ok(model) } else { Err(PartsError::Unlike) }
    }

    /// At least one.
    fn heads<T>(
        &self,
        name: fn(usize) -> String,
        read: fn(&[u8]) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, PartsError> {
        let mut heads = vec![read(self.section(&name(0))?)?];
        for nth in 1..HEADS_MAX {
            let Ok(bytes) = self.section(&name(nth)) else { break };
            heads.push(read(bytes)?);
        }
        Ok(heads)
    }
}

fn imported_name(nth: usize) -> String {
    format!("imported.{nth}")
}

fn head_name(nth: usize) -> String {
    format!("trees.{nth}")
}

fn section(name: &str, bytes: Vec<u8>) -> Section {
    Section { name: name.to_owned(), bytes }
}
