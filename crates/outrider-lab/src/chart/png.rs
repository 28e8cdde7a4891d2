//! A scene as PNG, twice its size, so that it stays sharp on today's screens.

use tiny_skia::{Color, FillRule, LineCap, LineJoin, Paint, PathBuilder, Pixmap, Rect, Stroke, StrokeDash, Transform};

use super::font::{outlines, width};
use super::ink::Ink;
use super::scene::{Anchor, Pen, Scene, Shape};

const SCALE: f32 = 2.0;

/// The picture in its light colours. None if it has no size.
pub(crate) fn png(scene: &Scene) -> Option<Vec<u8>> {
    let mut page = Pixmap::new(pixels(scene.width), pixels(scene.height))?;
    for shape in &scene.shapes {
        draw(&mut page, shape);
    }
    page.encode_png().ok()
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a picture is small and its size positive")]
fn pixels(length: f32) -> u32 {
    (length * SCALE).ceil() as u32
}

fn draw(page: &mut Pixmap, shape: &Shape) {
    let scale = Transform::from_scale(SCALE, SCALE);
    match shape {
        Shape::Path { points, pen } => line(page, points, *pen),
        Shape::Area { x, y, width, height, ink, opacity } => {
            if let Some(area) = Rect::from_xywh(*x, *y, *width, *height) {
                page.fill_rect(area, &paint(*ink, *opacity), scale, None);
            }
        }
        Shape::Dot { x, y, radius, ink, is_filled } => {
            if let Some(circle) = PathBuilder::from_circle(*x, *y, *radius) {
                let fill = if *is_filled { *ink } else { Ink::Paper };
                page.fill_path(&circle, &paint(fill, 1.0), FillRule::Winding, scale, None);
                page.stroke_path(&circle, &paint(*ink, 1.0), &stroke(Pen::solid(*ink, 1.6)), scale, None);
            }
        }
        Shape::Dots { points, radius, ink, opacity } => {
            let mut circles = PathBuilder::new();
            points.iter().for_each(|&(x, y)| circles.push_circle(x, y, *radius));
            if let Some(circles) = circles.finish() {
                page.fill_path(&circles, &paint(*ink, *opacity), FillRule::Winding, scale, None);
            }
        }
        Shape::Text { x, y, size, anchor, ink, text } => {
            let left = match anchor {
                Anchor::Start => *x,
                Anchor::Middle => x - width(text, *size) / 2.0,
                Anchor::End => x - width(text, *size),
            };
            if let Some(glyphs) = outlines(text, (left, *y), *size) {
                page.fill_path(&glyphs, &paint(*ink, 1.0), FillRule::Winding, scale, None);
            }
        }
    }
}

fn line(page: &mut Pixmap, points: &[(f32, f32)], pen: Pen) {
    let mut path = PathBuilder::new();
    for (index, &(x, y)) in points.iter().enumerate() {
        if index == 0 { path.move_to(x, y) } else { path.line_to(x, y) }
    }
    if let Some(path) = path.finish() {
        let scale = Transform::from_scale(SCALE, SCALE);
        page.stroke_path(&path, &paint(pen.ink, 1.0), &stroke(pen), scale, None);
    }
}

fn stroke(pen: Pen) -> Stroke {
    Stroke {
        width: pen.width,
        line_cap: LineCap::Butt,
        line_join: LineJoin::Round,
        dash: pen.dash.lengths().and_then(|lengths| StrokeDash::new(lengths.to_vec(), 0.0)),
        ..Stroke::default()
    }
}

fn paint(ink: Ink, opacity: f32) -> Paint<'static> {
    let part = |at: usize| u8::from_str_radix(&ink.light()[at..at + 2], 16).expect("inks are written as #rrggbb");
    let mut colour = Color::from_rgba8(part(1), part(3), part(5), 255);
    colour.set_alpha(opacity.clamp(0.0, 1.0));
    let mut paint = Paint { anti_alias: true, ..Paint::default() };
    paint.set_color(colour);
    paint
}
