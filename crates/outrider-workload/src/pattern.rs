//! The shape of a load: how the rate of arrivals goes up and down around the rate that is asked for.
//!
//! A description as data; what it comes to at each moment is in `pattern/shape.rs`, how a person writes it on a command line
//! in `pattern/text.rs`.

mod shape;
mod text;

use std::time::Duration;

use serde::{Deserialize, Serialize};
use thiserror::Error;

pub(crate) use shape::Shape;
pub use text::PatternTextError;

use crate::span;

/// How arrivals are spread around a rate. `T` is a trace to replay: where it is to be found in a description, the
/// [`crate::Trace`] itself once it has been read ([`Pattern::with_trace`]).
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Pattern<T = std::sync::Arc<crate::Trace>> {
    /// Independent users: gaps are exponential.
    #[default]
    Poisson,
    /// A metronome: all gaps are equal.
    Pace,
    /// Poisson at 0.3 of the rate.
    Low,
    /// Poisson at 0.6 of the rate.
    Medium,
    /// Poisson, the rate rising or falling in a line over the run.
    Ramp(Ramp),
    /// Poisson, with bursts.
    Burst(Burst),
    /// Arrivals, and sizes where it has them, as recorded; stretched so that their mean rate over the run is the rate.
    Trace(T),
}

/// A rate that goes in a line from the run's beginning to its end, and stays there.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Ramp {
    /// At the beginning, as a factor on the rate, 0 to 1000.
    pub from: f64,
    /// At the end, as a factor on the rate, 0 to 1000.
    pub to: f64,
}

/// The rate itself most of the time, and a multiple of it for a while at the end of each period.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Burst {
    /// The rate in a burst, as a factor on the rate, 0 to 1000.
    pub factor: f64,
    /// How long a burst lasts.
    #[serde(with = "span")]
    pub length: Duration,
    /// From the beginning of one burst to that of the next; the first ends where the first period does.
    #[serde(with = "span")]
    pub every: Duration,
}

/// A pattern that cannot be followed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum PatternError {
    /// Ends of a ramp that make no sense.
    #[error("a ramp goes from and to factors of 0 to 1000 that are not both 0, not from {from} to {to}")]
    Ramp {
        /// The one.
        from: f64,
        /// The other.
        to: f64,
    },
    /// A burst that makes no sense.
    #[error("a burst has a factor of 0 to 1000 and a length above 0 and at most its period; not {0:?}")]
    Burst(Burst),
}

const FACTOR_MAX: f64 = 1000.0;

impl Default for Ramp {
    /// From a fifth of the rate to twice it.
    fn default() -> Ramp {
        Ramp { from: 0.2, to: 2.0 }
    }
}

impl Default for Burst {
    /// Three times the rate for one second of every five.
    fn default() -> Burst {
        Burst { factor: 3.0, length: Duration::from_secs(1), every: Duration::from_secs(5) }
    }
}

