//! The metrics that have a class as their label.

use std::fmt;

use outrider_proxy::metrics::ClassTotals;
use outrider_proxy::metrics::catalogue as names;

use super::Scrape;
use super::page::Page;

impl Scrape {
    pub(super) fn by_class(&self, page: &mut Page<'_>) -> fmt::Result {
        let counted = self.metrics.by_class();
        let counts = |of: fn(&ClassTotals) -> u64| counted.iter().map(move |(name, t)| (vec![name.as_str()], of(t)));
        page.counters(names::CLASS_REQUESTS, counts(|totals| totals.requests))?;
        page.counters(names::CLASS_FAILURES, counts(|totals| totals.failures))?;
        let seconds = counts(|totals| totals.duration_ns).map(|(labels, ns)| (labels, ns as f64 / 1e9));
        page.counters(names::CLASS_DURATION, seconds)?;
        page.counters(names::CLASS_SHED, counts(|totals| totals.shed))
    }
}
