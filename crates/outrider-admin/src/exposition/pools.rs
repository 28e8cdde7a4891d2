//! The metrics that have a pool as their label.

use std::fmt;

use outrider_core::Time;
use outrider_pilot::PoolView;
use outrider_proxy::metrics::PoolTotals;
use outrider_proxy::metrics::catalogue as names;

use super::Scrape;
use super::page::Page;

impl Scrape {
    pub(super) fn by_pool(&self, page: &mut Page<'_>) -> fmt::Result {
        let counted = self.metrics.by_pool();
        let rows = || counted.iter().map(|(name, totals)| (vec![name.as_str()], totals));
        let histogram = |of: fn(&PoolTotals) -> &_| rows().map(move |(labels, totals)| (labels, of(totals)));
        page.counters(names::POOL_REQUESTS, rows().map(|(labels, totals)| (labels, totals.requests)))?;
        page.histograms(names::POOL_DURATION, histogram(|totals| &totals.duration))?;
        page.histograms(names::POOL_FIRST_BYTE, histogram(|totals| &totals.first_byte))?;
        self.probes(page, &counted)?;
        page.counters(names::POOL_SHED, rows().map(|(labels, totals)| (labels, totals.shed)))?;

        let snapshot = self.shared.published.load();
        let views = || snapshot.snapshot.pools.iter().map(|pool| (vec![pool.name()], pool));
        page.gauges(names::POOL_HOSTS, views().map(|(labels, pool)| (labels, pool.len() as f64)))?;
        page.gauges(names::POOL_HOSTS_USABLE, views().map(|(labels, pool)| (labels, pool.candidates().len() as f64)))?;
        page.gauges(names::POOL_PANIC, views().map(|(labels, pool)| (labels, f64::from(u8::from(pool.panic())))))?;
        let now = self.shared.clock.now();
        page.gauges(names::POOL_SHED_SHARE, views().map(|(labels, pool)| (labels, highest_share(pool, now))))
    }

    fn probes(&self, page: &mut Page<'_>, counted: &[(String, PoolTotals)]) -> fmt::Result {
        let of = |count: fn(&PoolTotals) -> u64| counted.iter().map(move |(name, t)| (vec![name.as_str()], count(t)));
        page.counters(names::POOL_PROBES, of(|totals| totals.probes_sent))?;
        page.counters(names::POOL_PROBES_ANSWERED, of(|totals| totals.probes_answered))?;
        page.counters(names::POOL_PROBES_FAILED, of(|totals| totals.probes_failed))?;
        let kept = of(|totals| totals.probes_kept).map(|(labels, kept)| (labels, kept as f64));
        page.gauges(names::POOL_PROBES_KEPT, kept)?;
        page.histogram(names::PROBE_DURATION, &self.metrics.histogram(|w| &w.probe_duration))
    }
}

fn highest_share(pool: &PoolView, now: Time) -> f64 {
    pool.storm_guard().shedding(now).iter().map(|line| line.probability).fold(0.0, f64::max)
}
