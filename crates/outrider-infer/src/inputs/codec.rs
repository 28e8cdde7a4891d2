//! Inputs as bytes: how many (u16); of each its name (length as u16, UTF-8), the kind (u8), then of a number mean and scale
//! (f64), of a category the number of words (u32) and each as its name is.

use super::{Input, InputKind, Inputs};
use crate::bytes::{DamagedError, Rest, TooLargeError, write_text, write_words};

const NUMBER: u8 = 1;
const CATEGORY: u8 = 2;

impl Inputs {
    /// Adds them to `bytes`.
    pub(crate) fn write(&self, bytes: &mut Vec<u8>) -> Result<(), TooLargeError> {
        bytes.extend(u16::try_from(self.inputs.len()).map_err(|_| TooLargeError("inputs"))?.to_le_bytes());
        self.inputs.iter().try_for_each(|input| write(bytes, input))
    }

    /// Takes them from the front of `rest`.
    pub(crate) fn read(rest: &mut Rest) -> Result<Inputs, DamagedError> {
        let count = rest.short("the number of inputs")?;
        let inputs = (0..count).map(|_| read(rest)).collect::<Result<Vec<_>, _>>()?;
        Ok(Inputs::new(inputs)?)
    }
}

fn write(bytes: &mut Vec<u8>, input: &Input) -> Result<(), TooLargeError> {
    write_text(bytes, &input.name)?;
    match &input.kind {
        InputKind::Number { mean, scale } => {
            bytes.push(NUMBER);
            bytes.extend([mean, scale].iter().flat_map(|number| number.to_le_bytes()));
            Ok(())
        }
        InputKind::Category { words } => {
            bytes.push(CATEGORY);
            write_words(bytes, words)
        }
    }
}

fn read(rest: &mut Rest) -> Result<Input, DamagedError> {
    let name = rest.text()?;
    let [kind] = rest.take("the kind of an input")?;
    let kind = match kind {
        NUMBER => InputKind::Number { mean: rest.number("a mean")?, scale: rest.number("a scale")? },
        CATEGORY => InputKind::Category { words: rest.words()? },
        other => {
            let expected = "1 (number) or 2 (category)";
            return Err(DamagedError::Value { what: "the kind of an input", found: other.into(), expected });
        }
    };
    Ok(Input { name, kind })
}
