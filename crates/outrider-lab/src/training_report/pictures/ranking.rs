//! How well positives are told from the others, whatever the threshold.

use outrider_train::metrics::{PrPoint, RocPoint, Sample, average_precision, pr_curve, roc_auc, roc_curve};

use super::lines::{Line, Lines, Part, Style, diagonal, lines};
use super::probability;
use crate::chart::{Axis, Scene, Unit};
use crate::training_report::numbers::or_dash;
use crate::training_report::seen::{Contender, Seen};

const SIDE: f32 = 430.0;
/// Points nearer than this part of the axes are one.
const STEP: f64 = 0.003;
/// The first few rows are luck: precision leaps from 0 to 1.
const RECALL_FROM: f64 = 0.01;

/// The curve of false against true positives.
pub(super) fn roc(seen: &Seen<'_>) -> Option<Scene> {
    let line = |contender: &Contender<'_>| {
        let sample = Sample::new(&seen.labels, contender.scores);
        let point = |point: RocPoint| (point.false_positive_rate, point.true_positive_rate);
        let points = thinned(roc_curve(&sample)?.into_iter().map(point));
        Some(line_of(contender, points, format!("ROC-AUC {}", or_dash(roc_auc(&sample)))))
    };
    let mut drawn: Vec<Line> = seen.contenders(probability(seen)?).iter().filter_map(line).collect();
    drawn.push(diagonal("luck", 0.0, 1.0));
    let share = || Axis::between(0.0, 1.0, Unit::Share);
    (drawn.len() > 1).then(|| {
        lines(&Lines {
            title: "Receiver operating characteristic".to_owned(),
            notes: vec![note(seen)],
            panels: vec![Part {
                x: share(),
                y: share(),
                x_title: "false positive rate, share of negatives".to_owned(),
                y_title: "true positive rate, share of positives".to_owned(),
                height: SIDE,
                is_square: true,
                lines: drawn,
            }],
        })
    })
}

/// The curve of recall against precision.
pub(super) fn precision_recall(seen: &Seen<'_>) -> Option<Scene> {
    let line = |contender: &Contender<'_>| {
        let sample = Sample::new(&seen.labels, contender.scores);
        let points = thinned(steps(&pr_curve(&sample)?, RECALL_FROM));
        Some(line_of(contender, points, format!("PR-AUC {}", or_dash(average_precision(&sample)))))
    };
    let mut drawn: Vec<Line> = seen.contenders(probability(seen)?).iter().filter_map(line).collect();
    if drawn.is_empty() {
        return None;
    }
    let share = seen.labels.iter().sum::<f64>() / seen.labels.len() as f64;
    let luck = diagonal("luck", 0.0, 1.0);
    drawn.push(Line {
        points: vec![(0.0, share), (1.0, share)],
        figure: format!("positives are {:.2} % of rows", share * 100.0),
        ..luck
    });
    let most = drawn.iter().flat_map(|line| line.points.iter().map(|(_, precision)| *precision)).fold(share, f64::max);
    Some(lines(&Lines {
        title: "Precision and recall".to_owned(),
        notes: vec![note(seen)],
        panels: vec![Part {
            x: Axis::between(0.0, 1.0, Unit::Share),
            y: Axis::between(0.0, (most * 1.1).min(1.0), Unit::Share),
            x_title: "recall, share of positives".to_owned(),
            y_title: "precision, share of positive calls".to_owned(),
            height: SIDE,
            is_square: true,
            lines: drawn,
        }],
    }))
}

fn note(seen: &Seen<'_>) -> String {
    format!("On rows that judge. Thick: {}, the chosen model; dashed: baselines.", seen.trained.best().scored.name)
}

fn line_of(contender: &Contender<'_>, points: Vec<(f64, f64)>, figure: String) -> Line {
    Line { name: contender.name.to_owned(), figure, points, pen: contender.pen, style: Style::Plain }
}

/// Precision holds from the recall before to that of the point, and nothing before `from`: the area is the average precision.
fn steps(points: &[PrPoint], from: f64) -> impl Iterator<Item = (f64, f64)> + '_ {
    // When all positives are found, nothing is left to trade.
    let all = points.iter().position(|point| point.recall >= 1.0).map_or(points.len(), |at| at + 1);
    let before = std::iter::once(0.0).chain(points.iter().map(|point| point.recall));
    let shown = points[..all].iter().zip(before).filter(move |(point, _)| point.recall > from);
    shown.flat_map(move |(point, before)| [(before.max(from), point.precision), (point.recall, point.precision)])
}

/// Without points that cannot be told from the one before.
fn thinned(points: impl Iterator<Item = (f64, f64)>) -> Vec<(f64, f64)> {
    let mut kept: Vec<(f64, f64)> = Vec::new();
    let mut last = None;
    for point in points {
        let is_near = kept.last().is_some_and(|(x, y)| (point.0 - x).abs() + (point.1 - y).abs() < STEP);
        if !is_near {
            kept.push(point);
        }
        last = is_near.then_some(point);
    }
    kept.extend(last);
    kept
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn thinning_keeps_both_ends_and_the_shape() {
        let all: Vec<(f64, f64)> = (0..=10_000).map(|n| f64::from(n) / 1e4).map(|x| (x, x * x)).collect();
        let kept = thinned(all.iter().copied());
        assert!(kept.len() < 800 && kept.first() == all.first() && kept.last() == all.last(), "{}", kept.len());
        assert!(kept.windows(2).all(|pair| pair[0].0 < pair[1].0 && pair[1].0 - pair[0].0 < 0.004));
    }

    #[test]
    fn precision_stands_in_steps() {
        let labels = [1.0, 0.0, 1.0, 0.0];
        let points = pr_curve(&Sample::new(&labels, &[0.9, 0.8, 0.7, 0.1])).unwrap();
        let steps: Vec<(f64, f64)> = steps(&points, 0.0).collect();
        let area: f64 = steps.windows(2).map(|pair| (pair[1].0 - pair[0].0) * pair[1].1).sum();
        assert_eq!(super::steps(&points, 0.25).next(), Some((0.25, 1.0)));
        assert_eq!(Some(area), average_precision(&Sample::new(&labels, &[0.9, 0.8, 0.7, 0.1])));
    }
}
