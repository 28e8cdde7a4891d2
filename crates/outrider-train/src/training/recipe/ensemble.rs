//! Models that are there already, averaged. Members have learnt from rows that train; how much each counts is learnt from rows that
//! choose.
//!
//! On the rows that shares were learnt from, an ensemble is never worse than its best member, so to choose by them would always be to
//! choose it. What it says of rows that choose is therefore said with shares of the other half of them.

use outrider_infer::{Ensemble, Model, ModelError};

use super::{Made, Work, labels};
use crate::metrics::Metric;
use crate::stacking::{shares_by_log_loss, shares_by_pinball};
use crate::tasks::Target;
use crate::training::TrainingError;
use crate::training::outcome::Candidate;

impl Work<'_, '_> {
    /// The mean of all members.
    pub(super) fn average(&self, members: &[&Candidate]) -> Result<Made, TrainingError> {
        let ensemble = Ensemble::average(models(members), self.is_logarithmic())?;
        Ok(made(members, ensemble, None))
    }

    /// Members by shares that rows that choose have taught.
    pub(super) fn stacked(&self, members: &[&Candidate]) -> Result<Made, TrainingError> {
        let mut ensemble = Ensemble::average(models(members), self.is_logarithmic())?;
        let rows = &self.split.validation;
        let said = self.said(members, rows)?;
        let middle = rows.len() / 2;
        let halves = [(0..middle, middle..rows.len()), (middle..rows.len(), 0..middle)];
        let mut scores = vec![Vec::new(); ensemble.weights().len()];
        for (scored, learnt) in halves {
            ensemble = ensemble.with_weights(self.shares(&said, &rows[learnt.clone()], learnt))?;
            let halved = predicted(&ensemble, &self.data.frame().select(&rows[scored]))?;
            scores.iter_mut().zip(halved).for_each(|(scores, half)| scores.extend(half));
        }
        let ensemble = ensemble.with_weights(self.shares(&said, rows, 0..rows.len()))?;
        Ok(made(members, ensemble, Some(scores)))
    }

    fn is_logarithmic(&self) -> bool {
        self.task.target != Target::Probability
    }

    /// What members say of `rows`, on the scale that is averaged: by head, then by member.
    fn said(&self, members: &[&Candidate], rows: &[usize]) -> Result<Vec<Vec<Vec<f64>>>, ModelError> {
        let frame = self.data.frame().select(rows);
        let mut heads = vec![Vec::new(); self.task.metrics().len()];
        for member in members {
            for (head, mut said) in heads.iter_mut().zip(member.model.predict(&frame)?) {
                if self.is_logarithmic() {
                    said.iter_mut().for_each(|amount| *amount = amount.max(f64::MIN_POSITIVE).ln());
                }
                head.push(said);
            }
        }
        Ok(heads)
    }

    /// The shares that `rows` teach, of which members have said what stands at `places`.
    fn shares(&self, said: &[Vec<Vec<f64>>], rows: &[usize], places: std::ops::Range<usize>) -> Vec<Vec<f64>> {
        let labels = labels(self.data, rows, self.is_logarithmic());
        let of_head = |(said, metric): (&Vec<Vec<f64>>, Metric)| {
            let said: Vec<Vec<f64>> = said.iter().map(|member| member[places.clone()].to_vec()).collect();
            match metric {
                Metric::Pinball(quantile) => shares_by_pinball(&said, &labels, quantile),
                _ => shares_by_log_loss(&said, &labels),
            }
        };
        said.iter().zip(self.task.metrics()).map(of_head).collect()
    }
}

fn models(members: &[&Candidate]) -> Vec<Model> {
    members.iter().map(|member| member.model.clone()).collect()
}

fn predicted(ensemble: &Ensemble, frame: &outrider_core::frame::Frame) -> Result<Vec<Vec<f64>>, ModelError> {
    Model::Ensemble { ensemble: ensemble.clone(), recalibration: None }.predict(frame)
}

fn made(members: &[&Candidate], ensemble: Ensemble, validation_scores: Option<Vec<Vec<f64>>>) -> Made {
    let share = |nth: usize| ensemble.weights().iter().map(|head| format!("{:.3}", head[nth])).collect::<Vec<_>>();
    let of = |(nth, member): (usize, &&Candidate)| format!("{} {}", member.scored.name, share(nth).join("/"));
    let told = members.iter().enumerate().map(of).collect::<Vec<_>>().join(", ");
    let model = Model::Ensemble { ensemble, recalibration: None };
    Made { members: Some(told), validation_scores, ..Made::from(model) }
}
