//! The one font of the pictures, carried along: a fresh machine has none.

use std::sync::OnceLock;

use tiny_skia::{Path, PathBuilder};
use ttf_parser::{Face, OutlineBuilder};

fn face() -> &'static Face<'static> {
    static FACE: OnceLock<Face<'static>> = OnceLock::new();
    FACE.get_or_init(|| Face::parse(dejavu::sans_condensed::regular(), 0).expect("the embedded font is a font"))
}

/// How wide `text` is at `size`. A browser may choose another font; it is not much wider.
pub(crate) fn width(text: &str, size: f32) -> f32 {
    text.chars().map(|letter| advance(letter, size)).sum()
}

/// `text`, cut so that it is at most `most` wide.
pub(crate) fn fit(text: &str, size: f32, most: f32) -> String {
    if width(text, size) <= most {
        return text.to_owned();
    }
    let mut left = most - width("…", size);
    let kept = text.chars().take_while(|&letter| {
        left -= advance(letter, size);
        left >= 0.0
    });
    kept.chain(['…']).collect()
}

fn advance(letter: char, size: f32) -> f32 {
    let glyph = face().glyph_index(letter).unwrap_or_default();
    f32::from(face().glyph_hor_advance(glyph).unwrap_or_default()) * scale(size)
}

fn scale(size: f32) -> f32 {
    size / f32::from(face().units_per_em())
}

/// The outlines of `text` from the left end of its base line; none if there is nothing to see.
pub(super) fn outlines(text: &str, (x, y): (f32, f32), size: f32) -> Option<Path> {
    let mut pen = GlyphPen { path: PathBuilder::new(), x, y, scale: scale(size) };
    for letter in text.chars() {
        // A letter that the font lacks is glyph 0, a box.
        face().outline_glyph(face().glyph_index(letter).unwrap_or_default(), &mut pen);
        pen.x += advance(letter, size);
    }
    pen.path.finish()
}

struct GlyphPen {
    path: PathBuilder,
    x: f32,
    y: f32,
    scale: f32,
}

impl GlyphPen {
    fn place(&self, x: f32, y: f32) -> (f32, f32) {
        (self.x + x * self.scale, self.y - y * self.scale)
    }
}

impl OutlineBuilder for GlyphPen {
    fn move_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.move_to(x, y);
    }

    fn line_to(&mut self, x: f32, y: f32) {
        let (x, y) = self.place(x, y);
        self.path.line_to(x, y);
    }

    fn quad_to(&mut self, x1: f32, y1: f32, x: f32, y: f32) {
        let ((x1, y1), (x, y)) = (self.place(x1, y1), self.place(x, y));
        self.path.quad_to(x1, y1, x, y);
    }

    fn curve_to(&mut self, x1: f32, y1: f32, x2: f32, y2: f32, x: f32, y: f32) {
        let ((x1, y1), (x2, y2), (x, y)) = (self.place(x1, y1), self.place(x2, y2), self.place(x, y));
        self.path.cubic_to(x1, y1, x2, y2, x, y);
    }

    fn close(&mut self) {
        self.path.close();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_cut_to_fit() {
        assert_eq!(fit("short", 12.0, 100.0), "short");
        let cut = fit("a very long name of a strategy", 12.0, 100.0);
        assert!(cut.ends_with('…') && width(&cut, 12.0) <= 100.0 && cut.chars().count() > 10, "{cut}");
        assert!(width("ab", 24.0) > 1.9 * width("ab", 12.0));
        assert!(outlines(" ", (0.0, 0.0), 12.0).is_none() && outlines("日a", (0.0, 0.0), 12.0).is_some());
    }
}
