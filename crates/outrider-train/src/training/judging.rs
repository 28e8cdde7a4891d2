//! A model that is there already, before rows that it may never have seen: the same split, baselines and gates as for one that
//! was trained here.

use std::time::Duration;

use outrider_core::frame::Frame;
use outrider_core::schema::{Feature, Schema};
use outrider_infer::PartsError;
use outrider_infer::artifact::{Artifact, Section};

use super::artifact::{FITTED, THRESHOLD, data_sha256, sha256};
use super::recipe::Made;
use super::{Ground, Options, Predictor, Trained, TrainingError, check_labels, dataset, finish, scoring, splitting};
use crate::dataset::Dataset;
use crate::tasks::Fitted;

/// Marks what a judgement was told among the parameters of an artifact.
const JUDGED: &str = "judged.";
/// What a reader must know of every such verdict.
const UNSEEN: &str =
    "whether rows that judge have trained this model is not known: judge it on rows of later than its training";

/// Judges a model that takes `features` on rows of `source`: the first part fits baselines, the second chooses the threshold, the third
/// judges.
///
/// # Errors
///
/// If the rows are nothing for its task, lack its features, or its task asks no question.
pub fn judge_model(
    predictor: Predictor,
    features: &Schema,
    source: &Frame,
    options: &Options,
) -> Result<Trained, TrainingError> {
    let task = predictor.task;
    if task.metrics().is_empty() {
        return Err(TrainingError::NoQuestion(task.name));
    }
    let (rows, remarks) = ((task.rows)(source)?, (task.remarks)(source));
    let taken = |fitted: &Fitted| of_model(&dataset(task, &rows, fitted)?, features);
    let split = splitting::split(task, &taken(&(task.fit)(&rows))?, options)?;
    let learnt = || (task.fit)(&rows.select(&split.train));
    let fitted = if predictor.fitted.is_empty() { learnt() } else { predictor.fitted };
    let data = taken(&fitted)?;
    check_labels(&data, &split.train)?;
    let name = predictor.model.kind();
    let made = Made::from(predictor.model);
    let candidate = scoring::candidate(task, name, made, &data, &split, Duration::ZERO, options)?;
    let ground = Ground { task, options, rows, remarks, fitted, data, split };
    let mut trained = finish(ground, vec![candidate], Vec::new())?;
    trained.heads[0].judgement.notes.push(UNSEEN.to_owned());
    Ok(trained)
}

/// The rows with the features that the model takes alone.
fn of_model(data: &Dataset, features: &Schema) -> Result<Dataset, TrainingError> {
    let is_taken = |feature: &&Feature| features.position(&feature.name).is_some();
    let schema = Schema { features: data.schema().features.iter().filter(is_taken).cloned().collect() };
    Ok(data.with_schema(schema)?)
}

impl Trained {
    /// `artifact` with this verdict on it, and with the numbers that were learnt beside it.
    ///
    /// # Errors
    ///
    /// If it is larger than may be read again.
    pub fn on(&self, artifact: &Artifact) -> Result<Artifact, PartsError> {
        let mut header = artifact.header().clone();
        for feature in &mut header.features {
            let derived = self.data.schema().position(&feature.name).map(|at| &self.data.schema().features[at]);
            feature.known_at = derived.map_or(feature.known_at, |derived| derived.known_at);
        }
        header.gate = self.gate();
        header.metrics = self.metrics();
        header.lineage.parent_sha256 = Some(sha256(&artifact.write()));
        let parameters = &mut header.lineage.parameters;
        parameters.extend(self.fitted.iter().map(|(name, value)| (format!("{FITTED}{name}"), value.to_string())));
        parameters.extend(self.best().threshold.map(|threshold| (THRESHOLD.to_owned(), threshold.to_string())));
        // What an earlier judgement was told is over.
        parameters.retain(|name, _| !name.starts_with(JUDGED));
        let mut judged = self.options.remembered.clone();
        judged.insert("data_sha256".to_owned(), data_sha256(self.data.frame()));
        judged.insert("rows".to_owned(), self.split.test.len().to_string());
        parameters.extend(judged.into_iter().map(|(name, value)| (format!("{JUDGED}{name}"), value)));
        let section = |name: &str| Ok(Section { name: name.to_owned(), bytes: artifact.section(name)?.to_vec() });
        let sections = artifact.section_names().map(section).collect::<Result<_, PartsError>>()?;
        Ok(Artifact::new(header, sections)?)
    }
}
