//! Lines in one or more panels, with a legend beside each that says what a line comes to.

use crate::chart::{Anchor, Axis, Frame, Ink, Panel, Pen, Scene, Shape, fit};

pub(super) const WIDTH: f32 = 960.0;
const LEFT: f32 = 76.0;
const SIZE: f32 = 12.0;
/// Above a panel: the title of its vertical axis.
const HEAD: f32 = 34.0;
/// Below it: ticks and the title of the horizontal axis.
const FOOT: f32 = 56.0;
const LEGEND: f32 = 300.0;
const LEGEND_GAP: f32 = 28.0;
/// A line of the legend: a name, and what it comes to.
const ENTRY: f32 = 34.0;

/// What is drawn.
pub(super) struct Lines {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    pub(super) panels: Vec<Part>,
}

/// One panel.
pub(super) struct Part {
    pub(super) x: Axis,
    pub(super) y: Axis,
    pub(super) x_title: String,
    pub(super) y_title: String,
    pub(super) height: f32,
    /// As wide as high, where both axes mean the same.
    pub(super) is_square: bool,
    /// In the order of the legend; the first is drawn last.
    pub(super) lines: Vec<Line>,
}

/// One line.
pub(super) struct Line {
    pub(super) name: String,
    /// What it comes to; may be empty.
    pub(super) figure: String,
    pub(super) points: Vec<(f64, f64)>,
    pub(super) pen: Pen,
    pub(super) style: Style,
}

/// How points are drawn.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Style {
    /// Joined.
    Plain,
    /// Joined, each with a dot.
    Dotted,
    /// Dots, and around each the ends of its interval.
    Bars(Vec<(f64, f64)>),
    /// Small dots alone.
    Cloud,
}

/// The diagonal on which what is said is what happens.
pub(super) fn diagonal(name: &str, low: f64, high: f64) -> Line {
    let pen = Pen { dash: crate::chart::Dash::Dotted, ..Pen::solid(Ink::Quiet, 1.4) };
    Line {
        name: name.to_owned(),
        figure: String::new(),
        points: vec![(low, low), (high, high)],
        pen,
        style: Style::Plain,
    }
}

/// The picture.
pub(super) fn lines(of: &Lines) -> Scene {
    let top = 36.0 + 16.0 * of.notes.len() as f32;
    let height: f32 = of.panels.iter().map(|part| HEAD + part.tallest() + FOOT).sum();
    let mut scene = Scene::new(WIDTH, top + height, &of.title);
    scene.head(&of.notes);
    let mut y = top;
    for part in &of.panels {
        draw(&mut scene, part, y + HEAD);
        y += HEAD + part.tallest() + FOOT;
    }
    scene
}

impl Part {
    fn tallest(&self) -> f32 {
        self.height.max(ENTRY * self.lines.len() as f32 - FOOT / 2.0)
    }

    fn width(&self) -> f32 {
        if self.is_square { self.height } else { WIDTH - LEFT - LEGEND_GAP - LEGEND - 16.0 }
    }
}

fn draw(scene: &mut Scene, part: &Part, y: f32) {
    let frame = Frame { x: LEFT, y, width: part.width(), height: part.height };
    let panel = Panel { frame, x: &part.x, y: &part.y, has_x_ticks: true, has_y_ticks: true };
    panel.draw(scene, None, &[]);
    scene.text((16.0, y - 12.0), SIZE, Anchor::Start, Ink::Text, &part.y_title);
    scene.text((LEFT, y + part.height + 34.0), SIZE, Anchor::Start, Ink::Text, &part.x_title);
    part.lines.iter().rev().for_each(|line| line.draw(scene, &panel));
    for (number, line) in part.lines.iter().enumerate() {
        line.tell(scene, (frame.x + frame.width + LEGEND_GAP, y + 10.0 + ENTRY * number as f32));
    }
}

impl Line {
    fn draw(&self, scene: &mut Scene, panel: &Panel<'_>) {
        match &self.style {
            Style::Plain => panel.line(scene, &self.points, self.pen),
            Style::Dotted => {
                panel.line(scene, &self.points, self.pen);
                self.dots(scene, panel, 3.0, 1.0);
            }
            Style::Bars(ends) => {
                for ((x, _), (low, high)) in self.points.iter().zip(ends) {
                    panel.line(scene, &[(*x, *low), (*x, *high)], Pen::solid(self.pen.ink, 1.0));
                }
                panel.line(scene, &self.points, self.pen);
                self.dots(scene, panel, 3.5, 1.0);
            }
            Style::Cloud => self.dots(scene, panel, 1.8, 0.35),
        }
    }

    fn dots(&self, scene: &mut Scene, panel: &Panel<'_>, radius: f32, opacity: f32) {
        let known = self.points.iter().filter(|(x, y)| x.is_finite() && y.is_finite());
        let points: Vec<(f32, f32)> = known.map(|point| panel.place(*point)).collect();
        if !points.is_empty() {
            scene.shapes.push(Shape::Dots { points, radius, ink: self.pen.ink, opacity });
        }
    }

    /// Its place in the legend.
    fn tell(&self, scene: &mut Scene, (x, y): (f32, f32)) {
        let room = WIDTH - 16.0 - x - 34.0;
        match self.style {
            Style::Cloud => {
                let points = vec![(x + 6.0, y - 6.0), (x + 13.0, y - 2.0), (x + 20.0, y - 6.0)];
                scene.shapes.push(Shape::Dots { points, radius: 1.8, ink: self.pen.ink, opacity: 1.0 });
            }
            _ => scene.path(vec![(x, y - 4.0), (x + 26.0, y - 4.0)], self.pen),
        }
        scene.text((x + 34.0, y), SIZE, Anchor::Start, Ink::Text, &fit(&self.name, SIZE, room));
        scene.text((x + 34.0, y + 14.0), 11.0, Anchor::Start, Ink::Quiet, &fit(&self.figure, 11.0, room));
    }
}
