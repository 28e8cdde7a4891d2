//! Recorded arrivals, with or without sizes.
//!
//! A recording is a circle: after its last arrival comes its first, a mean gap later. Where its file is, is in
//! `trace/file.rs`; how it is replayed in `trace/replay.rs`.

mod file;
mod replay;

use thiserror::Error;

pub use file::TraceFile;
pub(crate) use replay::{Replay, Replayed};

/// One recorded arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceRow {
    /// When it came, from any origin, s.
    pub at_s: f64,
    /// How much it asked for, in any unit, if that was recorded.
    pub size: Option<f64>,
}

/// What was asked of a language model, and what it took to answer.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Asked {
    /// Index of its class in the mix.
    pub class: usize,
    /// Tokens of the prompt.
    pub prompt: f64,
    /// Tokens of the answer.
    pub output: f64,
}

/// One recorded arrival at a language model.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct AskedRow {
    /// When it came, from any origin, s.
    pub at_s: f64,
    /// What it asked.
    pub asked: Asked,
}

/// A recording: gaps between arrivals, and sizes of mean 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// From each arrival to the next; from the last to the first of the next lap, the mean.
    gaps_s: Vec<f64>,
    /// One per arrival, or none at all.
    sizes: Vec<f64>,
    /// One per arrival, or none at all.
    asked: Vec<Asked>,
}

/// A recording that cannot be replayed.
#[derive(Clone, Debug, PartialEq, Error)]
pub enum TraceError {
    /// Too few arrivals.
    #[error("a trace has at least 2 arrivals, not {0}")]
    Few(usize),
    /// A time or a size is no number that makes sense.
    #[error("arrival {0} of the trace has a time or size that is not finite or negative in size")]
    Number(usize),
    /// Some arrivals have a size and some have none.
    #[error("arrival {0} of the trace has no size, others have one")]
    Missing(usize),
    /// All arrivals at one moment, or all sizes 0.
    #[error("all arrivals of the trace are {0}: there is nothing to scale")]
    Degenerate(&'static str),
}

impl Trace {
    /// The recording of `rows`, in any order.
    ///
    /// # Errors
    /// When there are too few, a number makes no sense, or all are the same.
    pub fn new(mut rows: Vec<TraceRow>) -> Result<Trace, TraceError> {
        check(&rows)?;
        rows.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        let span_s = rows[rows.len() - 1].at_s - rows[0].at_s;
        if span_s <= 0.0 {
            return Err(TraceError::Degenerate("at one moment"));
        }
        let mut gaps_s: Vec<f64> = rows.windows(2).map(|w| w[1].at_s - w[0].at_s).collect();
        gaps_s.push(span_s / gaps_s.len() as f64);
        let mut sizes: Vec<f64> = rows.iter().filter_map(|row| row.size).collect();
        let mean = sizes.iter().sum::<f64>() / rows.len() as f64;
        if !sizes.is_empty() && mean <= 0.0 {
            return Err(TraceError::Degenerate("of size 0"));
        }
        sizes.iter_mut().for_each(|size| *size /= mean);
        Ok(Trace { gaps_s, sizes, asked: Vec::new() })
    }

    /// The recording of `rows`, in any order, each of which says itself what it asked.
    ///
    /// # Errors
    /// As [`Trace::new`].
    pub fn of_asked(mut rows: Vec<AskedRow>) -> Result<Trace, TraceError> {
        let sound = |tokens: f64| (0.0..=1e9).contains(&tokens);
        if let Some(bad) = rows.iter().position(|row| !sound(row.asked.prompt) || !sound(row.asked.output)) {
            return Err(TraceError::Number(bad));
        }
        let times = rows.iter().map(|row| TraceRow { at_s: row.at_s, size: None });
        let trace = Trace::new(times.collect())?;
        rows.sort_by(|a, b| a.at_s.total_cmp(&b.at_s));
        Ok(Trace { asked: rows.into_iter().map(|row| row.asked).collect(), ..trace })
    }

    /// What each arrival asked, in their order; none if that was not recorded.
    pub fn asked(&self) -> &[Asked] {
        &self.asked
    }

    /// Recorded arrivals.
    pub fn arrivals(&self) -> usize {
        self.gaps_s.len()
    }

    /// Whether it has sizes.
    pub fn has_sizes(&self) -> bool {
        !self.sizes.is_empty()
    }

    /// Mean rate of the recording.
    pub fn rate_per_s(&self) -> f64 {
        self.gaps_s.len() as f64 / self.gaps_s.iter().sum::<f64>()
    }
}

fn check(rows: &[TraceRow]) -> Result<(), TraceError> {
    if rows.len() < 2 {
        return Err(TraceError::Few(rows.len()));
    }
    let sound = |row: &TraceRow| row.at_s.is_finite() && row.size.is_none_or(|s| (0.0..=1e15).contains(&s));
    if let Some(bad) = rows.iter().position(|row| !sound(row)) {
        return Err(TraceError::Number(bad));
    }
    let without = rows.iter().position(|row| row.size.is_none());
    match without {
        Some(bad) if rows.iter().any(|row| row.size.is_some()) => Err(TraceError::Missing(bad)),
        _ => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(at_s: f64, size: Option<f64>) -> TraceRow {
        TraceRow { at_s, size }
    }

    #[test]
    fn what_cannot_be_replayed_is_refused() {
        let new = |rows: &[TraceRow]| Trace::new(rows.to_vec()).unwrap_err();
        assert_eq!(new(&[row(1.0, None)]), TraceError::Few(1));
        assert_eq!(new(&[row(1.0, None), row(f64::NAN, None)]), TraceError::Number(1));
        assert_eq!(new(&[row(1.0, Some(1.0)), row(2.0, Some(-1.0))]), TraceError::Number(1));
        assert_eq!(new(&[row(1.0, Some(1.0)), row(2.0, None)]), TraceError::Missing(1));
        assert_eq!(new(&[row(1.0, None), row(1.0, None)]), TraceError::Degenerate("at one moment"));
        assert_eq!(new(&[row(1.0, Some(0.0)), row(2.0, Some(0.0))]), TraceError::Degenerate("of size 0"));
    }

    #[test]
    fn what_was_asked_stays_with_its_arrival() {
        let row = |at_s, prompt| AskedRow { at_s, asked: Asked { class: 0, prompt, output: 1.0 } };
        let trace = Trace::of_asked(vec![row(2.0, 20.0), row(1.0, 10.0), row(3.0, 30.0)]).unwrap();
        assert_eq!(trace.asked().iter().map(|asked| asked.prompt).collect::<Vec<_>>(), [10.0, 20.0, 30.0]);
        assert_eq!(Trace::of_asked(vec![row(1.0, 1.0), row(2.0, -1.0)]), Err(TraceError::Number(1)));
    }
}
