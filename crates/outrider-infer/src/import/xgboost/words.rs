//! Words of categories as XGBoost keeps them since 3.1: for each feature bytes cut at offsets, or numbers.

use super::PLACE;
use super::document::{Categories, Codes};
use crate::import::{ImportError, WORDS_MAX};

/// The words of each of `features` features by code; none where it takes numbers.
pub(super) fn of(cats: Option<&Categories>, features: usize) -> Result<Vec<Vec<String>>, ImportError> {
    let enc = cats.map_or(&[][..], |cats| &cats.enc.0);
    if enc.is_empty() {
        return Ok(vec![Vec::new(); features]);
    }
    if enc.len() != features {
        return Err(ImportError::damaged(PLACE, format!("words of {} features, expected {features}", enc.len())));
    }
    let count = |codes: &Codes| if codes.type_of_numbers.is_some() { codes.values.len() } else { codes.offsets.len() };
    if enc.iter().map(count).sum::<usize>() > WORDS_MAX {
        return Err(ImportError::damaged(PLACE, format!("more than {WORDS_MAX} words of categories")));
    }
    enc.iter().enumerate().map(|(at, codes)| words(at, codes)).collect()
}

fn damaged(feature: usize, problem: &str) -> ImportError {
    ImportError::damaged(PLACE, format!("the categories of feature {feature} {problem}"))
}

fn words(feature: usize, codes: &Codes) -> Result<Vec<String>, ImportError> {
    if codes.values.is_fraction() {
        return Err(damaged(feature, "are fractions, expected words or whole numbers"));
    }
    if codes.type_of_numbers.is_some() {
        return Ok(codes.values.iter().map(|number| number.to_string()).collect());
    }
    text(feature, codes)
}

/// Words as bytes that are cut at offsets.
fn text(feature: usize, codes: &Codes) -> Result<Vec<String>, ImportError> {
    let bytes: Option<Vec<u8>> = codes.values.iter().map(byte).collect();
    let bytes = bytes.ok_or_else(|| damaged(feature, "are no bytes"))?;
    // Offsets that go back would let few bytes make many words.
    let ascending = codes.offsets.is_sorted() && codes.offsets.first().is_none_or(|&first| first == 0);
    if !ascending || codes.offsets.last().is_some_and(|&last| last as usize > bytes.len()) {
        return Err(damaged(feature, "have offsets that go back or beyond their bytes"));
    }
    // XGBoost 3.2 counts letters and cuts bytes: of `É` it writes the first alone.
    let word = |pair: &[u32]| Some(&bytes[pair[0] as usize..pair[1] as usize]).filter(|word| word.is_ascii());
    let words = codes.offsets.windows(2).map(|pair| word(pair).map(|word| String::from_utf8_lossy(word).into_owned()));
    let words: Option<Vec<String>> = words.collect();
    words.ok_or_else(|| {
        let what = format!("a model whose feature {feature} (counted from 0) has words with letters beyond ASCII");
        ImportError::unsupported(
            what,
            "XGBoost cuts them short in its file: rename those categories in ASCII and train again",
        )
    })
}

/// Bytes are written as whole numbers of 8 bits, with a sign.
fn byte(value: i64) -> Option<u8> {
    i8::try_from(value).map(i8::cast_unsigned).or_else(|_| u8::try_from(value)).ok()
}
