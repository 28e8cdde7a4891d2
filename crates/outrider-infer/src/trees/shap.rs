//! What each feature adds to a prediction: SHAP values by the rows that training saw on each path (Lundberg, Erion, Lee
//! 2018, "Consistent Individualized Feature Attribution for Tree Ensembles", algorithm 2). Before the link, in `f64`:
//! they and the expected value add up to what the trees say.

use super::node::Test;
use super::{Combine, Kind, Trees};

/// A prediction taken apart, before the link.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the trees say of a row of which nothing is known.
    pub expected: f64,
    /// What each feature adds to it.
    pub values: Vec<f64>,
}

/// A feature on the way down: the share of rows that pass when it is unknown (`zero`) and when it is known (`one`), and
/// the weight of the sets of features of each size.
#[derive(Clone, Copy)]
struct Part {
    feature: Option<usize>,
    zero: f64,
    one: f64,
    weight: f64,
}

/// One row going down one tree.
struct Walk<'a> {
    trees: &'a Trees,
    slots: &'a [f32],
    values: Vec<f64>,
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
        let mut walk = Walk { trees: self, slots: &slots, values: vec![0.0; features] };
        let trees = &self.roots[..self.len()];
        trees
            .iter()
            .for_each(|&root| walk.down(root as usize, &[], Part { feature: None, zero: 1.0, one: 1.0, weight: 1.0 }));
        let scale = self.scale();
        let values = walk.values.into_iter().map(|value| value * scale).collect();
        let expected: f64 = trees.iter().map(|&root| self.expected(root as usize)).sum();
        Explanation { expected: self.head.base + expected * scale, values }
    }

    fn scale(&self) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "trees are far fewer than 2^52")]
        match self.head.combine {
            Combine::Sum => 1.0,
            Combine::Mean => 1.0 / self.len().max(1) as f64,
        }
    }

    /// The mean of the leaves below, by the rows of the training.
    fn expected(&self, at: usize) -> f64 {
        let node = self.nodes[at];
        if node.is_leaf() {
            return f64::from(node.value);
        }
        let first = at + usize::from(node.ahead);
        let [a, b] = self.shares(first);
        a * self.expected(first) + b * self.expected(first + 1)
    }

    /// The shares of a node's rows that took its first child, at `first`, and its second.
    fn shares(&self, first: usize) -> [f64; 2] {
        let (a, b) = (f64::from(self.covers[first]), f64::from(self.covers[first + 1]));
        [a / (a + b), b / (a + b)]
    }
}

impl Walk<'_> {
    fn down(&mut self, at: usize, above: &[Part], part: Part) {
        let mut path = above.to_vec();
        extend(&mut path, part);
        let Some((feature, second)) = self.test(at) else {
            return self.leaf(at, &path);
        };
        let (mut zero, mut one) = (1.0, 1.0);
        if let Some(before) = path.iter().position(|part| part.feature == Some(feature)) {
            (zero, one) = (path[before].zero, path[before].one);
            unwind(&mut path, before);
        }
        let first = at + usize::from(self.trees.nodes[at].ahead);
        for (child, share) in self.trees.shares(first).into_iter().enumerate() {
            let one = if (child == 1) == second { one } else { 0.0 };
            self.down(first + child, &path, Part { feature: Some(feature), zero: zero * share, one, weight: 0.0 });
        }
    }

    fn leaf(&mut self, at: usize, path: &[Part]) {
        let value = f64::from(self.trees.nodes[at].value);
        for (nth, part) in path.iter().enumerate() {
            if let Some(feature) = part.feature {
                self.values[feature] += unwound_sum(path, nth) * (part.one - part.zero) * value;
            }
        }
    }

    /// The feature that is read, and whether the row takes the second child; `None`: a leaf.
    fn test(&self, at: usize) -> Option<(usize, bool)> {
        let features = self.trees.head.kinds.len();
        match self.trees.nodes[at].test(features) {
            Test::Leaf => None,
            Test::Number { feature } => {
                let node = self.trees.nodes[at];
                Some((feature, self.slots[usize::from(node.slot)] > node.value))
            }
            Test::Category { feature, set } => {
                let code = self.slots[feature].to_bits();
                debug_assert!(matches!(self.trees.head.kinds[feature], Kind::Category(words) if code <= words + 1));
                Some((feature, self.trees.sets[set + (code >> 5) as usize] >> (code & 31) & 1 != 0))
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a path has at most 129 parts")]
fn extend(path: &mut Vec<Part>, part: Part) {
    let len = path.len();
    path.push(Part { weight: if len == 0 { 1.0 } else { 0.0 }, ..part });
    for at in (0..len).rev() {
        path[at + 1].weight += part.one * path[at].weight * (at + 1) as f64 / (len + 1) as f64;
        path[at].weight *= part.zero * (len - at) as f64 / (len + 1) as f64;
    }
}

/// Takes back what the part at `gone` did to the path.
fn unwind(path: &mut Vec<Part>, gone: usize) {
    let last = path.len() - 1;
    let weights = without(path, gone);
    let parts: Vec<Part> = path.iter().enumerate().filter(|(at, _)| *at != gone).map(|(_, part)| *part).collect();
    path.truncate(last);
    for (at, part) in path.iter_mut().enumerate() {
        *part = Part { weight: weights[at], ..parts[at] };
    }
}

fn unwound_sum(path: &[Part], gone: usize) -> f64 {
    without(path, gone).iter().sum()
}

/// The weights of the path as if the part at `gone` had never been.
#[expect(clippy::cast_precision_loss, reason = "a path has at most 129 parts")]
fn without(path: &[Part], gone: usize) -> Vec<f64> {
    let last = path.len() - 1;
    let Part { zero, one, .. } = path[gone];
    let mut next = path[last].weight;
    let mut weights = vec![0.0; last];
    for at in (0..last).rev() {
        let (up, rest) = ((at + 1) as f64 / (last + 1) as f64, (last - at) as f64 / (last + 1) as f64);
        if one == 0.0 {
            weights[at] = path[at].weight / (zero * rest);
        } else {
            weights[at] = next / (up * one);
            next = path[at].weight - weights[at] * zero * rest;
        }
    }
    weights
}
