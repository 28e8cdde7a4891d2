//! What each feature adds to a prediction: SHAP values by the rows that training saw on each path (Lundberg, Erion, Lee
//! 2018, "Consistent Individualized Feature Attribution for Tree Ensembles", algorithm 2). Before the link, in `f64`:
//! they and the expected value add up to what the trees say.

/// A prediction taken apart, before the link.
#[derive(Clone, Debug, PartialEq)]
pub struct Explanation {
    /// What the trees say of a row of which nothing is known.
    pub expected: f64,
    /// What each feature adds to it.
    pub values: Vec<f64>,
}

/// Trees with a row to go down them; nodes are places in one list.
pub(crate) trait Shaped {
    /// Where a node leads.
    fn fork(&self, at: usize) -> Fork;
    /// Rows of the training that came through a node, above 0.
    fn cover(&self, at: usize) -> f64;
}

/// Where a node leads.
pub(crate) enum Fork {
    /// The end, and what it adds.
    Leaf(f64),
    /// To one of two children that stand side by side.
    Split {
        /// What is read.
        feature: usize,
        /// The first child.
        first: usize,
        /// Whether the row takes the second.
        second: bool,
    },
}

/// The sum over the trees with these roots, whose leaves all count `scale`.
pub(crate) fn explain(trees: &impl Shaped, roots: &[u32], features: usize, scale: f64) -> Explanation {
    let mut walk = Walk { trees, values: vec![0.0; features] };
    let start = Part { feature: None, zero: 1.0, one: 1.0, weight: 1.0 };
    roots.iter().for_each(|&root| walk.down(root as usize, &[], start));
    let values = walk.values.into_iter().map(|value| value * scale).collect();
    let sum: f64 = roots.iter().map(|&root| expected(trees, root as usize)).sum();
    Explanation { expected: sum * scale, values }
}

/// The mean of the leaves below, by the rows of the training.
fn expected(trees: &impl Shaped, at: usize) -> f64 {
    match trees.fork(at) {
        Fork::Leaf(value) => value,
        Fork::Split { first, .. } => {
            let [a, b] = shares(trees, first);
            a * expected(trees, first) + b * expected(trees, first + 1)
        }
    }
}

/// The shares of a node's rows that took its first child, at `first`, and its second.
fn shares(trees: &impl Shaped, first: usize) -> [f64; 2] {
    let (a, b) = (trees.cover(first), trees.cover(first + 1));
    [a / (a + b), b / (a + b)]
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
struct Walk<'a, S> {
    trees: &'a S,
    values: Vec<f64>,
}

impl<S: Shaped> Walk<'_, S> {
    fn down(&mut self, at: usize, above: &[Part], part: Part) {
        let mut path = above.to_vec();
        extend(&mut path, part);
        let (feature, first, second) = match self.trees.fork(at) {
            Fork::Leaf(value) => return self.leaf(value, &path),
            Fork::Split { feature, first, second } => (feature, first, second),
        };
        let (mut zero, mut one) = (1.0, 1.0);
        if let Some(before) = path.iter().position(|part| part.feature == Some(feature)) {
            (zero, one) = (path[before].zero, path[before].one);
            unwind(&mut path, before);
        }
        for (child, share) in shares(self.trees, first).into_iter().enumerate() {
            let one = if (child == 1) == second { one } else { 0.0 };
            self.down(first + child, &path, Part { feature: Some(feature), zero: zero * share, one, weight: 0.0 });
        }
    }

    fn leaf(&mut self, value: f64, path: &[Part]) {
        for (nth, part) in path.iter().enumerate() {
            if let Some(feature) = part.feature {
                self.values[feature] += unwound_sum(path, nth) * (part.one - part.zero) * value;
            }
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "a path has at most 257 parts")]
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
#[expect(clippy::cast_precision_loss, reason = "a path has at most 257 parts")]
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
