//! A prediction of trees taken apart.

use super::node::Test;
use super::{Combine, Kind, Trees};
use crate::shap::{Explanation, Fork, Shaped, explain};

/// Trees and a row as they read it.
struct Filled<'a> {
    trees: &'a Trees,
    slots: &'a [f32],
}

impl Trees {
    /// Takes the prediction for one row, as [`crate::Matrix::read_row`] writes it, apart.
    ///
    /// # Panics
    ///
    /// If the row is shorter than the model has features.
    pub fn explain(&self, row: &[f32]) -> Explanation {
        let features = self.head.kinds.len();
        let mut slots = vec![0.0; 2 * features + 1];
        self.fill(row, &mut slots);
        let filled = Filled { trees: self, slots: &slots };
        let explained = explain(&filled, &self.roots[..self.len()], features, self.scale());
        Explanation { expected: self.head.base + explained.expected, ..explained }
    }

    fn scale(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "trees are far fewer than 2^52")]
        match self.head.combine {
            Combine::Sum => 1.0,
            Combine::Mean => 1.0 / self.len().max(1) as f64,
        }
    }
}

impl Shaped for Filled<'_> {
    fn fork(&self, at: usize) -> Fork {
        let (node, features) = (self.trees.nodes[at], self.trees.head.kinds.len());
        let first = at + usize::from(node.ahead);
        match node.test(features) {
            Test::Leaf => Fork::Leaf(f64::from(node.value)),
            Test::Number { feature } => {
                Fork::Split { feature, first, second: self.slots[usize::from(node.slot)] > node.value }
            }
            Test::Category { feature, set } => {
                let code = self.slots[feature].to_bits();
                debug_assert!(matches!(self.trees.head.kinds[feature], Kind::Category(words) if code <= words + 1));
                let second = self.trees.sets[set + (code >> 5) as usize] >> (code & 31) & 1 != 0;
                Fork::Split { feature, first, second }
            }
        }
    }

    fn cover(&self, at: usize) -> f64 {
        f64::from(self.trees.covers[at])
    }
}
