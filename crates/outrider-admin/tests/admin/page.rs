//! `/metrics` as a scraper reads it, and the page that documents it.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use outrider_core::ClassId;
use outrider_proxy::metrics::catalogue::{self, MetricKind};
use outrider_proxy::metrics::{LinkResult, OwnError, RetryReason, StatusClass};

use crate::text_format::{Family, check_histogram, read};
use crate::world::World;

const OPENMETRICS: &str = "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;version=0.0.4;q=0.3";

/// Some traffic, as two workers would count it.
fn traffic(world: &World) {
    let host = "10.0.0.9:80".parse().unwrap();
    world.state.metrics.links.probed(LinkResult::Answered, Some((host, Some(Duration::from_millis(20)))));
    for index in 0..2 {
        let worker = world.state.metrics.worker(index);
        worker.requests.add(10);
        worker.requests_in_flight.add(1);
        worker.responses.add(StatusClass::of(200), 8);
        worker.responses.add(StatusClass::of(502), 2);
        worker.own_errors.add(OwnError::ConnectionRefused, 2);
        worker.retries.add(RetryReason::Connect, 3);
        worker.request_body_bytes.add(1 << 40);
        for millis in [1, 30, 20_000] {
            worker.request_duration.observe(Duration::from_millis(millis));
            worker.pool(1).duration.observe(Duration::from_millis(millis));
        }
        worker.class(ClassId::OTHER).finished(Duration::from_millis(1500), true);
    }
}

fn value(family: &Family, suffix: &str, labels: &[(&str, &str)]) -> f64 {
    let labels = labels.iter().map(|&(name, value)| (name.to_owned(), value.to_owned())).collect();
    let found = family.samples.iter().find(|(s, l, _)| s == suffix && *l == labels);
    found.unwrap_or_else(|| panic!("no {suffix} {labels:?} in {family:?}")).2
}

#[tokio::test]
async fn both_forms_are_valid_and_have_the_whole_catalogue() {
    let world = World::predicting().await;
    world.teach().await;
    traffic(&world);
    for (accept, is_openmetrics, content_type) in [
        ("Accept: */*", false, "content-type: text/plain; version=0.0.4; charset=utf-8"),
        (OPENMETRICS, true, "content-type: application/openmetrics-text; version=1.0.0; charset=utf-8"),
        ("Accept: application/openmetrics-text; q=0", false, "content-type: text/plain; version=0.0.4; charset=utf-8"),
    ] {
        let answer = world.ask("GET", "/metrics", &[accept], "").await;
        assert!(answer.has(content_type), "{accept}: {}", answer.head);
        let families = read(&answer.body, is_openmetrics).unwrap();
        let found: BTreeSet<&str> = families.keys().map(String::as_str).collect();
        let stem = |name: &'static str| match is_openmetrics {
            true => name.strip_suffix("_total").unwrap_or(name),
            false => name,
        };
        let wanted: BTreeSet<&str> = catalogue::ALL.iter().map(|metric| stem(metric.name)).collect();
        assert_eq!(found, wanted);
        for metric in catalogue::ALL {
            let family = &families[stem(metric.name)];
            assert_eq!((family.kind.as_str(), family.help.as_str()), (metric.kind.name(), metric.help));
            assert!(!family.samples.is_empty(), "{} has no sample", metric.name);
            for (_, labels, _) in &family.samples {
                let names: Vec<&str> = labels.keys().map(String::as_str).filter(|&name| name != "le").collect();
                let mut declared = metric.labels.to_vec();
                declared.sort_unstable();
                assert_eq!(names, declared, "{}", metric.name);
            }
            if metric.kind == MetricKind::Histogram {
                check_histogram(family).unwrap();
            }
        }
    }
}

