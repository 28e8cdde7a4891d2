//! Horizontal bars with names before and numbers behind them, in blocks of which two stand side by side.

use super::lines::WIDTH;
use crate::chart::{Anchor, Axis, Dash, Frame, Ink, Panel, Pen, Scene, Shape, fit, width};

const SIZE: f32 = 12.0;
const ROW: f32 = 22.0;
const NAME_MAX: f32 = 190.0;
/// Above a block: what it shows.
const HEAD: f32 = 34.0;
/// Below it: ticks and the title of the axis.
const FOOT: f32 = 52.0;
const GUTTER: f32 = 28.0;

/// What is drawn.
pub(super) struct Bars {
    pub(super) title: String,
    pub(super) notes: Vec<String>,
    pub(super) blocks: Vec<Block>,
}

/// Bars over one axis.
pub(super) struct Block {
    pub(super) heading: String,
    pub(super) axis: Axis,
    pub(super) axis_title: String,
    pub(super) bars: Vec<Bar>,
    /// What all are held against, if anything.
    pub(super) reference: Option<f64>,
}

/// One bar.
pub(super) struct Bar {
    pub(super) name: String,
    pub(super) value: f64,
    /// Its ends, if it has one.
    pub(super) interval: Option<(f64, f64)>,
    /// The value in figures.
    pub(super) text: String,
}

/// The picture.
pub(super) fn bars(of: &Bars) -> Scene {
    let columns = of.blocks.len().clamp(1, 2);
    let top = 36.0 + 16.0 * of.notes.len() as f32;
    let rows: Vec<&[Block]> = of.blocks.chunks(columns).collect();
    let tall =
        |blocks: &[Block]| HEAD + ROW * blocks.iter().map(|block| block.bars.len()).max().unwrap_or(0) as f32 + FOOT;
    let mut scene = Scene::new(WIDTH, top + rows.iter().map(|blocks| tall(blocks)).sum::<f32>(), &of.title);
    scene.head(&of.notes);
    let each = (WIDTH - 32.0 - GUTTER * (columns - 1) as f32) / columns as f32;
    let mut y = top;
    for blocks in rows {
        for (column, block) in blocks.iter().enumerate() {
            draw(&mut scene, block, (16.0 + (each + GUTTER) * column as f32, y), each);
        }
        y += tall(blocks);
    }
    scene
}

fn draw(scene: &mut Scene, block: &Block, (x, y): (f32, f32), room: f32) {
    let widest = |of: fn(&Bar) -> &String, most: f32| {
        block.bars.iter().map(|bar| width(of(bar), SIZE)).fold(0.0, f32::max).min(most)
    };
    let (names, texts) = (widest(|bar| &bar.name, NAME_MAX), widest(|bar| &bar.text, NAME_MAX));
    scene.text((x, y + 20.0), 13.0, Anchor::Start, Ink::Text, &fit(&block.heading, 13.0, room));
    let frame = Frame {
        x: x + names + 10.0,
        y: y + HEAD,
        width: room - names - texts - 20.0,
        height: ROW * block.bars.len() as f32,
    };
    let none = Axis::between(0.0, 1.0, crate::chart::Unit::Count);
    let panel = Panel { frame, x: &block.axis, y: &none, has_x_ticks: true, has_y_ticks: false };
    panel.columns(scene);
    for (number, bar) in block.bars.iter().enumerate() {
        let middle = frame.y + ROW * (number as f32 + 0.5);
        row(scene, &panel, bar, middle, names);
        scene.text((x + room, middle + 4.0), SIZE, Anchor::End, Ink::Text, &fit(&bar.text, SIZE, texts));
    }
    if let Some(reference) = block.reference {
        rule(scene, &panel, reference);
    }
    scene.text(
        (frame.x, frame.y + frame.height + 34.0),
        SIZE,
        Anchor::Start,
        Ink::Quiet,
        &fit(&block.axis_title, SIZE, room - names),
    );
}

/// What all bars are held against.
fn rule(scene: &mut Scene, panel: &Panel<'_>, value: f64) {
    let (at, _) = panel.place((value, 0.0));
    let pen = Pen { dash: Dash::Dashed, ..Pen::solid(Ink::Mark, 1.2) };
    scene.path(vec![(at, panel.frame.y), (at, panel.frame.y + panel.frame.height)], pen);
}

fn row(scene: &mut Scene, panel: &Panel<'_>, bar: &Bar, middle: f32, names: f32) {
    let place = |value: f64| panel.place((value, 0.0)).0;
    let left = panel.frame.x;
    let name = fit(&bar.name, SIZE, names);
    scene.text((left - 10.0, middle + 4.0), SIZE, Anchor::End, Ink::Text, &name);
    let length = place(bar.value) - left;
    if length > 0.0 {
        let (y, height) = (middle - 7.0, 14.0);
        scene.shapes.push(Shape::Area { x: left, y, width: length, height, ink: Ink::Line(0), opacity: 0.55 });
    }
    if let Some((low, high)) = bar.interval {
        scene.path(vec![(place(low), middle), (place(high), middle)], Pen::solid(Ink::Text, 1.6));
    }
}
