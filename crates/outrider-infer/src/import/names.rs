//! Which column each feature of a model is.

use std::collections::BTreeSet;

use super::words::{Words, counted};
use super::{Foreign, ImportError};

/// A name of a feature, in bytes.
const NAME_BYTES_MAX: usize = 1 << 10;

/// What is told of a file besides it.
#[derive(Clone, Copy, Debug, Default)]
pub struct Told<'a> {
    /// The features in their order, for a file that does not name them.
    pub features: Option<&'a [String]>,
    /// The features that have words, in their order, for a file that leaves open which those are.
    pub words: Option<&'a [String]>,
    /// Rows hold the codes of categories: words are left aside.
    pub codes: bool,
}

/// A model whose features have names.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The model.
    pub foreign: Foreign,
    /// The features in their order, each with its words by code; none where it takes numbers.
    pub features: Vec<(String, Vec<String>)>,
}

impl Foreign {
    /// The model with its features by the names of its file, or by those that are told where its file has none.
    ///
    /// # Errors
    ///
    /// If nobody tells names, or two tell different ones; if it is open which features have words, or rows cannot spell those.
    pub fn named(mut self, told: Told) -> Result<Named, ImportError> {
        let features = self.model.head().features;
        if let Some(told) = told.features {
            check_told(told, features)?;
        }
        let names = match (self.names.take(), told.features) {
            (Some(own), Some(told)) => agreed(own, told)?,
            (Some(own), None) => own,
            (None, Some(told)) => told.to_vec(),
            (None, None) => return Err(nameless(features)),
        };
        let none = Words::Of(vec![Vec::new(); features]);
        let own = std::mem::replace(&mut self.words, none.clone());
        let words = if told.codes { none } else { own }.of(&names, told.words)?;
        let compared = self.model.cuts().map(|(feature, _)| feature).find(|&feature| !words[feature].is_empty());
        match compared {
            Some(at) => Err(ImportError::damaged(
                format!("feature {at}"),
                "it has words, and a split that compares them with a threshold",
            )),
            None => Ok(Named { foreign: self, features: names.into_iter().zip(words).collect() }),
        }
    }
}

fn nameless(features: usize) -> ImportError {
    ImportError::Names(format!(
        "the file does not name its {}, and places alone do not bind; say --features NAME,.. with the columns in the order of the \
         training, also if they are called Column_0, Column_1 as LightGBM calls those without a name",
        counted(features, "feature", "features")
    ))
}

/// The names of the file, if the same were told in the same order.
fn agreed(own: Vec<String>, told: &[String]) -> Result<Vec<String>, ImportError> {
    match own.iter().zip(told).enumerate().find(|(_, (own, told))| own != told) {
        None => Ok(own),
        Some((at, (own_name, told_name))) => Err(ImportError::Names(format!(
            "feature {at} is {own_name:?} in the file and {told_name:?} in --features; leave --features out, or say {}",
            own.join(",")
        ))),
    }
}

/// Whether the names that were told are as many as the features, and no two the same.
fn check_told(told: &[String], features: usize) -> Result<(), ImportError> {
    let refused = |problem: String| Err(ImportError::Names(format!("--features {problem}")));
    if told.len() != features {
        let (names, features) = (counted(told.len(), "name", "names"), counted(features, "feature", "features"));
        return refused(format!(
            "has {names}, and the model takes {features}: name each, in the order of the training"
        ));
    }
    let twice = told.iter().enumerate().find_map(|(at, name)| {
        let first = told[..at].iter().position(|other| other == name)?;
        Some(format!("has {name:?} twice, in places {} and {}: name each column once", first + 1, at + 1))
    });
    twice.map_or_else(|| check(told, features), refused)
}

/// Whether names are as many as the features, and each is one.
pub(super) fn check(names: &[String], features: usize) -> Result<(), ImportError> {
    if names.len() != features {
        let (names, features) = (counted(names.len(), "name", "names"), counted(features, "feature", "features"));
        return Err(ImportError::Names(format!(
            "the file has {names} for {features}; if it was cut or edited, save the model again"
        )));
    }
    let mut seen = BTreeSet::new();
    let is_good = |name: &str| (1..=NAME_BYTES_MAX).contains(&name.len());
    match names.iter().find(|name| !is_good(name) || !seen.insert(name.as_str())) {
        Some(name) => {
            let start: String = name.chars().take(80).collect();
            Err(ImportError::Names(format!(
                "a feature is named {start:?}, expected 1 to {NAME_BYTES_MAX} bytes that no other feature has; rename the column \
                 and train again"
            )))
        }
        None => Ok(()),
    }
}
