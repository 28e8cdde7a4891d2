use proptest::prelude::*;

use super::*;
use crate::events::Events;

fn metrics(workers: usize) -> Metrics {
    Metrics::new(workers, Arc::new(Events::silent()))
}

proptest! {
    #[test]
    fn a_duration_falls_into_the_first_bucket_whose_bound_holds_it(ns in 0u64..20_000_000_000) {
        let histogram = Histogram::default();
        histogram.observe(Duration::from_nanos(ns));
        let totals = histogram.totals();
        let bucket = totals.buckets.iter().position(|&n| n == 1).expect("one was counted");
        prop_assert_eq!(totals.count(), 1);
        prop_assert_eq!(totals.sum_ns, ns);
        prop_assert!(bucket == BUCKETS - 1 || ns <= BOUNDS_NS[bucket]);
        prop_assert!(bucket == 0 || ns > BOUNDS_NS[bucket - 1]);
    }

    #[test]
    fn a_gauge_is_its_balance(steps in prop::collection::vec(1u64..10, 0..50)) {
        let gauge = Gauge::default();
        for &n in &steps { gauge.add(n); }
        prop_assert_eq!(gauge.get(), steps.iter().sum::<u64>());
        for &n in &steps { gauge.sub(n); }
        prop_assert_eq!(gauge.get(), 0);
        gauge.sub(1);
        prop_assert_eq!(gauge.get(), 0, "never below zero");
    }
}

#[test]
fn workers_add_up() {
    let metrics = metrics(3);
    for index in 0..3 {
        let worker = metrics.worker(index);
        worker.requests.add(10);
        worker.connections_open.add(2);
        worker.request_duration.observe(Duration::from_millis(3));
        worker.responses.add(StatusClass::of(204), 1);
    }
    assert_eq!(metrics.counter(|w| &w.requests), 30);
    assert_eq!(metrics.gauge(|w| &w.connections_open), 6);
    assert_eq!(metrics.histogram(|w| &w.request_duration).count(), 3);
    assert_eq!(metrics.counter(|w| w.responses.of(StatusClass::Success)), 3);
}

#[test]
fn a_class_does_not_inherit_the_counts_of_the_one_it_replaced() {
    let metrics = metrics(1);
    let worker = metrics.worker(0);
    let finish = |slot| {
        worker.class(ClassId(slot)).finished(Duration::from_millis(1), false);
    };
    metrics.relabel(["a"].into_iter(), [(ClassId(1), "GET /old")].into_iter());
    finish(1);
    finish(1);
    assert_eq!(metrics.by_class()[0].1.requests, 2);

    metrics.relabel(["a"].into_iter(), [(ClassId(1), "GET /new")].into_iter());
    finish(1);
    let classes = metrics.by_class();
    assert_eq!(classes.len(), 1);
    assert_eq!(classes[0].0, "GET /new");
    assert_eq!(classes[0].1.requests, 1);
}

#[test]
fn a_pool_that_keeps_its_place_keeps_its_counts_and_a_moved_one_starts_anew() {
    let metrics = metrics(1);
    let worker = metrics.worker(0);
    metrics.relabel(["a", "b"].into_iter(), std::iter::empty());
    worker.pool(0).requests.add(5);
    worker.pool(1).requests.add(7);
    metrics.relabel(["a", "c", "b"].into_iter(), std::iter::empty());
    let requests: Vec<(String, u64)> =
        metrics.by_pool().into_iter().map(|(name, totals)| (name, totals.requests)).collect();
    assert_eq!(requests, [("a".into(), 5), ("c".into(), 0), ("b".into(), 0)]);
}

#[test]
fn pools_beyond_the_last_slot_share_it() {
    let metrics = metrics(1);
    let names: Vec<String> = (0..POOL_SLOTS + 3).map(|i| format!("pool-{i}")).collect();
    metrics.relabel(names.iter().map(String::as_str), std::iter::empty());
    metrics.worker(0).pool(POOL_SLOTS + 2).requests.add(1);
    let pools = metrics.by_pool();
    assert_eq!(pools.len(), POOL_SLOTS);
    let (name, totals) = pools.last().expect("there are slots");
    assert_eq!((name.as_str(), totals.requests), ("other", 1));
}

#[test]
fn label_values_are_at_their_index() {
    for (i, error) in OwnError::ALL.iter().enumerate() {
        assert_eq!(error.index(), i);
    }
    for (i, reason) in RetryReason::ALL.iter().enumerate() {
        assert_eq!(reason.index(), i);
    }
    for (status, class) in
        [(99, "5xx"), (101, "1xx"), (200, "2xx"), (399, "3xx"), (404, "4xx"), (503, "5xx"), (999, "5xx")]
    {
        assert_eq!(StatusClass::of(status).name(), class);
    }
}
