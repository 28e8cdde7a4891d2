//! Small trainings on rows that are made here.

use std::ops::ControlFlow;
use std::time::Duration;

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values};
use outrider_train::tasks::{RETRY, SERVICE, Task};
use outrider_train::training::{Bench, Options, Trained, train};

const SECOND_US: i64 = 1_000_000;
/// 2026-01-05, a Monday.
const BEGIN_US: i64 = 1_767_571_200 * SECOND_US;

fn numbers(name: &str, numbers: Vec<f64>) -> Column {
    Column { name: name.to_owned(), values: Values::Number(numbers) }
}

fn words(name: &str, words: &[Option<&str>]) -> Column {
    Column { name: name.to_owned(), values: Values::Word(words.iter().copied().collect()) }
}

/// Telemetry in which failures are tried again, and the more the longer they took: by `by_time` times its logarithm.
pub(super) fn telemetry(rows: usize, by_time: f64) -> Frame {
    let mut random = Random::new(7);
    let (mut times, mut status, mut ms, mut retried) = (vec![], vec![], vec![], vec![]);
    for row in 0..rows {
        let code = [200.0, 200.0, 200.0, 204.0, 404.0, 500.0, 503.0][random.below(7)];
        let long = -random.unit().max(1e-9).ln();
        let log_odds = if code < 400.0 { -2.6 } else { -0.8 } + by_time * (long.ln() + 0.58);
        times.push(BEGIN_US + i64::try_from(row).unwrap() * 40 * SECOND_US);
        status.push(code);
        ms.push(180.0 * long);
        retried.push(f64::from(u8::from(random.chance(1.0 / (1.0 + f64::exp(-log_odds))))));
    }
    let [buckets, failures, methods] = categories(&status, &ms);
    Frame::new(vec![
        Column { name: "timestamp".to_owned(), values: Values::Time(times) },
        words("latency_bucket", &buckets),
        words("failure_type", &failures),
        words("method_category", &methods),
        numbers("bytes", (0..rows).map(|_| random.unit() * 40_000.0).collect()),
        numbers("status_code", status),
        numbers("response_time_ms", ms),
        numbers("retried", retried),
    ])
    .unwrap()
}

/// Latency bucket, failure type and method category.
fn categories(status: &[f64], ms: &[f64]) -> [Vec<Option<&'static str>>; 3] {
    let bucket = |ms: &f64| {
        Some(if *ms > 500.0 {
            "slow"
        } else if *ms > 100.0 {
            "medium"
        } else {
            "fast"
        })
    };
    let failure = |code: &f64| (*code >= 500.0).then_some(if *code > 500.0 { "unavailable" } else { "server error" });
    let method = |row: usize| Some(["read", "read", "write"][row % 3]);
    let buckets: Vec<Option<&str>> = ms.iter().map(bucket).collect();
    let failures: Vec<Option<&str>> = status.iter().map(failure).collect();
    let methods: Vec<Option<&str>> = (0..ms.len()).map(method).collect();
    [buckets, failures, methods]
}

/// Requests as the lab records them: slower on one host, and the more there are.
pub(super) fn requests(rows: usize) -> Frame {
    let mut random = Random::new(3);
    let (mut hosts, mut classes, mut scheduled, mut latency) = (vec![], vec![], vec![], vec![]);
    for row in 0..rows {
        let (host, class) = (random.below(3), random.below(2));
        let busy = 1.0 + (row as f64 / 900.0).sin().max(0.0);
        hosts.push(Some(["h1", "h2", "h3"][host]));
        classes.push(Some(["light", "heavy"][class]));
        scheduled.push(row as f64 * 12.0);
        latency.push(busy * [20.0, 35.0, 80.0][host] * [1.0, 4.0][class] * (0.5 + random.unit()));
    }
    Frame::new(vec![
        words("class", &classes),
        words("host", &hosts),
        words("end", &vec![Some("answered"); rows]),
        numbers("scheduled_ms", scheduled),
        numbers("latency_ms", latency),
    ])
    .unwrap()
}

/// Trains on one thread, with few trees.
pub(super) fn trained(task: &'static Task, rows: &Frame, options: &Options) -> Trained {
    let pool = rayon::ThreadPoolBuilder::new().num_threads(1).build().unwrap();
    let mut clock = || Duration::ZERO;
    let mut watch = |_: &str, _: f64| ControlFlow::Continue(());
    let mut bench = Bench { pool: &pool, clock: &mut clock, watch: &mut watch };
    train(task, rows, &Options { trees: 40, ..options.clone() }, &mut bench).unwrap()
}

/// Of retries that can be learnt.
pub(super) fn of_retries(options: &Options) -> Trained {
    trained(&RETRY, &telemetry(6_000, 1.0), options)
}

/// Of response times.
pub(super) fn of_times() -> Trained {
    trained(&SERVICE, &requests(4_000), &Options::default())
}
