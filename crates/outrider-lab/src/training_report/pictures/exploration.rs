//! What the data of task `retry` shows before any model.

use std::collections::BTreeMap;

use outrider_core::frame::Values;
use outrider_train::tasks::RETRY;

use super::bars::{Bar, Bars, Block, bars};
use super::calibration::wilson_interval;
use super::evenly;
use super::lines::{Line, Lines, Part, Style, lines};
use crate::chart::{Axis, Ink, Pen, Scene, Unit};
use crate::report::numbers::percent;
use crate::training_report::numbers::{figure, thousands};
use crate::training_report::seen::Seen;

/// Fewer rows of a kind say nothing.
const ROWS_MIN: usize = 5;
/// Kinds of a category, at most: those with most rows.
const KINDS_MAX: usize = 12;
const COLUMNS: [(&str, &str); 4] = [
    ("status_code", "By status code"),
    ("latency_bucket", "By latency bucket"),
    ("method_category", "By method category"),
    ("failure_type", "By failure type"),
];
const RESPONSE: &str = "log1p_response_time_ms";
/// Points of a distribution.
const POINTS: usize = 240;

/// The share of requests that were tried again, by kind.
pub(super) fn retry_rates(seen: &Seen<'_>) -> Option<Scene> {
    if !is_retry(seen) {
        return None;
    }
    let labels = seen.trained.data.labels();
    let overall = labels.iter().sum::<f64>() / labels.len().max(1) as f64;
    let blocks: Vec<Block> =
        COLUMNS.into_iter().filter_map(|(name, heading)| block(seen, name, heading, overall)).collect();
    (!blocks.is_empty()).then(|| {
        bars(&Bars {
            title: "Requests tried again".to_owned(),
            notes: vec![
                format!(
                    "All {} rows; dashed: {} over all. Kinds with at least {ROWS_MIN} rows.",
                    thousands(labels.len()),
                    percent(overall)
                ),
                "Lines: 95 % of luck, were rows independent (Wilson). Behind each: the rate, and its rows.".to_owned(),
            ],
            blocks,
        })
    })
}

fn is_retry(seen: &Seen<'_>) -> bool {
    seen.trained.task.name == RETRY.name
}

fn block(seen: &Seen<'_>, column: &str, heading: &str, overall: f64) -> Option<Block> {
    let kinds = kinds(seen, column)?;
    let bars: Vec<Bar> = kinds.iter().map(|(name, rows, retried)| bar(name, *rows, *retried)).collect();
    let ends: Vec<f64> = bars.iter().filter_map(|bar| bar.interval).map(|(_, high)| high).collect();
    (!bars.is_empty()).then(|| Block {
        heading: heading.to_owned(),
        axis: Axis::from_zero(ends.into_iter().chain([overall]), Unit::Share),
        axis_title: "share of requests tried again".to_owned(),
        bars,
        reference: Some(overall),
    })
}

fn bar(name: &str, rows: usize, retried: usize) -> Bar {
    let share = retried as f64 / rows as f64;
    Bar {
        name: name.to_owned(),
        value: share,
        interval: Some(wilson_interval(share, rows as f64)),
        text: format!("{} of {}", percent(share), thousands(rows)),
    }
}

/// The kinds of a column by name, each with its rows and those tried again.
fn kinds(seen: &Seen<'_>, column: &str) -> Option<Vec<(String, usize, usize)>> {
    let data = &seen.trained.data;
    let Values::Word(words) = &data.frame().column(column)?.values else { return None };
    let mut counted: BTreeMap<&str, (usize, usize)> = BTreeMap::new();
    for (row, label) in data.labels().iter().enumerate() {
        let (rows, retried) = counted.entry(words.get(row).unwrap_or("missing")).or_default();
        *rows += 1;
        *retried += usize::from(*label == 1.0);
    }
    let enough = counted.into_iter().filter(|(_, (rows, _))| *rows >= ROWS_MIN);
    let mut kinds: Vec<_> = enough.map(|(name, (rows, retried))| (name.to_owned(), rows, retried)).collect();
    kinds.sort_by_key(|(_, rows, _)| std::cmp::Reverse(*rows));
    kinds.truncate(KINDS_MAX);
    kinds.sort();
    Some(kinds)
}

/// How long answers took that were tried again, and how long the others.
pub(super) fn response_times(seen: &Seen<'_>) -> Option<Scene> {
    let times = seen.numbers(RESPONSE).filter(|_| is_retry(seen))?;
    let labels = seen.trained.data.labels();
    let line = |number: usize, name: &str, label: f64| {
        let of = times.iter().zip(labels).filter(|(time, own)| **own == label && time.is_finite());
        let mut own: Vec<f64> = of.map(|(time, _)| time.exp_m1()).collect();
        own.sort_by(f64::total_cmp);
        (own.len() >= ROWS_MIN).then(|| distribution(number, name, &own))
    };
    let drawn: Vec<Line> =
        [line(0, "not tried again", 0.0), line(1, "tried again", 1.0)].into_iter().flatten().collect();
    let xs: Vec<f64> = drawn.iter().flat_map(|line| line.points.iter().map(|(x, _)| *x)).collect();
    let x = Axis::fitting(xs.iter().copied(), Unit::Ms);
    (drawn.len() == 2).then(|| {
        lines(&Lines {
            title: "Response times with and without another try".to_owned(),
            notes: vec!["All rows: where the lines lie apart, response time tells something.".to_owned()],
            panels: vec![Part {
                x_title: format!("response time{}", if x.is_log() { ", logarithmic" } else { "" }),
                x,
                y: Axis::between(0.0, 1.0, Unit::Share),
                y_title: "share of requests answered within".to_owned(),
                height: 340.0,
                is_square: false,
                lines: drawn,
            }],
        })
    })
}

/// Of ascending times, ms.
fn distribution(number: usize, name: &str, ascending: &[f64]) -> Line {
    let last = ascending.len() - 1;
    let share = |at: usize| (at + 1) as f64 / ascending.len() as f64;
    let points = evenly(ascending.len(), POINTS).into_iter().chain([last]).map(|at| (ascending[at], share(at)));
    Line {
        name: name.to_owned(),
        figure: format!("{} rows, median {} ms", thousands(ascending.len()), figure(ascending[last / 2])),
        points: points.collect(),
        pen: Pen::solid(Ink::Line(number), 2.2),
        style: Style::Plain,
    }
}
