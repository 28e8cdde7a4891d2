//! One tree of XGBoost: lists with a value for each node.

use std::collections::BTreeMap;
use std::ops::Range;

use super::document::Tree;
use crate::import::ImportError;
use crate::imported::{Growth, Missing, Part};

/// A child that is none: the node is a leaf.
const NO_CHILD: i32 = -1;
/// Categories lie below (`kMaxCat`).
const CATEGORIES: u32 = 1 << 24;

/// Adds tree `nth`, whose leaves all count `weight`.
pub(super) fn push(growth: &mut Growth, nth: usize, tree: &Tree, weight: f64) -> Result<(), ImportError> {
    let count = tree.left_children.len();
    let damaged = |problem: String| ImportError::damaged(format!("tree {nth}"), problem);
    if !matches!(tree.tree_param.size_leaf_vector.as_str(), "" | "0" | "1") {
        return Err(ImportError::unsupported("a tree whose leaves are vectors", "train a model for each output"));
    }
    check_lengths(tree, count).map_err(damaged)?;
    let sets = sets(tree).map_err(damaged)?;
    let part = |at: usize| Ok((part(tree, at, &sets, weight)?, tree.sum_hessian.get(at).copied()));
    growth.push(count, part).map_err(|problem| ImportError::of_node(nth, problem))
}

fn check_lengths(tree: &Tree, count: usize) -> Result<(), String> {
    let lists = [
        ("right_children", tree.right_children.len(), false),
        ("split_indices", tree.split_indices.len(), false),
        ("split_conditions", tree.split_conditions.len(), false),
        ("default_left", tree.default_left.len(), false),
        ("split_type", tree.split_type.len(), true),
        ("sum_hessian", tree.sum_hessian.len(), true),
    ];
    let bad = lists.into_iter().find(|&(_, len, may_be_empty)| len != count && !(may_be_empty && len == 0));
    bad.map_or(Ok(()), |(name, len, _)| Err(format!("{name} has {len} values for {count} nodes")))
}

/// Where the categories of each node are.
fn sets(tree: &Tree) -> Result<BTreeMap<usize, Range<usize>>, String> {
    let (nodes, starts, sizes) = (&tree.categories_nodes, &tree.categories_segments, &tree.categories_sizes);
    if nodes.len() != starts.len() || nodes.len() != sizes.len() || nodes.len() > tree.left_children.len() {
        return Err("categories_nodes, categories_segments and categories_sizes differ in length".to_owned());
    }
    let range = |((&node, &start), &size): ((&u32, &u32), &u32)| {
        let start = start as usize;
        let end = start.checked_add(size as usize).filter(|&end| end <= tree.categories.len());
        let end = end.ok_or_else(|| format!("node {node} has categories beyond the end of their list"))?;
        Ok((node as usize, start..end))
    };
    nodes.iter().zip(starts).zip(sizes).map(range).collect()
}

fn part(tree: &Tree, at: usize, sets: &BTreeMap<usize, Range<usize>>, weight: f64) -> Result<Part, String> {
    let condition = tree.split_conditions[at].0;
    if tree.left_children[at] == NO_CHILD {
        return Ok(Part::Leaf { value: f64::from(condition) * weight });
    }
    let children = [child(tree.left_children[at])?, child(tree.right_children[at])?];
    let (feature, missing_left) = (tree.split_indices[at] as usize, tree.default_left[at].0);
    match tree.split_type.get(at).unwrap_or(&0) {
        0 if condition.is_nan() || condition == f32::NEG_INFINITY => {
            Err(format!("threshold {condition} at a split by a number, expected a number above -inf"))
        }
        0 => {
            // In 32 bits, x < t is where x is at most the number before t.
            let cut = f64::from(condition.next_down());
            Ok(Part::Number { feature, cut, missing: Missing::NotANumber, missing_left, children })
        }
        1 => {
            let listed = sets.get(&at).ok_or("a split by categories without categories")?;
            let codes = bits(&tree.categories[listed.clone()])?;
            Ok(Part::Set { feature, codes, member_left: false, missing_left, children })
        }
        other => Err(format!("split_type {other}, expected 0 (number) or 1 (categories)")),
    }
}

fn child(place: i32) -> Result<usize, String> {
    usize::try_from(place).map_err(|_| format!("a child at {place}, expected 0 or more"))
}

fn bits(categories: &[u32]) -> Result<Vec<u32>, String> {
    let last = categories.iter().max().copied().unwrap_or(0);
    if last >= CATEGORIES {
        return Err(format!("category {last}, expected less than {CATEGORIES}"));
    }
    let mut bits = vec![0_u32; last as usize / 32 + 1];
    categories.iter().for_each(|&code| bits[code as usize / 32] |= 1 << (code % 32));
    Ok(bits)
}
