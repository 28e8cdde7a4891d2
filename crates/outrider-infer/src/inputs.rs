//! What models of numbers take: standardised numbers and a place for each word, and how a table is bound to them.
//!
//! A feature takes up places in a row, and a value stands in exactly one of them: a number in the first, standardised, or in
//! the second if it is missing; a word in its own, else in that of words which training has not seen, else in that of the
//! missing. Names bind; where a column stands in a table means nothing.

mod bound;
mod codec;

use std::collections::BTreeSet;

use outrider_core::frame::{Frame, Values};
use outrider_core::schema::FeatureKind;

use crate::Matrix;
use crate::bind::{self, BindError};
use crate::encode::cells;

pub use bound::Bound;
use bound::number;

/// Features in their order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Inputs {
    inputs: Vec<Input>,
    /// Where the places of each begin.
    starts: Vec<usize>,
    places: usize,
}

/// One feature.
#[derive(Clone, Debug, PartialEq)]
pub struct Input {
    /// That of the column that is bound to it.
    pub name: String,
    /// How values become entries.
    pub kind: InputKind,
}

/// How values become entries.
#[derive(Clone, Debug, PartialEq)]
pub enum InputKind {
    /// (value - mean) / scale. Two places: the value, and 1 if it is missing.
    Number {
        /// Of training.
        mean: f64,
        /// Above 0.
        scale: f64,
    },
    /// 1 in the place of the word. Two more places: unseen, missing.
    Category {
        /// Sorted, each once.
        words: Vec<String>,
    },
}

/// Why inputs are none, by the name of the input.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InputsError {
    /// Two have this name.
    #[error("two inputs are named {0:?}, expected each name once")]
    Twice(String),
    /// Mean or scale make no sense.
    #[error("input {0:?} needs a finite mean and a finite scale above 0; train anew")]
    Scale(String),
    /// Words out of order or twice.
    #[error("the words of input {0:?} must be sorted and each there once; train anew")]
    Words(String),
}

impl InputKind {
    /// How many places it takes up.
    pub fn places(&self) -> usize {
        match self {
            InputKind::Number { .. } => 2,
            InputKind::Category { words } => words.len() + 2,
        }
    }

    fn feature(&self) -> FeatureKind {
        match self {
            InputKind::Number { .. } => FeatureKind::Number,
            InputKind::Category { .. } => FeatureKind::Category,
        }
    }
}

impl Inputs {
    /// Of these features.
    ///
    /// # Errors
    ///
    /// If two have one name, a scale is not above 0, or words are not sorted.
    pub fn new(inputs: Vec<Input>) -> Result<Inputs, InputsError> {
        let mut names = BTreeSet::new();
        let mut all = Inputs::default();
        for input in &inputs {
            if !names.insert(&input.name) {
                return Err(InputsError::Twice(input.name.clone()));
            }
            check(input)?;
            all.starts.push(all.places);
            all.places += input.kind.places();
        }
        Ok(Inputs { inputs, ..all })
    }

    /// The features.
    pub fn inputs(&self) -> &[Input] {
        &self.inputs
    }

    /// How many places all features take up.
    pub fn places(&self) -> usize {
        self.places
    }

    /// A name for each place.
    pub fn names(&self) -> impl Iterator<Item = String> + '_ {
        self.inputs.iter().flat_map(|Input { name, kind }| match kind {
            InputKind::Number { .. } => vec![name.clone(), format!("{name} is missing")],
            InputKind::Category { words } => {
                let of_words = words.iter().map(|word| format!("{name}={word}"));
                of_words.chain([format!("{name} is new"), format!("{name} is missing")]).collect()
            }
        })
    }

    /// The columns of `frame` that belong to the features, by name.
    ///
    /// # Errors
    ///
    /// If one is not there or holds something else. A column without any value fits all.
    pub fn bind<'a>(&self, frame: &'a Frame) -> Result<Bound<'a>, BindError> {
        let columns = self.columns(frame)?;
        let bound = self.inputs.iter().zip(&self.starts).zip(columns);
        Ok(Bound(bound.map(|((input, &start), values)| bound::bind(&input.kind, start, values)).collect()))
    }

    /// The features of `frame`, of which each row is as [`Inputs::entries`] takes it.
    ///
    /// # Errors
    ///
    /// As [`Inputs::bind`].
    pub fn encode(&self, frame: &Frame) -> Result<Matrix, BindError> {
        let columns = self.columns(frame)?;
        let cells = self.inputs.iter().zip(columns).map(|(Input { kind, .. }, values)| match kind {
            InputKind::Number { .. } => cells(FeatureKind::Number, &[], values),
            InputKind::Category { words } => cells(FeatureKind::Category, words, values),
        });
        Ok(Matrix::new(cells.collect()).expect("columns of a frame are of one length, and codes are made here"))
    }

    fn columns<'a>(&self, frame: &'a Frame) -> Result<Vec<&'a Values>, BindError> {
        bind::columns(frame, self.inputs.iter().map(|input| (input.name.as_str(), input.kind.feature())))
    }

    /// Where the places of each feature begin.
    pub fn starts(&self) -> &[usize] {
        &self.starts
    }

    /// The entries of a row as [`crate::Matrix::read_row`] writes it: numbers, and places among the words by their bits. A
    /// code beyond its words and the two places after them is unseen.
    ///
    /// # Panics
    ///
    /// If the row is shorter than the features are many.
    pub fn entries<'a>(&'a self, row: &'a [f32]) -> impl Iterator<Item = (usize, f64)> + 'a {
        assert!(row.len() >= self.inputs.len(), "{} values for {} features", row.len(), self.inputs.len());
        self.inputs.iter().zip(&self.starts).zip(row).map(|((input, &start), &value)| match &input.kind {
            InputKind::Number { mean, scale } => number(start, *mean, *scale, value),
            InputKind::Category { words } => {
                let code = value.to_bits() as usize;
                (start + if code <= words.len() + 1 { code } else { words.len() }, 1.0)
            }
        })
    }
}

fn check(input: &Input) -> Result<(), InputsError> {
    match &input.kind {
        InputKind::Number { mean, scale } if !mean.is_finite() || !scale.is_finite() || *scale <= 0.0 => {
            Err(InputsError::Scale(input.name.clone()))
        }
        InputKind::Category { words } if !words.is_sorted_by(|a, b| a < b) => {
            Err(InputsError::Words(input.name.clone()))
        }
        _ => Ok(()),
    }
}
