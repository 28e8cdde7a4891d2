//! Endpoints that only look.

use std::sync::Arc;
use std::time::{Duration, Instant};

use outrider_core::{ClassKey, LoadReport};
use outrider_proxy::control::ClassCounts;
use serde_json::{Value, json};

use crate::world::World;

fn keys(value: &Value) -> Vec<&str> {
    value.as_object().unwrap().keys().map(String::as_str).collect()
}

#[tokio::test]
async fn the_index_names_every_endpoint_and_an_unknown_path_shows_them_too() {
    let world = World::start().await;
    let index = world.get("/").await;
    assert_eq!(index.status, 200);
    let lost = world.get("/api/v2/pools").await;
    assert_eq!(lost.status, 404);
    assert!(lost.has("content-type: application/problem+json"));
    let problem = lost.json();
    assert_eq!(problem["status"], 404);
    assert_eq!(problem["detail"], "there is no /api/v2/pools here");
    let endpoints = problem["endpoints"].as_array().unwrap();
    assert_eq!(endpoints.len(), index.body.lines().count());
    assert!(endpoints.contains(&json!("POST /api/v1/hosts/{pool}/{address}/drain")));
}

#[tokio::test]
async fn a_wrong_method_is_told_the_right_one() {
    let world = World::start().await;
    let post = world.ask("POST", "/metrics", &[], "").await;
    assert_eq!((post.status, post.has("allow: GET, HEAD")), (405, true), "{post:?}");
    let get = world.get("/api/v1/hosts/api/127.0.0.1:1/drain").await;
    assert_eq!((get.status, get.has("allow: POST")), (405, true), "{get:?}");
    let head = world.ask("HEAD", "/healthz", &[], "").await;
    assert_eq!((head.status, head.body.as_str()), (200, ""));
    assert!(head.has("content-length: 3"));
}

