//! Panic mode: when fewer than half of a pool's hosts are fit, all are used.
//!
//! Verdicts can be wrong all at once (a health check that depends on a database, a network that splits on our side),
//! and a few hosts that get everybody's traffic fall over next. Envoy's panic threshold, 50 %
//! (`docs/root/intro/arch_overview/upstream/load_balancing/panic_threshold.rst`).

/// Whether `fit` of `total` hosts are too few.
pub(crate) fn is_panic(fit: usize, total: usize) -> bool {
    2 * fit < total
}
