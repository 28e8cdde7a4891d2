//! Recorded arrivals, with or without sizes.
//!
//! A recording is a circle: after its last arrival comes its first, a mean gap later. Where its file is, is in
//! `trace/file.rs`; how it is replayed in `trace/replay.rs`.

mod file;
mod replay;

use thiserror::Error;

pub use file::TraceFile;
pub(crate) use replay::Replay;

/// One recorded arrival.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct TraceRow {
    /// When it came, from any origin, s.
    pub at_s: f64,
    /// How much it asked for, in any unit, if that was recorded.
    pub size: Option<f64>,
}

/// A recording: gaps between arrivals, and sizes of mean 1.
#[derive(Clone, Debug, PartialEq)]
pub struct Trace {
    /// From each arrival to the next; from the last to the first of the next lap, the mean.
    gaps_s: Vec<f64>,
    /// One per arrival, or none at all.
    sizes: Vec<f64>,
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
        Ok(Trace { gaps_s, sizes })
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
}
