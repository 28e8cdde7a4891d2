//! One class on one host.

use outrider_features::fingerprint::Estimate;

/// What a class takes on a host that nothing slows down. 40 bytes, so that one or two cache lines hold what a pick reads.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Cell {
    /// Mean service time at size 0, ns, and how it grows per unit of size.
    intercept_ns: f32,
    slope_ns: f32,
    /// Stands in for a size that a request does not say.
    mean_size: f32,
    /// Beyond the largest size that was seen the line is not to be trusted.
    size_max: f32,
    /// Median and 90th percentile of actual over expected.
    pub(crate) p50_ratio: f32,
    pub(crate) p90_ratio: f32,
    /// Standard deviation of the logarithm of actual over expected.
    pub(crate) sigma: f32,
    /// Mean of the logarithm of actual over expected, at most 0.
    pub(crate) mean_log: f32,
    /// Share of exchanges that fail, 0 to 1.
    pub(crate) error_rate: f32,
    /// Relative standard error of the expected time.
    pub(crate) uncertainty: f32,
}

/// No cell expects less: below, a division by it means nothing.
const LEAST_NS: f32 = 1.0;

impl Cell {
    /// What `estimate` says, on a host that takes `level` times as long as when it was first known.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    pub(crate) fn new(estimate: &Estimate, level: f32) -> Cell {
        Cell {
            intercept_ns: estimate.fit.intercept_ns as f32 * level,
            slope_ns: estimate.fit.slope_ns as f32 * level,
            mean_size: estimate.mean_size as f32,
            size_max: estimate.size_max as f32,
            p50_ratio: estimate.p50_ratio as f32,
            p90_ratio: estimate.p90_ratio as f32,
            sigma: estimate.sigma as f32,
            mean_log: estimate.mean_log as f32,
            error_rate: estimate.error_rate.unwrap_or(0.0) as f32,
            uncertainty: estimate.uncertainty as f32,
        }
    }

    /// What a request of `size` takes, ns, > 0.
    #[inline]
    pub(crate) fn service_ns(&self, size: Option<f32>) -> f32 {
        let size = size.unwrap_or(self.mean_size).min(self.size_max);
        (self.intercept_ns + self.slope_ns * size).max(LEAST_NS)
    }

    /// The same with all times `factor` times as long.
    pub(crate) fn times(self, factor: f32) -> Cell {
        Cell { intercept_ns: self.intercept_ns * factor, slope_ns: self.slope_ns * factor, ..self }
    }
}
