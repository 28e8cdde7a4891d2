//! A model of another engine as an artifact of a task. Nothing has judged it, and the artifact says so.

use std::collections::BTreeMap;

use outrider_core::schema::{Feature, FeatureKind, KnownAt, Schema};
use outrider_infer::artifact::{Artifact, ArtifactFeature, Gate, Header, Lineage};
use outrider_infer::import::{Named, Says};
use outrider_infer::imported::Columns;
use outrider_infer::{EncodeError, Model, PartsError};

use super::artifact::{LABEL, sha256};
use crate::tasks::{Known, Target, Task, known};

/// The verdict on a model that no rows have judged.
const NOT_JUDGED: &str = "not_judged";

/// A model and the file that it is from.
#[derive(Clone, Debug)]
pub struct Source {
    /// The model.
    pub model: Named,
    /// SHA-256 of the file, in hexadecimal.
    pub sha256: String,
}

/// Why a model is none for a task.
#[derive(Debug, thiserror::Error)]
pub enum ImportingError {
    /// Too few files, or too many.
    #[error(
        "task {task} has {expected} {}, and {found} {} named; name one file for each head, in their order",
        if *expected == 1 { "head" } else { "heads, each a model of its own" },
        if *found == 1 { "file is" } else { "files are" }
    )]
    Heads {
        /// The task.
        task: &'static str,
        /// Its heads.
        expected: usize,
        /// Files.
        found: usize,
    },
    /// Models that take unlike features.
    #[error(
        "the files of one model take unlike features: {first:?} and {other:?} in place {place}; train both on the same columns in \
         the same order"
    )]
    Unlike {
        /// Where they differ.
        place: usize,
        /// Of the first file.
        first: String,
        /// Of another.
        other: String,
    },
    /// A feature that the task does not have.
    #[error(
        "feature {feature:?} is none of task {task}, whose features are {known}; rename or leave out the column and train again, or \
         import it with --task columns"
    )]
    Feature {
        /// Its name.
        feature: String,
        /// The task.
        task: &'static str,
        /// Those that there are.
        known: String,
    },
    /// A feature of another kind than in the task.
    #[error("feature {feature:?} is a {expected} of task {task}, and the model takes {found}; {advice}")]
    Kind {
        /// Its name.
        feature: String,
        /// The task.
        task: &'static str,
        /// What it is.
        expected: &'static str,
        /// What the model takes.
        found: &'static str,
        /// What to do.
        advice: &'static str,
    },
    /// A model that says something else than is asked.
    #[error("task {task} asks for {expected}, and objective {objective:?} says {found}; train with {advice}")]
    Says {
        /// The task.
        task: &'static str,
        /// What it asks for.
        expected: String,
        /// Of the file.
        objective: String,
        /// What that says.
        found: String,
        /// What to do.
        advice: &'static str,
    },
    /// Words that are there twice.
    #[error(transparent)]
    Columns(#[from] EncodeError),
    /// Larger than may be read again.
    #[error(transparent)]
    Parts(#[from] PartsError),
}

/// The models of `sources`, one for each head of `task`, as an artifact.
///
/// # Errors
///
/// If they do not take the features of the task, or do not say what it asks for.
pub fn import(task: &'static Task, sources: Vec<Source>) -> Result<Artifact, ImportingError> {
    let expected = task.metrics().len().max(1);
    if sources.len() != expected {
        return Err(ImportingError::Heads { task: task.name, expected, found: sources.len() });
    }
    for (head, source) in sources.iter().enumerate() {
        check_says(task, head, source)?;
        check_alike(&sources[0].model, &source.model)?;
    }
    let parameters = parameters(task, &sources);
    let features = sources[0].model.features.clone();
    let schema = Schema { features: features.iter().map(|of| feature(task, of)).collect::<Result<_, _>>()? };
    let columns = Columns::new(schema.clone(), features.into_iter().map(|(_, words)| words).collect())?;
    let heads = sources.into_iter().map(|source| source.model.foreign.model).collect();
    written(task, &schema, &Model::Imported { columns, heads, recalibration: None }, parameters)
}

fn written(
    task: &Task,
    schema: &Schema,
    model: &Model,
    parameters: BTreeMap<String, String>,
) -> Result<Artifact, ImportingError> {
    let (sections, dictionaries) = model.parts(schema.features.len())?;
    let of = |(feature, dictionary): (&Feature, Vec<String>)| ArtifactFeature {
        name: feature.name.clone(),
        kind: feature.kind,
        known_at: feature.known_at,
        dictionary,
    };
    let told = "no rows have judged it; let those of your own: outrider model judge ARTIFACT --data PATH";
    let header = Header {
        task: task.name.to_owned(),
        model: model.kind().to_owned(),
        features: schema.features.iter().zip(dictionaries).map(of).collect(),
        gate: Gate { verdict: NOT_JUDGED.to_owned(), reasons: vec![told.to_owned()], accepted_by_hand: false },
        lineage: Lineage { parameters, ..Lineage::default() },
        ..Header::default()
    };
    Ok(Artifact::new(header, sections).map_err(PartsError::from)?)
}

fn parameters(task: &Task, sources: &[Source]) -> BTreeMap<String, String> {
    let of = |(head, source): (usize, &Source)| {
        let foreign = &source.model.foreign;
        let left_out = foreign.trees_left_out;
        let told = format!("{left_out}, after the best iteration that the file names");
        let left_out = (left_out > 0).then(|| (format!("imported.{head}.trees_left_out"), told));
        let always = [
            (format!("imported.{head}.engine"), foreign.engine.clone()),
            (format!("imported.{head}.objective"), foreign.objective.clone()),
            (format!("imported.{head}.trees"), foreign.model.len().to_string()),
            (format!("imported.{head}.file_sha256"), source.sha256.clone()),
        ];
        always.into_iter().chain(left_out)
    };
    let label = task.label.map(|label| (LABEL.to_owned(), label.to_owned()));
    sources.iter().enumerate().flat_map(of).chain(label).collect()
}

fn check_alike(first: &Named, other: &Named) -> Result<(), ImportingError> {
    let names = |named: &Named| named.features.iter().map(|(name, _)| name.clone()).collect::<Vec<_>>();
    let (ours, theirs) = (names(first), names(other));
    let apart = (0..ours.len().max(theirs.len())).find(|&at| first.features.get(at) != other.features.get(at));
    let told = |names: &[String], at: usize| names.get(at).cloned().unwrap_or_else(|| "nothing".to_owned());
    apart.map_or(Ok(()), |place| {
        Err(ImportingError::Unlike { place, first: told(&ours, place), other: told(&theirs, place) })
    })
}

/// A feature of the model as the task has it.
fn feature(task: &'static Task, (name, words): &(String, Vec<String>)) -> Result<Feature, ImportingError> {
    let own = if words.is_empty() { FeatureKind::Number } else { FeatureKind::Category };
    let Some(known) = known(task) else {
        return Ok(Feature { name: name.clone(), kind: own, known_at: KnownAt::Outcome });
    };
    let Some(&(_, kind, known_at)) = known.iter().find(|known| known.0 == name.as_str()) else {
        return Err(ImportingError::Feature { feature: name.clone(), task: task.name, known: names(known) });
    };
    match own == kind {
        true => Ok(Feature { name: name.clone(), kind, known_at }),
        false => Err(unlike(task, name, kind)),
    }
}

fn names(known: &[Known]) -> String {
    known.iter().map(|known| known.0).collect::<Vec<_>>().join(", ")
}

fn unlike(task: &'static Task, name: &str, kind: FeatureKind) -> ImportingError {
    let (found, advice) = match kind {
        FeatureKind::Category => (
            "numbers, or codes without their words",
            "train it as a column of categories of pandas, so that the file has the words",
        ),
        FeatureKind::Number => ("words", "train it as a column of numbers"),
    };
    ImportingError::Kind { feature: name.to_owned(), task: task.name, expected: kind.name(), found, advice }
}

/// Whether a model says what head `head` is asked.
fn check_says(task: &'static Task, head: usize, source: &Source) -> Result<(), ImportingError> {
    let foreign = &source.model.foreign;
    let is_near = |told: f64, asked: f64| (told - asked).abs() < 1e-6;
    let (is_said, expected, advice) = match (task.target, foreign.says) {
        (Target::Anything, _) => return Ok(()),
        (Target::Probability, says) => {
            (says == Says::Probability, "a probability".to_owned(), "binary:logistic (XGBoost) or binary (LightGBM)")
        }
        (Target::Quantiles(quantiles), says) => {
            let is_said =
                matches!(says, Says::Quantile(told) if told.is_none_or(|told| is_near(told, quantiles[head])));
            let advice = "reg:quantileerror (XGBoost) or quantile (LightGBM)";
            (is_said, format!("quantile {} in head {head}", quantiles[head]), advice)
        }
    };
    let says = ImportingError::Says {
        task: task.name,
        expected,
        objective: foreign.objective.clone(),
        found: said(foreign.says),
        advice,
    };
    if is_said { Ok(()) } else { Err(says) }
}

fn said(says: Says) -> String {
    match says {
        Says::Probability => "a probability".to_owned(),
        Says::Mean => "a mean".to_owned(),
        Says::Quantile(Some(quantile)) => format!("quantile {quantile}"),
        Says::Quantile(None) => "a quantile".to_owned(),
        Says::Score => "a score".to_owned(),
    }
}

impl Source {
    /// A model and the bytes of its file.
    pub fn new(model: Named, bytes: &[u8]) -> Source {
        Source { model, sha256: sha256(bytes) }
    }
}
