//! A logistic regression as bytes, believed only whole.
//!
//! Little endian: version (u16), bias (f64), the inputs, the weights (f64).

use super::LogisticRegression;
use crate::bytes::{DamagedError, Rest, TooLargeError};
use crate::inputs::Inputs;

const VERSION: u16 = 1;

impl LogisticRegression {
    /// As bytes, always the same for the same model.
    ///
    /// # Errors
    ///
    /// If it has more than 65535 inputs, or a name or word longer than 65535 bytes.
    pub fn write(&self) -> Result<Vec<u8>, TooLargeError> {
        let mut bytes = VERSION.to_le_bytes().to_vec();
        bytes.extend(self.bias.to_le_bytes());
        self.inputs.write(&mut bytes)?;
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
        rest.version(VERSION)?;
        let bias = rest.number("bias")?;
        let inputs = Inputs::read(&mut rest)?;
        let weights = rest.numbers(inputs.places())?;
        Ok(LogisticRegression::new(inputs, bias, weights)?)
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::inputs::{Input, InputKind};

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
        bytes.extend([1, 0, b'a', 2, 255, 255, 255, 255]);
        assert_eq!(LogisticRegression::read(&bytes), Err(DamagedError::Short("a name")));
    }

    #[test]
    fn other_versions_and_kinds_are_named() {
        assert_eq!(LogisticRegression::read(&[9, 0]), Err(DamagedError::Version { found: 9, expected: 1 }));
        let mut bytes = [VERSION.to_le_bytes().as_slice(), &0.0f64.to_le_bytes(), &1u16.to_le_bytes()].concat();
        bytes.extend([1, 0, 0xff]);
        assert_eq!(LogisticRegression::read(&bytes), Err(DamagedError::Text));
        bytes.truncate(bytes.len() - 1);
        bytes.extend([b'a', 7]);
        assert!(matches!(LogisticRegression::read(&bytes), Err(DamagedError::Value { found: 7, .. })));
    }

    #[test]
    fn what_is_too_large_is_not_written() {
        let long = Input { name: "x".repeat(70_000), kind: InputKind::Number { mean: 0.0, scale: 1.0 } };
        let model = LogisticRegression::new(Inputs::new(vec![long]).unwrap(), 0.0, vec![0.0; 2]).unwrap();
        assert_eq!(model.write(), Err(TooLargeError("bytes in a name")));
    }
}
