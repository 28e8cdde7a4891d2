//! Whether as many rows stay below a predicted quantile as it promises, and how near predictions come.

use outrider_train::metrics::{Sample, coverage as covered, pinball};

use super::calibration::wilson_interval;
use super::lines::{Line, Lines, Part, Style, diagonal, lines};
use super::{evenly, quantiles, tenths};
use crate::chart::{Axis, Dash, Ink, Pen, Scene, Unit};
use crate::report::numbers::percent;
use crate::training_report::numbers::{figure, head, unit_of};
use crate::training_report::seen::Seen;

const SIDE: f32 = 430.0;
const DOTS_MAX: usize = 1_500;

/// The share of rows that stay within each quantile, in tenths by what was predicted.
pub(super) fn coverage(seen: &Seen<'_>) -> Option<Scene> {
    let heads = quantiles(seen);
    let measured = heads.iter().map(|&(head, quantile)| by_prediction(seen, head, quantile));
    let promised = heads.iter().map(|&(head, quantile)| promise(seen, head, quantile));
    let drawn: Vec<Line> = measured.chain(promised).collect();
    let xs: Vec<f64> = drawn.iter().flat_map(|line| line.points.iter().map(|(x, _)| *x)).collect();
    let x = Axis::fitting(xs.iter().copied(), unit_of(seen.label()));
    (!drawn.is_empty()).then(|| {
        lines(&Lines {
            title: "Coverage of the predicted quantiles".to_owned(),
            notes: vec![format!(
                "{} on rows that judge, in tenths by what was predicted. Bars: 95 % of luck, were rows independent (Wilson).",
                seen.trained.best().scored.name
            )],
            panels: vec![Part {
                x_title: format!("predicted {}, mean of each tenth{}", seen.label(), logarithmic(&x)),
                x,
                y: Axis::between(0.0, 1.0, Unit::Share),
                y_title: "share of rows at or below what was predicted".to_owned(),
                height: 340.0,
                is_square: false,
                lines: drawn,
            }],
        })
    })
}

fn logarithmic(axis: &Axis) -> &'static str {
    if axis.is_log() { ", logarithmic" } else { "" }
}

fn by_prediction(seen: &Seen<'_>, head: usize, quantile: f64) -> Line {
    let scores = seen.scores(head);
    let order = by_score(scores);
    let of = |rows: std::ops::Range<usize>| {
        let rows = &order[rows];
        let within = rows.iter().filter(|&&row| seen.labels[row] <= scores[row]).count() as f64;
        let count = rows.len() as f64;
        ((rows.iter().map(|&row| scores[row]).sum::<f64>() / count, within / count), count)
    };
    let (points, counts): (Vec<_>, Vec<_>) = tenths(order.len()).into_iter().map(of).unzip();
    let bars = points.iter().zip(counts).map(|((_, share), count)| wilson_interval(*share, count)).collect();
    let all = covered(&Sample::new(&seen.labels, scores)).map_or_else(|| "-".to_owned(), percent);
    Line {
        name: head_name(seen, head),
        figure: format!("{all} of all rows, {} expected", percent(quantile)),
        points,
        pen: Pen::solid(Ink::Line(head), 2.2),
        style: Style::Bars(bars),
    }
}

fn promise(seen: &Seen<'_>, head: usize, quantile: f64) -> Line {
    let ends = seen.scores(head).iter().copied().filter(|score| score.is_finite());
    let (low, high) = ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), v| (low.min(v), high.max(v)));
    Line {
        name: format!("what {} promises", head_name(seen, head)),
        figure: String::new(),
        points: vec![(low, quantile), (high, quantile)],
        pen: Pen { dash: Dash::Dashed, ..Pen::solid(Ink::Line(head), 1.0) },
        style: Style::Plain,
    }
}

fn head_name(seen: &Seen<'_>, at: usize) -> String {
    head(seen.trained.heads[at].metric)
}

fn by_score(scores: &[f64]) -> Vec<usize> {
    let mut order: Vec<usize> = (0..scores.len()).collect();
    order.sort_by(|&a, &b| scores[a].total_cmp(&scores[b]));
    order
}

/// Rows as dots: what was predicted, and what it was.
pub(super) fn predicted_actual(seen: &Seen<'_>) -> Option<Scene> {
    let (head, quantile) = quantiles(seen).into_iter().next()?;
    let scores = seen.scores(head);
    let rows = evenly(seen.labels.len(), DOTS_MAX);
    let points: Vec<(f64, f64)> = rows.iter().map(|&row| (scores[row], seen.labels[row])).collect();
    let both = points.iter().flat_map(|(x, y)| [*x, *y]);
    let axis = Axis::fitting(both.clone(), unit_of(seen.label()));
    let (low, high) = both.fold((f64::INFINITY, 0.0), |(low, high): (f64, f64), v| (low.min(v), high.max(v)));
    let cloud = cloud(seen, head, quantile, points);
    Some(lines(&Lines {
        title: format!("Predicted {} against what it was", head_name(seen, head)),
        notes: vec![format!(
            "{}: {} of the dots should lie on the line or below it.",
            seen.trained.best().scored.name,
            percent(quantile)
        )],
        panels: vec![Part {
            x_title: format!("predicted {}{}", seen.label(), logarithmic(&axis)),
            y_title: format!("actual {}{}", seen.label(), logarithmic(&axis)),
            x: axis.clone(),
            y: axis,
            height: SIDE,
            is_square: true,
            lines: vec![diagonal("as predicted", low, high), cloud],
        }],
    }))
}

fn cloud(seen: &Seen<'_>, head: usize, quantile: f64, points: Vec<(f64, f64)>) -> Line {
    let loss = pinball(&Sample::new(&seen.labels, seen.scores(head)), quantile).map_or_else(|| "-".to_owned(), figure);
    Line {
        name: format!("{} rows that judge", points.len()),
        figure: format!("pinball loss at {quantile}: {loss} over all"),
        points,
        pen: Pen::solid(Ink::Line(0), 1.0),
        style: Style::Cloud,
    }
}
