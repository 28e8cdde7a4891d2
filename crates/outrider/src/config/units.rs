//! Quantities with their units: `250ms`, `64KiB`.
//!
//! A number alone is refused: whoever reads `timeout: 30` must guess, and half of them guess wrong. The strict reader
//! takes a whole number and one unit; everything else that a person could have meant goes into the hint.

use std::time::Duration;

use crate::config::forms::Flaw;

/// A unit, and what people write for it.
struct Unit {
    name: &'static str,
    factor: u64,
    also: &'static [&'static str],
}

const fn unit(name: &'static str, factor: u64, also: &'static [&'static str]) -> Unit {
    Unit { name, factor, also }
}

/// In milliseconds, ascending.
const TIME: &[Unit] = &[
    unit("ms", 1, &["msec", "msecs", "millis", "millisecond", "milliseconds"]),
    unit("s", 1_000, &["sec", "secs", "second", "seconds"]),
    unit("m", 60_000, &["min", "mins", "minute", "minutes"]),
    unit("h", 3_600_000, &["hr", "hrs", "hour", "hours"]),
];

/// In bytes, ascending.
const BYTES: &[Unit] = &[
    unit("B", 1, &["byte", "bytes"]),
    unit("KB", 1_000, &[]),
    unit("KiB", 1 << 10, &["k", "ki"]),
    unit("MB", 1_000_000, &[]),
    unit("MiB", 1 << 20, &["m", "mi"]),
    unit("GB", 1_000_000_000, &[]),
    unit("GiB", 1 << 30, &["g", "gi"]),
];

/// A regular expression for every duration that [`parse_duration`] takes.
pub(crate) const DURATION_PATTERN: &str = "[0-9]{1,12}(ms|s|m|h)";

/// A regular expression for every size that [`parse_size`] takes.
pub(crate) const SIZE_PATTERN: &str = "[0-9]{1,12}(B|KB|KiB|MB|MiB|GB|GiB)";

/// Most digits of a number, so that every duration fits a `u64`.
const DIGITS_MAX: usize = 12;

/// The duration that `text` says, in whole milliseconds.
///
/// # Errors
/// Anything but up to 12 digits and one of `ms`, `s`, `m`, `h`; the flaw's hint is what may have been meant.
pub(crate) fn parse_duration(text: &str) -> Result<Duration, Flaw> {
    let meant = |ms| duration_text(Duration::from_millis(ms));
    parse(text, TIME).map(Duration::from_millis).ok_or_else(|| flaw(text, TIME, "s", meant))
}

/// The bytes that `text` says.
///
/// # Errors
/// Anything but up to 12 digits and one of `B`, `KB`, `KiB`, `MB`, `MiB`, `GB`, `GiB`.
pub(crate) fn parse_size(text: &str) -> Result<u64, Flaw> {
    parse(text, BYTES).ok_or_else(|| flaw(text, BYTES, "B", size_text))
}

/// `span` in the largest unit that leaves a whole number; less than a millisecond is dropped.
pub(crate) fn duration_text(span: Duration) -> String {
    text_of(u64::try_from(span.as_millis()).unwrap_or(u64::MAX), TIME)
}

/// `bytes` in the largest unit that leaves a whole number.
pub(crate) fn size_text(bytes: u64) -> String {
    text_of(bytes, BYTES)
}

fn text_of(amount: u64, units: &[Unit]) -> String {
    let fits = |unit: &&Unit| amount.is_multiple_of(unit.factor) && (amount > 0 || unit.factor == 1);
    let unit = units.iter().rev().find(fits).unwrap_or(&units[0]);
    format!("{}{}", amount / unit.factor, unit.name)
}

fn parse(text: &str, units: &[Unit]) -> Option<u64> {
    let (digits, name) = text.split_at(text.bytes().take_while(u8::is_ascii_digit).count());
    let unit = units.iter().find(|unit| unit.name == name)?;
    if digits.len() > DIGITS_MAX {
        return None;
    }
    digits.parse::<u64>().ok()?.checked_mul(unit.factor)
}

fn flaw(text: &str, units: &[Unit], usual: &str, write: impl Fn(u64) -> String) -> Flaw {
    let bare = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit() || b == b'.');
    let meant = match bare {
        true => guess(&format!("{text}{usual}"), units).map(write),
        false => tidy(text, units).or_else(|| guess(text, units).map(write)),
    };
    Flaw { why: bare.then(|| "without a unit".to_owned()), instead: meant, hint: None }
}

