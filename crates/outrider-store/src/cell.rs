//! One value of a row, and what it may be taken for.

use std::borrow::Cow;

use jiff::Timestamp;
use jiff::civil::DateTime;
use jiff::tz::TimeZone;

/// What a file holds in one place.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Cell<'a> {
    Missing,
    /// Finite.
    Number(f64),
    /// Not empty, without white space around it.
    Text(Cow<'a, str>),
    /// Microseconds since 1970 UTC.
    Time(i64),
}

/// Words that stand for nothing where a number or a time is expected, in small letters.
const NOTHING: [&str; 7] = ["nan", "null", "none", "na", "n/a", "nil", "-"];

/// What stands in the place of a round trip that was lost.
const LOST: [&str; 2] = ["x", "*"];

impl<'a> Cell<'a> {
    /// A finite number; what is not a number is missing.
    pub(crate) fn number(number: f64) -> Cell<'a> {
        match number {
            _ if number.is_nan() => Cell::Missing,
            _ if number.is_finite() => Cell::Number(number),
            _ => Cell::Text(number.to_string().into()),
        }
    }

    /// Text; empty: missing.
    pub(crate) fn text(text: Cow<'a, str>) -> Cell<'a> {
        let text = match text {
            Cow::Borrowed(text) => Cow::Borrowed(text.trim_ascii()),
            Cow::Owned(text) if text.trim_ascii().len() < text.len() => text.trim_ascii().to_owned().into(),
            owned @ Cow::Owned(_) => owned,
        };
        if text.is_empty() { Cell::Missing } else { Cell::Text(text) }
    }

    /// Whether it says that there is nothing.
    pub(crate) fn is_nothing(&self) -> bool {
        match self {
            Cell::Missing => true,
            Cell::Text(text) => NOTHING.iter().any(|nothing| text.eq_ignore_ascii_case(nothing)),
            Cell::Number(_) | Cell::Time(_) => false,
        }
    }

    /// Whether it says that a packet was lost, as traces and Atlas results do.
    pub(crate) fn is_lost(&self) -> bool {
        matches!(self, Cell::Text(text) if LOST.iter().any(|lost| text.eq_ignore_ascii_case(lost)))
    }

    /// As a finite number, truth values as 0 and 1.
    pub(crate) fn as_number(&self) -> Option<f64> {
        match self {
            Cell::Number(number) => Some(*number),
            Cell::Text(text) => parse_number(text),
            Cell::Missing | Cell::Time(_) => None,
        }
    }

    /// The same, or what is expected in the place of this.
    pub(crate) fn to_number(&self) -> Result<f64, &'static str> {
        self.as_number().ok_or_else(|| match self {
            Cell::Text(text) if text.parse::<f64>().is_ok() => "a finite number, or nothing where there is none",
            _ => "a number",
        })
    }

    /// As microseconds since 1970, and whether a zone was written with it.
    pub(crate) fn as_time(&self) -> Option<(i64, bool)> {
        match self {
            Cell::Time(time) => Some((*time, true)),
            Cell::Text(text) => parse_time(text),
            Cell::Missing | Cell::Number(_) => None,
        }
    }

    /// As a word; missing: none.
    pub(crate) fn into_word(self) -> Option<Cow<'a, str>> {
        match self {
            Cell::Missing => None,
            Cell::Text(text) => Some(text),
            Cell::Number(number) => Some(number.to_string().into()),
            Cell::Time(time) => Some(time_text(time).into()),
        }
    }

    /// As a sentence shows it: short, on one line.
    pub(crate) fn shown(&self) -> String {
        let word = self.clone().into_word().unwrap_or_default();
        shown(&word)
    }
}

/// At most 40 characters of `text`, quoted.
pub(crate) fn shown(text: &str) -> String {
    let mut start: String = text.chars().take(40).collect();
    if start.len() < text.len() {
        start.push_str("..");
    }
    format!("{start:?}")
}

fn parse_number(text: &str) -> Option<f64> {
    match text.parse::<f64>() {
        Ok(number) => number.is_finite().then_some(number),
        Err(_) if text.eq_ignore_ascii_case("true") => Some(1.0),
        Err(_) if text.eq_ignore_ascii_case("false") => Some(0.0),
        Err(_) => None,
    }
}

