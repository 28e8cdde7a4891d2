//! Panic mode: when fewer than half of a pool's hosts are fit, all are used.
//!
//! Verdicts can be wrong all at once (a health check that depends on a database, a network that splits on our side),
//! and a few hosts that get everybody's traffic fall over next. Envoy's panic threshold, 50 %
//! (`docs/root/intro/arch_overview/upstream/load_balancing/panic_threshold.rst`).

/// Whether `fit` of `total` hosts are too few.
pub(crate) fn is_panic(fit: usize, total: usize) -> bool {
    2 * fit < total
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fewer_than_half() {
        let table =
            [(0, 0, false), (1, 1, false), (0, 1, true), (1, 2, false), (1, 3, true), (2, 3, false), (2, 4, false)];
        for (fit, total, panic) in table {
            assert_eq!(is_panic(fit, total), panic, "{fit} of {total}");
        }
    }
}
