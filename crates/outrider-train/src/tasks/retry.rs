//! Will the client try this again?
//!
//! | | |
//! |---|---|
//! | question | a response is in hand, or a failure in its place: will its client send the request again? |
//! | label | `retried`: 1 if it did, 0 if not |
//! | horizon | a minute: clients back off from 50 ms (AWS SDKs) to seconds |
//! | features | all known at the response: status class, response time, bytes, failure, latency bucket, method, server, region, try, and the calendar (UTC) |
//! | forbidden | `retry_count`, `total_retries`: counted when all is over, they hold the label |
//! | baselines | the mean (majority), a table by status, a table by failure and method category |
//! | metric | log loss: a budget needs probabilities, not an order |
//! | without it | retry budgets go by counts alone, as they did |
//!
//! Read from telemetry (`timestamp`, `status_code`, `response_time_ms`, `retried` and what else there is) and from `tries.csv.gz` of
//! `outrider lab run`, where clients were seen to come again. Of those only tries that failed are asked about: no client comes again
//! after an answer below 400, and a model that knew just that would look perfect. Rounds are shorter than the embargo, so that whole
//! rounds are left out to judge (`--split leave-out`).

mod tries;

use outrider_core::frame::{Frame, NO_TIME, Values};
use outrider_core::schema::KnownAt;
use outrider_features::calendar::{hour_utc, is_between_hours_utc, is_weekend_utc, weekday_utc};

use super::columns::{Made, codes, demand, flags, map, numbers, or_word, times, words};
use super::{Derived, Fitted, Target, Task, TaskError};
use crate::baselines::{BaselineError, CellTable, Statistic};
use crate::dataset::{Dataset, Roles};
use crate::gates::{Baseline, Rules, ShapeLimits};
use crate::metrics::Metric;
use crate::split::Split;

const HORIZON_US: i64 = 60_000_000;
/// What is slower counts as slow.
const SLOW_MS: f64 = 500.0;
/// The quantile of the anomaly score beyond which it is high; its value is learnt from rows that train.
const HIGH_ANOMALY: f64 = 0.75;
const HIGH_ANOMALY_ABOVE: &str = "high_anomaly_above";
/// What stands for no failure.
const NO_FAILURE: &str = "none";
const LABEL: &str = "retried";
const HINT: &str =
    "Name the columns so, or generate an example: outrider generate retry --rows 1000 --out telemetry.csv";

/// The task.
pub const RETRY: Task = Task {
    name: "retry",
    label: None,
    question: "Will the client try this again?",
    target: Target::Probability,
    rows,
    remarks: |_| Vec::new(),
    fit,
    derive,
    rules,
    baselines,
    embargo_us: HORIZON_US,
    groups: "failure_type",
    load: None,
};

/// Columns of other sources under the names of this task.
const ALSO: [(&str, &str); 6] = [
    ("latency_ms", "response_time_ms"),
    ("status", "status_code"),
    ("end", "failure_type"),
    ("host", "server_id"),
    ("ended_s", "timestamp"),
    ("class", "method_category"),
];

fn rows(source: &Frame) -> Result<Frame, TaskError> {
    let mut frame = Frame::default();
    for column in source.columns() {
        let other = ALSO.iter().find(|(theirs, ours)| *theirs == column.name && source.column(ours).is_none());
        let name = other.map_or(column.name.as_str(), |(_, ours)| ours).to_owned();
        let added = frame.push(outrider_core::frame::Column { name, values: column.values.clone() });
        added.expect("names stay different, lengths the same");
    }
    demand(RETRY.name, &frame, &["timestamp", "response_time_ms", "status_code", LABEL], HINT)?;
    let label = numbers(&frame, LABEL).unwrap_or_default();
    let (times, status) =
        (times(&frame, "timestamp").unwrap_or_default(), numbers(&frame, "status_code").unwrap_or_default());
    // Not answered is a failure too; only what lacks a time or a label says nothing.
    let is_of_lab = tries::are_these(source);
    let is_asked = |row: usize| !is_of_lab || tries::has_failed(status[row]);
    let usable = |&row: &usize| {
        times.get(row).is_some_and(|&time| time != NO_TIME) && matches!(label[row], 0.0 | 1.0) && is_asked(row)
    };
    let kept: Vec<usize> = (0..status.len()).filter(usable).collect();
    if kept.is_empty() {
        let why = "each lacks a `timestamp` (a date, or seconds since 1970) or a `retried` of 0 or 1 (add them), or is of a try \
                   in the lab that did not fail";
        return Err(TaskError::NoRows { task: RETRY.name, rows: source.rows(), why });
    }
    if is_of_lab {
        frame.push(tries::blocks(source, &times)).expect("they have no such column");
    }
    Ok(frame.select(&kept))
}

fn fit(train: &Frame) -> Fitted {
    let scores = numbers(train, "anomaly_score").unwrap_or_default();
    let mut scores: Vec<f64> = scores.into_iter().filter(|score| score.is_finite()).collect();
    scores.sort_by(f64::total_cmp);
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // a place in a list
    let at = (HIGH_ANOMALY * scores.len() as f64) as usize;
    scores.get(at).map(|&above| (HIGH_ANOMALY_ABOVE.to_owned(), above)).into_iter().collect()
}

