//! XGBoost: `x < t` goes left in 32 bits, listed categories go right, what is missing goes where the split says.
//!
//! Format: `doc/model.schema` and `src/tree/tree_model.cc` of XGBoost. After early stopping, the trees up to the best iteration
//! count, as scikit-learn's wrapper has it.

mod bare;
mod document;
mod numbers;
mod objective;
mod tree;
mod words;

use super::words::Words;
use super::{Foreign, ImportError, TREES_MAX, ubjson};
use crate::imported::{Growth, Head, Imported, Reading};
use crate::trees::Combine;
use document::{Booster, Document, Learner, Tree, TreeList};

const PLACE: &str = "the XGBoost file";

/// From JSON.
pub(super) fn read_json(bytes: &[u8]) -> Result<Foreign, ImportError> {
    let document: Document =
        serde_json::from_slice(&bare::quoted(bytes)).map_err(|error| ImportError::damaged(PLACE, error.to_string()))?;
    foreign(document)
}

/// From UBJSON.
pub(super) fn read_ubjson(bytes: &[u8]) -> Result<Foreign, ImportError> {
    let document: Document = ubjson::read(bytes)
        .map_err(|error| ImportError::damaged(format!("{PLACE}, byte {}", error.at), error.problem))?;
    foreign(document)
}

fn foreign(Document { learner, version }: Document) -> Result<Foreign, ImportError> {
    let trees = trees(&learner.gradient_booster)?;
    let features: usize = whole("num_feature", &learner.learner_model_param.num_feature)?;
    check_outputs(&learner, trees)?;
    let objective = objective::of(&learner.objective)?;
    let base = objective.margin(base_score(&learner.learner_model_param.base_score)?)?;
    let head = Head { features, reading: Reading::Single, link: objective.link, combine: Combine::Sum, base };
    let counted = counted(&learner, trees)?;
    let model = grown(head, &learner, &trees.trees.0[..counted])?;
    let version = version.iter().map(u32::to_string).collect::<Vec<_>>().join(".");
    Ok(Foreign {
        model,
        engine: format!("xgboost {version}").trim_end().to_owned(),
        objective: learner.objective.name,
        says: objective.says,
        trees_left_out: trees.trees.0.len() - counted,
        words: Words::Of(words::of(trees.cats.as_ref(), features)?),
        names: Some(learner.feature_names.0).filter(|names| !names.is_empty()),
    })
}

/// The trees of a booster of trees.
fn trees(booster: &Booster) -> Result<&TreeList, ImportError> {
    let found = match booster.name.as_str() {
        "gbtree" => booster.model.as_ref(),
        "dart" => booster.gbtree.as_ref().and_then(|inner| inner.model.as_ref()),
        other => {
            let what = format!("booster {other:?}");
            return Err(ImportError::unsupported(what, "expected trees: train with booster=gbtree or dart"));
        }
    };
    found.ok_or_else(|| ImportError::damaged(PLACE, "a booster without a model"))
}

/// Whether the model says one number of a row.
fn check_outputs(learner: &Learner, trees: &TreeList) -> Result<(), ImportError> {
    let param = &learner.learner_model_param;
    let (classes, targets): (usize, usize) =
        (whole("num_class", &param.num_class)?, whole("num_target", &param.num_target)?);
    if classes > 1 {
        return Err(ImportError::unsupported(
            format!("a model of {classes} classes"),
            "train one of two classes (binary:logistic)",
        ));
    }
    if targets > 1 || trees.tree_info.iter().any(|&group| group != 0) {
        return Err(ImportError::unsupported("a model of several outputs", "train a model for each"));
    }
    Ok(())
}

/// Of the first trees, those that count.
fn grown(head: Head, learner: &Learner, trees: &[Tree]) -> Result<Imported, ImportError> {
    let weights = &learner.gradient_booster.weight_drop;
    let mut growth = Growth::new(head).map_err(|problem| ImportError::damaged(PLACE, problem))?;
    for (nth, tree) in trees.iter().enumerate() {
        let weight = weights.get(nth).map_or(1.0, |&weight| f64::from(weight));
        tree::push(&mut growth, nth, tree, weight)?;
    }
    Ok(growth.done())
}

/// How many trees count: those up to the best iteration, if the training noted one.
fn counted(learner: &Learner, list: &TreeList) -> Result<usize, ImportError> {
    let count = list.trees.0.len();
    if count > TREES_MAX {
        return Err(ImportError::damaged(PLACE, format!("more than {TREES_MAX} trees")));
    }
    let weights = learner.gradient_booster.weight_drop.len();
    if learner.gradient_booster.name == "dart" && weights != count {
        return Err(ImportError::damaged(PLACE, format!("{weights} weights of dart for {count} trees")));
    }
    let Some(best) = &learner.attributes.best_iteration else { return Ok(count) };
    let iterations = whole("best_iteration", best)?.saturating_add(1);
    let told: Option<usize> = match list.iteration_indptr.is_empty() {
        true => iterations.checked_mul(whole("num_parallel_tree", &list.gbtree_model_param.num_parallel_tree)?.max(1)),
        false => list.iteration_indptr.get(iterations).map(|&end| end as usize),
    };
    told.filter(|&told| told <= count).ok_or_else(|| {
        ImportError::damaged(PLACE, format!("best_iteration {best:?}, expected an iteration of the model"))
    })
}

/// `5E-1`, or a list of one in brackets.
fn base_score(text: &str) -> Result<f32, ImportError> {
    let one = text.trim().trim_start_matches('[').trim_end_matches(']');
    if one.contains(',') {
        return Err(ImportError::unsupported("a model of several outputs", "train a model for each"));
    }
    one.trim().parse().map_err(|_| ImportError::damaged(PLACE, format!("base_score {text:?}, expected a number")))
}

/// A whole number that is written as text.
fn whole(name: &str, text: &str) -> Result<usize, ImportError> {
    let told = || ImportError::damaged(PLACE, format!("{name} {text:?}, expected a whole number"));
    text.trim().parse().map_err(|_| told())
}
