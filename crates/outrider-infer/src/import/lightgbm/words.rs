//! Words of categories: the Python package writes those of each column of categories at the end of the file, ordered ones too, in
//! the order of the columns. Which columns those are it does not write: `categorical_feature` may leave some out and have others.

use serde::Deserialize;

use super::PLACE;
use super::blocks::Blocks;
use crate::import::words::{Lists, Seen, Words};
use crate::import::{ImportError, WORDS_MAX};
use crate::imported::Imported;

/// Up to here whole numbers can be told from each other.
const WHOLE_MAX: f64 = 9_007_199_254_740_992.0;

/// A category as `pandas` had it.
#[derive(Deserialize)]
#[serde(untagged)]
enum Category {
    Text(String),
    Truth(bool),
    Number(f64),
}

/// The words of the file of a model.
pub(super) fn of(blocks: &Blocks, model: &Imported) -> Result<Words, ImportError> {
    let features = model.head().features;
    let Some(lists) = lists(blocks)? else { return Ok(Words::Of(vec![Vec::new(); features])) };
    let infos = blocks.head.get("feature_infos")?.split_ascii_whitespace();
    let mut seen: Vec<Seen> = infos.take(features + 1).map(seen).collect();
    if seen.len() != features {
        return Err(blocks.head.damaged(format!("feature_infos: expected one for each of {features} features")));
    }
    // A threshold lies in the middle between two values of the training, unless it was forced.
    if blocks.parameter("forcedbins_filename").is_none_or(str::is_empty) {
        let fractions =
            model.cuts().filter(|&(_, cut)| ((2.0 * cut).round() - 2.0 * cut).abs() > 1e-9 * cut.abs().max(1.0));
        fractions.for_each(|(feature, _)| seen[feature] = Seen::Numbers);
    }
    Ok(Words::Lists(Lists { lists, seen }))
}

/// Of `[0:3]`: numbers, and between which they are; `-1:0:2`: categories; `none`: nothing to split by.
fn seen(info: &str) -> Seen {
    let codes = |list: &str| -> Option<(Vec<f64>, usize)> {
        let codes: Vec<f64> = list.split(':').map(|code| code.parse().ok()).collect::<Option<_>>()?;
        let last = codes.iter().copied().fold(-1.0, f64::max);
        let is_code = codes.iter().all(|code| code.fract() == 0.0) && last < WHOLE_MAX;
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "whole, and -1 or more")]
        is_code.then_some((codes, (last + 1.0) as usize))
    };
    if info == "none" {
        return Seen::Categories(0);
    }
    match info.strip_prefix('[').and_then(|range| range.strip_suffix(']')) {
        Some(range) => {
            codes(range).filter(|(ends, _)| ends[0] >= 0.0).map_or(Seen::Numbers, |(_, least)| Seen::Wholes(least))
        }
        None => codes(info).map_or(Seen::Numbers, |(_, least)| Seen::Categories(least)),
    }
}

fn lists(blocks: &Blocks) -> Result<Option<Vec<Vec<String>>>, ImportError> {
    let Some(json) = blocks.categories else { return Ok(None) };
    // A word takes more memory than its text.
    if json.bytes().filter(|&byte| byte == b',' || byte == b'[').count() > WORDS_MAX {
        return Err(ImportError::damaged(PLACE, format!("more than {WORDS_MAX} words of categories")));
    }
    let read: Result<Option<Vec<Vec<Category>>>, _> = serde_json::from_str(json);
    let read = read.map_err(|error| ImportError::damaged(PLACE, format!("pandas_categorical: {error}")))?;
    let Some(lists) = read.filter(|lists| !lists.is_empty()) else { return Ok(None) };
    lists.into_iter().map(|list| list.into_iter().map(word).collect()).collect::<Result<_, _>>().map(Some)
}

fn word(category: Category) -> Result<String, ImportError> {
    match category {
        Category::Text(text) => Ok(text),
        // Tables hold truth as 0 and 1.
        Category::Truth(truth) => Ok(u8::from(truth).to_string()),
        Category::Number(number) if number.fract() == 0.0 && number.abs() < WHOLE_MAX => Ok((number + 0.0).to_string()),
        Category::Number(number) => Err(ImportError::unsupported(
            format!("a category that is the fraction {number}"),
            "rows spell it in more ways than one: make the categories words or whole numbers and train again",
        )),
    }
}
