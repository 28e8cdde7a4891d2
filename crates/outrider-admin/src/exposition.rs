//! `/metrics`: the catalogue's rows with the numbers of now.
//!
//! OpenMetrics where the scraper asks for it, else the classic Prometheus text: the same lines, with a counter's type
//! under its full name and without what that parser does not know.

mod classes;
mod control;
mod hosts;
mod page;
mod pools;
mod predictions;

use std::fmt;
use std::sync::Arc;

use outrider_pilot::Totals;
use outrider_proxy::Shared;
use outrider_proxy::control::{PoolStatus, Status};
use outrider_proxy::events::Kind;
use outrider_proxy::metrics::catalogue as names;
use outrider_proxy::metrics::{Family, Label, Metrics, WorkerMetrics};
use prometheus_client::collector::Collector;
use prometheus_client::encoding::DescriptorEncoder;
use prometheus_client::encoding::text::encode;
use prometheus_client::registry::Registry;

use crate::AdminState;
use hosts::{Host, hosts};
use page::Page;

/// How the page is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// OpenMetrics 1.0.
    OpenMetrics,
    /// Prometheus text 0.0.4.
    Classic,
}

impl Form {
    /// OpenMetrics if one of the `Accept` headers names it, else what every scraper reads.
    pub(crate) fn accepted<'a>(accept: impl Iterator<Item = &'a str>) -> Form {
        let wants = |media: &str| {
            let mut parts = media.split(';').map(str::trim);
            let is_named = parts.next().is_some_and(|name| name.eq_ignore_ascii_case("application/openmetrics-text"));
            is_named && !parts.any(|part| matches!(part, "q=0" | "q=0.0" | "q=0.00" | "q=0.000"))
        };
        match accept.flat_map(|value| value.split(',')).any(wants) {
            true => Form::OpenMetrics,
            false => Form::Classic,
        }
    }

    pub(crate) const fn content_type(self) -> &'static str {
        match self {
            Form::OpenMetrics => "application/openmetrics-text; version=1.0.0; charset=utf-8",
            Form::Classic => "text/plain; version=0.0.4; charset=utf-8",
        }
    }
}

/// The page. `status` is what the control thread knows; without it that part is left empty.
pub(crate) fn written(state: &AdminState, status: Option<&Status>, form: Form) -> Result<String, fmt::Error> {
    let scrape = Scrape {
        metrics: Arc::clone(&state.metrics),
        shared: Arc::clone(&state.shared),
        pools: status.map_or(Vec::new(), |status| status.pools.clone()),
    };
    let mut registry = Registry::default();
    registry.register_collector(Box::new(scrape));
    let mut page = String::new();
    encode(&mut page, &registry)?;
    Ok(match form {
        Form::OpenMetrics => page,
        Form::Classic => classic(&page),
    })
}

fn classic(page: &str) -> String {
    let mut lines = String::with_capacity(page.len());
    for line in page.lines().filter(|line| !line.starts_with("# UNIT ") && *line != "# EOF") {
        lines.push_str(&counted_by_full_name(line).unwrap_or_else(|| line.to_owned()));
        lines.push('\n');
    }
    lines
}

/// A `# HELP` or `# TYPE` line of a counter, under the name of its samples.
fn counted_by_full_name(line: &str) -> Option<String> {
    let (keyword, rest) = line.strip_prefix("# ")?.split_once(' ')?;
    let (name, rest) = rest.split_once(' ')?;
    let full = format!("{name}_total");
    names::ALL.iter().any(|metric| metric.name == full).then(|| format!("# {keyword} {full} {rest}"))
}

/// The numbers of one moment.
struct Scrape {
    metrics: Arc<Metrics>,
    shared: Arc<Shared>,
    pools: Vec<PoolStatus>,
}

impl fmt::Debug for Scrape {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Scrape")
    }
}

impl Collector for Scrape {
    fn encode(&self, encoder: DescriptorEncoder) -> fmt::Result {
        let mut page = Page(encoder);
        self.process(&mut page)?;
        self.clients(&mut page)?;
        self.upstream(&mut page)?;
        self.by_pool(&mut page)?;
        self.by_host(&mut page)?;
        self.by_class(&mut page)?;
        self.predictions(&mut page)?;
        self.control(&mut page)?;
        self.events(&mut page)
    }
}

impl Scrape {
    fn process(&self, page: &mut Page<'_>) -> fmt::Result {
        page.gauges(names::BUILD, [(vec![env!("CARGO_PKG_VERSION")], 1.0)])?;
        page.gauge(names::EPOCH, self.shared.published.load().snapshot.epoch)?;
        page.gauge(names::DRAINING, u64::from(self.shared.is_draining()))
    }

