//! Which column each feature of a model is.

use std::collections::BTreeSet;

use super::{Foreign, ImportError};

/// A name of a feature, in bytes.
const NAME_BYTES_MAX: usize = 1 << 10;

/// A model whose features have names.
#[derive(Clone, Debug, PartialEq)]
pub struct Named {
    /// The model.
    pub foreign: Foreign,
    /// The features in their order, each with its words by code; none where it takes numbers.
    pub features: Vec<(String, Vec<String>)>,
}

impl Foreign {
    /// The model with its features by the names of its file, or by those of `told` where its file has none.
    ///
    /// # Errors
    ///
    /// If nobody tells names, or two tell different ones.
    pub fn named(mut self, told: Option<&[String]>) -> Result<Named, ImportError> {
        let features = self.model.head().features;
        if let Some(told) = told {
            check(told, features)?;
        }
        let names = match (self.names.take(), told) {
            (Some(own), Some(told)) => agreed(own, told)?,
            (Some(own), None) => own,
            (None, Some(told)) => told.to_vec(),
            (None, None) => return Err(nameless(features)),
        };
        let words = std::mem::take(&mut self.words);
        Ok(Named { foreign: self, features: names.into_iter().zip(words).collect() })
    }
}

fn nameless(features: usize) -> ImportError {
    ImportError::Names(format!(
        "the file does not name its {features} features, and places alone do not bind; say --features NAME,.. with the columns \
         in the order of the training"
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

/// Whether names are as many as the features, and each is one.
pub(super) fn check(names: &[String], features: usize) -> Result<(), ImportError> {
    if names.len() != features {
        let told = format!("{} names for {features} features; name each, in the order of the training", names.len());
        return Err(ImportError::Names(told));
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
