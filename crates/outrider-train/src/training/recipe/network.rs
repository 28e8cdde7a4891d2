//! A small neural network.

use outrider_infer::Model;

use super::{Work, labels, objectives};
use crate::network::{NetworkSettings, Rows, train};
use crate::tasks::Target;
use crate::training::TrainingError;

impl Work<'_, '_> {
    pub(super) fn network(&mut self) -> Result<Model, TrainingError> {
        let logarithmic = self.task.target != Target::Probability;
        let (rows, held) = (self.data.select(&self.split.train), self.data.select(&self.split.validation));
        let of = |rows: &[usize]| labels(self.data, rows, logarithmic);
        let (own_labels, held_labels) = (of(&self.split.train), of(&self.split.validation));
        let weights = self.weights(&rows);
        let examples = Rows { frame: rows.frame(), labels: &own_labels, weights: weights.as_deref() };
        let held_out = Rows { frame: held.frame(), labels: &held_labels, weights: None };
        let settings = NetworkSettings { seed: self.options.seed, ..NetworkSettings::default() };
        let objectives = objectives(self.task.target);
        let (name, (from, to)) = (self.name, self.span);
        let watch = &mut *self.bench.watch;
        let mut told = |done: f64| watch(name, from + (to - from) * done);
        let pool = self.bench.pool;
        let learnt = train(rows.schema(), &examples, Some(&held_out), &objectives, &settings, pool, &mut told)?;
        self.mended(Model::Network { network: learnt.network, logarithmic, recalibration: None })
    }
}
