//! Will this link be degraded five minutes from now?
//!
//! | | |
//! |---|---|
//! | question | a round trip has been measured: will the link be degraded at the first sample more than five minutes from now? |
//! | label | `level` (the first): in a run of at least 3 samples above what was normal in the hour before the run; `rolling`: above the mean and 2.5 standard deviations of the last hour, the sample itself included |
//! | horizon | 5 minutes and a sampling interval, a tenth of it more at both ends; the embargo is 25 hours, for features look back a day |
//! | features | all known with the sample: level, run, volatility, momentum, hour and day of the link itself, loss; ratios and counts alone, so that they hold for probes that were never seen |
//! | forbidden | `change`, which a person marked when all was over |
//! | baselines | no alarm, persistence (degraded now), a table by how long it has lasted, the slope of two averages |
//! | metric | area under precision and recall: alarms are rare, and their order is what counts |
//! | without it | an alarm is raised when it is too late |
//!
//! Read from ping results of RIPE Atlas as its API returns them, from CSV (`trace,unix_ts,rtt_ms`, below 0 or x: lost) and from any table with
//! a link, a time and a round trip (`host,ts,rtt_ms`), such as a balancer's own probes.

mod day;
mod features;
mod fills;
mod marks;
mod normal;
mod pace;
mod rivals;
mod samples;
mod states;
mod targets;
#[cfg(test)]
mod tests;

use outrider_core::frame::{Column, Frame, NO_TIME, Values, Words};
use outrider_core::schema::KnownAt;

use super::columns::{Made, demand, numbers, times, words};
use super::{Derived, Fitted, Target, Task, TaskError};
use crate::dataset::Roles;
use crate::gates::{Rules, ShapeLimits};
use crate::metrics::Metric;
use normal::Moment;
use samples::{Link, Links};
use states::State;

/// Its features.
pub(super) const FEATURES: [&str; 24] = features::NAMES;
const TASK: &str = "degradation";
const LABEL: &str = "degraded_ahead";
const HINT: &str =
    "It reads ping results of RIPE Atlas (`outrider atlas fetch`), or CSV with the columns trace, unix_ts and rtt_ms";
const DAY_US: i64 = 86_400_000_000;
/// A day back, and what lies ahead: horizon, interval, and the samples that a shift must last.
const EMBARGO_US: i64 = DAY_US + 3_600_000_000;

/// The task with the label worth forecasting.
pub const DEGRADATION: Task = Task {
    name: TASK,
    label: Some("level"),
    question: "Will this link be degraded five minutes from now?",
    target: Target::Probability,
    rows: |source| rows(source, Label::Level),
    remarks: |source| remarks(source, Label::Level),
    fit: |_| Fitted::new(),
    derive,
    rules,
    baselines: rivals::baselines,
    embargo_us: EMBARGO_US,
    groups: "link",
    load: None,
};

/// The task with the label of old, which is mostly spikes of one sample.
pub const DEGRADATION_ROLLING: Task = Task {
    label: Some("rolling"),
    rows: |source| rows(source, Label::Rolling),
    remarks: |source| remarks(source, Label::Rolling),
    ..DEGRADATION
};

/// Which of the two labels.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Label {
    Level,
    Rolling,
}

impl Label {
    fn states(self, link: &Link, moments: &[Moment]) -> Vec<State> {
        match self {
            Label::Level => states::level(link, moments),
            Label::Rolling => states::rolling(link),
        }
    }

    /// What persistence goes by: the state as far as it is known by then. A run has lasted once it has so many samples.
    fn is_degraded_now(self, moment: &Moment, state: State) -> bool {
        match self {
            Label::Level => moment.run.is_some_and(|run| run.samples >= states::SAMPLES_OF_SHIFT),
            Label::Rolling => matches!(state, State::Degraded { .. }),
        }
    }
}

/// What is to be said of a source beside the figures.
fn remarks(source: &Frame, label: Label) -> Vec<String> {
    marks::told(source, label).into_iter().chain(fills::told(source)).collect()
}

/// A row for each bucket of a link of which is known what came of it.
fn rows(source: &Frame, label: Label) -> Result<Frame, TaskError> {
    let mut table = Table::default();
    for link in Links::of(source)?.links {
        table.add(&link, label);
    }
    if table.labels.is_empty() {
        let why = "a row needs at least 8 answered samples of its link in the hour before it, and one 5 minutes after it, as measurements \
                   over days have; results of many probes at one moment have not";
        return Err(TaskError::NoRows { task: TASK, rows: source.rows(), why });
    }
    Ok(table.frame())
}

/// The rows that are used, column by column.
#[derive(Default)]
struct Table {
    links: Vec<String>,
    at_us: Vec<i64>,
    features: Vec<features::Row>,
    now: Vec<bool>,
    lasted: Vec<String>,
    labels: Vec<f64>,
    since_us: Vec<i64>,
}

