//! What is counted beside the path of requests: by the control thread, and by the probes of links.

use std::fmt;

use outrider_proxy::metrics::catalogue as names;
use outrider_proxy::metrics::{Label, LinkResult};

use super::Scrape;
use super::page::Page;

impl Scrape {
    pub(super) fn control(&self, page: &mut Page<'_>) -> fmt::Result {
        let control = &self.metrics.control;
        for (name, counter) in [
            (names::HEALTH_CHECKS, &control.health_checks),
            (names::HEALTH_CHECK_FAILURES, &control.health_check_failures),
            (names::AGENT_CHECKS, &control.agent_checks),
            (names::AGENT_CHECK_FAILURES, &control.agent_check_failures),
            (names::DNS_LOOKUPS, &control.dns_lookups),
            (names::DNS_FAILURES, &control.dns_failures),
            (names::PUBLICATIONS, &control.publications),
        ] {
            page.counter(name, counter.get())?;
        }
        page.gauge(names::SNAPSHOTS_HELD, control.snapshots_held.get())?;
        self.links(page)
    }

    fn links(&self, page: &mut Page<'_>) -> fmt::Result {
        let links = &self.metrics.links;
        let results = LinkResult::ALL.iter().map(|&result| (vec![result.name()], links.probes.of(result).get()));
        page.counters(names::LINK_PROBES, results)?;
        page.counter(names::LINK_ROWS, links.rows_written.get())?;
        page.counter(names::LINK_ROWS_DROPPED, links.rows_dropped.get())?;
        page.counter(names::LINK_WRITE_ERRORS, links.write_errors.get())?;
        let trips: Vec<(String, f64)> =
            links.round_trips().into_iter().map(|(host, took)| (host.to_string(), took.as_secs_f64())).collect();
        page.gauges(names::LINK_ROUND_TRIP, trips.iter().map(|(host, took_s)| (vec![host.as_str()], *took_s)))
    }
}