/// RFC 3339, `YYYY-MM-DD HH:MM:SS` with a fraction or without, or a date alone; without a zone it is UTC.
fn parse_time(text: &str) -> Option<(i64, bool)> {
    let bytes = text.as_bytes();
    if bytes.len() < 10 || bytes[4] != b'-' || bytes[7] != b'-' || !bytes[0].is_ascii_digit() {
        return None;
    }
    if let Ok(time) = text.parse::<Timestamp>() {
        return Some((time.as_microsecond(), true));
    }
    let civil = text.parse::<DateTime>().ok()?;
    Some((civil.to_zoned(TimeZone::UTC).ok()?.timestamp().as_microsecond(), false))
}

/// Seconds since 1970 of a time as a person writes it: such seconds, a date, or RFC 3339; without a zone it is UTC. `None` if it is none.
pub fn seconds_of(text: &str) -> Option<i64> {
    text.parse().ok().or_else(|| parse_time(text).map(|(micros, _)| micros.div_euclid(1_000_000)))
}

/// RFC 3339 in UTC of seconds since 1970.
pub fn time_of(seconds: i64) -> String {
    time_text(seconds.saturating_mul(1_000_000))
}

/// Microseconds since 1970 as RFC 3339.
pub(crate) fn time_text(time: i64) -> String {
    Timestamp::from_microsecond(time).map_or_else(|_| time.to_string(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_person_writes_seconds_or_dates() {
        let day = Some(1_767_225_600);
        for text in ["1767225600", "2026-01-01", "2026-01-01 00:00:00", "2026-01-01T01:00:00+01:00"] {
            assert_eq!(seconds_of(text), day, "{text}");
        }
        assert_eq!((seconds_of("yesterday"), seconds_of("2026-13-01")), (None, None));
    }

    fn text(text: &str) -> Cell<'_> {
        Cell::text(Cow::Borrowed(text))
    }

    #[test]
    fn numbers_may_be_strings_and_truth_values() {
        for (written, number) in [
            (" 1.5 ", Some(1.5)),
            ("-2e3", Some(-2000.0)),
            ("true", Some(1.0)),
            ("False", Some(0.0)),
            ("0x10", None),
            ("inf", None),
            ("1,5", None),
        ] {
            assert_eq!(text(written).as_number(), number, "{written}");
        }
        assert_eq!(Cell::number(f64::NAN), Cell::Missing);
        assert_eq!(Cell::number(f64::INFINITY).as_number(), None);
    }

    #[test]
    fn times_are_utc_whatever_zone_they_are_written_in() {
        let noon = 1_700_049_600_000_000;
        for (written, time) in [
            ("2023-11-15T12:00:00Z", Some((noon, true))),
            ("2023-11-15T13:00:00.000001+01:00", Some((noon + 1, true))),
            ("2023-11-15 12:00:00", Some((noon, false))),
            ("2023-11-15 12:00:00.5", Some((noon + 500_000, false))),
            ("2023-11-15", Some((noon - 43_200_000_000, false))),
            ("2023-13-15", None),
            ("2023-11-15 25:00:00", None),
            ("20231115", None),
            ("soon", None),
        ] {
            assert_eq!(text(written).as_time(), time, "{written}");
        }
        assert_eq!(time_text(noon), "2023-11-15T12:00:00Z");
        assert_eq!(Cell::Time(noon).into_word().unwrap(), "2023-11-15T12:00:00Z");
    }

    #[test]
    fn nothing_has_many_names() {
        for written in ["", "  ", "NaN", "null", "None", "N/A"] {
            assert!(text(written).is_nothing(), "{written}");
        }
        assert!(!text("nothing").is_nothing() && !Cell::Number(0.0).is_nothing());
    }

    #[test]
    fn long_text_is_shown_short() {
        assert_eq!(shown("a\nb"), "\"a\\nb\"");
        assert_eq!(shown(&"é".repeat(50)).chars().count(), 44);
    }
}
