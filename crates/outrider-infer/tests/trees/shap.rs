use outrider_infer::trees::{Branch, Combine};
use proptest::prelude::*;

use crate::grown::{Grown, model, rows};

/// The mean of the leaves that a row may come to when only the features of `known` are known.
fn mean(branches: &[Branch], at: usize, row: &[f32], known: usize) -> f64 {
    let (feature, left, children) = match &branches[at] {
        Branch::Leaf { value, .. } => return f64::from(*value),
        Branch::Number { feature, cut, missing_left, children, .. } => {
            let x = row[*feature];
            (*feature, if x.is_nan() { *missing_left } else { x <= *cut }, children)
        }
        Branch::Category { feature, left, children, .. } => {
            (*feature, left[row[*feature].to_bits() as usize], children)
        }
    };
    let below = children.map(|child| mean(branches, child, row, known));
    if known >> feature & 1 != 0 {
        return below[usize::from(!left)];
    }
    let rows = children.map(|child| cover(branches, child));
    (below[0] * rows[0] + below[1] * rows[1]) / (rows[0] + rows[1])
}

fn cover(branches: &[Branch], at: usize) -> f64 {
    match &branches[at] {
        Branch::Leaf { cover, .. } => f64::from(*cover),
        Branch::Number { children, .. } | Branch::Category { children, .. } => {
            children.iter().map(|&child| cover(branches, child)).sum()
        }
    }
}

/// By the definition of Shapley: over all sets of the other features.
fn shapley(grown: &Grown, row: &[f32], feature: usize) -> f64 {
    let features = grown.trees.head().kinds.len();
    let factorial = |n: usize| (1..=n).map(|n| n as f64).product::<f64>();
    let of = |set: usize| -> f64 { grown.branches.iter().map(|tree| mean(tree, 0, row, set)).sum() };
    let sets = (0..1_usize << features).filter(|set| set >> feature & 1 == 0);
    let scale = if grown.trees.head().combine == Combine::Mean { grown.branches.len() as f64 } else { 1.0 };
    let weighed = |set: usize| {
        let size = set.count_ones() as usize;
        let weight = factorial(size) * factorial(features - size - 1) / factorial(features);
        weight * (of(set | 1 << feature) - of(set))
    };
    sets.map(weighed).sum::<f64>() / scale
}

proptest! {
    #[test]
    fn values_are_those_of_the_definition(seed: u64, words: bool) {
        let grown = model(seed, 4, 3, words);
        let row = rows(seed ^ 1, &grown.trees.head().kinds, 1).row(0);
        let explained = grown.trees.explain(&row);
        for (feature, value) in explained.values.iter().enumerate() {
            prop_assert!((value - shapley(&grown, &row, feature)).abs() < 1e-6, "feature {feature}");
        }
    }

    #[test]
    fn values_add_up_to_the_prediction(seed: u64, trees in 0_usize..30, words: bool) {
        let grown = model(seed, 12, trees, words).trees;
        let matrix = rows(seed ^ 1, &grown.head().kinds, 5);
        for row in (0..5).map(|row| matrix.row(row)) {
            let explained = grown.explain(&row);
            let sum = explained.expected + explained.values.iter().sum::<f64>();
            prop_assert!((sum - grown.raw_row(&row)).abs() < 1e-6);
        }
    }
}
