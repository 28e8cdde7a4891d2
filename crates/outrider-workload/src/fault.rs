//! What can go wrong with a host, and when: faults on a script.

use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

use crate::span::{SpanError, parse_span};

/// What is wrong with a host.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub enum Fault {
    /// Nothing: it serves. Setting it is the recovery from any other.
    #[default]
    None,
    /// Service that begins from now on takes this many times longer.
    Slow(f64),
    /// It accepts and reads, and answers nothing, health checks neither; what it holds goes on when it recovers. As a
    /// stopped process.
    Hang,
    /// Its port refuses, its connections are reset.
    Refuse,
    /// It answers 500 at once, without queueing; its health check stays good, which is the trap.
    FailFast,
    /// It refuses for the first half of each period and serves for the second.
    Flap(Duration),
    /// It closes everything, as the kernel does for a killed process. On recovery it starts empty.
    Die,
}

/// One line of a script: from `at` on, counted from the start of the hosts, host `host` has `fault`.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ScriptedFault {
    /// Which host, from 0.
    pub host: usize,
    /// When it begins, from the start.
    pub at: Duration,
    /// What it is.
    pub fault: Fault,
    /// How long it lasts; none = until another line says otherwise.
    pub lasts: Option<Duration>,
}

/// A script line that cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FaultError {
    /// A part is no `key=value` with a known key.
    #[error("{0:?}: a fault is written host=2,at=5s,kind=hang,for=10s; keys: host, at, kind, for, factor, period")]
    Part(String),
    /// A kind that does not exist.
    #[error("{0:?} is no fault: slow, hang, refuse, fail_fast, flap, die or recover")]
    Kind(String),
    /// A required key is missing.
    #[error("a fault needs host= and kind=")]
    Missing,
    /// A number that is none, or not a slow-down of 0.01 to 1000.
    #[error("{0:?} is no number in its range")]
    Number(String),
    /// A time that is none.
    #[error(transparent)]
    Span(#[from] SpanError),
}

/// The parts of a script line, as written.
#[derive(Default)]
struct Parts<'a> {
    host: Option<usize>,
    at: Duration,
    kind: Option<&'a str>,
    lasts: Option<Duration>,
    factor: Option<f64>,
    period: Option<Duration>,
}

const SLOW_FACTOR: f64 = 10.0;
const FLAP_PERIOD: Duration = Duration::from_secs(2);
const FLAP_PERIOD_MIN: Duration = Duration::from_millis(10);

impl FromStr for ScriptedFault {
    type Err = FaultError;

    fn from_str(text: &str) -> Result<ScriptedFault, FaultError> {
        let mut parts = Parts::default();
        for part in text.split(',') {
            parts.read(part.trim())?;
        }
        Ok(ScriptedFault {
            host: parts.host.ok_or(FaultError::Missing)?,
            at: parts.at,
            fault: parts.fault()?,
            lasts: parts.lasts,
        })
    }
}

impl<'a> Parts<'a> {
    fn read(&mut self, part: &'a str) -> Result<(), FaultError> {
        let unknown = || FaultError::Part(part.to_owned());
        let number = || FaultError::Number(part.to_owned());
        let (key, value) = part.split_once('=').ok_or_else(unknown)?;
        match key {
            "host" => self.host = Some(value.parse().map_err(|_| number())?),
            "at" => self.at = parse_span(value)?,
            "for" => self.lasts = Some(parse_span(value)?),
            "period" => self.period = Some(parse_span(value)?),
            "factor" => self.factor = Some(value.parse().map_err(|_| number())?),
            "kind" => self.kind = Some(value),
            _ => return Err(unknown()),
        }
        Ok(())
    }

    fn fault(&self) -> Result<Fault, FaultError> {
        let kind = self.kind.ok_or(FaultError::Missing)?;
        Ok(match kind {
            "slow" => Fault::Slow(self.slow_factor()?),
            "hang" => Fault::Hang,
            "refuse" => Fault::Refuse,
            "fail_fast" => Fault::FailFast,
            "flap" => Fault::Flap(self.period.unwrap_or(FLAP_PERIOD).max(FLAP_PERIOD_MIN)),
            "die" => Fault::Die,
            "recover" => Fault::None,
            _ => return Err(FaultError::Kind(kind.to_owned())),
        })
    }

