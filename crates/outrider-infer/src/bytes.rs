//! Parts of models as bytes, little endian. All that is read is hostile until checked; memory is taken only for what was read.

use crate::inputs::InputsError;
use crate::linear::WeightsError;
use crate::network::NetworkError;

/// Why bytes are no part of a model.
#[derive(Clone, Debug, PartialEq, thiserror::Error)]
pub enum DamagedError {
    /// They end too early, at this part.
    #[error("the model is cut short at {0}; fetch or train it anew")]
    Short(&'static str),
    /// Something stands behind their end.
    #[error("{0} bytes stand behind the model, expected none; fetch or train it anew")]
    Long(usize),
    /// Written by another version.
    #[error("a part of the model is of version {found}, this program reads version {expected}")]
    Version {
        /// What it is.
        found: u16,
        /// What it may be.
        expected: u16,
    },
    /// A value that there is not.
    #[error("{what} is {found}, expected {expected}; fetch or train the model anew")]
    Value {
        /// Of what.
        what: &'static str,
        /// What it is.
        found: u32,
        /// What it may be.
        expected: &'static str,
    },
    /// A name or a word is not UTF-8.
    #[error("a name is not UTF-8; fetch or train the model anew")]
    Text,
    /// Inputs that cannot be.
    #[error(transparent)]
    Inputs(#[from] InputsError),
    /// Weights that cannot be.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// Layers that cannot be.
    #[error(transparent)]
    Network(#[from] NetworkError),
}

/// A model has too much of something to be written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the model has more {0} than can be written; train with fewer features or shorter words")]
pub struct TooLargeError(pub &'static str);

/// Adds a text of at most 65535 bytes: its length, then itself.
pub(crate) fn write_text(bytes: &mut Vec<u8>, text: &str) -> Result<(), TooLargeError> {
    bytes.extend(u16::try_from(text.len()).map_err(|_| TooLargeError("bytes in a name"))?.to_le_bytes());
    bytes.extend(text.as_bytes());
    Ok(())
}

/// Adds words: how many, then each.
pub(crate) fn write_words(bytes: &mut Vec<u8>, words: &[String]) -> Result<(), TooLargeError> {
    bytes.extend(u32::try_from(words.len()).map_err(|_| TooLargeError("words"))?.to_le_bytes());
    words.iter().try_for_each(|word| write_text(bytes, word))
}

/// What is still to be read.
pub(crate) struct Rest<'a>(pub(crate) &'a [u8]);

impl Rest<'_> {
    pub(crate) fn take<const N: usize>(&mut self, what: &'static str) -> Result<[u8; N], DamagedError> {
        let (taken, rest) = self.0.split_first_chunk::<N>().ok_or(DamagedError::Short(what))?;
        self.0 = rest;
        Ok(*taken)
    }

    /// A version, which must be the one that is `expected`.
    pub(crate) fn version(&mut self, expected: u16) -> Result<(), DamagedError> {
        let found = self.short("version")?;
        if found == expected { Ok(()) } else { Err(DamagedError::Version { found, expected }) }
    }

    pub(crate) fn short(&mut self, what: &'static str) -> Result<u16, DamagedError> {
        self.take(what).map(u16::from_le_bytes)
    }

    pub(crate) fn number(&mut self, what: &'static str) -> Result<f64, DamagedError> {
        self.take(what).map(f64::from_le_bytes)
    }

    pub(crate) fn text(&mut self) -> Result<String, DamagedError> {
        let length = usize::from(self.short("a name")?);
        let (text, rest) = self.0.split_at_checked(length).ok_or(DamagedError::Short("a name"))?;
        self.0 = rest;
        std::str::from_utf8(text).map(str::to_owned).map_err(|_| DamagedError::Text)
    }

    pub(crate) fn words(&mut self) -> Result<Vec<String>, DamagedError> {
        let count = u32::from_le_bytes(self.take("the number of words")?);
        (0..count).map(|_| self.text()).collect()
    }

    /// So many numbers of single precision.
    pub(crate) fn singles(&mut self, count: usize, what: &'static str) -> Result<Vec<f32>, DamagedError> {
        let bytes = count.checked_mul(4).and_then(|bytes| self.0.split_at_checked(bytes));
        let (taken, rest) = bytes.ok_or(DamagedError::Short(what))?;
        self.0 = rest;
        Ok(taken.as_chunks::<4>().0.iter().map(|number| f32::from_le_bytes(*number)).collect())
    }

    /// All that is left, which must be `count` numbers.
    pub(crate) fn numbers(&self, count: usize) -> Result<Vec<f64>, DamagedError> {
        match self.0.len().checked_sub(count * 8) {
            None => Err(DamagedError::Short("the weights")),
            Some(0) => Ok(self.0.as_chunks::<8>().0.iter().map(|number| f64::from_le_bytes(*number)).collect()),
            Some(surplus) => Err(DamagedError::Long(surplus)),
        }
    }

    /// That nothing is left.
    pub(crate) fn end(&self) -> Result<(), DamagedError> {
        if self.0.is_empty() { Ok(()) } else { Err(DamagedError::Long(self.0.len())) }
    }
}