    fn clients(&self, page: &mut Page<'_>) -> fmt::Result {
        let Scrape { metrics, .. } = self;
        page.counter(names::CONNECTIONS, metrics.counter(|w| &w.connections_accepted))?;
        page.gauge(names::CONNECTIONS_OPEN, metrics.gauge(|w| &w.connections_open))?;
        page.counter(names::REQUESTS, metrics.counter(|w| &w.requests))?;
        page.gauge(names::REQUESTS_IN_FLIGHT, metrics.gauge(|w| &w.requests_in_flight))?;
        page.counters(names::RESPONSES, self.family(|w| &w.responses))?;
        page.histogram(names::REQUEST_DURATION, &metrics.histogram(|w| &w.request_duration))?;
        page.counter(names::REQUEST_BODY, metrics.counter(|w| &w.request_body_bytes))?;
        page.counter(names::RESPONSE_BODY, metrics.counter(|w| &w.response_body_bytes))?;
        page.counter(names::CLIENT_ABORTS, metrics.counter(|w| &w.client_aborts))?;
        page.counter(names::PARSE_ERRORS, metrics.counter(|w| &w.parse_errors))?;
        page.counters(names::OWN_ERRORS, self.family(|w| &w.own_errors))?;
        page.counter(names::UPGRADES, metrics.counter(|w| &w.upgrades))?;
        page.gauge(names::UPGRADES_OPEN, metrics.gauge(|w| &w.upgrades_open))
    }

    fn upstream(&self, page: &mut Page<'_>) -> fmt::Result {
        let Scrape { metrics, .. } = self;
        page.counter(names::UPSTREAM_CONNECTS, metrics.counter(|w| &w.upstream_connects))?;
        page.counter(names::UPSTREAM_CONNECT_FAILURES, metrics.counter(|w| &w.upstream_connect_failures))?;
        page.gauge(names::UPSTREAM_CONNECTIONS_OPEN, metrics.gauge(|w| &w.upstream_connections_open))?;
        page.counter(names::UPSTREAM_REUSED, metrics.counter(|w| &w.upstream_reused))?;
        page.counters(names::RETRIES, self.family(|w| &w.retries))?;
        page.counter(names::RETRIES_REFUSED, metrics.counter(|w| &w.retries_refused))?;
        page.counters(names::CLIENT_RETRIES, self.family(|w| &w.client_retries))?;
        page.gauge(names::SLOT_WAITING, metrics.gauge(|w| &w.slot_waiting))?;
        page.histogram(names::SLOT_WAIT, &metrics.histogram(|w| &w.slot_wait))?;
        page.counter(names::INFORMATIONAL, metrics.counter(|w| &w.informational))?;
        page.counter(names::ORCA_REPORTS, metrics.counter(|w| &w.orca_reports))?;
        page.counter(names::ORCA_REPORTS_BAD, metrics.counter(|w| &w.orca_reports_bad))
    }

    fn by_host(&self, page: &mut Page<'_>) -> fmt::Result {
        let hosts = self.hosts();
        let counts = |of: fn(&Totals) -> u64| hosts.iter().map(move |host| (host.labels(), of(&host.status.totals)));
        page.counters(names::HOST_PICKS, counts(|totals| totals.picks))?;
        page.counters(names::HOST_SUCCESSES, counts(|totals| totals.successes))?;
        page.counters(names::HOST_FAILURES, counts(|totals| totals.failures))?;
        page.counters(names::HOST_CANCELLED, counts(|totals| totals.cancelled))?;

        let gauges = |of: fn(&Host<'_>) -> f64| hosts.iter().map(move |host| (host.labels(), of(host)));
        page.gauges(names::HOST_IN_FLIGHT, gauges(|host| f64::from(host.status.in_flight)))?;
        page.gauges(names::HOST_PENDING, gauges(|host| f64::from(host.status.pending)))?;
        page.gauges(names::HOST_WEIGHT, gauges(|host| host.status.weight))?;
        page.gauges(names::HOST_USABLE, gauges(|host| f64::from(u8::from(host.usable))))
    }

    fn events(&self, page: &mut Page<'_>) -> fmt::Result {
        let events = &self.metrics.events;
        let kinds = || Kind::ALL.iter().map(|kind| (vec![kind.name()], *kind));
        page.counters(names::EVENTS, kinds().map(|(labels, kind)| (labels, events.count(kind))))?;
        page.counters(names::EVENT_LINES_LEFT_OUT, kinds().map(|(labels, kind)| (labels, events.left_out(kind))))?;
        page.counter(names::EVENT_LINES_LOST, events.lost())?;
        page.counter(names::ACCESS_LOG_DROPPED, self.metrics.counter(|w| &w.access_log_dropped))
    }

    /// Every value of an enumerated label with its sum over the workers.
    fn family<K: Label, const N: usize>(
        &self,
        family: impl Fn(&WorkerMetrics) -> &Family<K, N>,
    ) -> Vec<(Vec<&'static str>, u64)> {
        let sum = |kind: K| self.metrics.counter(|worker| family(worker).of(kind));
        K::ALL.iter().map(|&kind| (vec![kind.name()], sum(kind))).collect()
    }

    fn hosts(&self) -> Vec<Host<'_>> {
        let published = self.shared.published.load();
        self.pools.iter().flat_map(|pool| hosts(pool, &published.snapshot)).collect()
    }
}
