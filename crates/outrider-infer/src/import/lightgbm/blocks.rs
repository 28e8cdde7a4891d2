//! The file as blocks of `key=value`: a head, a block for each tree, then parameters and words of categories.

use std::collections::BTreeMap;
use std::str::FromStr;

use super::PLACE;
use crate::import::{ImportError, TREES_MAX};

const END_OF_TREES: &str = "end of trees";
const END_OF_PARAMETERS: &str = "end of parameters";
const CATEGORIES: &str = "pandas_categorical:";
/// Keys of a block: more than any version writes.
const KEYS_MAX: usize = 64;

/// The whole.
pub(super) struct Blocks<'a> {
    pub(super) head: Block<'a>,
    pub(super) trees: Vec<Block<'a>>,
    /// What lies between the trees and the end of the parameters.
    parameters: &'a str,
    /// JSON: the categories of each column of categories, or null.
    pub(super) categories: Option<&'a str>,
}

/// Keys and values of a block, and where it is.
pub(super) struct Block<'a> {
    place: String,
    values: BTreeMap<&'a str, &'a str>,
}

impl<'a> Blocks<'a> {
    pub(super) fn of(text: &'a str) -> Result<Blocks<'a>, ImportError> {
        let (trees, rest) = cut(text, END_OF_TREES)?;
        let (parameters, rest) = cut(rest, END_OF_PARAMETERS)?;
        let mut parts = trees.split("\nTree=");
        let head = Block::of(PLACE.to_owned(), parts.next().unwrap_or_default())?;
        let tree = |(nth, part): (usize, &'a str)| match nth < TREES_MAX {
            true => Block::of(format!("tree {nth}"), part),
            false => Err(ImportError::damaged(PLACE, format!("more than {TREES_MAX} trees"))),
        };
        let trees = parts.enumerate().map(tree).collect::<Result<_, _>>()?;
        Ok(Blocks { head, trees, parameters, categories: categories(rest)? })
    }

    /// What training was told under this name.
    pub(super) fn parameter(&self, name: &str) -> Option<&'a str> {
        let value = |line: &'a str| line.strip_prefix('[')?.strip_suffix(']')?.strip_prefix(name)?.strip_prefix(": ");
        self.parameters.lines().find_map(value)
    }
}

/// What lies before the line `mark`, and what after it.
fn cut<'a>(text: &'a str, mark: &str) -> Result<(&'a str, &'a str), ImportError> {
    let found = text.match_indices(mark).find(|(at, _)| text[..*at].ends_with('\n'));
    let (at, _) = found.ok_or_else(|| ImportError::damaged(PLACE, format!("it ends without a line {mark:?}")))?;
    Ok((&text[..at], &text[at + mark.len()..]))
}

/// The words of categories at the end, if the file has any.
fn categories(rest: &str) -> Result<Option<&str>, ImportError> {
    let mut found = None;
    for line in rest.lines().filter(|line| !line.is_empty()) {
        match line.strip_prefix(CATEGORIES) {
            Some(json) if found.is_none() => found = Some(json),
            _ => return Err(ImportError::damaged(PLACE, "lines after its parameters that are no categories")),
        }
    }
    Ok(found)
}

impl<'a> Block<'a> {
    fn of(place: String, text: &'a str) -> Result<Block<'a>, ImportError> {
        let mut values = BTreeMap::new();
        for line in text.lines().filter(|line| !line.is_empty()) {
            let (key, value) = line.split_once('=').unwrap_or((line, ""));
            let is_new = values.insert(key, value).is_none();
            if !is_new || values.len() > KEYS_MAX {
                let key: String = key.chars().take(80).collect();
                return Err(ImportError::damaged(place, format!("key {key:?} is there twice, or is one too many")));
            }
        }
        Ok(Block { place, values })
    }

    pub(super) fn has(&self, key: &str) -> bool {
        self.values.contains_key(key)
    }

    pub(super) fn get(&self, key: &str) -> Result<&'a str, ImportError> {
        self.values.get(key).copied().ok_or_else(|| self.damaged(format!("there is no {key}")))
    }

    pub(super) fn number<T: FromStr>(&self, key: &str) -> Result<T, ImportError> {
        let value = self.get(key)?;
        value.trim().parse().map_err(|_| {
            let value: String = value.chars().take(80).collect();
            self.damaged(format!("{key} is {value:?}, expected a number"))
        })
    }

    /// Just `count` numbers.
    pub(super) fn numbers<T: FromStr>(&self, key: &str, count: usize) -> Result<Vec<T>, ImportError> {
        let value = if count == 0 { "" } else { self.get(key)? };
        let numbers: Option<Vec<T>> =
            value.split_ascii_whitespace().take(count.saturating_add(1)).map(|word| word.parse().ok()).collect();
        let numbers = numbers.filter(|numbers| numbers.len() == count);
        numbers.ok_or_else(|| self.damaged(format!("{key}: expected {count} numbers")))
    }

    pub(super) fn damaged(&self, problem: impl Into<String>) -> ImportError {
        ImportError::damaged(self.place.clone(), problem)
    }
}