impl Table {
    fn add(&mut self, link: &Link, label: Label) {
        let moments = normal::moments(link);
        let states = label.states(link, &moments);
        let ahead = targets::ahead(link, &states);
        for (at, row) in features::rows(link).into_iter().enumerate() {
            let since_us = match ahead[at] {
                State::Degraded { since_us } => since_us,
                State::Normal => NO_TIME,
                State::Unknown => continue,
            };
            if moments[at].normal.is_none() {
                continue;
            }
            self.links.push(link.name.clone());
            self.at_us.push(link.buckets[at].at_us);
            self.features.push(row);
            self.now.push(label.is_degraded_now(&moments[at], states[at]));
            self.lasted.push(moments[at].run.map_or(0, |run| run.samples).to_string());
            self.labels.push(f64::from(u8::from(since_us != NO_TIME)));
            self.since_us.push(since_us);
        }
    }

    fn frame(self) -> Frame {
        let block = |(link, at_us): (&String, &i64)| Some(format!("{link}/{}", at_us.div_euclid(DAY_US)));
        let blocks: Vec<Option<String>> = self.links.iter().zip(&self.at_us).map(block).collect();
        let column = |name: &str, values| Column { name: name.to_owned(), values };
        let mut columns = vec![
            column("link", Values::Word(self.links.iter().map(|link| Some(link.as_str())).collect())),
            column("block", Values::Word(blocks.iter().map(Option::as_deref).collect())),
            column("at", Values::Time(self.at_us)),
            column(
                "degraded_now",
                Values::Word(self.now.iter().map(|&now| Some(if now { "yes" } else { "no" })).collect()),
            ),
            column("samples_degraded", Values::Word(self.lasted.iter().map(|lasted| Some(lasted.as_str())).collect())),
            column("episode_begins", Values::Time(self.since_us)),
            column(LABEL, Values::Number(self.labels)),
        ];
        columns.extend(numbered(&self.features));
        Frame::new(columns).expect("a value for each row")
    }
}

fn numbered(rows: &[features::Row]) -> impl Iterator<Item = Column> {
    features::NAMES.iter().enumerate().map(|(at, name)| Column {
        name: (*name).to_owned(),
        values: Values::Number(rows.iter().map(|row| row[at]).collect()),
    })
}

/// Features of rows as they come, or as `rows` has made them already.
fn derive(frame: &Frame, _: &Fitted) -> Result<Derived, TaskError> {
    let frame = if frame.column(LABEL).is_some() { frame } else { &measured(frame)? };
    demand(TASK, frame, &features::NAMES, HINT)?;
    let mut made = Made::default();
    for name in features::NAMES {
        made.number(name, KnownAt::Arrival, numbers(frame, name).unwrap_or_default());
    }
    for name in ["at", "episode_begins"] {
        if let Some(times) = times(frame, name) {
            made.keep(name, Values::Time(times));
        }
    }
    for name in ["link", "block", "degraded_now", "samples_degraded"] {
        if let Some(words) = words(frame, name) {
            made.keep(name, Values::Word(words));
        }
    }
    if let Some(labels) = numbers(frame, LABEL) {
        made.keep(LABEL, Values::Number(labels));
    }
    let (frame, schema) = made.done();
    let named = |name: &str| Some(name.to_owned());
    let roles = Roles {
        label: LABEL.to_owned(),
        time: named("at"),
        group: named("link"),
        block: named("block"),
        episode: named("episode_begins"),
        ..Roles::default()
    };
    Ok(Derived { frame, schema, roles })
}

/// Each row of a source with the features of its bucket; missing where it has no link or time.
fn measured(source: &Frame) -> Result<Frame, TaskError> {
    let Links { links, places } = Links::of(source)?;
    let all: Vec<Vec<features::Row>> = links.iter().map(features::rows).collect();
    let missing = [f64::NAN; features::NAMES.len()];
    let rows: Vec<features::Row> =
        places.iter().map(|place| place.map_or(missing, |(link, at)| all[link][at])).collect();
    let name = |place: &Option<(usize, usize)>| place.map(|(link, _)| links[link].name.as_str());
    let names: Words = places.iter().map(name).collect();
    let at_us = |place: &Option<(usize, usize)>| place.map_or(NO_TIME, |(link, at)| links[link].buckets[at].at_us);
    let mut columns = vec![
        Column { name: "link".to_owned(), values: Values::Word(names) },
        Column { name: "at".to_owned(), values: Values::Time(places.iter().map(at_us).collect()) },
    ];
    columns.extend(numbered(&rows));
    Ok(Frame::new(columns).expect("a value for each row"))
}

fn rules(_: Metric) -> Rules {
    Rules {
        decision: KnownAt::Arrival,
        forbidden: vec![marks::MARK.to_owned()],
        embargo_us: EMBARGO_US,
        varies_within: Vec::new(),
        can_be_cut_short: false,
        metric: Metric::AveragePrecision,
        shape: ShapeLimits { gap: Some(0.3), calibration: Some(0.05), ..ShapeLimits::default() },
    }
}
