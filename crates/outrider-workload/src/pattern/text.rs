//! Patterns as a person writes them on a command line: a name, and what differs from its usual numbers.
//!
//! `poisson`, `ramp,from=0.5,to=1.5`, `burst,factor=4,length=500ms,every=5s`, `trace,file=arrivals.csv.gz`.

use std::path::PathBuf;
use std::str::FromStr;
use std::time::Duration;

use thiserror::Error;

use super::{Burst, Pattern, PatternError, Ramp};
use crate::TraceFile;
use crate::span::{SpanError, parse_span};

/// A text that is no pattern.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PatternTextError {
    /// No pattern of that name.
    #[error("{0:?} is not a pattern: poisson, pace, low, medium, ramp, burst or trace")]
    Name(String),
    /// A part that the pattern does not have.
    #[error(
        "{0:?} does not belong there: ramp has from= and to=, burst factor=, length= and every=, trace file=, time= and size="
    )]
    Part(String),
    /// A value that is no number.
    #[error("{0:?} is not a number")]
    Number(String),
    /// A value that is no span of time.
    #[error(transparent)]
    Span(#[from] SpanError),
    /// Numbers that make no pattern.
    #[error(transparent)]
    Pattern(#[from] PatternError),
}

impl FromStr for Pattern<TraceFile> {
    type Err = PatternTextError;

    fn from_str(text: &str) -> Result<Pattern<TraceFile>, PatternTextError> {
        let mut parts = text.split(',');
        let name = parts.next().unwrap_or_default();
        let mut pattern = usual(name).ok_or_else(|| PatternTextError::Name(name.to_owned()))?;
        for part in parts {
            let (key, value) = part.split_once('=').ok_or_else(|| PatternTextError::Part(part.to_owned()))?;
            note(&mut pattern, key, value)?;
        }
        Ok(pattern.checked()?)
    }
}

fn usual(name: &str) -> Option<Pattern<TraceFile>> {
    Some(match name {
        "poisson" => Pattern::Poisson,
        "pace" => Pattern::Pace,
        "low" => Pattern::Low,
        "medium" => Pattern::Medium,
        "ramp" => Pattern::Ramp(Ramp::default()),
        "burst" => Pattern::Burst(Burst::default()),
        "trace" => Pattern::Trace(TraceFile::default()),
        _ => return None,
    })
}

fn note(pattern: &mut Pattern<TraceFile>, key: &str, value: &str) -> Result<(), PatternTextError> {
    match (pattern, key) {
        (Pattern::Ramp(ramp), "from") => ramp.from = number(value)?,
        (Pattern::Ramp(ramp), "to") => ramp.to = number(value)?,
        (Pattern::Burst(burst), "factor") => burst.factor = number(value)?,
        (Pattern::Burst(burst), "length") => burst.length = span(value)?,
        (Pattern::Burst(burst), "every") => burst.every = span(value)?,
        (Pattern::Trace(trace), "file") => trace.file = PathBuf::from(value),
        (Pattern::Trace(trace), "time") => trace.time = Some(value.to_owned()),
        (Pattern::Trace(trace), "size") => trace.size = Some(value.to_owned()),
        _ => return Err(PatternTextError::Part(format!("{key}={value}"))),
    }
    Ok(())
}

fn number(text: &str) -> Result<f64, PatternTextError> {
    text.parse().map_err(|_| PatternTextError::Number(text.to_owned()))
}

fn span(text: &str) -> Result<Duration, PatternTextError> {
    Ok(parse_span(text)?)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(text: &str) -> Result<Pattern<TraceFile>, PatternTextError> {
        text.parse()
    }

    #[test]
    fn a_name_alone_has_its_usual_numbers() {
        for name in ["poisson", "pace", "low", "medium", "ramp", "burst", "trace"] {
            assert_eq!(read(name).unwrap().name(), name);
        }
        assert_eq!(read("ramp"), Ok(Pattern::Ramp(Ramp::default())));
    }

    #[test]
    fn parts_change_them() {
        assert_eq!(read("ramp,from=0.5"), Ok(Pattern::Ramp(Ramp { from: 0.5, ..Ramp::default() })));
        let length = Duration::from_millis(500);
        assert_eq!(
            read("burst,length=500ms,factor=4"),
            Ok(Pattern::Burst(Burst { factor: 4.0, length, ..Burst::default() }))
        );
        let Pattern::Trace(trace) = read("trace,file=a.csv,size=ContextTokens").unwrap() else {
            unreachable!("it was named so");
        };
        assert_eq!((trace.file, trace.size.as_deref()), (PathBuf::from("a.csv"), Some("ContextTokens")));
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (text, said) in [
            ("poison", "\"poison\" is not a pattern"),
            ("ramp,start=1", "\"start=1\" does not belong there"),
            ("pace,factor=2", "\"factor=2\" does not belong there"),
            ("ramp,from", "\"from\" does not belong there"),
            ("ramp,from=x", "\"x\" is not a number"),
            ("burst,length=5", "\"5\" is not a time with its unit"),
            ("burst,length=6s", "a length above 0 and at most its period"),
        ] {
            let error = read(text).unwrap_err().to_string();
            assert!(error.contains(said), "{text}: {error}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "(ramp|burst|trace|x)?[,=a-z0-9.]{0,20}") {
            let _ = read(&text);
        }
    }
}
