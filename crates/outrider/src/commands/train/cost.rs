//! What a model costs: bytes to keep, time to ask.

use std::fmt;
use std::time::{Duration, Instant};

use outrider_infer::{ModelError, PartsError};
use outrider_train::training::Trained;

/// Rows that are asked for, one at a time.
const ROWS: usize = 1_000;
const US_PER_S: f64 = 1e6;

/// Of one model, on this machine.
pub(in crate::commands) struct Cost {
    /// Of its artifact.
    pub(in crate::commands) bytes: usize,
    /// To predict one row: median, us.
    pub(in crate::commands) row_p50_us: f64,
    /// The same, quantile 0.99.
    pub(in crate::commands) row_p99_us: f64,
}

impl Cost {
    /// Of the best of `trained`, on rows that judge, each asked for alone.
    pub(super) fn of(trained: &Trained) -> Result<Cost, CostError> {
        let rows = trained.split.test.iter().take(ROWS).map(|&row| trained.data.frame().select(&[row]));
        let mut took = Vec::new();
        for row in rows {
            let begun = Instant::now();
            std::hint::black_box(trained.best().model.predict(&row)?);
            took.push(begun.elapsed());
        }
        took.sort_unstable();
        let at = |share: usize| took.get(took.len() * share / 100).map_or(0.0, Duration::as_secs_f64) * US_PER_S;
        Ok(Cost { bytes: trained.artifact()?.write().len(), row_p50_us: at(50), row_p99_us: at(99) })
    }
}

impl fmt::Display for Cost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Cost { bytes, row_p50_us, row_p99_us } = self;
        write!(f, "{bytes} bytes; one row takes {row_p50_us:.0} us (p99 {row_p99_us:.0} us)")
    }
}

/// Why it cannot be told.
#[derive(Debug, thiserror::Error)]
pub(super) enum CostError {
    /// No artifact.
    #[error(transparent)]
    Parts(#[from] PartsError),
    /// No prediction.
    #[error(transparent)]
    Model(#[from] ModelError),
}
