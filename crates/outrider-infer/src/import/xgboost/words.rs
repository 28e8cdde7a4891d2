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
    let words = |(at, codes): (usize, &Codes)| words(codes).ok_or_else(|| damaged(at));
    enc.iter().enumerate().map(words).collect()
}

fn damaged(feature: usize) -> ImportError {
    let told = format!("the categories of feature {feature} are no words of ASCII, which alone XGBoost writes whole");
    ImportError::damaged(PLACE, told)
}

fn words(codes: &Codes) -> Option<Vec<String>> {
    if codes.type_of_numbers.is_some() {
        return Some(codes.values.iter().map(f64::to_string).collect());
    }
    let bytes: Vec<u8> = codes.values.iter().map(|&value| byte(value)).collect::<Option<_>>()?;
    let word = |pair: &[u32]| {
        let word = bytes.get(pair[0] as usize..pair[1] as usize)?;
        // XGBoost 3.2 counts letters and cuts bytes: of `É` it writes the first alone.
        word.is_ascii().then(|| String::from_utf8_lossy(word).into_owned())
    };
    // Offsets that go back would let few bytes make many words.
    let ascending = codes.offsets.is_sorted() && codes.offsets.first().is_none_or(|&first| first == 0);
    ascending.then(|| codes.offsets.windows(2).map(word).collect::<Option<Vec<String>>>()).flatten()
}

/// Bytes are written as whole numbers of 8 bits, with a sign.
fn byte(value: f64) -> Option<u8> {
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "checked to be a byte")]
    (value.fract() == 0.0 && (-128.0..256.0).contains(&value)).then_some(value as i64 as u8)
}
