//! How long will this class of request take on this host now?
//!
//! | | |
//! |---|---|
//! | question | how long from dispatch to the last byte, with so many requests already there: the median, and what nine in ten stay below |
//! | label | `response_ms`: from the last request byte sent to the last response byte received |
//! | horizon | the request itself; the embargo is two seconds |
//! | features | all known at arrival: host, class, size, requests in flight there; of language models the prompt, the model and its parallelism |
//! | forbidden | `token_size`, `e2e_time`, `token_time`: how long the answer will be is known when it has been given |
//! | baselines | the mean cell (host and class), a live average per host and class |
//! | metric | pinball loss at 0.5 and 0.9 |
//! | without it | the table is filled from live fingerprints alone |
//!
//! Read from `requests.csv.gz` of `outrider lab run`, whose requests in flight are counted from the requests themselves, and from the
//! measured times of splitwise-sim (`perf_model.csv`).

use outrider_core::frame::{Column, Frame, Values, Words};
use outrider_core::schema::KnownAt;

use super::columns::{Made, demand, numbers, times, words};
use super::{Derived, Fitted, Target, Task, TaskError};
use crate::baselines::{BaselineError, CellTable, Live, Statistic, live_ewma};
use crate::dataset::{Dataset, Roles};
use crate::gates::{Baseline, Rules, ShapeLimits};
use crate::metrics::Metric;
use crate::split::Split;

mod captured;
mod measured;

/// Longer than most requests take.
const HORIZON_US: i64 = 2_000_000;
/// What the live average takes of each new time.
const EWMA_SHARE: f64 = 0.1;
const HINT: &str = "It reads requests.csv.gz of `outrider lab run`, or perf_model.csv of splitwise-sim";

/// The task.
pub const SERVICE: Task = Task {
    name: "service",
    label: None,
    question: "How long will this class of request take on this host now?",
    target: Target::Quantiles(&[0.5, 0.9]),
    rows,
    remarks: |_| Vec::new(),
    fit: |_| Fitted::new(),
    derive,
    rules,
    baselines,
    embargo_us: HORIZON_US,
    groups: "class",
    load: Some("in_flight"),
};

fn rows(source: &Frame) -> Result<Frame, TaskError> {
    match source.column("hardware").is_some() {
        true => measured::rows(source),
        false => captured::rows(source),
    }
}

fn derive(frame: &Frame, _: &Fitted) -> Result<Derived, TaskError> {
    demand(SERVICE.name, frame, &["host", "class", "in_flight"], HINT)?;
    let mut made = Made::default();
    for name in ["host", "class"] {
        made.category(name, KnownAt::Arrival, words(frame, name).unwrap_or_default());
    }
    for name in ["in_flight", "size", "prompt_size", "tensor_parallel"] {
        if let Some(numbers) = numbers(frame, name) {
            made.number(name, KnownAt::Arrival, numbers);
        }
    }
    // From the beginning of a round: no time of day.
    if let Some(times) = times(frame, "sent") {
        made.keep("sent", Values::Time(times));
    }
    for name in ["response_ms", "cut_short", "block"] {
        if let Some(numbers) = numbers(frame, name) {
            made.keep(name, Values::Number(numbers));
        }
    }
    let (frame, schema) = made.done();
    let has = |name: &str| frame.column(name).is_some().then(|| name.to_owned());
    let roles = Roles {
        label: "response_ms".to_owned(),
        time: has("sent"),
        group: has("host"),
        block: has("block"),
        weight: None,
        censored: has("cut_short"),
        episode: None,
        trial: None,
    };
    Ok(Derived { frame, schema, roles })
}

fn rules(metric: Metric) -> Rules {
    Rules {
        decision: KnownAt::Arrival,
        forbidden: ["token_size", "e2e_time", "token_time", "prompt_time"].map(str::to_owned).to_vec(),
        embargo_us: HORIZON_US,
        varies_within: Vec::new(),
        can_be_cut_short: true,
        metric,
        shape: ShapeLimits { gap: Some(0.5), load_decile: Some(10.0), ..ShapeLimits::default() },
    }
}

fn baselines(data: &Dataset, split: &Split, metric: Metric) -> Result<Vec<Baseline>, BaselineError> {
    let statistic = Statistic::best_by(metric);
    let (train, test) = (data.select(&split.train), data.select(&split.test));
    let table = |name: &str, columns: &[&str]| {
        let scores = CellTable::fit(&train, columns, statistic)?.predict(test.frame())?;
        Ok(Baseline { name: name.to_owned(), scores })
    };
    let mut all = vec![table("constant", &[])?, table("table by host and class", &["host", "class"])?];
    if let Some(times) = data.times() {
        all.push(Baseline {
            name: "live average by host and class".to_owned(),
            scores: live(data, times, split, statistic),
        });
    }
    Ok(all)
}

/// What a live average over all rows says of those that judge: it learns on, as it would.
fn live(data: &Dataset, times: &[i64], split: &Split, statistic: Statistic) -> Vec<f64> {
    let codes = |name: &str| match data.frame().column(name).map(|column| &column.values) {
        Some(Values::Word(Words { codes, .. })) => codes.clone(),
        _ => vec![0; data.rows()],
    };
    #[allow(clippy::cast_possible_truncation)] // saturates
    let known_at: Vec<i64> =
        times.iter().zip(data.labels()).map(|(at, ms)| at.saturating_add((ms * 1e3) as i64)).collect();
    let (hosts, classes) = (codes("host"), codes("class"));
    let seen = Live { times, known_at: &known_at, hosts: &hosts, classes: &classes, labels: data.labels() };
    let train: Vec<(f64, f64)> = split.train.iter().map(|&row| (data.labels()[row], 1.0)).collect();
    let all = live_ewma(&seen, EWMA_SHARE, statistic, statistic.of(train).unwrap_or(f64::NAN));
    split.test.iter().map(|&row| all[row]).collect()
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}
