//! How the loss on rows that choose fell tree by tree.

use super::lines::{Line, Lines, Part, Style, lines};
use crate::chart::{Axis, Ink, Pen, Scene, Unit};
use crate::training_report::numbers::{figure, head, metric};
use crate::training_report::seen::Seen;

/// A panel for each head, a line for each boosted model.
pub(super) fn curve(seen: &Seen<'_>) -> Option<Scene> {
    let panels: Vec<Part> = (0..seen.trained.heads.len()).filter_map(|head| panel(seen, head)).collect();
    (!panels.is_empty()).then(|| {
        lines(&Lines {
            title: "Learning curve".to_owned(),
            notes: vec![
                "Loss on rows that choose, as boosting sees it; the model keeps the trees up to its least.".to_owned(),
            ],
            panels,
        })
    })
}

fn panel(seen: &Seen<'_>, at: usize) -> Option<Part> {
    let line = |(number, candidate): (usize, &outrider_train::training::Candidate)| {
        let losses = candidate.validation_losses.get(at)?;
        let (trees, least) = losses.iter().copied().enumerate().min_by(|a, b| a.1.total_cmp(&b.1))?;
        Some(Line {
            name: candidate.scored.name.clone(),
            figure: format!("least {} at {trees} trees", figure(least)),
            points: losses.iter().enumerate().map(|(tree, loss)| (tree as f64, *loss)).collect(),
            pen: Pen::solid(Ink::Line(number), 2.0),
            style: Style::Plain,
        })
    };
    let drawn: Vec<Line> = seen.trained.candidates.iter().enumerate().filter_map(line).collect();
    let longest = drawn.iter().map(|line| line.points.len()).max().filter(|points| *points > 1)?;
    let ys: Vec<f64> = drawn.iter().flat_map(|line| line.points.iter().map(|(_, y)| *y)).collect();
    Some(Part {
        x: Axis::between(0.0, (longest - 1) as f64, Unit::Count),
        y: Axis::around(ys.iter().copied(), Unit::Count),
        x_title: "trees".to_owned(),
        y_title: y_title(seen, at),
        height: 240.0,
        is_square: false,
        lines: drawn,
    })
}

/// Trees of quantiles learn logarithms.
fn y_title(seen: &Seen<'_>, at: usize) -> String {
    let of = seen.trained.heads[at].metric;
    match super::probability(seen) {
        Some(_) => metric(of, seen.label()),
        None => format!("{}: {} of ln({})", head(of), metric(of, "").trim_end_matches(", ms"), seen.label()),
    }
}