    fn slow_factor(&self) -> Result<f64, FaultError> {
        let factor = self.factor.unwrap_or(SLOW_FACTOR);
        if (0.01..=1000.0).contains(&factor) {
            return Ok(factor);
        }
        Err(FaultError::Number(format!("factor={factor}")))
    }
}

impl fmt::Display for ScriptedFault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let at_ms = self.at.as_millis();
        write!(f, "host={},at={at_ms}ms,kind={}", self.host, self.fault)?;
        match self.lasts {
            Some(lasts) => write!(f, ",for={}ms", lasts.as_millis()),
            None => Ok(()),
        }
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::None => f.write_str("recover"),
            Fault::Slow(factor) => write!(f, "slow,factor={factor}"),
            Fault::Hang => f.write_str("hang"),
            Fault::Refuse => f.write_str("refuse"),
            Fault::FailFast => f.write_str("fail_fast"),
            Fault::Flap(period) => write!(f, "flap,period={}ms", period.as_millis()),
            Fault::Die => f.write_str("die"),
        }
    }
}

impl TryFrom<String> for ScriptedFault {
    type Error = FaultError;

    fn try_from(text: String) -> Result<ScriptedFault, FaultError> {
        text.parse()
    }
}

impl From<ScriptedFault> for String {
    fn from(line: ScriptedFault) -> String {
        line.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_line_says_who_when_what_and_how_long() {
        let line: ScriptedFault = "host=2,at=5s,kind=hang,for=10s".parse().unwrap();
        assert_eq!(
            line,
            ScriptedFault {
                host: 2,
                at: Duration::from_secs(5),
                fault: Fault::Hang,
                lasts: Some(Duration::from_secs(10)),
            }
        );
        let slow: ScriptedFault = "host=0, kind=slow, factor=3".parse().unwrap();
        assert_eq!((slow.fault, slow.at), (Fault::Slow(3.0), Duration::ZERO));
    }

    #[test]
    fn bad_lines_are_refused_by_what_is_wrong() {
        let read = |text: &str| text.parse::<ScriptedFault>().unwrap_err();
        assert!(matches!(read("host=1,kind=explode"), FaultError::Kind(_)));
        assert!(matches!(read("host=1"), FaultError::Missing));
        assert!(matches!(read("kind=hang"), FaultError::Missing));
        assert!(matches!(read("host=-1,kind=hang"), FaultError::Number(_)));
        assert!(matches!(read("host=1,kind=slow,factor=NaN"), FaultError::Number(_)));
        assert!(matches!(read("host=1,kind=hang,at=5"), FaultError::Span(_)));
        assert!(matches!(read("host=1,kind=hang,when=5s"), FaultError::Part(_)));
    }

    fn any_fault() -> impl Strategy<Value = Fault> {
        prop_oneof![
            Just(Fault::None),
            Just(Fault::Hang),
            Just(Fault::Refuse),
            Just(Fault::FailFast),
            Just(Fault::Die),
            (0.01..1000.0).prop_map(Fault::Slow),
            (10u64..100_000).prop_map(|ms| Fault::Flap(Duration::from_millis(ms))),
        ]
    }

    proptest! {
        #[test]
        fn what_is_written_reads_back_the_same(
            host: usize, at_ms in 0u64..1_000_000, fault in any_fault(), lasts in prop::option::of(0u64..1_000_000),
        ) {
            let line = ScriptedFault {
                host,
                at: Duration::from_millis(at_ms),
                fault,
                lasts: lasts.map(Duration::from_millis),
            };
            prop_assert_eq!(line.to_string().parse::<ScriptedFault>().unwrap(), line);
        }

        #[test]
        fn no_text_panics(text in ".{0,40}") {
            let _ = text.parse::<ScriptedFault>();
        }
    }
}
