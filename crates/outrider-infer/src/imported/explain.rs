//! A prediction of imported trees taken apart, where their file tells how many rows came to each node.

use super::Imported;
use super::node::Node;
use crate::shap::{Explanation, Fork, Shaped, explain};

/// Trees and a row as they read it.
struct Told<'a> {
    trees: &'a Imported,
    row: &'a [f64],
}

impl Imported {
    /// Takes the prediction for one row apart; `None`: the file did not tell what came to each node.
    ///
    /// # Panics
    ///
    /// If the row is not as long as the features are many.
    pub fn explain(&self, row: &[f64]) -> Option<Explanation> {
        assert_eq!(row.len(), self.head.features, "a value for each feature");
        let row: Vec<f64> = row.iter().map(|&x| self.head.reading.of(x)).collect();
        let told = Told { trees: self, row: &row };
        let is_told = self.covers.len() == self.nodes.len();
        let explained = is_told.then(|| explain(&told, &self.roots[..self.len()], row.len(), self.scale()))?;
        Some(Explanation { expected: self.head.base + explained.expected, ..explained })
    }
}

impl Shaped for Told<'_> {
    fn fork(&self, at: usize) -> Fork {
        let node = self.trees.nodes[at];
        match node {
            Node::Leaf { value } => Fork::Leaf(value),
            Node::Number { feature, .. } | Node::Set { feature, .. } => {
                let second = !self.trees.is_left(node, self.row);
                Fork::Split { feature: feature.into(), first: at + node.ahead(), second }
            }
        }
    }

    fn cover(&self, at: usize) -> f64 {
        f64::from(self.trees.covers[at])
    }
}
