//! Every metric's name, kind, labels and meaning: the only file that has them. The admin crate writes `/metrics` from
//! these rows, and `docs/reference/metrics.md` is generated from them.
//!
//! Durations in seconds, sizes in bytes, counters end in `_total`. Labels are bounded: per host or per class, never the
//! product, never anything that a client chooses.

/// What kind of number a metric is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MetricKind {
    /// Only grows; begins at zero when the process starts.
    Counter,
    /// Comes and goes.
    Gauge,
    /// Durations in buckets.
    Histogram,
}

impl MetricKind {
    /// Its name in the documentation.
    pub const fn name(self) -> &'static str {
        match self {
            MetricKind::Counter => "counter",
            MetricKind::Gauge => "gauge",
            MetricKind::Histogram => "histogram",
        }
    }
}

/// One metric.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// Its name as scraped; a histogram's gets `_bucket`, `_sum` and `_count`.
    pub name: &'static str,
    /// What kind of number it is.
    pub kind: MetricKind,
    /// The names of its labels.
    pub labels: &'static [&'static str],
    /// What it counts.
    pub help: &'static str,
}

macro_rules! catalogue {
    ($($constant:ident = $kind:ident $name:literal [$($label:literal),*] $help:literal;)+) => {
        $(
            #[doc = $help]
            pub const $constant: Metric = Metric {
                name: $name,
                kind: MetricKind::$kind,
                labels: &[$($label),*],
                help: $help,
            };
        )+

        /// Every metric, in the order of the documentation.
        pub const ALL: &[Metric] = &[$($constant,)+];
    };
}

