//! Models that were trained elsewhere, from the files that their engines write: XGBoost (JSON, UBJSON) and LightGBM (text).
//!
//! A file is hostile until it is read: its bytes, features, trees, nodes and sets are bounded, every index is checked, and
//! what cannot be represented is refused by name. Memory stays within a few times the bytes of the file.

mod error;
mod lightgbm;
mod names;
mod ubjson;
mod unknown;
mod words;
mod xgboost;

pub use error::ImportError;
pub use names::{Named, Told};

use crate::imported::Imported;
use words::Words;

/// Bytes of a file, at most.
pub const BYTES_MAX: usize = 128 << 20;
/// Trees of a model, at most.
const TREES_MAX: usize = 100_000;
/// Words of all categories, at most.
const WORDS_MAX: usize = 1 << 20;

/// What a model says of a row.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Says {
    /// The probability of the label 1.
    Probability,
    /// The mean of an amount.
    Mean,
    /// A quantile of an amount; `None`: the file does not tell which.
    Quantile(Option<f64>),
    /// Something else, by the name of its objective.
    Score,
}

/// A model of another engine, as its file has it.
#[derive(Clone, Debug, PartialEq)]
pub struct Foreign {
    /// The trees.
    pub model: Imported,
    /// `xgboost` or `lightgbm`, and the version if the file tells it.
    pub engine: String,
    /// The objective as the engine calls it.
    pub objective: String,
    /// What it predicts.
    pub says: Says,
    /// Trees of the file after its best iteration, which do not count.
    pub trees_left_out: usize,
    /// The features in their order; `None`: the file does not name them.
    names: Option<Vec<String>>,
    words: Words,
}

/// The model that a file holds, whichever engine wrote it.
///
/// # Errors
///
/// If it is no such file, was cut or altered, is too large, or holds what cannot be represented here.
pub fn read(bytes: &[u8]) -> Result<Foreign, ImportError> {
    if bytes.len() > BYTES_MAX {
        return Err(ImportError::TooLarge);
    }
    if let Some(unknown) = unknown::told(bytes) {
        return Err(unknown);
    }
    let foreign = match bytes.trim_ascii_start() {
        [b'{', b'"' | b' ' | b'\t' | b'\r' | b'\n' | b'}', ..] => xgboost::read_json(bytes),
        [b'{', ..] => xgboost::read_ubjson(bytes),
        text if text.starts_with(b"tree") => lightgbm::read(bytes),
        _ => Err(ImportError::Unknown("; write it with save_model of either, not with pickle".to_owned())),
    }?;
    foreign.checked()
}

impl Foreign {
    /// Whether names are what features can have.
    fn checked(self) -> Result<Foreign, ImportError> {
        match &self.names {
            Some(names) => names::check(names, self.model.head().features).map(|()| self),
            None => Ok(self),
        }
    }
}
