//! LightGBM: `x <= t` goes left in 64 bits, members of a set go left, what is missing is told by each split.
//!
//! Format: `src/io/tree.cpp` and `src/boosting/gbdt_model_text.cpp` of LightGBM. Leaves have shrinkage and the base in them; a
//! file of early stopping ends with the best iteration.

mod blocks;
mod objective;
mod tree;
mod words;

use super::{Foreign, ImportError};
use crate::imported::{Growth, Head, Imported, Reading};
use crate::trees::Combine;
use blocks::{Block, Blocks};

const PLACE: &str = "the LightGBM file";

/// From the bytes of a file.
pub(super) fn read(bytes: &[u8]) -> Result<Foreign, ImportError> {
    let text = std::str::from_utf8(bytes).map_err(|error| {
        ImportError::damaged(format!("{PLACE}, byte {}", error.valid_up_to()), "text that is not UTF-8")
    })?;
    let blocks = Blocks::of(text)?;
    check_outputs(&blocks.head)?;
    let features: usize = blocks.head.number::<usize>("max_feature_idx")?.saturating_add(1);
    let named = objective::named(&blocks.head)?;
    let objective = objective::of(named, blocks.parameter("alpha"))?;
    let combine = if blocks.head.has("average_output") { Combine::Mean } else { Combine::Sum };
    let head = Head { features, reading: Reading::Double, link: objective.link, combine, base: 0.0 };
    let model = grown(head, &blocks)?;
    let words = words::of(&blocks, &model)?;
    Ok(Foreign {
        model,
        engine: format!("lightgbm {}", blocks.head.get("version").unwrap_or_default()).trim_end().to_owned(),
        objective: named.to_owned(),
        says: objective.says,
        trees_left_out: 0,
        words,
        names: names(&blocks.head)?,
    })
}

/// Whether the model says one number of a row.
fn check_outputs(head: &Block) -> Result<(), ImportError> {
    let (classes, trees): (usize, usize) = (head.number("num_class")?, head.number("num_tree_per_iteration")?);
    match classes == 1 && trees == 1 {
        true => Ok(()),
        false => Err(ImportError::unsupported(
            format!("a model of {} classes", classes.max(trees)),
            "train one of two classes (objective=binary)",
        )),
    }
}

fn grown(head: Head, blocks: &Blocks) -> Result<Imported, ImportError> {
    let mut growth = Growth::new(head).map_err(|problem| ImportError::damaged(PLACE, problem))?;
    for (nth, block) in blocks.trees.iter().enumerate() {
        tree::push(&mut growth, nth, block)?;
    }
    Ok(growth.done())
}

/// The names of the features; none if they are those that LightGBM makes up.
fn names(head: &Block) -> Result<Option<Vec<String>>, ImportError> {
    let names: Vec<&str> = head.get("feature_names")?.split(' ').collect();
    let made_up = names.iter().enumerate().all(|(at, name)| *name == format!("Column_{at}"));
    Ok((!made_up).then(|| names.into_iter().map(str::to_owned).collect()))
}
