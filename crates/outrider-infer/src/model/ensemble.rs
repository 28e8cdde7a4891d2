//! Several models averaged: their probabilities, or the logarithms of their amounts.
//!
//! Log loss is convex in the probability, and the pinball loss of logarithms in the logarithm, so by those the average is never worse
//! than the mean of its members' losses. By the pinball loss of amounts that is no law: it is not convex in their logarithms.

use outrider_core::frame::Frame;

use super::{Contribution, Model, ModelError};

/// Models of an ensemble, at most.
pub const MEMBERS_MAX: usize = 8;
/// Weights may differ from a sum of 1 by rounding alone.
const SUM_MAY_DIFFER_BY: f64 = 1e-9;

/// Models, and how much each counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Ensemble {
    members: Vec<Model>,
    /// For each head, a share of 1 for each member.
    weights: Vec<Vec<f64>>,
    logarithmic: bool,
}

/// Why models make no ensemble.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum EnsembleError {
    /// Too few or too many.
    #[error("an ensemble of {0} models, expected 2 to {MEMBERS_MAX}")]
    Members(usize),
    /// One is an ensemble itself.
    #[error("an ensemble holds another ensemble, expected models of other kinds; name those that it is made of")]
    Nested,
    /// They say different things.
    #[error("the models of an ensemble say {0:?} numbers of a row, expected as many each")]
    Heads(Vec<usize>),
    /// Weights are not shares, or not one for each.
    #[error("the weights of an ensemble are {0:?}, expected for each head a share for each model, of 1 in all")]
    Weights(Vec<Vec<f64>>),
}

impl Ensemble {
    /// Every member counts alike. `logarithmic`: they say amounts above 0, of which logarithms are averaged.
    ///
    /// # Errors
    ///
    /// If there are too few or too many members, one is an ensemble, or they say different things.
    pub fn average(members: Vec<Model>, logarithmic: bool) -> Result<Ensemble, EnsembleError> {
        let heads = members.first().map_or(0, Model::heads);
        let each = vec![1.0 / members.len() as f64; members.len()];
        Ensemble::weighted(members, vec![each; heads], logarithmic)
    }

    /// Members count by `weights`: for each head, a share of 1 for each member.
    ///
    /// # Errors
    ///
    /// As [`Ensemble::average`], or if weights are no shares.
    pub fn weighted(members: Vec<Model>, weights: Vec<Vec<f64>>, logarithmic: bool) -> Result<Ensemble, EnsembleError> {
        if !(2..=MEMBERS_MAX).contains(&members.len()) {
            return Err(EnsembleError::Members(members.len()));
        }
        if members.iter().any(|member| matches!(member, Model::Ensemble { .. })) {
            return Err(EnsembleError::Nested);
        }
        let heads: Vec<usize> = members.iter().map(Model::heads).collect();
        if heads.iter().any(|&count| count != heads[0]) {
            return Err(EnsembleError::Heads(heads));
        }
        let is_share =
            |of: &Vec<f64>| of.len() == members.len() && of.iter().all(|share| *share >= 0.0) && sums_to_1(of);
        match weights.len() == heads[0] && weights.iter().all(is_share) {
            true => Ok(Ensemble { members, weights, logarithmic }),
            false => Err(EnsembleError::Weights(weights)),
        }
    }

    /// The same members, which count otherwise.
    ///
    /// # Errors
    ///
    /// As [`Ensemble::weighted`].
    pub fn with_weights(self, weights: Vec<Vec<f64>>) -> Result<Ensemble, EnsembleError> {
        Ensemble::weighted(self.members, weights, self.logarithmic)
    }

    /// The models.
    pub fn members(&self) -> &[Model] {
        &self.members
    }

    /// For each head, how much each member counts.
    pub fn weights(&self) -> &[Vec<f64>] {
        &self.weights
    }

    /// Whether logarithms of amounts are averaged.
    pub fn is_logarithmic(&self) -> bool {
        self.logarithmic
    }

    pub(super) fn heads(&self) -> usize {
        self.weights.len()
    }

    /// The averages, before they are amounts again.
    pub(super) fn predict(&self, frame: &Frame) -> Result<Vec<Vec<f64>>, ModelError> {
        let mut averages = vec![vec![0.0; frame.rows()]; self.heads()];
        for (nth, member) in self.members.iter().enumerate() {
            let said = member.predict(frame)?;
            for ((average, said), weights) in averages.iter_mut().zip(said).zip(&self.weights) {
                average.iter_mut().zip(said).for_each(|(sum, said)| *sum += weights[nth] * self.scaled(said));
            }
        }
        Ok(averages)
    }

    /// What members say, on the scale that is averaged.
    fn scaled(&self, said: f64) -> f64 {
        if self.logarithmic { said.max(f64::MIN_POSITIVE).ln() } else { said }
    }

    /// The first head of each row taken apart: what features add to a member, moved to the scale that is averaged in proportion
    /// (the rescale rule for a series of models: Chen, Lundberg, Lee 2022), and averaged.
    pub(super) fn explain(&self, frame: &Frame) -> Result<Vec<Contribution>, ModelError> {
        let mut rows = vec![Contribution { base: 0.0, features: Vec::new() }; frame.rows()];
        for (member, weight) in self.members.iter().zip(&self.weights[0]) {
            let said = member.predict(frame)?.swap_remove(0);
            for ((row, own), said) in rows.iter_mut().zip(member.explain(frame)?).zip(said) {
                row.add(&self.moved(member, own, self.scaled(said)), *weight);
            }
        }
        Ok(rows)
    }

    /// What a member's features add on the scale that is averaged, where it says `said` of the row.
    fn moved(&self, member: &Model, own: Contribution, said: f64) -> Contribution {
        let at = |raw: f64| self.scaled(member.finished(raw));
        let (base, way) = (at(own.base), own.sum() - own.base);
        // What adds up to nothing moves by the slope where it stands.
        let factor = match way.abs() > 1e-9 {
            true => (said - base) / way,
            false => (at(own.base + 1e-4) - at(own.base - 1e-4)) / 2e-4,
        };
        Contribution { base, features: own.features.into_iter().map(|(name, adds)| (name, factor * adds)).collect() }
    }
}

fn sums_to_1(shares: &[f64]) -> bool {
    (shares.iter().sum::<f64>() - 1.0).abs() <= SUM_MAY_DIFFER_BY
}