#[tokio::test]
async fn it_is_ready_until_it_leaves() {
    let world = World::start().await;
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
    world.shared().start_draining();
    let unready = world.get("/readyz").await;
    assert_eq!(unready.status, 503);
    assert!(unready.json()["detail"].as_str().unwrap().starts_with("leaving"));
    assert_eq!(world.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn it_is_not_ready_without_the_control_thread_and_what_is_left_still_answers() {
    let world = World::start().await;
    world.state.control.shutdown();
    while world.state.control.is_running() {
        tokio::task::yield_now().await;
    }
    assert_eq!(world.get("/readyz").await.status, 503);
    let pools = world.get("/api/v1/pools").await;
    assert_eq!((pools.status, pools.json()["detail"].as_str()), (503, Some("the control thread has ended")));
    let metrics = world.get("/metrics").await;
    assert_eq!(metrics.status, 200);
    assert!(metrics.body.contains("outrider_pool_hosts{pool=\"api\"} 2"));
    assert!(!metrics.body.contains("outrider_host_in_flight{"));
}

#[tokio::test]
async fn pools_are_shown() {
    let world = World::start().await;
    let answer = world.get("/api/v1/pools").await.json();
    assert_eq!(answer["epoch"], 1);
    let pools = answer["pools"].as_array().unwrap();
    assert_eq!(pools.len(), 2);
    let wanted = json!({
        "name": "api", "kind": "container", "strategy": "least_request", "panic": false,
        "hosts": 2, "hosts_usable": 2, "retry_budget": { "requests": 0, "retries": 0 }, "shedding": [], "sources": [],
    });
    assert_eq!(pools[0], wanted);
}

#[tokio::test]
async fn hosts_are_shown_all_or_by_pool() {
    let world = World::start().await;
    let all = world.get("/api/v1/hosts").await.json();
    let hosts = all["hosts"].as_array().unwrap();
    assert_eq!(hosts.len(), 3);
    let wanted = json!({
        "pool": "api", "address": "127.0.0.1:1", "region": "eu", "kind": null,
        "state": "healthy", "why": null, "ejected_for_s": null,
        "weight": 2.0, "weight_configured": 2, "in_flight": 0, "pending": 0, "max_connections": 1024,
        "picks_total": 0, "successes_total": 0, "failures_total": 0, "cancelled_total": 0,
        "success_rate": null, "peak_ewma_ms": null, "load_report": null, "c3": null,
    });
    assert_eq!(hosts.iter().find(|host| host["address"] == "127.0.0.1:1"), Some(&wanted));

    let some = world.get("/api/v1/hosts?pool=web%20app").await.json();
    let hosts = some["hosts"].as_array().unwrap();
    assert_eq!((hosts.len(), &hosts[0]["address"]), (1, &json!("127.0.0.1:3")));
    assert_eq!(world.get("/api/v1/hosts?pool=nobody").await.status, 404);
    assert_eq!(world.get("/api/v1/hosts?limit=1").await.status, 400);
}

#[tokio::test]
async fn what_a_host_reports_of_itself_is_shown_and_what_it_leaves_out_is_null() {
    let world = World::start().await;
    let report = LoadReport {
        cpu_utilization: Some(0.42),
        eps: Some(0.0),
        named_metrics: vec![("rif".to_owned(), 7.0)],
        ..LoadReport::default()
    };
    let published = world.shared().published.load_full();
    let pool = published.snapshot.pool("api").unwrap();
    let host = pool.candidates().find(|host| host.address.port() == 1).unwrap();
    host.live.reported(&report, world.shared().clock.now());
    let answer = world.get("/api/v1/hosts?pool=api").await.json();
    let shown = |address| answer["hosts"].as_array().unwrap().iter().find(|host| host["address"] == address).unwrap();
    let mut seen = shown("127.0.0.1:1")["load_report"].clone();
    let age_s = seen.as_object_mut().unwrap().remove("age_s").unwrap().as_f64().unwrap();
    assert!((0.0..60.0).contains(&age_s));
    let wanted = json!({
        "cpu_utilization": 0.42, "mem_utilization": null, "application_utilization": null,
        "rps_fractional": null, "eps": 0.0, "rif": 7.0,
    });
    assert_eq!(seen, wanted);
    assert_eq!(shown("[::1]:2")["load_report"], Value::Null);
}

#[tokio::test]
async fn classes_are_shown_with_what_was_counted_of_them() {
    let world = World::start().await;
    let class = (ClassKey(7), "GET /users/{id} \"q\"".to_owned(), 100_000);
    let deadline = Instant::now() + Duration::from_secs(10);
    let shown = loop {
        assert!(Instant::now() < deadline, "the class was never admitted");
        let _ = world.classes.try_send(ClassCounts { counts: vec![class.clone()] });
        let answer = world.get("/api/v1/classes").await.json();
        if let Some(shown) = answer["classes"].as_array().unwrap().iter().find(|shown| shown["name"] == class.1) {
            break shown.clone();
        }
    };
    let wanted = [
        "admitted_for_s",
        "duration_ms_mean",
        "failures_total",
        "id",
        "name",
        "requests_total",
        "share_last_minute",
        "successes_total",
    ];
    assert_eq!(keys(&shown), wanted);
    assert!(shown["share_last_minute"].as_f64().unwrap() > 0.5);
    let metrics = world.get("/metrics").await.body;
    assert!(metrics.contains("outrider_class_requests_total{class=\"GET /users/{id} \\\"q\\\"\"} 0"), "{metrics}");
}

#[tokio::test]
async fn the_configuration_is_the_one_in_use() {
    let world = World::start().await;
    assert_eq!(world.get("/api/v1/config").await.json(), json!({ "listeners": ["127.0.0.1:8080"] }));
    world.state.config.store(Arc::new(json!({ "listeners": [] })));
    assert_eq!(world.get("/api/v1/config").await.json(), json!({ "listeners": [] }));
}

#[tokio::test]
async fn the_version_is_shown() {
    let world = World::start().await;
    let version = world.get("/api/v1/version").await.json();
    assert_eq!(version, json!({ "name": "outrider", "version": env!("CARGO_PKG_VERSION") }));
}
