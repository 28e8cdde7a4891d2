//! Mistakes: where, what is wrong, what was expected, and what to write instead.
//!
//! All are collected before any is shown: mending a file one error at a time costs a round trip each.

use std::fmt;

use serde_json::{Value, json};

/// Mistakes kept; more are only counted.
const KEPT_MAX: usize = 1_000;

/// Characters of a source line that are shown.
const LINE_MAX: usize = 120;

/// A stretch of text in one of the files that were read.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    /// Which file, in the order of reading.
    pub(crate) file: usize,
    /// Line, from 1; 0 for a file as a whole.
    pub(crate) line: usize,
    /// Column in characters, from 1.
    pub(crate) column: usize,
    /// Characters, on the line where it begins; at least 1.
    pub(crate) width: usize,
}

impl Place {
    /// The file as a whole.
    pub(crate) const fn whole(file: usize) -> Place {
        Place { file, line: 0, column: 0, width: 1 }
    }
}

/// One mistake.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Mistake {
    pub(crate) place: Place,
    pub(crate) wrong: String,
    pub(crate) expected: String,
    pub(crate) hint: Option<String>,
}

impl Mistake {
    /// What is wrong at `place`, and what was expected there.
    pub(crate) fn at(place: Place, wrong: impl Into<String>, expected: impl Into<String>) -> Mistake {
        Mistake { place, wrong: wrong.into(), expected: expected.into(), hint: None }
    }

    /// The same, with what to do about it.
    pub(crate) fn hint(mut self, hint: impl Into<Option<String>>) -> Mistake {
        self.hint = hint.into();
        self
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: expected {}", self.wrong, self.expected)?;
        self.hint.iter().try_for_each(|hint| write!(f, "; {hint}"))
    }
}

/// A file that was read.
#[derive(Clone, Debug)]
struct Source {
    name: String,
    text: String,
}

/// Everything that is wrong with a configuration, by position.
#[derive(Clone, Debug, Default)]
pub(crate) struct Report {
    sources: Vec<Source>,
    mistakes: Vec<Mistake>,
    unlisted: usize,
}

impl Report {
    /// Names a file whose mistakes will follow; the result is [`Place::file`].
    pub(crate) fn source(&mut self, name: &str) -> usize {
        self.sources.push(Source { name: printable(name), text: String::new() });
        self.sources.len() - 1
    }

    /// The text of a file, to quote from.
    pub(crate) fn quote(&mut self, file: usize, text: &str) {
        text.clone_into(&mut self.sources[file].text);
    }

    /// Adds a mistake, unless it is there already (an alias repeats what it stands for).
    pub(crate) fn add(&mut self, mistake: Mistake) {
        if self.mistakes.len() >= KEPT_MAX {
            self.unlisted += 1;
        } else if !self.mistakes.contains(&mistake) {
            self.mistakes.push(mistake);
        }
    }

    /// How many mistakes there are.
    pub(crate) fn count(&self) -> usize {
        self.mistakes.len() + self.unlisted
    }

    /// The mistakes that were kept, by position.
    pub(crate) fn sorted(mut self) -> Report {
        self.mistakes.sort();
        self
    }

    /// One mistake a line, with its place.
    pub(crate) fn lines(&self) -> impl Iterator<Item = String> {
        self.mistakes.iter().map(|mistake| format!("{}: {mistake}", self.location(mistake.place)))
    }

    /// For people: every mistake with its source line and a caret.
    pub(crate) fn render(&self, colour: bool) -> String {
        let mut out = String::new();
        for mistake in &self.mistakes {
            let location = self.location(mistake.place);
            out.push_str(&format!("{}: {mistake}\n", paint(&location, "1", colour)));
            out.push_str(&self.excerpt(mistake.place, colour));
        }
        if self.unlisted > 0 {
            out.push_str(&format!("... and {} more\n", self.unlisted));
        }
        out
    }

