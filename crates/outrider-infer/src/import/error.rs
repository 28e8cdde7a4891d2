//! Why a file of another engine is not imported.

use thiserror::Error;

use super::BYTES_MAX;

/// Why a file of another engine is not imported.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum ImportError {
    /// Too many bytes.
    #[error("the file has more than {BYTES_MAX} bytes; train fewer or smaller trees")]
    TooLarge,
    /// Something else: what it is and what to do, from the sign after the sentence on.
    #[error("this is no model of XGBoost (JSON or UBJSON) or LightGBM (text){0}")]
    Unknown(String),
    /// Cut, altered, or never right.
    #[error("{place}: {problem}; if the file was cut or edited, save the model again")]
    Damaged {
        /// Where.
        place: String,
        /// What was found and what was expected.
        problem: String,
    },
    /// It holds what cannot be represented.
    #[error("{what} cannot be imported; {instead}")]
    Unsupported {
        /// What.
        what: String,
        /// What can.
        instead: &'static str,
    },
    /// Features without names, or with names that do not fit.
    #[error("{0}")]
    Names(String),
}

impl ImportError {
    pub(super) fn damaged(place: impl Into<String>, problem: impl Into<String>) -> ImportError {
        ImportError::Damaged { place: place.into(), problem: problem.into() }
    }

    pub(super) fn unsupported(what: impl Into<String>, instead: &'static str) -> ImportError {
        ImportError::Unsupported { what: what.into(), instead }
    }

    /// What is wrong with a node of a tree.
    pub(super) fn of_node(tree: usize, (node, problem): (usize, String)) -> ImportError {
        ImportError::damaged(format!("tree {tree}, node {node}"), problem)
    }
}