catalogue! {
    BUILD = Gauge "outrider_build_info" ["version"]
        "Always 1; which version runs.";
    EPOCH = Gauge "outrider_snapshot_epoch" []
        "Number of the snapshot of hosts, routes and classes in use.";
    DRAINING = Gauge "outrider_draining" []
        "1 while the process is leaving.";

    CONNECTIONS = Counter "outrider_client_connections_total" []
        "Client connections accepted.";
    CONNECTIONS_OPEN = Gauge "outrider_client_connections_open" []
        "Client connections open.";
    REQUESTS = Counter "outrider_requests_total" []
        "Requests whose head was read.";
    REQUESTS_IN_FLIGHT = Gauge "outrider_requests_in_flight" []
        "Requests between their head and the last byte of their answer.";
    RESPONSES = Counter "outrider_responses_total" ["status"]
        "Final answers to clients by the hundreds of their status.";
    REQUEST_DURATION = Histogram "outrider_request_duration_seconds" []
        "From a request's head to the last byte of its answer.";
    REQUEST_BODY = Counter "outrider_request_body_bytes_total" []
        "Bytes of request bodies read from clients.";
    RESPONSE_BODY = Counter "outrider_response_body_bytes_total" []
        "Bytes of response bodies written to clients.";
    CLIENT_ABORTS = Counter "outrider_client_aborts_total" []
        "Requests whose client left before the end of the answer.";
    PARSE_ERRORS = Counter "outrider_parse_errors_total" []
        "Client connections closed because their bytes were no request that may be forwarded.";
    OWN_ERRORS = Counter "outrider_own_errors_total" ["error"]
        "Answers made here and not by a host, by the error type of RFC 9209 in their Proxy-Status.";
    UPGRADES = Counter "outrider_upgrades_total" []
        "Tunnels opened by an upgrade.";
    UPGRADES_OPEN = Gauge "outrider_upgrades_open" []
        "Tunnels open.";

    UPSTREAM_CONNECTS = Counter "outrider_upstream_connects_total" []
        "Connections to hosts that opened.";
    UPSTREAM_CONNECT_FAILURES = Counter "outrider_upstream_connect_failures_total" []
        "Connections to hosts that did not open.";
    UPSTREAM_CONNECTIONS_OPEN = Gauge "outrider_upstream_connections_open" []
        "Connections to hosts open, those of checks and probes not among them.";
    UPSTREAM_REUSED = Counter "outrider_upstream_reused_total" []
        "Requests sent on a connection to a host that had carried one before.";
    RETRIES = Counter "outrider_retries_total" ["reason"]
        "Further tries of a request, by what made them necessary.";
    RETRIES_REFUSED = Counter "outrider_retries_refused_total" []
        "Further tries that were refused: by the retry budget, or to a client's own retry of what is being shed.";
    CLIENT_RETRIES = Counter "outrider_client_retries_total" ["how"]
        "Requests that are tries which their clients make again, by what they are known by.";
    SLOT_WAITING = Gauge "outrider_slot_waiting" []
        "Requests waiting for a host below its limit of connections.";
    SLOT_WAIT = Histogram "outrider_slot_wait_duration_seconds" []
        "How long requests waited for a host below its limit; only those that had to.";
    INFORMATIONAL = Counter "outrider_informational_responses_total" []
        "Interim answers of hosts (103 and other 1xx) that were read and not passed on.";
    ORCA_REPORTS = Counter "outrider_orca_reports_total" []
        "Load reports of hosts that could be read.";
    ORCA_REPORTS_BAD = Counter "outrider_orca_reports_bad_total" []
        "Load reports of hosts that could not be read.";

    POOL_REQUESTS = Counter "outrider_pool_requests_total" ["pool"]
        "Requests routed to the pool.";
    POOL_DURATION = Histogram "outrider_pool_request_duration_seconds" ["pool"]
        "From a request's head to the last byte of its answer, every try in between.";
    POOL_FIRST_BYTE = Histogram "outrider_pool_first_byte_seconds" ["pool"]
        "From the end of sending to a host of the pool to the first byte of its answer, of each try that got one.";
    POOL_PROBES = Counter "outrider_pool_probes_total" ["pool"]
        "Probes sent to hosts of the pool.";
    POOL_PROBES_ANSWERED = Counter "outrider_pool_probes_answered_total" ["pool"]
        "Probes that a host of the pool answered in time with a load that could be read.";
    POOL_PROBES_FAILED = Counter "outrider_pool_probes_failed_total" ["pool"]
        "Probes that were not answered so.";
    POOL_PROBES_KEPT = Gauge "outrider_pool_probes_kept" ["pool"]
        "Answers to probes that requests choose from, over all workers.";
    PROBE_DURATION = Histogram "outrider_probe_duration_seconds" []
        "From the start of a probe to its answer, a new connection included where one was needed.";
    POOL_HOSTS = Gauge "outrider_pool_hosts" ["pool"]
        "Hosts of the pool.";
    POOL_HOSTS_USABLE = Gauge "outrider_pool_hosts_usable" ["pool"]
        "Hosts of the pool that may be picked.";
    POOL_PANIC = Gauge "outrider_pool_panic" ["pool"]
        "1 while too few hosts of the pool are fit, so that all are used.";

    POOL_SHED = Counter "outrider_pool_shed_requests_total" ["pool"]
        "Requests that the storm guard answered because hosts of the pool rejected most that are like them.";
    POOL_SHED_SHARE = Gauge "outrider_pool_shed_share" ["pool"]
        "Share of requests that the storm guard of the pool rejects now, 0 to 1, of the class of which it rejects most.";

    HOST_PICKS = Counter "outrider_host_picks_total" ["pool", "host"]
        "Tries sent to the host.";
    HOST_SUCCESSES = Counter "outrider_host_successes_total" ["pool", "host"]
        "Tries that the host answered well.";
    HOST_FAILURES = Counter "outrider_host_failures_total" ["pool", "host"]
        "Tries that failed by the host's fault.";
    HOST_CANCELLED = Counter "outrider_host_cancelled_total" ["pool", "host"]
        "Tries that ended before the host could be judged.";
    HOST_IN_FLIGHT = Gauge "outrider_host_in_flight" ["pool", "host"]
        "Tries in flight on the host.";
    HOST_PENDING = Gauge "outrider_host_pending" ["pool", "host"]
        "Requests waiting for a connection of the host.";
    HOST_WEIGHT = Gauge "outrider_host_weight" ["pool", "host"]
        "The host's weight in use; 0 takes no new requests.";
    HOST_USABLE = Gauge "outrider_host_usable" ["pool", "host"]
        "1 if the host may be picked.";

    CLASS_REQUESTS = Counter "outrider_class_requests_total" ["class"]
        "Requests of the class that ended; begins again when the class is admitted again.";
    CLASS_FAILURES = Counter "outrider_class_failures_total" ["class"]
        "Requests of the class that ended in 5xx.";
    CLASS_DURATION = Counter "outrider_class_duration_seconds_total" ["class"]
        "Sum of the times from a request's head to the last byte of its answer.";

    CLASS_SHED = Counter "outrider_class_shed_requests_total" ["class"]
        "Requests of the class that a storm guard answered.";

    POOL_CHOSEN_BY = Counter "outrider_pool_chosen_by_total" ["pool", "by"]
        "Tries that ended in pools that predict, by what their host was chosen by: predictions, or the fallback and why (unknown, stale, distrusted). Where predictions are only observed: what it would have been.";
    POOL_FALLBACK = Gauge "outrider_pool_fallback" ["pool", "reason"]
        "1 at the reason why predictions of the pool do not route now (unknown, stale, distrusted), or at none if they do, or would.";
    POOL_TABLE_AGE = Gauge "outrider_pool_prediction_table_age_seconds" ["pool"]
        "Age of the table of predictions in force.";
    POOL_LOSS = Gauge "outrider_pool_prediction_loss" ["pool", "of"]
        "Mean distance of actual from expected service time on the last few hundred tries, as logarithms: of predictions, and of averages per host and class. While predictions lose clearly, the fallback routes.";
    POOL_COST = Counter "outrider_pool_predicted_cost_seconds_total" ["pool"]
        "Sum of the predicted costs of the hosts that were chosen.";
    POOL_LEAST_COST = Counter "outrider_pool_least_predicted_cost_seconds_total" ["pool"]
        "Sum of the predicted costs of the hosts that predictions would have chosen; the former over this is the regret of the rule that routes.";
    HOST_PREDICTED = Counter "outrider_host_predicted_requests_total" ["pool", "host"]
        "Tries whose service time was predicted and then measured: they found a free slot and went well.";
    HOST_PREDICTED_SERVICE = Counter "outrider_host_predicted_service_seconds_total" ["pool", "host"]
        "Sum of their predicted service times.";
    HOST_SERVICE = Counter "outrider_host_service_seconds_total" ["pool", "host"]
        "Sum of the service times that they then took.";
    HOST_WITHIN = Counter "outrider_host_within_predicted_total" ["pool", "host", "quantile"]
        "Of them, those that took no longer than the predicted quantile: half of them at 0.5 and nine in ten at 0.9, if predictions are sound.";
    HOST_CORRECTION = Gauge "outrider_host_correction" ["pool", "host"]
        "How many times as long as the table says the host takes just now.";
    HOST_SLOTS = Gauge "outrider_host_slots" ["pool", "host"]
        "Requests that the host serves at a time, as far as is known.";
    HOST_WORK = Gauge "outrider_host_outstanding_work_seconds" ["pool", "host"]
        "What the requests in flight on the host are expected to take in sum.";
    CLASS_PREDICTED = Counter "outrider_class_predicted_requests_total" ["class"]
        "Tries of the class whose service time was predicted and then measured.";
    CLASS_PREDICTED_SERVICE = Counter "outrider_class_predicted_service_seconds_total" ["class"]
        "Sum of their predicted service times.";
    CLASS_SERVICE = Counter "outrider_class_service_seconds_total" ["class"]
        "Sum of the service times that they then took.";
    CLASS_WITHIN = Counter "outrider_class_within_predicted_total" ["class", "quantile"]
        "Of them, those that took no longer than the predicted quantile.";
    OUTCOMES_LOST = Counter "outrider_outcomes_lost_total" []
        "Tries that nothing was learnt from because the control thread was behind.";

    LINK_PROBES = Counter "outrider_link_probes_total" ["result"]
        "Probes of links made (`link_probes`), by their result; what failed here, for want of descriptors, ports or time, has no row.";
    LINK_ROWS = Counter "outrider_link_rows_written_total" []
        "Rows written to the file of link probes.";
    LINK_ROWS_DROPPED = Counter "outrider_link_rows_dropped_total" []
        "Rows that could not be written.";
    LINK_WRITE_ERRORS = Counter "outrider_link_write_errors_total" []
        "Attempts to write rows that failed.";
    LINK_ROUND_TRIP = Gauge "outrider_link_round_trip_seconds" ["host"]
        "The last round trip of the link to the host; not there while its probes are lost.";

    HEALTH_CHECKS = Counter "outrider_health_checks_total" []
        "Active health checks made.";
    HEALTH_CHECK_FAILURES = Counter "outrider_health_check_failures_total" []
        "Active health checks that failed.";
    AGENT_CHECKS = Counter "outrider_agent_checks_total" []
        "Agent checks made.";
    AGENT_CHECK_FAILURES = Counter "outrider_agent_check_failures_total" []
        "Agent checks without an answer that could be read.";
    DNS_LOOKUPS = Counter "outrider_dns_lookups_total" []
        "Names of hosts resolved.";
    DNS_FAILURES = Counter "outrider_dns_failures_total" []
        "Names of hosts that did not resolve.";
    PUBLICATIONS = Counter "outrider_snapshots_published_total" []
        "Snapshots published.";
    SNAPSHOTS_HELD = Gauge "outrider_snapshots_held" []
        "Superseded snapshots that somebody still holds.";

    EVENTS = Counter "outrider_events_total" ["kind"]
        "What happened, by kind.";
    EVENT_LINES_LEFT_OUT = Counter "outrider_event_lines_left_out_total" ["kind"]
        "Lines of events left out because there were too many in one second.";
    EVENT_LINES_LOST = Counter "outrider_event_lines_lost_total" []
        "Lines of events lost because the standard error stream took none.";
    ACCESS_LOG_DROPPED = Counter "outrider_access_log_lines_dropped_total" []
        "Lines of the access log lost because its writer did not get on.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_follow_the_conventions() {
        let mut names: Vec<&str> = ALL.iter().map(|metric| metric.name).collect();
        names.sort_unstable();
        names.dedup();
        assert_eq!(names.len(), ALL.len(), "every name once");
        for metric in ALL {
            let name = metric.name;
            assert!(name.starts_with("outrider_"), "{name}");
            assert!(name.bytes().all(|b| b.is_ascii_lowercase() || b == b'_'), "{name}");
            assert_eq!(name.ends_with("_total"), metric.kind == MetricKind::Counter, "{name}");
            assert!(metric.kind != MetricKind::Histogram || name.ends_with("_seconds"), "{name}");
            assert!(metric.help.ends_with('.'), "{name}");
        }
    }

    #[test]
    fn no_metric_is_per_host_and_class() {
        for metric in ALL {
            let both = metric.labels.contains(&"host") && metric.labels.contains(&"class");
            assert!(!both, "{}", metric.name);
        }
    }
}
