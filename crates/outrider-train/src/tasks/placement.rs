//! Serverless or container: which platform serves this request better, by time and money?
//!
//! | | |
//! |---|---|
//! | question | a request has arrived: will serverless functions serve it better than containers? |
//! | label | `client_time` (the first): 1 if the client's time, at what a second of waiting is worth, and the money are less in all on serverless functions; `balanced_optimal`: 1 if the server's time and the money both are, by a margin of 10 % |
//! | horizon | the slice of five minutes that a request is compared within, and the minute that rates look back |
//! | features | all known at arrival: workload, size of the payload, hour, weekday and window of time (UTC), recent rates, time since the last of its kind, requests of its workload in flight on either platform |
//! | forbidden | latency, cost and cold start of either platform, and which platform it went to: outcomes |
//! | baselines | the mean (majority), a table by workload (four rows), a table by workload and size |
//! | metric | log loss |
//! | without it | each workload goes where a table says |
//!
//! Read from JSON lines as `outrider lab collect placement` writes them: a line for each request and platform.

use outrider_core::frame::{Column, Frame, NO_TIME, Values};
use outrider_core::schema::KnownAt;
use outrider_features::calendar::{hour_utc, weekday_utc};
use outrider_workload::Prices;

use super::columns::{Made, demand, numbers, times, words};
use super::{Derived, Fitted, Target, Task, TaskError};
use crate::baselines::{BaselineError, CellTable, Statistic};
use crate::dataset::{Dataset, Roles};
use crate::gates::{Acceptance, Baseline, Rules, ShapeLimits};
use crate::metrics::Metric;
use crate::split::Split;

mod arrivals;
mod balanced;
mod client_time;
mod log;
mod money;
mod price_list;
mod remarks;
mod size;
#[cfg(test)]
mod tests;
mod trial;
mod window;

pub use money::{has_prices, priced};
pub use price_list::{PriceListError, price_parameters, prices_of};

use log::Log;

/// One of each platform, in their order.
type Platforms<T> = [T; 2];

/// A slice of comparison and the minute before it.
const HORIZON_US: i64 = client_time::SLICE_US + arrivals::LOOK_BACK_US;
const NAME: &str = "placement";
const LABEL: &str = "serverless_is_better";
const HINT: &str = "It reads the log of `outrider lab collect placement`; to predict, name each feature (`outrider model show FILE` lists them)";
/// How busy both platforms are, as a balancer counts it.
pub(super) const BUSY: [&str; 7] = [
    "rate_per_s",
    "rate_now_per_s",
    "workload_rate_per_s",
    "workload_rate_now_per_s",
    "since_last_s",
    "serverless_in_flight",
    "containers_in_flight",
];
/// Outcomes of either platform, and where a request went.
const FORBIDDEN: [&str; 11] = [
    "platform",
    "http_status",
    "response_time_ms",
    "actual_payload_size_kb",
    "metrics.execution_time_ms",
    "metrics.memory_used_mb",
    "metrics.memory_limit_mb",
    "metrics.cold_start",
    "metrics.cpu_percent",
    money::REQUEST_USD,
    money::EXECUTION_USD,
];
/// What a model must be like to be taken. Above 0.95 right, a lookup table would do; below 0.7 the data is bad.
const ACCEPTANCE: Acceptance = Acceptance {
    accuracy: (0.75, 0.90),
    accuracy_at_all: (0.70, 0.95),
    gap: (0.05, 0.10),
    top_share: (0.40, 0.50),
    contributing: 5,
    varies_within: "workload_type",
    share: (0.20, 0.80),
};

/// By the client's time and money.
pub const PLACEMENT: Task = Task {
    name: NAME,
    label: Some("client_time"),
    question: "Will serverless functions serve this request better than containers?",
    target: Target::Probability,
    rows: |source| rows(source, client_time::labels, trial::columns),
    remarks: remarks::told,
    fit: |_| Fitted::new(),
    derive,
    rules,
    baselines,
    embargo_us: HORIZON_US,
    groups: "workload_type",
    load: Some("rate_per_s"),
};

/// By the server's time and money, both by a margin.
pub const PLACEMENT_BALANCED: Task = Task {
    label: Some("balanced_optimal"),
    rows: |source| rows(source, balanced::labels, |_| Vec::new()),
    ..PLACEMENT
};

