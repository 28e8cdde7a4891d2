//! Logistic regression, plain and on rows that SMOTE made.

use outrider_infer::{Model, Recalibration};

use super::Work;
use crate::dataset::Dataset;
use crate::linear::{self, LinearSettings};
use crate::resample::Smote;
use crate::training::TrainingError;

impl Work<'_, '_> {
    pub(super) fn logistic(&mut self, rows: &Dataset, mended: Option<Recalibration>) -> Result<Model, TrainingError> {
        let _ = (self.bench.watch)(self.name, self.span.0);
        let settings = LinearSettings { class_weights: self.options.class_weights, ..LinearSettings::default() };
        let regression = linear::train(rows.frame(), rows.schema(), rows.labels(), rows.weights(), &settings)?;
        let model = Model::Logistic { regression, recalibration: mended };
        self.mended(model)
    }

    pub(super) fn logistic_smote(&mut self) -> Result<Model, TrainingError> {
        let smote = Smote { k: self.options.smote.unwrap_or(5), seed: self.options.seed, ..Smote::default() };
        let made = smote.oversample(self.data, &self.split.train)?;
        self.logistic(&made.data, made.recalibration())
    }
}