fn derive(frame: &Frame, fitted: &Fitted) -> Result<Derived, TaskError> {
    demand(RETRY.name, frame, &["timestamp", "response_time_ms", "status_code"], HINT)?;
    let mut made = Made::default();
    let response_ms = numbers(frame, "response_time_ms").unwrap_or_default();
    calendar(&mut made, &times(frame, "timestamp").unwrap_or_default());
    response(&mut made, frame, &response_ms);
    categories(&mut made, frame);
    if let (Some(scores), Some(&above)) = (numbers(frame, "anomaly_score"), fitted.get(HIGH_ANOMALY_ABOVE)) {
        made.number("high_anomaly", KnownAt::Response, flags(&scores, |score| score > above));
        made.number("anomaly_score", KnownAt::Response, scores);
    }
    others(&mut made, frame);
    made.keep("timestamp", Values::Time(times(frame, "timestamp").unwrap_or_default()));
    if let Some(label) = numbers(frame, LABEL) {
        made.keep(LABEL, Values::Number(label));
    }
    // Rounds of an experiment have hosts and luck of their own: one can be left out.
    let group = words(frame, "seed").map(|seeds| {
        made.keep("seed", Values::Word(seeds));
        "seed".to_owned()
    });
    let block = numbers(frame, "block").map(|blocks| {
        made.keep("block", Values::Number(blocks));
        "block".to_owned()
    });
    let (frame, schema) = made.done();
    let roles = Roles { label: LABEL.to_owned(), time: Some("timestamp".to_owned()), group, block, ..Roles::default() };
    Ok(Derived { frame, schema, roles })
}

fn calendar(made: &mut Made, times: &[i64]) {
    let of = |value: &dyn Fn(i64) -> f64| -> Vec<f64> {
        times.iter().map(|&time| if time == NO_TIME { f64::NAN } else { value(time) }).collect()
    };
    made.number("hour_utc", KnownAt::Response, of(&|time| f64::from(hour_utc(time))));
    made.number("weekday_utc", KnownAt::Response, of(&|time| f64::from(weekday_utc(time))));
    made.number("is_weekend", KnownAt::Response, of(&|time| f64::from(u8::from(is_weekend_utc(time)))));
    made.number("is_peak_hour", KnownAt::Response, of(&|time| f64::from(u8::from(is_between_hours_utc(time, 9, 17)))));
}

fn response(made: &mut Made, frame: &Frame, response_ms: &[f64]) {
    made.number("log1p_response_time_ms", KnownAt::Response, map(response_ms, |ms| ms.max(0.0).ln_1p()));
    made.number("is_slow", KnownAt::Response, flags(response_ms, |ms| ms > SLOW_MS));
    let status = numbers(frame, "status_code").unwrap_or_default();
    made.number("is_client_error", KnownAt::Response, flags(&status, |status| (400.0..500.0).contains(&status)));
    made.number("is_server_error", KnownAt::Response, flags(&status, |status| status >= 500.0));
    made.number("is_success", KnownAt::Response, flags(&status, |status| status < 400.0));
    if let Some(bytes) = numbers(frame, "bytes") {
        let rate = bytes.iter().zip(response_ms).map(|(bytes, ms)| bytes / ms.max(1e-3)).collect();
        made.number("bytes_per_ms", KnownAt::Response, rate);
        made.number("bytes", KnownAt::Response, bytes);
    }
    if let Some(tries) = numbers(frame, "try") {
        made.number("try", KnownAt::Response, tries);
    }
}

fn categories(made: &mut Made, frame: &Frame) {
    let status = codes(frame, "status_code").unwrap_or_default();
    made.category("status_code", KnownAt::Response, or_word(status, NO_FAILURE));
    let failure = words(frame, "failure_type");
    made.category("failure_type", KnownAt::Response, or_word(failure.unwrap_or_else(|| none(frame)), NO_FAILURE));
    for name in ["server_id", "region", "method", "latency_bucket", "method_category"] {
        if let Some(words) = words(frame, name) {
            made.category(name, KnownAt::Response, words);
        }
    }
}

fn none(frame: &Frame) -> outrider_core::frame::Words {
    (0..frame.rows()).map(|_| None).collect()
}

/// Numbers that this task does not know are features too: whoever adds a column wants it used, and the gates look at it.
fn others(made: &mut Made, frame: &Frame) {
    const OURS: [&str; 22] = [
        "timestamp",
        "response_time_ms",
        "status_code",
        "failure_type",
        "server_id",
        "region",
        "method",
        "latency_bucket",
        "method_category",
        "anomaly_score",
        "bytes",
        "try",
        "retried",
        "retry_count",
        "total_retries",
        "request_id",
        "number",
        "load",
        "seed",
        "due_ms",
        "measured",
        "block",
    ];
    let unknown = frame.columns().iter().filter(|column| !OURS.contains(&column.name.as_str()));
    for column in unknown {
        if let Values::Number(numbers) = &column.values {
            made.number(&column.name, KnownAt::Response, numbers.clone());
        }
    }
}

fn rules(metric: Metric) -> Rules {
    Rules {
        decision: KnownAt::Response,
        forbidden: ["retry_count", "total_retries"].map(str::to_owned).to_vec(),
        embargo_us: HORIZON_US,
        varies_within: vec!["status_code".to_owned(), "failure_type".to_owned()],
        can_be_cut_short: false,
        metric,
        shape: ShapeLimits { gap: Some(0.25), calibration: Some(0.05), ..ShapeLimits::default() },
    }
}

fn baselines(data: &Dataset, split: &Split, metric: Metric) -> Result<Vec<Baseline>, BaselineError> {
    let (train, test) = (data.select(&split.train), data.select(&split.test));
    let table = |name: &str, columns: &[&str]| {
        let scores = CellTable::fit(&train, columns, Statistic::best_by(metric))?.predict(test.frame())?;
        Ok(Baseline { name: name.to_owned(), scores })
    };
    let mut all = vec![table("majority", &[])?, table("table by status", &["status_code"])?];
    if data.frame().column("method_category").is_some() {
        all.push(table("table by failure and method", &["failure_type", "method_category"])?);
    }
    Ok(all)
}