/// Rows that have a label, with what was known when each arrived, and what came of it. A label of served requests alone is no trial: who
/// was not served is not among its rows.
fn rows(source: &Frame, labels: fn(&Log) -> Vec<f64>, trial: fn(&Log) -> Vec<Column>) -> Result<Frame, TaskError> {
    let needed =
        ["platform", "workload_type", "timestamp", "http_status", "response_time_ms", "target_payload_size_kb"];
    demand(NAME, source, &needed, HINT)?;
    let once = log::once(source);
    let source = once.as_ref().unwrap_or(source);
    let log = with_money(source);
    let labels = labels(&log);
    let kept: Vec<usize> = (0..log.len()).filter(|&row| log.is_known(row) && !labels[row].is_nan()).collect();
    if kept.is_empty() {
        let why = "each lacks a known platform (lambda or ecs), a workload_type that the price list has a task for, a timestamp, a response, or \
                   five of each platform in its like (workload, and size within a factor of two) in the same five minutes";
        return Err(TaskError::NoRows { task: NAME, rows: source.rows(), why });
    }
    let mut columns = vec![
        column("workload_type", Values::Word(words(source, "workload_type").unwrap_or_default())),
        column("target_payload_size_kb", Values::Number(log.size_kb.clone())),
        column("timestamp", Values::Time(log.at_us.clone())),
        column("cut_short", Values::Number((0..log.len()).map(|row| flag(log.is_cut_short(row))).collect())),
        column(LABEL, Values::Number(labels)),
    ];
    let busy = BUSY.into_iter().zip(arrivals::rates(&log).into_iter().chain(arrivals::in_flight(&log)));
    columns.extend(busy.map(|(name, made)| column(name, Values::Number(made))));
    columns.extend(trial(&log));
    Ok(Frame::new(columns).expect("columns of one source").select(&kept))
}

/// A log with what its requests cost: by the price list that was given, else by the default.
fn with_money(source: &Frame) -> Log {
    let money = (!has_prices(source)).then(|| priced(source, &Prices::default()));
    Log::of(money.as_ref().unwrap_or(source))
}

fn derive(frame: &Frame, _: &Fitted) -> Result<Derived, TaskError> {
    let known = ["workload_type", "target_payload_size_kb", "timestamp"];
    demand(NAME, frame, &[&known[..], &BUSY].concat(), HINT)?;
    let at_us = times(frame, "timestamp").unwrap_or_else(|| vec![NO_TIME; frame.rows()]);
    let size_kb = numbers(frame, "target_payload_size_kb").unwrap_or_default();
    let mut made = Made::default();
    made.category("workload_type", KnownAt::Arrival, words(frame, "workload_type").unwrap_or_default());
    made.number("hour_utc", KnownAt::Arrival, of_times(&at_us, hour_utc));
    made.number("weekday_utc", KnownAt::Arrival, of_times(&at_us, weekday_utc));
    made.category("time_window", KnownAt::Arrival, at_us.iter().map(|&at| window::of(at)).collect());
    for name in BUSY {
        made.number(name, KnownAt::Arrival, numbers(frame, name).unwrap_or_default());
    }
    made.keep("size_bucket", Values::Word(size::buckets(&size_kb)));
    made.number("target_payload_size_kb", KnownAt::Arrival, size_kb);
    made.keep("slice", Values::Number(at_us.iter().map(|at| at.div_euclid(client_time::SLICE_US) as f64).collect()));
    made.keep("timestamp", Values::Time(at_us));
    for name in ["cut_short", LABEL].into_iter().chain(trial::NAMES) {
        if let Some(numbers) = numbers(frame, name) {
            made.keep(name, Values::Number(numbers));
        }
    }
    let (frame, schema) = made.done();
    let is_trial = trial::NAMES.iter().all(|name| frame.column(name).is_some());
    Ok(Derived { frame, schema, roles: roles(is_trial) })
}

fn roles(is_trial: bool) -> Roles {
    Roles {
        label: LABEL.to_owned(),
        time: Some("timestamp".to_owned()),
        episode: None,
        group: Some("workload_type".to_owned()),
        // Labels of a slice are made together.
        block: Some("slice".to_owned()),
        weight: None,
        censored: Some("cut_short".to_owned()),
        trial: is_trial.then(trial::roles),
    }
}

fn rules(metric: Metric) -> Rules {
    Rules {
        decision: KnownAt::Arrival,
        forbidden: FORBIDDEN.map(str::to_owned).to_vec(),
        embargo_us: HORIZON_US,
        varies_within: vec!["workload_type".to_owned()],
        can_be_cut_short: true,
        metric,
        shape: ShapeLimits { acceptance: Some(ACCEPTANCE), ..ShapeLimits::default() },
    }
}

fn baselines(data: &Dataset, split: &Split, metric: Metric) -> Result<Vec<Baseline>, BaselineError> {
    let (train, test) = (data.select(&split.train), data.select(&split.test));
    let table = |name: &str, columns: &[&str]| {
        let scores = CellTable::fit(&train, columns, Statistic::best_by(metric))?.predict(test.frame())?;
        Ok(Baseline { name: name.to_owned(), scores })
    };
    Ok(vec![
        table("majority", &[])?,
        table("table by workload", &["workload_type"])?,
        table("table by workload and size", &["workload_type", "size_bucket"])?,
    ])
}

fn of_times(at_us: &[i64], of: fn(i64) -> u8) -> Vec<f64> {
    at_us.iter().map(|&at| if at == NO_TIME { f64::NAN } else { f64::from(of(at)) }).collect()
}

fn flag(is: bool) -> f64 {
    f64::from(u8::from(is))
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}
