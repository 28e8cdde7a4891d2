//! Whether what is called 0.3 happens three times in ten.

use outrider_train::metrics::{ReliabilityBin, Sample, expected_calibration_error, reliability};

use super::lines::{Line, Lines, Part, Style, diagonal, lines};
use super::probability;
use crate::chart::{Axis, Scene, Unit};
use crate::training_report::numbers::or_dash;
use crate::training_report::seen::{Contender, Seen, Standing};

const BINS: usize = 10;
const SIDE: f32 = 430.0;

/// Predicted against observed shares, tenth by tenth.
pub(super) fn calibration(seen: &Seen<'_>) -> Option<Scene> {
    let mut drawn: Vec<Line> =
        seen.contenders(probability(seen)?).iter().filter_map(|contender| line(seen, contender)).collect();
    let most = drawn.iter().flat_map(most_of).fold(0.0, f64::max);
    let high = if most > 0.0 { (most * 1.05).min(1.0) } else { return None };
    drawn.push(diagonal("what is said happens", 0.0, high));
    let axis = || Axis::between(0.0, high, Unit::Share);
    Some(lines(&Lines {
        title: "Calibration".to_owned(),
        notes: vec![
            "On rows that judge, in tenths by what was predicted. Bars at the chosen model: 95 % of luck, were rows independent (Wilson)."
                .to_owned(),
        ],
        panels: vec![Part {
            x: axis(),
            y: axis(),
            x_title: "predicted probability, mean of each tenth".to_owned(),
            y_title: "observed share of positives".to_owned(),
            height: SIDE,
            is_square: true,
            lines: drawn,
        }],
    }))
}

/// A baseline that says one thing of all rows is one point.
fn line(seen: &Seen<'_>, contender: &Contender<'_>) -> Option<Line> {
    let sample = Sample::new(&seen.labels, contender.scores);
    let bins = reliability(&sample, BINS)?;
    let style = match contender.standing {
        Standing::Chosen => Style::Bars(bins.iter().map(wilson).collect()),
        Standing::Model | Standing::Baseline => Style::Dotted,
    };
    let off = expected_calibration_error(&sample, BINS);
    Some(Line {
        name: contender.name.to_owned(),
        figure: format!("calibration error {}", or_dash(off)),
        points: bins.iter().map(|bin| (bin.predicted, bin.observed)).collect(),
        pen: contender.pen,
        style,
    })
}

fn most_of(line: &Line) -> impl Iterator<Item = f64> + '_ {
    let ends = match &line.style {
        Style::Bars(ends) => ends.as_slice(),
        _ => &[],
    };
    line.points.iter().map(|(x, y)| x.max(*y)).chain(ends.iter().map(|(_, high)| *high))
}

fn wilson(bin: &ReliabilityBin) -> (f64, f64) {
    wilson_interval(bin.observed, bin.weight)
}

/// Where a share would lie 19 times out of 20, seen as `share` among `rows` (Wilson 1927).
pub(super) fn wilson_interval(share: f64, rows: f64) -> (f64, f64) {
    const Z: f64 = 1.959_964;
    let (z2, n) = (Z * Z, rows.max(1.0));
    let middle = (share + z2 / (2.0 * n)) / (1.0 + z2 / n);
    let half = Z / (1.0 + z2 / n) * (share * (1.0 - share) / n + z2 / (4.0 * n * n)).sqrt();
    ((middle - half).max(0.0), (middle + half).min(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn wilson_is_that_of_the_books() {
        // Newcombe 1998, table I: 81 of 263, and 0 of 20.
        let (low, high) = wilson_interval(81.0 / 263.0, 263.0);
        assert!((low - 0.2553).abs() < 5e-5 && (high - 0.3662).abs() < 5e-5, "{low} {high}");
        let (low, high) = wilson_interval(0.0, 20.0);
        assert!(low == 0.0 && (high - 0.1611).abs() < 5e-5, "{high}");
    }
}
