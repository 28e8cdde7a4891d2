//! One plot area: its shade, grid, ticks, marks and lines.

use super::axis::Axis;
use super::ink::Ink;
use super::scene::{Anchor, Dash, Pen, Scene, Shape};

/// Where the plot area lies in the scene; ticks and titles stand outside of it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Frame {
    pub(crate) x: f32,
    pub(crate) y: f32,
    pub(crate) width: f32,
    pub(crate) height: f32,
}

/// Something that happened, at a value of the horizontal axis; it is told by its number.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Mark {
    pub(crate) at: f64,
    pub(crate) number: usize,
}

/// A plot area with its axes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Panel<'a> {
    pub(crate) frame: Frame,
    pub(crate) x: &'a Axis,
    pub(crate) y: &'a Axis,
    /// Whether the ticks of each axis are written; their grid is drawn anyway.
    pub(crate) has_x_ticks: bool,
    pub(crate) has_y_ticks: bool,
}

/// Room that a tick's text takes, with its neighbours' distance.
const X_TICK_WIDTH: f32 = 48.0;
const Y_TICK_HEIGHT: f32 = 26.0;
/// More would be a ruler.
const TICKS_MAX: usize = 10;
const TICK_SIZE: f32 = 11.0;

impl Panel<'_> {
    /// Where a point lies in the scene.
    pub(crate) fn place(&self, (x, y): (f64, f64)) -> (f32, f32) {
        let Frame { x: left, y: top, width, height } = self.frame;
        (left + width * self.x.place(x), top + height * (1.0 - self.y.place(y)))
    }

    /// The grid and what is behind it: the warm-up is shaded up to `shade_to`.
    pub(crate) fn draw(&self, scene: &mut Scene, shade_to: Option<f64>, marks: &[Mark]) {
        let Frame { x: left, y: top, width, height } = self.frame;
        if let Some(to) = shade_to {
            let width = width * self.x.place(to);
            scene.shapes.push(Shape::Area { x: left, y: top, width, height, ink: Ink::Shade, opacity: 1.0 });
        }
        self.rows(scene);
        self.columns(scene);
        for mark in marks {
            let (x, _) = self.place((mark.at, 0.0));
            let pen = Pen { dash: Dash::Dashed, ..Pen::solid(Ink::Mark, 1.0) };
            scene.path(vec![(x, top), (x, top + height)], pen);
            scene.text((x + 3.0, top + 10.0), TICK_SIZE, Anchor::Start, Ink::Mark, &mark.number.to_string());
        }
    }

    fn rows(&self, scene: &mut Scene) {
        let Frame { x: left, width, height, .. } = self.frame;
        for (value, text) in self.y.ticks(fitting(height, Y_TICK_HEIGHT)) {
            let (_, y) = self.place((0.0, value));
            scene.path(vec![(left, y), (left + width, y)], Pen::solid(Ink::Grid, 1.0));
            if self.has_y_ticks {
                scene.text((left - 6.0, y + 4.0), TICK_SIZE, Anchor::End, Ink::Quiet, &text);
            }
        }
    }

    /// The grid of the horizontal axis and its ticks.
    pub(crate) fn columns(&self, scene: &mut Scene) {
        let Frame { x: left, y: top, width, height } = self.frame;
        for (value, text) in self.x.ticks(fitting(width, X_TICK_WIDTH)) {
            let (x, _) = self.place((value, 0.0));
            scene.path(vec![(x, top), (x, top + height)], Pen::solid(Ink::Grid, 1.0));
            if self.has_x_ticks {
                // At the ends they stay within the panel, or neighbours would run into each other.
                let anchor = match (x - left, left + width - x) {
                    (from_left, _) if from_left < TICK_SIZE => Anchor::Start,
                    (_, from_right) if from_right < TICK_SIZE => Anchor::End,
                    _ => Anchor::Middle,
                };
                scene.text((x, top + height + 15.0), TICK_SIZE, anchor, Ink::Quiet, &text);
            }
        }
    }

    /// A line through `points`, broken where one is not a number.
    pub(crate) fn line(&self, scene: &mut Scene, points: &[(f64, f64)], pen: Pen) {
        for part in points.split(|(_, y)| !y.is_finite()) {
            match part {
                [] => {}
                [point] => {
                    let (x, y) = self.place(*point);
                    scene.shapes.push(Shape::Dot { x, y, radius: 1.0, ink: pen.ink, is_filled: true });
                }
                part => scene.path(part.iter().map(|point| self.place(*point)).collect(), pen),
            }
        }
    }
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a panel holds a handful of ticks")]
fn fitting(length: f32, each: f32) -> usize {
    ((length / each).max(2.0) as usize).min(TICKS_MAX)
}
