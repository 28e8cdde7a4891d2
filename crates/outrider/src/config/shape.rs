//! The vocabulary in which configuration keys are described.
//!
//! The keys are data, not code, so that one table gives the strict check, the JSON Schema for editors and the reference
//! page: the three cannot disagree about what exists. The alternative, a struct per section with derived readers, stops
//! at its first mistake and knows nothing of ranges.

use std::time::Duration;

use crate::config::forms::Form;
use crate::config::units;

/// The keys that may stand together.
pub(crate) struct Map {
    /// What such a mapping describes, with its article: `a pool`.
    pub(crate) what: &'static str,
    /// The keys, in the order of the reference.
    pub(crate) keys: &'static [Key],
    /// Which of them belong together.
    pub(crate) rules: &'static [Rule],
}

/// One key.
pub(crate) struct Key {
    pub(crate) name: &'static str,
    pub(crate) shape: Shape,
    pub(crate) need: Need,
    /// A value other than the default, as it is written in YAML.
    pub(crate) example: &'static str,
    /// One or two sentences of Markdown.
    pub(crate) doc: &'static str,
    /// What other balancers call it: for the hint alone, never accepted.
    pub(crate) elsewhere: &'static [&'static str],
}

/// What it means when a key is left out.
pub(crate) enum Need {
    /// It may not be.
    Required,
    /// What it configures is off or unbounded.
    Optional,
    /// The same as this, written out. Taken from the `Default` of the settings.
    Default(fn() -> String),
    /// A mapping whose keys all have their defaults.
    Section,
}

/// What a value may be.
pub(crate) enum Shape {
    /// `true` or `false`.
    Bool,
    /// A whole number.
    Integer { min: u64, max: u64 },
    /// A number with or without a fraction.
    Decimal { min: f64, max: f64 },
    /// A whole number with a unit of time.
    Duration {
        min_ms: u64,
        max_ms: u64,
        /// Whether `unlimited` may stand instead.
        unlimited: bool,
    },
    /// A whole number with a unit of bytes.
    Size {
        min: u64,
        max: u64,
        /// Whether `unlimited` may stand instead.
        unlimited: bool,
    },
    /// A status or a range of them, `200-399`.
    Statuses,
    /// Text of a form.
    Text(&'static Form),
    /// One of a few words.
    Choice(&'static [Word]),
    /// Values in order, each of the same shape.
    List { item: &'static Shape, min: usize, max: usize },
    /// Values by names that the user chooses.
    Named { name: &'static Form, value: &'static Shape, max: usize },
    /// Keys of ours.
    Map(&'static Map),
    /// A short form, or a mapping where more is to be said.
    ShortOrLong { short: &'static Shape, long: &'static Map },
}

/// One of the words of a [`Shape::Choice`].
pub(crate) struct Word {
    pub(crate) name: &'static str,
    pub(crate) doc: &'static str,
}

/// Which keys of a mapping belong together.
#[derive(Debug)]
pub(crate) enum Rule {
    /// Exactly one of them is there.
    OneOf(&'static [&'static str]),
    /// At most one of them is there.
    AtMostOne(&'static [&'static str]),
    /// At least one of them is there.
    SomeOf(&'static [&'static str]),
    /// The first is only there together with the second.
    Needs(&'static str, &'static str),
}

/// `unlimited`, where a bound may be left open.
pub(crate) const UNLIMITED: &str = "unlimited";

impl Key {
    const fn new(name: &'static str, shape: Shape, need: Need, example: &'static str, doc: &'static str) -> Key {
        Key { name, shape, need, example, doc, elsewhere: &[] }
    }

    /// A key that must be there.
    pub(crate) const fn required(name: &'static str, shape: Shape, example: &'static str, doc: &'static str) -> Key {
        Key::new(name, shape, Need::Required, example, doc)
    }

    /// A key without which something is off or unbounded.
    pub(crate) const fn optional(name: &'static str, shape: Shape, example: &'static str, doc: &'static str) -> Key {
        Key::new(name, shape, Need::Optional, example, doc)
    }

    /// A key with a default.
    pub(crate) const fn default(
        name: &'static str,
        shape: Shape,
        default: fn() -> String,
        example: &'static str,
        doc: &'static str,
    ) -> Key {
        Key::new(name, shape, Need::Default(default), example, doc)
    }

    /// A mapping whose keys all have defaults.
    pub(crate) const fn section(name: &'static str, map: &'static Map, doc: &'static str) -> Key {
        Key::new(name, Shape::Map(map), Need::Section, "", doc)
    }

    /// The same key, also found under what other balancers call it.
    pub(crate) const fn elsewhere(mut self, names: &'static [&'static str]) -> Key {
        self.elsewhere = names;
        self
    }
}

impl Map {
    /// The key called `name`.
    pub(crate) fn key(&self, name: &str) -> Option<&Key> {
        self.keys.iter().find(|key| key.name == name)
    }
}

impl Shape {
    /// What is expected, as the end of a sentence.
    pub(crate) fn expected(&self) -> String {
        match self {
            Shape::Bool => "`true` or `false`".to_owned(),
            Shape::Integer { min, max } => format!("a whole number from {min} to {max}"),
            Shape::Decimal { min, max } => format!("a number from {min} to {max}"),
            Shape::Duration { min_ms, max_ms, unlimited } => format!(
                "a duration from `{}` to `{}`{}",
                units::duration_text(Duration::from_millis(*min_ms)),
                units::duration_text(Duration::from_millis(*max_ms)),
                or_unlimited(*unlimited),
            ),
            Shape::Size { min, max, unlimited } => format!(
                "a size from `{}` to `{}`{}",
                units::size_text(*min),
                units::size_text(*max),
                or_unlimited(*unlimited),
            ),
            Shape::Statuses => "a status such as `204` or a range such as `200-399`".to_owned(),
            Shape::Text(form) => form.expected.to_owned(),
            Shape::Choice(words) => one_of(words.iter().map(|word| word.name)),
            Shape::List { min, max, .. } => format!("a list of {min} to {max} items"),
            Shape::Named { max, .. } => format!("a mapping of up to {max} names"),
            Shape::Map(map) => format!("a mapping with the keys of {}", map.what),
            Shape::ShortOrLong { short, long } => format!("{}, or the keys of {}", short.expected(), long.what),
        }
    }
}

fn or_unlimited(allowed: bool) -> &'static str {
    if allowed { ", or `unlimited`" } else { "" }
}

/// What is expected where there are a few words to choose from.
pub(crate) fn one_of<'a>(names: impl Iterator<Item = &'a str> + Clone) -> String {
    match names.clone().count() {
        1 => ticked(names),
        _ => format!("one of {}", ticked(names)),
    }
}

/// Words as they are shown in messages.
pub(crate) fn ticked<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_expected_reads_as_a_sentence() {
        let timeout = Shape::Duration { min_ms: 1, max_ms: 3_600_000, unlimited: true };
        assert_eq!(timeout.expected(), "a duration from `1ms` to `1h`, or `unlimited`");
        let size = Shape::Size { min: 1024, max: 1 << 20, unlimited: false };
        assert_eq!(size.expected(), "a size from `1KiB` to `1MiB`");
    }
}