#[tokio::test]
async fn the_numbers_are_sums_over_the_workers_in_seconds_and_bytes() {
    let world = World::start().await;
    traffic(&world);
    let page = read(&world.get("/metrics").await.body, false).unwrap();
    let of = |name: &str, suffix: &str, labels: &[(&str, &str)]| value(&page[name], suffix, labels);
    assert_eq!(of("outrider_requests_total", "", &[]), 20.0);
    assert_eq!(of("outrider_requests_in_flight", "", &[]), 2.0);
    assert_eq!(of("outrider_responses_total", "", &[("status", "5xx")]), 4.0);
    assert_eq!(of("outrider_own_errors_total", "", &[("error", "connection_refused")]), 4.0);
    assert_eq!(of("outrider_own_errors_total", "", &[("error", "connection_timeout")]), 0.0);
    assert_eq!(of("outrider_retries_total", "", &[("reason", "connect")]), 6.0);
    assert_eq!(of("outrider_request_body_bytes_total", "", &[]), f64::from(1 << 20) * f64::from(1 << 21));
    let name = "outrider_request_duration_seconds";
    assert_eq!(of(name, "_count", &[]), 6.0);
    assert!((of(name, "_sum", &[]) - 40.062).abs() < 1e-9);
    assert_eq!(of(name, "_bucket", &[("le", "0.001")]), 2.0);
    assert_eq!(of(name, "_bucket", &[("le", "0.05")]), 4.0);
    assert_eq!(of(name, "_bucket", &[("le", "+Inf")]), 6.0);
    assert_eq!(of("outrider_pool_request_duration_seconds", "_count", &[("pool", "web app")]), 6.0);
    assert_eq!(of("outrider_pool_request_duration_seconds", "_count", &[("pool", "api")]), 0.0);
    assert_eq!(of("outrider_class_failures_total", "", &[("class", "other")]), 2.0);
    assert_eq!(of("outrider_class_duration_seconds_total", "", &[("class", "other")]), 3.0);
    assert_eq!(of("outrider_host_weight", "", &[("pool", "api"), ("host", "[::1]:2")]), 2.0);
    assert_eq!(of("outrider_link_probes_total", "", &[("result", "answered")]), 1.0);
    assert_eq!(of("outrider_link_probes_total", "", &[("result", "timed_out")]), 0.0);
    assert_eq!(of("outrider_link_round_trip_seconds", "", &[("host", "10.0.0.9:80")]), 0.02);
    assert_eq!(of("outrider_events_total", "", &[("kind", "config_applied")]), 1.0);
}

#[tokio::test]
async fn what_predictions_are_worth_is_counted_where_they_are_made() {
    let world = World::start().await;
    let page = read(&world.get("/metrics").await.body, false).unwrap();
    assert!(page["outrider_pool_fallback"].samples.is_empty(), "nobody predicts");

    let world = World::predicting().await;
    let page = read(&world.get("/metrics").await.body, false).unwrap();
    let of = |page: &BTreeMap<String, Family>, name: &str, labels: &[(&str, &str)]| value(&page[name], "", labels);
    assert_eq!(of(&page, "outrider_pool_fallback", &[("pool", "web app"), ("reason", "unknown")]), 1.0);
    assert_eq!(of(&page, "outrider_pool_fallback", &[("pool", "web app"), ("reason", "none")]), 0.0);
    world.teach().await;
    let page = read(&world.get("/metrics").await.body, false).unwrap();
    assert_eq!(of(&page, "outrider_pool_fallback", &[("pool", "web app"), ("reason", "none")]), 1.0);
    assert!(of(&page, "outrider_pool_chosen_by_total", &[("pool", "web app"), ("by", "unknown")]) >= 10.0);
    let host = [("pool", "api"), ("host", "[::1]:2")];
    let mean = |name: &str| of(&page, name, &host) / of(&page, "outrider_host_predicted_requests_total", &host);
    assert!(
        (0.0018..0.0022).contains(&mean("outrider_host_service_seconds_total")),
        "as many milliseconds as its port"
    );
    assert!((0.0015..0.0025).contains(&mean("outrider_host_predicted_service_seconds_total")));
    assert_eq!(of(&page, "outrider_host_outstanding_work_seconds", &host), 0.0);
    let cost = of(&page, "outrider_pool_predicted_cost_seconds_total", &[("pool", "api")]);
    let least = of(&page, "outrider_pool_least_predicted_cost_seconds_total", &[("pool", "api")]);
    assert!(cost > 1.2 * least, "least request spreads over hosts of 1 and 2 ms: {cost} {least}");
}

#[tokio::test]
async fn a_drained_host_is_not_usable() {
    let world = World::start().await;
    world.post("/api/v1/hosts/api/127.0.0.1:1/drain", "").await;
    let page = read(&world.get("/metrics").await.body, false).unwrap();
    let host = [("pool", "api"), ("host", "127.0.0.1:1")];
    assert_eq!(value(&page["outrider_host_usable"], "", &host), 0.0);
    assert_eq!(value(&page["outrider_pool_hosts_usable"], "", &[("pool", "api")]), 1.0);
    assert_eq!(value(&page["outrider_pool_hosts"], "", &[("pool", "api")]), 2.0);
}

/// `make docs` writes the page.
#[test]
fn the_reference_is_not_stale() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/reference/metrics.md");
    let wanted = outrider_admin::reference::metrics_page();
    if std::env::var_os("OUTRIDER_REGENERATE").is_some() {
        std::fs::create_dir_all(std::path::Path::new(path).parent().unwrap()).unwrap();
        std::fs::write(path, &wanted).unwrap();
    }
    let written = std::fs::read_to_string(path).unwrap_or_default();
    assert!(written == wanted, "docs/reference/metrics.md is stale; run: make docs");
}
