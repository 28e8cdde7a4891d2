//! What a picture holds, in units of a pixel at normal size, from the upper left corner.

use super::ink::Ink;

/// A picture.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Scene {
    pub(crate) width: f32,
    pub(crate) height: f32,
    /// What it shows, for those who cannot see it.
    pub(crate) title: String,
    /// In the order of drawing.
    pub(crate) shapes: Vec<Shape>,
}

/// One thing in it.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Shape {
    Path {
        points: Vec<(f32, f32)>,
        pen: Pen,
    },
    Area {
        x: f32,
        y: f32,
        width: f32,
        height: f32,
        ink: Ink,
        opacity: f32,
    },
    Dot {
        x: f32,
        y: f32,
        radius: f32,
        ink: Ink,
        is_filled: bool,
    },
    /// Many that are alike.
    Dots {
        points: Vec<(f32, f32)>,
        radius: f32,
        ink: Ink,
        opacity: f32,
    },
    Text {
        x: f32,
        y: f32,
        size: f32,
        anchor: Anchor,
        ink: Ink,
        text: String,
    },
}

/// How a line is drawn.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Pen {
    pub(crate) ink: Ink,
    pub(crate) width: f32,
    pub(crate) dash: Dash,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Dash {
    Solid,
    Dashed,
    Dotted,
}

impl Dash {
    /// Lengths of line and gap; none if solid.
    pub(crate) const fn lengths(self) -> Option<[f32; 2]> {
        match self {
            Dash::Solid => None,
            Dash::Dashed => Some([6.0, 3.0]),
            Dash::Dotted => Some([1.5, 2.5]),
        }
    }
}

/// Where a text's x is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Anchor {
    Start,
    Middle,
    End,
}

impl Pen {
    pub(crate) const fn solid(ink: Ink, width: f32) -> Pen {
        Pen { ink, width, dash: Dash::Solid }
    }

    /// That of the strategy of this number: always the same one in all pictures.
    pub(crate) const fn of_line(number: usize, width: f32) -> Pen {
        let dash = match number / super::ink::LINES % 3 {
            0 => Dash::Solid,
            1 => Dash::Dashed,
            _ => Dash::Dotted,
        };
        Pen { ink: Ink::Line(number), width, dash }
    }
}

impl Scene {
    pub(crate) fn new(width: f32, height: f32, title: &str) -> Scene {
        let paper = Shape::Area { x: 0.0, y: 0.0, width, height, ink: Ink::Paper, opacity: 1.0 };
        Scene { width, height, title: title.to_owned(), shapes: vec![paper] }
    }

    pub(crate) fn path(&mut self, points: Vec<(f32, f32)>, pen: Pen) {
        self.shapes.push(Shape::Path { points, pen });
    }

    pub(crate) fn text(&mut self, (x, y): (f32, f32), size: f32, anchor: Anchor, ink: Ink, text: &str) {
        self.shapes.push(Shape::Text { x, y, size, anchor, ink, text: text.to_owned() });
    }

    /// The title of the whole picture, what it shows in a sentence, and where the hosts came from.
    pub(crate) fn head(&mut self, lines: &[String]) {
        let title = self.title.clone();
        self.text((16.0, 28.0), 18.0, Anchor::Start, Ink::Text, &title);
        for (index, line) in lines.iter().enumerate() {
            let y = 46.0 + 16.0 * index as f32;
            let line = super::font::fit(line, 12.0, self.width - 32.0);
            self.text((16.0, y), 12.0, Anchor::Start, Ink::Quiet, &line);
        }
    }
}
