//! What the chosen model calls rows, at its threshold.

use outrider_train::metrics::{Confusion, Sample};

use super::lines::WIDTH;
use super::probability;
use crate::chart::{Anchor, Ink, Scene, Shape};
use crate::training_report::numbers::{figure, or_dash, thousands};
use crate::training_report::seen::Seen;

const CELL: (f32, f32) = (190.0, 92.0);
const LEFT: f32 = 180.0;
const TOP: f32 = 98.0;
/// Where the figures stand.
const ASIDE: f32 = 640.0;

/// The matrix with the figures that it comes to.
pub(super) fn matrix(seen: &Seen<'_>) -> Option<Scene> {
    let threshold = seen.trained.best().threshold?;
    let sample = Sample::new(&seen.labels, seen.scores(probability(seen)?));
    let confusion = Confusion::at(&sample, threshold);
    let mut scene = Scene::new(WIDTH, TOP + 2.0 * CELL.1 + 52.0, "Confusion matrix");
    scene.head(&[format!(
        "{} on rows that judge: called positive from {} on, where F1 was best on rows that choose.",
        seen.trained.best().scored.name,
        figure(threshold)
    )]);
    let (positives, negatives) =
        (confusion.true_positive + confusion.false_negative, confusion.true_negative + confusion.false_positive);
    let label = seen.label();
    heads(&mut scene, label);
    cell(&mut scene, (0, 0), confusion.true_negative, negatives, "right");
    cell(&mut scene, (1, 0), confusion.false_positive, negatives, "false alarm");
    cell(&mut scene, (0, 1), confusion.false_negative, positives, "missed");
    cell(&mut scene, (1, 1), confusion.true_positive, positives, "right");
    figures(&mut scene, &confusion);
    Some(scene)
}

fn heads(scene: &mut Scene, label: &str) {
    for (column, name) in ["called 0", "called 1"].into_iter().enumerate() {
        let x = LEFT + CELL.0 * (column as f32 + 0.5);
        scene.text((x, TOP - 12.0), 13.0, Anchor::Middle, Ink::Text, name);
    }
    for row in 0..2 {
        let y = TOP + CELL.1 * (row as f32 + 0.5);
        let name = crate::chart::fit(&format!("{label} is {row}"), 13.0, LEFT - 32.0);
        scene.text((LEFT - 14.0, y + 4.0), 13.0, Anchor::End, Ink::Text, &name);
    }
    let note = "rows, and their share of all rows with that label; the darker, the larger the share";
    scene.text((LEFT, TOP + 2.0 * CELL.1 + 26.0), 12.0, Anchor::Start, Ink::Quiet, note);
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "whole numbers of rows; a shade needs no more digits"
)]
fn cell(scene: &mut Scene, (column, row): (u8, u8), rows: f64, of: f64, what: &str) {
    let (x, y) = (LEFT + CELL.0 * f32::from(column), TOP + CELL.1 * f32::from(row));
    let (width, height) = (CELL.0 - 3.0, CELL.1 - 3.0);
    let share = if of > 0.0 { rows / of } else { 0.0 };
    scene.shapes.push(Shape::Area { x, y, width, height, ink: Ink::Line(0), opacity: 0.05 + 0.45 * share as f32 });
    let middle = (x + width / 2.0, y + height / 2.0);
    scene.text((middle.0, middle.1 - 12.0), 18.0, Anchor::Middle, Ink::Text, &thousands(rows as usize));
    scene.text((middle.0, middle.1 + 9.0), 12.0, Anchor::Middle, Ink::Text, &format!("{:.1} %", share * 100.0));
    scene.text((middle.0, middle.1 + 27.0), 12.0, Anchor::Middle, Ink::Quiet, what);
}

fn figures(scene: &mut Scene, confusion: &Confusion) {
    let told = [
        ("accuracy", confusion.accuracy()),
        ("balanced accuracy", confusion.balanced_accuracy()),
        ("precision", confusion.precision()),
        ("recall", confusion.recall()),
        ("F1", confusion.f1()),
    ];
    for (row, (name, value)) in told.into_iter().enumerate() {
        let y = TOP + 22.0 + 30.0 * row as f32;
        scene.text((ASIDE, y), 13.0, Anchor::Start, Ink::Quiet, name);
        scene.text((WIDTH - 120.0, y), 13.0, Anchor::End, Ink::Text, &or_dash(value));
    }
}
