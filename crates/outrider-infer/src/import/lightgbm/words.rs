//! Words of categories: the Python package writes those of each column of categories at the end of the file, in the order of the
//! columns, and in its parameters which columns those are.

use serde::Deserialize;

use super::PLACE;
use super::blocks::Blocks;
use crate::import::{ImportError, WORDS_MAX};

/// A category as `pandas` had it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Category {
    Text(String),
    Truth(bool),
    Number(f64),
}

/// The words of each of `features` features by code; none where it takes numbers, or codes without words.
pub(super) fn of(blocks: &Blocks, features: usize) -> Result<Vec<Vec<String>>, ImportError> {
    // Before features were checked, the text has a name for each.
    let mut words = vec![Vec::new(); features.min(crate::imported::FEATURES_MAX)];
    let Some(lists) = lists(blocks)? else { return Ok(words) };
    let columns = columns(blocks).filter(|columns| columns.len() == lists.len()).ok_or_else(|| {
        ImportError::unsupported(
            "a file that has words for some columns of categories alone",
            "make every column of categories one of pandas, and leave categorical_feature out",
        )
    })?;
    for (column, list) in columns.into_iter().zip(lists) {
        let place = words.get_mut(column);
        *place.ok_or_else(|| ImportError::damaged(PLACE, format!("categories of column {column}")))? = list;
    }
    Ok(words)
}

fn lists(blocks: &Blocks) -> Result<Option<Vec<Vec<String>>>, ImportError> {
    let Some(json) = blocks.categories else { return Ok(None) };
    // A word takes more memory than its text.
    if json.bytes().filter(|&byte| byte == b',' || byte == b'[').count() > WORDS_MAX {
        return Err(ImportError::damaged(PLACE, format!("more than {WORDS_MAX} words of categories")));
    }
    let read: Result<Option<Vec<Vec<Category>>>, _> = serde_json::from_str(json);
    let read = read.map_err(|error| ImportError::damaged(PLACE, format!("pandas_categorical: {error}")))?;
    let named =
        |lists: Vec<Vec<Category>>| lists.into_iter().map(|list| list.into_iter().map(word).collect()).collect();
    Ok(read.filter(|lists| !lists.is_empty()).map(named))
}

fn word(category: Category) -> String {
    match category {
        Category::Text(text) => text,
        // Tables hold truth as 0 and 1.
        Category::Truth(truth) => u8::from(truth).to_string(),
        Category::Number(number) => number.to_string(),
    }
}

/// The columns of categories.
fn columns(blocks: &Blocks) -> Option<Vec<usize>> {
    let told = blocks.parameter("categorical_feature")?;
    told.split(',').map(|column| column.trim().parse().ok()).collect()
}
