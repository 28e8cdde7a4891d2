//! Colours by what they are for, in a light and a dark scheme.
//!
//! The eight of the lines stay apart for the colour-blind (after Okabe and Ito, and Tol), and are dark, or in the dark scheme
//! light, enough to be read as words.

/// A colour.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ink {
    /// Titles and values.
    Text,
    /// Everything that helps to read them.
    Quiet,
    Grid,
    Paper,
    /// Behind the warm-up.
    Shade,
    /// What others do, behind the one that a panel is about.
    Ghost,
    /// What happened when.
    Mark,
    /// The strategy of this number.
    Line(usize),
}

/// Lines in solid ink; with more strategies than these, dashes tell them apart.
pub(crate) const LINES: usize = 8;

const LIGHT: [&str; LINES] = ["#0072b2", "#d55e00", "#00805d", "#aa3377", "#8a6d00", "#4b3fb5", "#5a5a5a", "#1b8ea6"];
const DARK: [&str; LINES] = ["#56b4e9", "#ff914d", "#2bc79b", "#e58bc1", "#e3c04b", "#aaa0ff", "#c4c4c4", "#6fdcf2"];

impl Ink {
    /// As `#rrggbb` on white.
    pub(crate) const fn light(self) -> &'static str {
        match self {
            Ink::Text => "#1d222b",
            Ink::Quiet => "#5b6472",
            Ink::Grid => "#e3e6ea",
            Ink::Paper => "#ffffff",
            Ink::Shade => "#f1f2f4",
            Ink::Ghost => "#cfd4da",
            Ink::Mark => "#b3261e",
            Ink::Line(n) => LIGHT[n % LINES],
        }
    }

    /// As `#rrggbb` on near black.
    pub(crate) const fn dark(self) -> &'static str {
        match self {
            Ink::Text => "#e8eaed",
            Ink::Quiet => "#a2aab5",
            Ink::Grid => "#2e343d",
            Ink::Paper => "#171b21",
            Ink::Shade => "#20252d",
            Ink::Ghost => "#444c57",
            Ink::Mark => "#ff8a80",
            Ink::Line(n) => DARK[n % LINES],
        }
    }

    /// The name of its variable in the page's style.
    pub(crate) fn variable(self) -> String {
        match self {
            Ink::Text => "--text".into(),
            Ink::Quiet => "--quiet".into(),
            Ink::Grid => "--grid".into(),
            Ink::Paper => "--paper".into(),
            Ink::Shade => "--shade".into(),
            Ink::Ghost => "--ghost".into(),
            Ink::Mark => "--mark".into(),
            Ink::Line(n) => format!("--line-{}", n % LINES),
        }
    }
}

/// The variables of both schemes, as the declarations of a style.
pub(crate) struct Style {
    /// For paper and screens that are light.
    pub(crate) light: String,
    /// For those that are dark.
    pub(crate) dark: String,
}

/// Makes the declarations.
pub(crate) fn style() -> Style {
    let fixed = [Ink::Text, Ink::Quiet, Ink::Grid, Ink::Paper, Ink::Shade, Ink::Ghost, Ink::Mark];
    let inks: Vec<Ink> = fixed.into_iter().chain((0..LINES).map(Ink::Line)).collect();
    let of = |colour: fn(Ink) -> &'static str| {
        inks.iter().map(|&ink| format!("{}:{};", ink.variable(), colour(ink))).collect()
    };
    Style { light: of(Ink::light), dark: of(Ink::dark) }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// WCAG's relative luminance.
    fn luminance(colour: &str) -> f64 {
        let part = |at: usize| {
            let value = f64::from(u8::from_str_radix(&colour[at..at + 2], 16).unwrap()) / 255.0;
            if value <= 0.039_28 { value / 12.92 } else { ((value + 0.055) / 1.055).powf(2.4) }
        };
        0.212_6 * part(1) + 0.715_2 * part(3) + 0.072_2 * part(5)
    }

    fn contrast(a: &str, b: &str) -> f64 {
        let (a, b) = (luminance(a) + 0.05, luminance(b) + 0.05);
        a.max(b) / a.min(b)
    }

    #[test]
    fn every_word_can_be_read_in_both_schemes() {
        let words = [Ink::Text, Ink::Quiet, Ink::Mark].into_iter().chain((0..LINES).map(Ink::Line));
        for ink in words {
            let (light, dark) = (contrast(ink.light(), Ink::Paper.light()), contrast(ink.dark(), Ink::Paper.dark()));
            assert!(light >= 3.7 && dark >= 3.7, "{ink:?}: {light:.1}, {dark:.1}");
        }
    }
}
