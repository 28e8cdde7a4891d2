//! What a linear model takes, and how a table is bound to it.

use std::collections::BTreeSet;

use outrider_core::frame::{Column, Frame, Values};

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

/// Which columns do not fit a model, all of them.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the table does not fit the model: {}. Names bind: give it the columns that the model was trained on", .0.join("; "))]
pub struct BindError(pub Vec<String>);

impl InputKind {
    fn places(&self) -> usize {
        match self {
            InputKind::Number { .. } => 2,
            InputKind::Category { words } => words.len() + 2,
        }
    }

    fn expected(&self) -> &'static str {
        match self {
            InputKind::Number { .. } => "numbers",
            InputKind::Category { .. } => "words",
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
        let each = self.inputs.iter().zip(&self.starts).map(|(input, &start)| bind(input, start, frame));
        let (bound, mistakes): (Vec<_>, Vec<_>) = each.partition(Result::is_ok);
        if mistakes.is_empty() {
            Ok(Bound(bound.into_iter().flatten().collect()))
        } else {
            Err(BindError(mistakes.into_iter().filter_map(Result::err).collect()))
        }
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

/// A table bound to inputs.
#[derive(Debug)]
pub struct Bound<'a>(Vec<BoundInput<'a>>);

#[derive(Debug)]
enum BoundInput<'a> {
    Number {
        start: usize,
        mean: f64,
        scale: f64,
        values: &'a [f64],
    },
    /// The place of each code of the column, and that of the missing.
    Category {
        places: Vec<usize>,
        missing: usize,
        codes: &'a [u32],
    },
    Missing {
        place: usize,
    },
}

fn bind<'a>(input: &Input, start: usize, frame: &'a Frame) -> Result<BoundInput<'a>, String> {
    let Some(column) = frame.column(&input.name) else { return Err(format!("it has no column {:?}", input.name)) };
    let missing = start + input.kind.places() - 1;
    match (&input.kind, &column.values) {
        (_, values) if values.missing() == values.len() => Ok(BoundInput::Missing { place: missing }),
        (&InputKind::Number { mean, scale }, Values::Number(values)) => {
            Ok(BoundInput::Number { start, mean, scale, values })
        }
        (InputKind::Category { words }, Values::Word(column)) => {
            let place = |word: &String| start + words.binary_search(word).unwrap_or(words.len());
            let places = column.dictionary.iter().map(place).collect();
            Ok(BoundInput::Category { places, missing, codes: &column.codes })
        }
        _ => Err(wrong_kind(input, column)),
    }
}

fn wrong_kind(input: &Input, column: &Column) -> String {
    let found = match column.values {
        Values::Number(_) => "numbers",
        Values::Word(_) => "words",
        Values::Time(_) => "times",
    };
    format!("column {:?} holds {found}, expected {}", input.name, input.kind.expected())
}

impl Bound<'_> {
    /// The entries of a row: a place and what stands in it, one for each feature.
    ///
    /// # Panics
    ///
    /// If there is no such row.
    pub fn row(&self, row: usize) -> impl Iterator<Item = (usize, f64)> + '_ {
        self.0.iter().map(move |input| input.entry(row))
    }
}

impl BoundInput<'_> {
    fn entry(&self, row: usize) -> (usize, f64) {
        match self {
            BoundInput::Number { start, mean, scale, values } => match rounded(values[row]) {
                value if value.is_finite() => (*start, (value - mean) / scale),
                _ => (start + 1, 1.0),
            },
            BoundInput::Category { places, missing, codes } => {
                (places.get(codes[row] as usize).copied().unwrap_or(*missing), 1.0)
            }
            BoundInput::Missing { place } => (*place, 1.0),
        }
    }
}

/// As trees have it, so that every kind of model sees the same number.
#[expect(clippy::cast_possible_truncation, reason = "to the width that models are trained on")]
fn rounded(value: f64) -> f64 {
    f64::from(value as f32)
}
