//! What the pictures look at: rows that judge, and all who spoke of them.

use outrider_core::frame::Values;
use outrider_train::training::Trained;

use crate::chart::{Dash, Ink, Pen};

/// Rows that judge.
pub(super) struct Seen<'a> {
    pub(super) trained: &'a Trained,
    /// Of rows that judge.
    pub(super) labels: Vec<f64>,
}

/// A model or a baseline, and what it says of rows that judge.
pub(super) struct Contender<'a> {
    pub(super) name: &'a str,
    pub(super) scores: &'a [f64],
    /// The same in all pictures.
    pub(super) pen: Pen,
    pub(super) standing: Standing,
}

/// What a contender is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Standing {
    Chosen,
    Model,
    Baseline,
}

impl Seen<'_> {
    pub(super) fn of(trained: &Trained) -> Seen<'_> {
        let labels = trained.split.test.iter().map(|&row| trained.data.labels()[row]).collect();
        Seen { trained, labels }
    }

    /// All who spoke, for one head: the chosen model first, then the others, then baselines.
    pub(super) fn contenders(&self, head: usize) -> Vec<Contender<'_>> {
        let candidates = &self.trained.candidates;
        let models = candidates.iter().enumerate().map(|(number, candidate)| {
            let (standing, width) =
                if number == self.trained.best { (Standing::Chosen, 2.6) } else { (Standing::Model, 1.6) };
            let pen = Pen::solid(Ink::Line(number), width);
            Contender { name: &candidate.scored.name, scores: &candidate.test_scores[head], pen, standing }
        });
        let baselines = self.trained.heads[head].baselines.iter().enumerate().map(|(number, baseline)| {
            let pen = Pen { dash: Dash::Dashed, ..Pen::solid(Ink::Line(candidates.len() + number), 1.0) };
            Contender { name: &baseline.name, scores: &baseline.scores, pen, standing: Standing::Baseline }
        });
        let mut all: Vec<Contender<'_>> = models.chain(baselines).collect();
        all.sort_by_key(|contender| contender.standing != Standing::Chosen);
        all
    }

    /// Of rows that judge, by the chosen model.
    pub(super) fn scores(&self, head: usize) -> &[f64] {
        &self.trained.best().test_scores[head]
    }

    /// The name of the label's column.
    pub(super) fn label(&self) -> &str {
        &self.trained.data.roles().label
    }

    /// The numbers of a column, a value for each row of the data.
    pub(super) fn numbers(&self, name: &str) -> Option<&[f64]> {
        match &self.trained.data.frame().column(name)?.values {
            Values::Number(numbers) => Some(numbers),
            _ => None,
        }
    }
}
