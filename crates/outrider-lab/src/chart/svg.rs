//! A scene as SVG within a page, whose style gives the inks their colours.

use std::fmt::{self, Write};

use super::ink::Ink;
use super::scene::{Anchor, Pen, Scene, Shape};

/// The picture as an element of HTML.
pub(crate) fn svg(scene: &Scene) -> String {
    let mut text = String::new();
    // Writing to a String cannot fail.
    let _ = write(&mut text, scene);
    text
}

/// Text as it may stand in HTML and in quoted attributes. What XML forbids becomes a question mark.
pub(crate) fn escape(text: &str) -> String {
    let mut escaped = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => escaped += "&amp;",
            '<' => escaped += "&lt;",
            '>' => escaped += "&gt;",
            '"' => escaped += "&quot;",
            '\'' => escaped += "&#39;",
            '\n' | '\t' => escaped.push(' '),
            letter if letter.is_control() => escaped.push('?'),
            letter => escaped.push(letter),
        }
    }
    escaped
}

fn write(text: &mut String, scene: &Scene) -> fmt::Result {
    let Scene { width, height, title, .. } = scene;
    let title = escape(title);
    write!(text, r#"<svg viewBox="0 0 {width} {height}" role="img" aria-label="{title}"><title>{title}</title>"#)?;
    scene.shapes.iter().try_for_each(|shape| draw(text, shape))?;
    writeln!(text, "</svg>")
}

fn draw(text: &mut String, shape: &Shape) -> fmt::Result {
    match shape {
        Shape::Path { points, pen } => path(text, points, *pen),
        Shape::Area { x, y, width, height, ink, opacity } => {
            let fill = fill(*ink);
            write!(
                text,
                r#"<rect x="{x:.1}" y="{y:.1}" width="{width:.1}" height="{height:.1}" style="{fill};fill-opacity:{opacity:.2}"/>"#
            )
        }
        Shape::Dot { x, y, radius, ink, is_filled } => {
            let fill = fill(if *is_filled { *ink } else { Ink::Paper });
            let stroke = ink.variable();
            write!(
                text,
                r#"<circle cx="{x:.1}" cy="{y:.1}" r="{radius:.1}" style="{fill};stroke:var({stroke});stroke-width:1.6"/>"#
            )
        }
        Shape::Dots { points, radius, ink, opacity } => dots(text, points, *radius, *ink, *opacity),
        Shape::Text { x, y, size, anchor, ink, text: words } => {
            let anchor = name(*anchor);
            let (fill, words) = (fill(*ink), escape(words));
            write!(
                text,
                r#"<text x="{x:.1}" y="{y:.1}" text-anchor="{anchor}" style="{fill};font-size:{size}px">{words}</text>"#
            )
        }
    }
}

const fn name(anchor: Anchor) -> &'static str {
    match anchor {
        Anchor::Start => "start",
        Anchor::Middle => "middle",
        Anchor::End => "end",
    }
}

fn fill(ink: Ink) -> String {
    format!("fill:var({})", ink.variable())
}

/// Lines of no length with round ends: a tenth of the text of as many circles.
fn dots(text: &mut String, points: &[(f32, f32)], radius: f32, ink: Ink, opacity: f32) -> fmt::Result {
    text.push_str(r#"<path fill="none" d=""#);
    points.iter().try_for_each(|(x, y)| write!(text, "M{x:.1},{y:.1}h0"))?;
    let (stroke, width) = (ink.variable(), 2.0 * radius);
    write!(
        text,
        r#"" style="stroke:var({stroke});stroke-width:{width};stroke-linecap:round;stroke-opacity:{opacity:.2}"/>"#
    )
}

fn path(text: &mut String, points: &[(f32, f32)], pen: Pen) -> fmt::Result {
    write!(text, r#"<polyline fill="none" points=""#)?;
    for (x, y) in points {
        write!(text, "{x:.1},{y:.1} ")?;
    }
    let Pen { ink, width, dash } = pen;
    let dash = dash.lengths().map_or_else(String::new, |[line, gap]| format!(";stroke-dasharray:{line} {gap}"));
    write!(text, r#"" style="stroke:var({});stroke-width:{width}{dash};stroke-linejoin:round"/>"#, ink.variable())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_cannot_become_markup() {
        let mut scene = Scene::new(10.0, 10.0, "\"><script>");
        scene.text((0.0, 0.0), 12.0, Anchor::Start, Ink::Text, "</text><b>&'\u{0}");
        let text = svg(&scene);
        assert!(!text.contains("<script") && !text.contains("<b>"), "{text}");
        assert!(text.contains("&lt;/text&gt;&lt;b&gt;&amp;&#39;?"), "{text}");
    }
}
