//! Random models with the branches they were made of, and rows for them.

use outrider_core::Random;
use outrider_infer::trees::{Branch, Combine, Head, Kind, Link, Trees};
use outrider_infer::{Cells, Matrix};

/// Numbers that fall on cuts, between them and beyond.
const NUMBERS: [f32; 9] = [-2.0, -1.0, -0.0, 0.0, 0.5, 1.0, f32::MAX, f32::MIN_POSITIVE, f32::NAN];

pub(crate) struct Grown {
    pub(crate) trees: Trees,
    pub(crate) branches: Vec<Vec<Branch>>,
}

/// Of `trees` trees over numbers and, if `words`, categories: one of 3 words and one of 40.
pub(crate) fn model(seed: u64, features: usize, trees: usize, words: bool) -> Grown {
    let mut random = Random::new(seed);
    let kind = |at: usize| match at % 3 {
        1 if words => Kind::Category(3),
        2 if words => Kind::Category(40),
        _ => Kind::Number,
    };
    let kinds: Vec<Kind> = (0..features).map(kind).collect();
    let combine = if random.chance(0.5) { Combine::Sum } else { Combine::Mean };
    let link = if random.chance(0.5) { Link::Identity } else { Link::Logistic };
    let head = Head { kinds: kinds.clone(), link, combine, base: random.unit() - 0.5, quantile: None };
    let mut grown = Grown { trees: Trees::new(head).unwrap(), branches: vec![] };
    for _ in 0..trees {
        let most = [12, 12, 50, 90][random.below(4)];
        let splits = random.below(most);
        let branches = branches(&kinds, splits, &mut random);
        grown.trees.push(&branches).unwrap();
        grown.branches.push(branches);
    }
    grown
}

/// A tree of so many splits, the leaf to be split next drawn by lot.
fn branches(kinds: &[Kind], splits: usize, random: &mut Random) -> Vec<Branch> {
    let mut branches = vec![leaf(random)];
    for _ in 0..splits {
        let leaves: Vec<_> = (0..branches.len()).filter(|&at| matches!(branches[at], Branch::Leaf { .. })).collect();
        let (at, children) = (leaves[random.below(leaves.len())], [branches.len(), branches.len() + 1]);
        let feature = random.below(kinds.len());
        let gain = random.unit();
        branches[at] = match kinds[feature] {
            Kind::Number => {
                let (cut, missing_left) = (NUMBERS[random.below(8)], random.chance(0.5));
                Branch::Number { feature, cut, missing_left, children, gain }
            }
            Kind::Category(words) => {
                let left = (0..words + 2).map(|_| random.chance(0.5)).collect();
                Branch::Category { feature, left, children, gain }
            }
        };
        branches.extend([leaf(random), leaf(random)]);
    }
    branches
}

fn leaf(random: &mut Random) -> Branch {
    Branch::Leaf { value: (random.unit() - 0.5) as f32, cover: 1.0 + random.below(100) as f32 }
}

/// Rows for a model.
pub(crate) fn rows(seed: u64, kinds: &[Kind], rows: usize) -> Matrix {
    let mut random = Random::new(seed);
    let mut cells = |kind: &Kind| match *kind {
        Kind::Number => Cells::Number((0..rows).map(|_| NUMBERS[random.below(9)]).collect()),
        Kind::Category(words) => {
            let mut code = |_| u32::try_from(random.below(words as usize + 2)).unwrap();
            Cells::Category { codes: (0..rows).map(&mut code).collect(), words }
        }
    };
    Matrix::new(kinds.iter().map(&mut cells).collect()).unwrap()
}

/// The leaf that a row comes to, by the obvious loop.
pub(crate) fn leaf_of(branches: &[Branch], row: &[f32]) -> f32 {
    let mut at = 0;
    loop {
        let (left, children) = match &branches[at] {
            Branch::Leaf { value, .. } => return *value,
            Branch::Number { feature, cut, missing_left, children, .. } => {
                let x = row[*feature];
                (if x.is_nan() { *missing_left } else { x <= *cut }, children)
            }
            Branch::Category { feature, left, children, .. } => (left[row[*feature].to_bits() as usize], children),
        };
        at = children[usize::from(!left)];
    }
}

/// What the model says of a row before the link, by the obvious loop.
pub(crate) fn obvious(grown: &Grown, row: &[f32]) -> f64 {
    let sum = grown.branches.iter().fold(0.0, |sum, tree| sum + f64::from(leaf_of(tree, row)));
    let head = grown.trees.head();
    match head.combine {
        Combine::Sum => head.base + sum,
        Combine::Mean if grown.branches.is_empty() => head.base,
        Combine::Mean => head.base + sum / grown.branches.len() as f64,
    }
}
