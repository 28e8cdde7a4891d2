//! A logistic regression as bytes, believed only whole.
//!
//! Little endian: version (u16), bias (f64), the number of inputs (u16); of each its name (length as u16, UTF-8), the kind (u8), then
//! of a number mean and scale (f64), of a category the number of words (u32) and each as its name is; last the weights (f64).

use super::inputs::InputsError;
use super::{Input, InputKind, Inputs, LogisticRegression, WeightsError};

const VERSION: u16 = 1;
const NUMBER: u8 = 1;
const CATEGORY: u8 = 2;

/// Why bytes are no logistic regression.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum DamagedError {
    /// They end too early, at this part.
    #[error("the logistic regression is cut short at {0}; fetch or train the model anew")]
    Short(&'static str),
    /// Something stands behind its end.
    #[error("{0} bytes stand behind the logistic regression, expected none; fetch or train the model anew")]
    Long(usize),
    /// Written by another version.
    #[error("the logistic regression is of version {0}, this program reads version {VERSION}")]
    Version(u16),
    /// A kind that there is not.
    #[error("an input is of kind {0}, expected {NUMBER} (number) or {CATEGORY} (category)")]
    Kind(u8),
    /// A name or a word is not UTF-8.
    #[error("a name is not UTF-8; fetch or train the model anew")]
    Text,
    /// Inputs that cannot be.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// Weights that cannot be.
    #[error(transparent)]
    Weights(#[from] WeightsError),
}

/// A model has too much of something to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model has more {0} than can be written; train with fewer features or shorter words")]
pub struct TooLargeError(pub &'static str);

impl LogisticRegression {
    /// As bytes, always the same for the same model.
    ///
    /// # Errors
    ///
    /// If it has more than 65535 inputs, or a name or word longer than 65535 bytes.
    pub fn write(&self) -> Result<Vec<u8>, TooLargeError> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        bytes.extend(self.bias.to_le_bytes());
        let inputs = self.inputs.inputs();
        bytes.extend(u16::try_from(inputs.len()).map_err(|_| TooLargeError("inputs"))?.to_le_bytes());
        inputs.iter().try_for_each(|input| write_input(&mut bytes, input))?;
        bytes.extend(self.weights.iter().flat_map(|weight| weight.to_le_bytes()));
        Ok(bytes)
    }

    /// Of bytes from anywhere.
    ///
    /// # Errors
    ///
    /// If they are not what [`LogisticRegression::write`] gives.
    pub fn read(bytes: &[u8]) -> Result<LogisticRegression, DamagedError> {
        let mut rest = Rest(bytes);
        let version = u16::from_le_bytes(rest.take("version")?);
        if version != VERSION {
            return Err(DamagedError::Version(version));
        }
        let bias = rest.number("bias")?;
        let count = u16::from_le_bytes(rest.take("the number of inputs")?);
        let inputs = (0..count).map(|_| rest.input()).collect::<Result<Vec<_>, _>>()?;
        let inputs = Inputs::new(inputs)?;
        let weights = rest.numbers(inputs.places())?;
        Ok(LogisticRegression::new(inputs, bias, weights)?)
    }
}

fn write_input(bytes: &mut Vec<u8>, input: &Input) -> Result<(), TooLargeError> {
    write_text(bytes, &input.name)?;
    match &input.kind {
        InputKind::Number { mean, scale } => {
            bytes.push(NUMBER);
            bytes.extend([mean, scale].iter().flat_map(|number| number.to_le_bytes()));
        }
        InputKind::Category { words } => {
            bytes.push(CATEGORY);
            bytes.extend(u32::try_from(words.len()).map_err(|_| TooLargeError("words"))?.to_le_bytes());
            words.iter().try_for_each(|word| write_text(bytes, word))?;
        }
    }
    Ok(())
}

fn write_text(bytes: &mut Vec<u8>, text: &str) -> Result<(), TooLargeError> {
    bytes.extend(u16::try_from(text.len()).map_err(|_| TooLargeError("bytes in a name"))?.to_le_bytes());
    bytes.extend(text.as_bytes());
    Ok(())
}

/// What is still to be read. Memory is taken only for what has been read.
struct Rest<'a>(&'a [u8]);

