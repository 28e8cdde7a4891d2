//! What the trees so far say of rows, kept up as trees are added.

use outrider_infer::trees::Trees;
use rayon::prelude::*;

use super::binner::Binned;
use super::boosting::ROWS_PER_TASK;
use super::grower::Grown;
use super::{Examples, Objective};

/// Rows, their bins, and what the trees so far say of them.
pub(super) struct Scored<'a> {
    pub(super) examples: &'a Examples<'a>,
    binned: &'a Binned,
    pub(super) scores: Vec<f64>,
}

impl<'a> Scored<'a> {
    pub(super) fn new(examples: &'a Examples<'a>, binned: &'a Binned, trees: &Trees) -> Scored<'a> {
        let scores = match trees.is_empty() {
            true => vec![trees.head().base; binned.rows],
            false => trees.raw(examples.matrix),
        };
        Scored { examples, binned, scores }
    }

    pub(super) fn loss(&self, objective: Objective) -> f64 {
        objective.mean_loss(&self.scores, self.examples)
    }

    /// Adds a tree. `rows`: all rows in the order of the leaves, ascending in each; without them the rows walk down.
    pub(super) fn add(&mut self, grown: &Grown, values: &[f32], rows: Option<&Vec<u32>>) {
        let walk = grown.walker(self.binned);
        self.scores.par_chunks_mut(ROWS_PER_TASK).enumerate().for_each(|(nth, scores)| {
            let first = nth * ROWS_PER_TASK;
            match rows {
                Some(rows) => add_leaves(scores, first, grown, values, rows),
                None => scores.iter_mut().zip(first..).for_each(|(score, row)| *score += f64::from(values[walk(row)])),
            }
        });
    }
}

/// Adds the leaves' values to the rows that begin with `first`.
fn add_leaves(scores: &mut [f64], first: usize, grown: &Grown, values: &[f32], rows: &[u32]) {
    for (leaf, &value) in grown.leaves.iter().zip(values) {
        let rows = &rows[leaf.rows.clone()];
        let from = rows.partition_point(|&row| (row as usize) < first);
        let end = first + scores.len();
        for &row in rows[from..].iter().take_while(|&&row| (row as usize) < end) {
            scores[row as usize - first] += f64::from(value);
        }
    }
}
