//! Curves of several strategies over one axis: in one panel with names at their ends if they are few, else a panel for
//! each, with the others as ghosts behind it, so that every one can be told from thirteen.

use super::axis::Axis;
use super::font::{fit, width};
use super::ink::Ink;
use super::labels::spread;
use super::panel::{Frame, Mark, Panel};
use super::scene::{Anchor, Dash, Pen, Scene};

/// What is drawn.
#[derive(Clone, Debug)]
pub(crate) struct Curves {
    pub(crate) title: String,
    /// What is to be seen, under the title.
    pub(crate) notes: Vec<String>,
    pub(crate) x: Axis,
    pub(crate) y: Axis,
    pub(crate) x_title: String,
    pub(crate) y_title: String,
    pub(crate) curves: Vec<Curve>,
    /// What all are held against, if anything: its name and points.
    pub(crate) reference: Option<(String, Vec<(f64, f64)>)>,
    /// The warm-up's end.
    pub(crate) shade_to: Option<f64>,
    pub(crate) marks: Vec<Mark>,
}

/// One strategy's points; one that is not a number breaks the line.
#[derive(Clone, Debug)]
pub(crate) struct Curve {
    pub(crate) name: String,
    pub(crate) points: Vec<(f64, f64)>,
}

const WIDTH: f32 = 960.0;
const LEFT: f32 = 64.0;
/// With more curves, each has a panel of its own.
const TOGETHER_MAX: usize = 5;
const NAME_SIZE: f32 = 12.0;
const NAME_WIDTH_MAX: f32 = 190.0;
const HEIGHT_TOGETHER: f32 = 340.0;
const HEIGHT_APART: f32 = 132.0;
/// Between rows of panels: the name of the one below.
const GAP: f32 = 30.0;
/// Between a panel and its neighbour to the right.
const GUTTER: f32 = 14.0;
/// Below the last panel: ticks and the axis' title.
const FOOT: f32 = 46.0;

/// The picture.
pub(crate) fn curves(of: &Curves) -> Scene {
    if of.curves.len() <= TOGETHER_MAX { together(of) } else { apart(of) }
}

fn top(of: &Curves) -> f32 {
    72.0 + 16.0 * of.notes.len() as f32
}

fn together(of: &Curves) -> Scene {
    let top = top(of);
    let mut scene = Scene::new(WIDTH, top + HEIGHT_TOGETHER + FOOT, &of.title);
    scene.head(&of.notes);
    let names = of.curves.iter().map(|curve| &curve.name).chain(of.reference.iter().map(|(name, _)| name));
    let widest = names.map(|name| width(name, NAME_SIZE)).fold(0.0, f32::max).min(NAME_WIDTH_MAX);
    let frame = Frame { x: LEFT, y: top, width: WIDTH - LEFT - widest - 34.0, height: HEIGHT_TOGETHER };
    let panel = Panel { frame, x: &of.x, y: &of.y, has_x_ticks: true, has_y_ticks: true };
    panel.draw(&mut scene, of.shade_to, &of.marks);
    reference(&mut scene, &panel, of);
    for (number, curve) in of.curves.iter().enumerate() {
        panel.line(&mut scene, &curve.points, Pen::of_line(number, 2.0));
    }
    names_at_ends(&mut scene, &panel, of);
    titles(&mut scene, of, top, top + HEIGHT_TOGETHER);
    scene
}

fn reference(scene: &mut Scene, panel: &Panel<'_>, of: &Curves) {
    if let Some((_, points)) = &of.reference {
        panel.line(scene, points, Pen { dash: Dash::Dotted, ..Pen::solid(Ink::Quiet, 1.4) });
    }
}

fn names_at_ends(scene: &mut Scene, panel: &Panel<'_>, of: &Curves) {
    let curves = of.curves.iter().enumerate().map(|(number, curve)| (&curve.name, &curve.points, Ink::Line(number)));
    let reference = of.reference.iter().map(|(name, points)| (name, points, Ink::Quiet));
    let end = |points: &[(f64, f64)]| points.iter().rev().find(|(_, y)| y.is_finite()).map(|point| panel.place(*point));
    let ends: Vec<_> =
        curves.chain(reference).filter_map(|(name, points, ink)| Some((name, end(points)?, ink))).collect();
    let Frame { x, y, width, height } = panel.frame;
    let wanted: Vec<f32> = ends.iter().map(|(_, (_, y), _)| *y).collect();
    let placed = spread(&wanted, 15.0, y + 4.0, y + height - 2.0);
    for ((name, (end_x, end_y), ink), label_y) in ends.into_iter().zip(placed) {
        let right = x + width;
        // Dotted, or it would look like more of the line.
        let pen = Pen { dash: Dash::Dotted, ..Pen::solid(ink, 0.8) };
        scene.path(vec![(end_x, end_y), (right + 4.0, end_y), (right + 12.0, label_y)], pen);
        let name = fit(name, NAME_SIZE, NAME_WIDTH_MAX);
        scene.text((right + 15.0, label_y + 4.0), NAME_SIZE, Anchor::Start, ink, &name);
    }
}

fn titles(scene: &mut Scene, of: &Curves, top: f32, bottom: f32) {
    scene.text((16.0, top - 10.0), NAME_SIZE, Anchor::Start, Ink::Text, &of.y_title);
    scene.text((LEFT, bottom + 34.0), NAME_SIZE, Anchor::Start, Ink::Text, &of.x_title);
}

fn apart(of: &Curves) -> Scene {
    let columns = if of.curves.len() <= 9 { 3 } else { 4 };
    let rows = of.curves.len().div_ceil(columns);
    let top = top(of) + 18.0;
    let step = HEIGHT_APART + GAP;
    let mut scene = Scene::new(WIDTH, top + step * rows as f32 - GAP + FOOT, &of.title);
    scene.head(&of.notes);
    let width = (WIDTH - LEFT - 16.0 - GUTTER * (columns - 1) as f32) / columns as f32;
    for (number, curve) in of.curves.iter().enumerate() {
        let (row, column) = (number / columns, number % columns);
        let (x, y) = (LEFT + (width + GUTTER) * column as f32, top + step * row as f32);
        let panel = Panel {
            frame: Frame { x, y, width, height: HEIGHT_APART },
            x: &of.x,
            y: &of.y,
            has_x_ticks: number + columns >= of.curves.len(),
            has_y_ticks: column == 0,
        };
        panel.draw(&mut scene, of.shade_to, &of.marks);
        one_before_the_others(&mut scene, &panel, of, number);
        let name = fit(&curve.name, NAME_SIZE, width);
        scene.text((x, y - 6.0), NAME_SIZE, Anchor::Start, Ink::Line(number), &name);
    }
    titles(&mut scene, of, top - 18.0, top + step * rows as f32 - GAP);
    scene
}

fn one_before_the_others(scene: &mut Scene, panel: &Panel<'_>, of: &Curves, number: usize) {
    for other in of.curves.iter().enumerate().filter(|(other, _)| *other != number).map(|(_, other)| other) {
        panel.line(scene, &other.points, Pen::solid(Ink::Ghost, 0.8));
    }
    reference(scene, panel, of);
    // In a panel of its own a line needs no dashes to be told apart.
    panel.line(scene, &of.curves[number].points, Pen::solid(Ink::Line(number), 2.0));
}
