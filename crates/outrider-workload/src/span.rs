//! Spans of time as a person writes them: `5s`, `250ms`, `1.5s`, `2m`, `1h`. A bare number is refused: units are part of
//! the value.

use std::time::Duration;

use serde::{Deserialize, Deserializer, Serializer};
use thiserror::Error;

/// A text that is no span of time.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
#[error("{0:?} is not a time with its unit, such as 250ms, 5s, 2m or 1h (at most a year)")]
pub struct SpanError(String);

const UNITS_S: [(&str, f64); 4] = [("ms", 1e-3), ("s", 1.0), ("m", 60.0), ("h", 3600.0)];
const SPAN_MAX_S: f64 = 365.0 * 24.0 * 3600.0;

/// Reads a span of time.
///
/// # Errors
/// When the unit is missing, the number is no number, negative, or more than a year.
pub fn parse_span(text: &str) -> Result<Duration, SpanError> {
    let error = || SpanError(text.to_owned());
    let digits = text.find(|c: char| !c.is_ascii_digit() && c != '.').ok_or_else(error)?;
    let (number, unit) = text.split_at(digits);
    let factor = UNITS_S.iter().find(|(name, _)| *name == unit);
    let (_, unit_s) = factor.ok_or_else(error)?;
    let seconds = number.parse::<f64>().map_err(|_| error())? * unit_s;
    if seconds > SPAN_MAX_S {
        return Err(error());
    }
    Duration::try_from_secs_f64(seconds).map_err(|_| error())
}

/// Writes a span of time as [`parse_span`] reads it, in the largest unit that leaves no fraction of a millisecond.
pub fn format_span(span: Duration) -> String {
    let ms = span.as_secs_f64() * 1e3;
    let units = UNITS_S.iter().rev().map(|&(name, unit_s)| (name, ms / 1e3 / unit_s));
    let mut whole = units.filter(|&(_, count)| count >= 1.0 && count.fract() == 0.0);
    whole.next().map_or_else(|| format!("{ms}ms"), |(name, count)| format!("{count}{name}"))
}

/// For fields of type [`Duration`]: `#[serde(deserialize_with = "span::deserialize")]`.
///
/// # Errors
/// When the text is no span of time.
pub fn deserialize<'de, D: Deserializer<'de>>(from: D) -> Result<Duration, D::Error> {
    let text = String::deserialize(from)?;
    parse_span(&text).map_err(serde::de::Error::custom)
}

/// For fields of type [`Duration`]; both at once: `#[serde(with = "span")]`.
///
/// # Errors
/// Those of the serializer.
pub fn serialize<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(&format_span(*span))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_are_read_with_their_units() {
        for (text, ms) in
            [("250ms", 250), ("5s", 5_000), ("1.5s", 1_500), ("2m", 120_000), ("1h", 3_600_000), ("0s", 0)]
        {
            assert_eq!(parse_span(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for text in ["", "5", "s", "-5s", "5 s", "5sec", "1.2.3s", "9e9s", "99999h"] {
            assert!(parse_span(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn what_is_written_is_read(ms in 0u64..10_000_000) {
            let span = Duration::from_millis(ms);
            prop_assert_eq!(parse_span(&format_span(span)), Ok(span));
        }

        #[test]
        fn no_text_panics(text in ".{0,12}") {
            let _ = parse_span(&text);
        }
    }
}