impl Rest<'_> {
    fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DamagedError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(DamagedError::Short(what))?;
        self.0 = rest;
        Ok(*taken)
    }

    fn number(&mut self, what: &'static str) -> Result<f64, DamagedError> {
        self.take(what).map(f64::from_le_bytes)
    }

    fn text(&mut self) -> Result<String, DamagedError> {
        let length = usize::from(u16::from_le_bytes(self.take("a name")?));
        let (text, rest) = self.0.split_at_checked(length).ok_or(DamagedError::Short("a name"))?;
        self.0 = rest;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| DamagedError::Text)
    }

    fn input(&mut self) -> Result<Input, DamagedError> {
        let name = self.text()?;
        let [kind] = self.take("the kind of an input")?;
        let kind = match kind {
            NUMBER => InputKind::Number { mean: self.number("a mean")?, scale: self.number("a scale")? },
            CATEGORY => {
                let count = u32::from_le_bytes(self.take("the number of words")?);
                InputKind::Category { words: (0..count).map(|_| self.text()).collect::<Result<Vec<_>, _>>()? }
            }
            other => return Err(DamagedError::Kind(other)),
        };
        Ok(Input { name, kind })
    }

    /// All that is left, which must be `count` numbers.
    fn numbers(&self, count: usize) -> Result<Vec<f64>, DamagedError> {
        let expected = count * 8;
        match self.0.len().checked_sub(expected) {
            None => Err(DamagedError::Short("the weights")),
            Some(0) => Ok(self.0.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number)).collect()),
            Some(surplus) => Err(DamagedError::Long(surplus)),
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn input() -> impl Strategy<Value = InputKind> {
        let words = prop::collection::btree_set("[a-zä]{0,4}", 0..5);
        prop_oneof![
            (-1e6f64..1e6, 1e-3f64..1e6).prop_map(|(mean, scale)| InputKind::Number { mean, scale }),
            words.prop_map(|words| InputKind::Category { words: words.into_iter().collect() }),
        ]
    }

    fn model() -> impl Strategy<Value = LogisticRegression> {
        (prop::collection::vec(input(), 0..5), -9.0f64..9.0, prop::collection::vec(-9.0f64..9.0, 40)).prop_map(
            |(kinds, bias, mut weights)| {
                let named = |(at, kind)| Input { name: format!("input {at}"), kind };
                let inputs = Inputs::new(kinds.into_iter().enumerate().map(named).collect()).unwrap();
                weights.resize(inputs.places(), 0.5);
                LogisticRegression::new(inputs, bias, weights).unwrap()
            },
        )
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back(model in model()) {
            prop_assert_eq!(LogisticRegression::read(&model.write().unwrap()), Ok(model));
        }

        #[test]
        fn what_is_cut_short_or_too_long_is_refused(model in model(), cut in any::<prop::sample::Index>()) {
            let mut bytes = model.write().unwrap();
            prop_assert!(LogisticRegression::read(&bytes[..cut.index(bytes.len())]).is_err());
            bytes.push(0);
            prop_assert!(matches!(LogisticRegression::read(&bytes), Err(DamagedError::Long(1))));
        }

        #[test]
        fn changed_bytes_are_refused_or_make_another_model_that_is_whole(
            model in model(),
            at in any::<prop::sample::Index>(),
            to in any::<u8>(),
        ) {
            let mut bytes = model.write().unwrap();
            let at = at.index(bytes.len());
            bytes[at] = to;
            if let Ok(read) = LogisticRegression::read(&bytes) {
                prop_assert_eq!(read.write().unwrap(), bytes);
            }
        }

        #[test]
        fn any_bytes_are_refused_without_harm(mut bytes in prop::collection::vec(any::<u8>(), 0..200)) {
            if let Some(version) = bytes.first_chunk_mut::<2>() {
                *version = VERSION.to_le_bytes();
            }
            let _ = LogisticRegression::read(&bytes).map(|model| assert_eq!(model.write().unwrap(), bytes));
        }
    }

    #[test]
    fn a_count_that_the_bytes_do_not_hold_takes_no_memory() {
        let mut bytes = [VERSION.to_le_bytes().as_slice(), &0.0f64.to_le_bytes(), &1u16.to_le_bytes()].concat();
        bytes.extend([1, 0, b'a', CATEGORY, 255, 255, 255, 255]);
        assert_eq!(LogisticRegression::read(&bytes), Err(DamagedError::Short("a name")));
    }

    #[test]
    fn other_versions_and_kinds_are_named() {
        assert_eq!(LogisticRegression::read(&[9, 0]), Err(DamagedError::Version(9)));
        let mut bytes = [VERSION.to_le_bytes().as_slice(), &0.0f64.to_le_bytes(), &1u16.to_le_bytes()].concat();
        bytes.extend([1, 0, 0xff]);
        assert_eq!(LogisticRegression::read(&bytes), Err(DamagedError::Text));
        bytes.truncate(bytes.len() - 1);
        bytes.extend([b'a', 7]);
        assert_eq!(LogisticRegression::read(&bytes), Err(DamagedError::Kind(7)));
    }

    #[test]
    fn what_is_too_large_is_not_written() {
        let long = Input { name: "x".repeat(70_000), kind: InputKind::Number { mean: 0.0, scale: 1.0 } };
        let model = LogisticRegression::new(Inputs::new(vec![long]).unwrap(), 0.0, vec![0.0; 2]).unwrap();
        assert_eq!(model.write(), Err(TooLargeError("bytes in a name")));
    }
}