    /// For programs: an array of objects with stable keys.
    pub(crate) fn to_json(&self) -> Value {
        let object = |mistake: &Mistake| {
            json!({
                "file": self.sources[mistake.place.file].name,
                "line": mistake.place.line,
                "column": mistake.place.column,
                "wrong": mistake.wrong,
                "expected": mistake.expected,
                "hint": mistake.hint,
            })
        };
        self.mistakes.iter().map(object).collect()
    }

    fn location(&self, place: Place) -> String {
        let name = &self.sources[place.file].name;
        match place.line {
            0 => name.clone(),
            line => format!("{name}:{line}:{}", place.column),
        }
    }

    fn excerpt(&self, place: Place, colour: bool) -> String {
        let text = &self.sources[place.file].text;
        let Some(line) = place.line.checked_sub(1).and_then(|n| text.lines().nth(n)) else {
            return String::new();
        };
        let before = place.column.saturating_sub(1);
        let skipped = before.saturating_sub(LINE_MAX / 2);
        let shown: String = line.chars().skip(skipped).take(LINE_MAX).collect();
        let width = place.width.min(LINE_MAX / 2);
        let caret = format!("{}{}", " ".repeat(before - skipped), paint(&"^".repeat(width), "31", colour));
        format!("{:>5} | {}\n      | {caret}\n", place.line, printable(shown.trim_end()))
    }
}

/// Text of a file as it can be shown on a terminal: one column per character, no control sequences.
pub(crate) fn printable(text: &str) -> String {
    let plain = |c: char| match c {
        '\t' => ' ',
        c if c.is_control() || is_invisible(c) => '\u{fffd}',
        c => c,
    };
    text.chars().map(plain).collect()
}

/// Marks that turn the direction of text or take no room: what they hide should be seen.
fn is_invisible(c: char) -> bool {
    matches!(c, '\u{200b}'..='\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2060}'..='\u{2069}' | '\u{feff}')
}

fn paint(text: &str, code: &str, colour: bool) -> String {
    if colour { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(text: &str, place: Place) -> Report {
        let mut report = Report::default();
        let file = report.source("a.yaml");
        report.quote(file, text);
        report.add(Mistake::at(place, "`x` is 1", "2").hint(Some("write `2`".to_owned())));
        report
    }

    const PLACE: Place = Place { file: 0, line: 2, column: 4, width: 1 };

    #[test]
    fn a_mistake_shows_its_line() {
        let shown = report("# a\nx: 1\n", PLACE).render(false);
        assert_eq!(shown, "a.yaml:2:4: `x` is 1: expected 2; write `2`\n    2 | x: 1\n      |    ^\n");
        assert!(report("# a\nx: 1\n", PLACE).render(true).contains("\x1b[31m^\x1b[0m"));
    }

    #[test]
    fn a_file_cannot_write_to_the_terminal() {
        let shown = report("\nx: \x1b[2J\u{202e}", PLACE).render(false);
        assert!(!shown.contains(['\x1b', '\u{202e}']), "{shown}");
    }

    #[test]
    fn long_lines_are_cut_around_the_mistake() {
        let line = format!("\n{}!{}", "a".repeat(10_000), "b".repeat(10_000));
        let place = Place { column: 10_001, width: 9_000, ..PLACE };
        let shown = report(&line, place).render(false);
        assert!(shown.len() < 500, "{shown}");
        assert!(shown.contains('!'), "{shown}");
    }

    #[test]
    fn more_than_can_be_read_is_counted() {
        let mut report = report("", PLACE);
        for line in 0..2 * KEPT_MAX {
            report.add(Mistake::at(Place { line, ..PLACE }, "x", "y"));
        }
        assert_eq!(report.count(), 2 * KEPT_MAX + 1);
        assert!(report.render(false).ends_with("... and 1001 more\n"));
        assert_eq!(report.sorted().lines().count(), KEPT_MAX);
    }
}
