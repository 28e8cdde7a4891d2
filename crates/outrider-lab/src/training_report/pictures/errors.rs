//! Where the error is: over time, and by load.

use outrider_train::gates::Decile;
use outrider_train::metrics::{Metric, Sample};

use super::bars::{Bar, Bars, Block, bars};
use super::lines::{Line, Lines, Part, Style, lines};
use super::tenths;
use crate::chart::{Axis, Scene, Unit};
use crate::report::numbers::short;
use crate::training_report::numbers::{figure, head, metric, or_dash, thousands};
use crate::training_report::seen::{Contender, Seen};

const MICROS_PER_S: f64 = 1e6;
/// 1971: what lies before is no date.
const DATES_FROM_US: i64 = 31_536_000_000_000;

/// Rows that judge in the order of time, and times as they are shown.
struct Clock {
    order: Vec<usize>,
    /// Of each row in that order, since the first.
    at: Vec<f64>,
    title: String,
}

/// The metric on tenths of the rows by time, of all who spoke.
pub(super) fn over_time(seen: &Seen<'_>) -> Option<Scene> {
    let clock = Clock::of(seen)?;
    let panels: Vec<Part> = (0..seen.trained.heads.len()).map(|at| panel(seen, &clock, at)).collect();
    Some(lines(&Lines {
        title: "Error over time".to_owned(),
        notes: vec![
            "On rows that judge, in ten blocks of as many rows each. Lower is better; dashed: baselines.".to_owned(),
        ],
        panels,
    }))
}

impl Clock {
    /// Of at least ten rows that do not all have one time.
    fn of(seen: &Seen<'_>) -> Option<Clock> {
        let (times, test) = (seen.trained.data.times()?, &seen.trained.split.test);
        let mut order: Vec<usize> = (0..test.len()).collect();
        order.sort_by_key(|&row| times[test[row]]);
        let first = times[test[*order.first()?]];
        let since_s = |&row: &usize| times[test[row]].saturating_sub(first) as f64 / MICROS_PER_S;
        let last_s = order.last().map(since_s).filter(|last| *last > 0.0 && order.len() >= 10)?;
        let (unit_s, unit) = unit_of(last_s);
        let at = order.iter().map(|row| since_s(row) / unit_s).collect();
        Some(Clock { order, at, title: format!("{unit} since {}", date(first)) })
    }
}

/// Times of a recording may count from its own beginning.
fn date(time_us: i64) -> String {
    let time = jiff::Timestamp::from_microsecond(time_us).ok().filter(|_| time_us > DATES_FROM_US);
    time.map_or_else(|| "the first row that judges".to_owned(), |time| time.strftime("%Y-%m-%d %H:%M UTC").to_string())
}

fn unit_of(span_s: f64) -> (f64, &'static str) {
    match span_s {
        span if span >= 2.0 * 86_400.0 => (86_400.0, "days"),
        span if span >= 2.0 * 3_600.0 => (3_600.0, "hours"),
        span if span >= 120.0 => (60.0, "minutes"),
        _ => (1.0, "seconds"),
    }
}

fn panel(seen: &Seen<'_>, clock: &Clock, at: usize) -> Part {
    let of = seen.trained.heads[at].metric;
    let drawn: Vec<Line> = seen.contenders(at).iter().map(|contender| line(seen, clock, contender, of)).collect();
    let ys: Vec<f64> = drawn.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y)).collect();
    Part {
        x: Axis::between(0.0, clock.at.last().copied().unwrap_or(1.0), Unit::Count),
        y: Axis::around(ys.iter().copied(), Unit::Count),
        x_title: clock.title.clone(),
        y_title: format!("{}: {}", head(of), metric(of, seen.label())),
        height: 240.0,
        is_square: false,
        lines: drawn,
    }
}

fn line(seen: &Seen<'_>, clock: &Clock, contender: &Contender<'_>, of: Metric) -> Line {
    let point = |block: std::ops::Range<usize>| {
        let rows = &clock.order[block.clone()];
        let pick = |values: &[f64]| rows.iter().map(|&row| values[row]).collect::<Vec<f64>>();
        let value = of.of(&Sample::new(&pick(&seen.labels), &pick(contender.scores)));
        (clock.at[block.clone()].iter().sum::<f64>() / block.len() as f64, value.unwrap_or(f64::NAN))
    };
    let all = of.of(&Sample::new(&seen.labels, contender.scores));
    Line {
        name: contender.name.to_owned(),
        figure: format!("{} over all", or_dash(all)),
        points: tenths(clock.order.len()).into_iter().map(point).collect(),
        pen: contender.pen,
        style: Style::Dotted,
    }
}

/// The metric on tenths of the rows by load, where there is one.
pub(super) fn by_load_decile(seen: &Seen<'_>) -> Option<Scene> {
    let load = seen.trained.task.load?;
    let heads = seen.trained.heads.iter().filter(|head| !head.deciles.is_empty());
    let block = |of: &outrider_train::training::Head| Block {
        heading: format!("{}: {}", head(of.metric), metric(of.metric, seen.label())),
        axis: Axis::from_zero(of.deciles.iter().filter_map(|decile| decile.value), Unit::Count),
        axis_title: metric(of.metric, seen.label()),
        bars: of.deciles.iter().map(bar).collect(),
        reference: of.metric.of(&Sample::new(&seen.labels, seen.scores(position(seen, of)))),
    };
    let blocks: Vec<Block> = heads.map(block).collect();
    (!blocks.is_empty()).then(|| {
        bars(&Bars {
            title: "Error by load".to_owned(),
            notes: vec![format!(
                "{} on rows that judge, in tenths by {load} (from the lowest to the highest); dashed: over all. Lower is better.",
                seen.trained.best().scored.name
            )],
            blocks,
        })
    })
}

fn position(seen: &Seen<'_>, of: &outrider_train::training::Head) -> usize {
    seen.trained.heads.iter().position(|head| std::ptr::eq(head, of)).unwrap_or_default()
}

fn bar(decile: &Decile) -> Bar {
    let range = if decile.low == decile.high {
        short(decile.low)
    } else {
        format!("{} to {}", short(decile.low), short(decile.high))
    };
    Bar {
        name: format!("{range} ({} rows)", thousands(decile.rows)),
        value: decile.value.unwrap_or(0.0),
        interval: None,
        text: decile.value.map_or_else(|| "-".to_owned(), figure),
    }
}