/// `60 sec` as `60s`.
fn tidy(text: &str, units: &[Unit]) -> Option<String> {
    let (digits, name) = split(text.trim(), |c| c.is_ascii_digit());
    let tidy = format!("{digits}{}", named(name.trim_start(), units)?.name);
    parse(&tidy, units).map(|_| tidy)
}

/// What `text` may have meant: fractions, several parts, spaces, long names and any case of units.
fn guess(text: &str, units: &[Unit]) -> Option<u64> {
    const EXACT_MAX: f64 = 9e15;
    let mut rest = text.trim();
    let mut total = 0.0_f64;
    while !rest.is_empty() {
        let (number, tail) = split(rest, |c| c.is_ascii_digit() || c == '.');
        let (name, tail) = split(tail.trim_start(), |c| c.is_ascii_alphabetic());
        total += number.parse::<f64>().ok()? * named(name, units)?.factor as f64;
        rest = tail.trim_start();
    }
    let whole = total.round();
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "within 1 to 9e15")]
    (1.0..=EXACT_MAX).contains(&whole).then_some(whole as u64)
}

fn split(text: &str, keep: impl Fn(char) -> bool) -> (&str, &str) {
    text.split_at(text.find(|c| !keep(c)).unwrap_or(text.len()))
}

fn named<'a>(name: &str, units: &'a [Unit]) -> Option<&'a Unit> {
    let is =
        |unit: &&Unit| unit.name.eq_ignore_ascii_case(name) || unit.also.iter().any(|a| a.eq_ignore_ascii_case(name));
    units.iter().find(is)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use regex_lite::Regex;

    use super::*;

    fn hint(flaw: Flaw) -> String {
        flaw.instead.unwrap_or_default()
    }

    #[test]
    fn durations_and_sizes_say_their_units() {
        let durations = [("250ms", 250), ("1s", 1_000), ("5m", 300_000), ("1h", 3_600_000), ("0s", 0)];
        for (text, ms) in durations {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(ms)), "{text}");
        }
        for (text, bytes) in [("64KiB", 65_536), ("10MB", 10_000_000), ("1GiB", 1 << 30), ("7B", 7)] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
    }

    #[test]
    fn hints_say_what_may_have_been_meant() {
        let table = [
            ("5", "5s"),
            ("1.5s", "1500ms"),
            ("1m30s", "90s"),
            ("5 s", "5s"),
            ("5S", "5s"),
            ("60 sec", "60s"),
            ("2 minutes", "2m"),
            ("soon", ""),
            ("", ""),
            ("-1s", ""),
            ("1d", ""),
            ("0.0001ms", ""),
        ];
        for (text, expected) in table {
            assert_eq!(hint(parse_duration(text).unwrap_err()), expected, "{text}");
        }
        for (text, expected) in [("65536", "64KiB"), ("64k", "64KiB"), ("10mb", "10MB")] {
            assert_eq!(hint(parse_size(text).unwrap_err()), expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn durations_survive_being_written(ms in 0_u64..1_000_000_000_000) {
            let span = Duration::from_millis(ms);
            prop_assert_eq!(parse_duration(&duration_text(span)), Ok(span));
        }

        #[test]
        fn sizes_survive_being_written(bytes in 0_u64..1_000_000_000_000) {
            prop_assert_eq!(parse_size(&size_text(bytes)), Ok(bytes));
        }

        #[test]
        fn any_text_is_taken_or_explained(text in "[0-9. ]{0,20}[a-zA-Z]{0,6}[0-9]{0,3}[a-z]{0,3}|\\PC{0,20}") {
            let pattern = Regex::new(&format!("^(?:{DURATION_PATTERN})$")).unwrap();
            prop_assert_eq!(parse_duration(&text).is_ok(), pattern.is_match(&text));
            let pattern = Regex::new(&format!("^(?:{SIZE_PATTERN})$")).unwrap();
            if parse_size(&text).is_ok() {
                prop_assert!(pattern.is_match(&text));
            }
        }

        #[test]
        fn a_hint_is_itself_accepted(text in "[0-9]{1,6}(\\.[0-9])? ?(ms|sec|S|min|h|hours)?") {
            if let Err(Flaw { instead: Some(meant), .. }) = parse_duration(&text) {
                prop_assert!(parse_duration(&meant).is_ok(), "{}", meant);
            }
        }
    }
}