impl<T> Pattern<T> {
    /// Its name on command lines and in reports.
    pub const fn name(&self) -> &'static str {
        match self {
            Pattern::Poisson => "poisson",
            Pattern::Pace => "pace",
            Pattern::Low => "low",
            Pattern::Medium => "medium",
            Pattern::Ramp(_) => "ramp",
            Pattern::Burst(_) => "burst",
            Pattern::Trace(_) => "trace",
        }
    }

    /// The pattern itself, if all its numbers make sense.
    ///
    /// # Errors
    /// When one does not.
    pub fn checked(self) -> Result<Pattern<T>, PatternError> {
        let factor = |x: f64| (0.0..=FACTOR_MAX).contains(&x);
        match self {
            Pattern::Ramp(Ramp { from, to }) if !(factor(from) && factor(to) && from + to > 0.0) => {
                Err(PatternError::Ramp { from, to })
            }
            Pattern::Burst(b) if !factor(b.factor) || b.length.is_zero() || b.length > b.every => {
                Err(PatternError::Burst(b))
            }
            sound => Ok(sound),
        }
    }

    /// The same pattern with its trace, if it has one, replaced by what `read` makes of it.
    ///
    /// # Errors
    /// Those of `read`.
    pub fn with_trace<U, E>(self, read: impl FnOnce(T) -> Result<U, E>) -> Result<Pattern<U>, E> {
        Ok(match self {
            Pattern::Poisson => Pattern::Poisson,
            Pattern::Pace => Pattern::Pace,
            Pattern::Low => Pattern::Low,
            Pattern::Medium => Pattern::Medium,
            Pattern::Ramp(ramp) => Pattern::Ramp(ramp),
            Pattern::Burst(burst) => Pattern::Burst(burst),
            Pattern::Trace(trace) => Pattern::Trace(read(trace)?),
        })
    }

    /// Mean over a run of `length` of the rate as a factor on the rate asked for; 1 for Poisson, a pace and a trace.
    pub fn mean_factor(&self, length: Duration) -> f64 {
        let length_s = length.as_secs_f64();
        let shape = Shape::new(self, length);
        if length_s > 0.0 { shape.passed(length_s) / length_s } else { shape.factor_at(0.0) }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_mean_is_what_the_numbers_say() {
        let mean = |pattern: Pattern<()>, s| pattern.mean_factor(Duration::from_secs(s));
        assert!((mean(Pattern::Low, 7) - 0.3).abs() < 1e-12);
        assert!((mean(Pattern::Medium, 7) - 0.6).abs() < 1e-12);
        assert!((mean(Pattern::Ramp(Ramp { from: 0.5, to: 1.5 }), 20) - 1.0).abs() < 1e-12);
        // Four seconds of 1 and one of 3 in each five.
        assert!((mean(Pattern::Burst(Burst::default()), 10) - 1.4).abs() < 1e-12);
        assert!((mean(Pattern::Trace(()), 10) - 1.0).abs() < 1e-12);
    }

    #[test]
    fn senseless_patterns_are_refused() {
        let ramp = |from, to| Pattern::<()>::Ramp(Ramp { from, to }).checked();
        assert!(ramp(0.0, 1.0).is_ok());
        for (from, to) in [(0.0, 0.0), (-1.0, 1.0), (f64::NAN, 1.0), (1.0, 1e9)] {
            assert!(matches!(ramp(from, to), Err(PatternError::Ramp { .. })), "{from} {to}");
        }
        let burst = |length, every| Burst {
            length: Duration::from_millis(length),
            every: Duration::from_millis(every),
            ..Burst::default()
        };
        assert!(Pattern::<()>::Burst(burst(5, 5)).checked().is_ok());
        for (length, every) in [(0, 5), (6, 5), (0, 0)] {
            assert!(Pattern::<()>::Burst(burst(length, every)).checked().is_err(), "{length} {every}");
        }
    }

    #[test]
    fn a_pattern_is_written_by_name_with_its_numbers() {
        let read = |text| serde_json::from_str::<Pattern<String>>(text);
        assert_eq!(read(r#""pace""#).unwrap(), Pattern::Pace);
        assert_eq!(read(r#"{"ramp": {"from": 0.5, "to": 1.5}}"#).unwrap(), Pattern::Ramp(Ramp { from: 0.5, to: 1.5 }));
        let burst = Pattern::Burst(Burst { length: Duration::from_millis(500), ..Burst::default() });
        assert_eq!(read(r#"{"burst": {"length": "500ms"}}"#).unwrap(), burst);
        assert_eq!(read(r#"{"trace": "a.csv.gz"}"#).unwrap(), Pattern::Trace("a.csv.gz".to_owned()));
        let text = serde_json::to_string(&burst).unwrap();
        assert_eq!(serde_json::from_str::<Pattern<String>>(&text).unwrap(), burst);
        assert!(read(r#"{"ramp": {"start": 0.5}}"#).is_err());
    }
}
