//! What was written: values of the right type and range, each with its place. What they mean is for `lower/`.
//!
//! Values are asked for by the name of their key. A name that the table of keys does not know is a defect of ours, and
//! so is the wrong type: both stop a debug build, and the test that writes every key finds them.

use std::time::Duration;

use crate::config::mistake::Place;
use crate::config::shape::Map;

/// A value that passed the check.
#[derive(Clone, Debug)]
pub(crate) struct Value {
    pub(crate) place: Place,
    pub(crate) content: Content,
}

/// What it is.
#[derive(Clone, Debug)]
pub(crate) enum Content {
    Bool(bool),
    Integer(u64),
    Decimal(f64),
    /// None: unlimited.
    Duration(Option<Duration>),
    /// Bytes. None: unlimited.
    Size(Option<u64>),
    Text(String),
    List(Vec<Value>),
    /// Names (text) and values.
    Named(Vec<(Value, Value)>),
    Map(Written),
}

/// A mapping with keys of ours. Sections are always there, empty where nothing was written.
#[derive(Clone)]
pub(crate) struct Written {
    map: &'static Map,
    pub(crate) place: Place,
    entries: Vec<(&'static str, Value)>,
    /// Whether nothing in it was left out for a mistake.
    pub(crate) sound: bool,
}

impl std::fmt::Debug for Written {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_map().entries(self.entries.iter().map(|(k, v)| (k, &v.content))).finish()
    }
}

impl Written {
    /// A mapping without entries.
    pub(crate) fn new(map: &'static Map, place: Place) -> Written {
        Written { map, place, entries: Vec::new(), sound: true }
    }

    /// The keys it may have.
    pub(crate) fn map(&self) -> &'static Map {
        self.map
    }

    /// Adds an entry.
    pub(crate) fn put(&mut self, name: &'static str, value: Value) {
        self.entries.push((name, value));
    }

    /// The value of a key, if it was written and sound.
    pub(crate) fn get(&self, name: &str) -> Option<&Value> {
        debug_assert!(self.map.key(name).is_some(), "{} has no key `{name}`", self.map.what);
        let (_, value) = self.entries.iter().find(|(key, _)| *key == name)?;
        Some(value)
    }

    /// A section.
    pub(crate) fn section(&self, name: &str) -> &Written {
        match self.get(name).map(|value| &value.content) {
            Some(Content::Map(map)) => map,
            _ => unreachable!("the check fills in every section: {name}"),
        }
    }

    /// A mapping that may be left out.
    pub(crate) fn mapping(&self, name: &str) -> Option<&Written> {
        self.get(name)?.as_map()
    }

    /// The items of a list; none where it was left out.
    pub(crate) fn list(&self, name: &str) -> &[Value] {
        match self.get(name).map(|value| &value.content) {
            Some(Content::List(items)) => items,
            _ => &[],
        }
    }

    /// The names and values of a mapping whose names the user chooses.
    pub(crate) fn named(&self, name: &str) -> &[(Value, Value)] {
        match self.get(name).map(|value| &value.content) {
            Some(Content::Named(pairs)) => pairs,
            _ => &[],
        }
    }

    /// `true` or `false`.
    pub(crate) fn bool(&self, name: &str) -> Option<bool> {
        match self.get(name)?.content {
            Content::Bool(value) => Some(value),
            _ => self.wrong_type(name),
        }
    }

    /// A whole number, in the type that its range was chosen for.
    pub(crate) fn integer<T: TryFrom<u64>>(&self, name: &str) -> Option<T> {
        self.get(name)?.as_integer()
    }

    /// A number.
    pub(crate) fn decimal(&self, name: &str) -> Option<f64> {
        match self.get(name)?.content {
            Content::Decimal(value) => Some(value),
            _ => self.wrong_type(name),
        }
    }

    /// A duration; the inner none is `unlimited`.
    pub(crate) fn bounded_duration(&self, name: &str) -> Option<Option<Duration>> {
        match self.get(name)?.content {
            Content::Duration(value) => Some(value),
            _ => self.wrong_type(name),
        }
    }

    /// A duration that cannot be unlimited.
    pub(crate) fn duration(&self, name: &str) -> Option<Duration> {
        self.bounded_duration(name)?
    }

    /// A size in bytes; the inner none is `unlimited`.
    pub(crate) fn bounded_size(&self, name: &str) -> Option<Option<u64>> {
        match self.get(name)?.content {
            Content::Size(value) => Some(value),
            _ => self.wrong_type(name),
        }
    }

    /// Text.
    pub(crate) fn text(&self, name: &str) -> Option<&str> {
        self.get(name)?.as_text()
    }

    fn wrong_type<T>(&self, name: &str) -> Option<T> {
        debug_assert!(false, "`{name}` of {} has another type", self.map.what);
        None
    }
}

impl Value {
    /// Its text, if it is text.
    pub(crate) fn as_text(&self) -> Option<&str> {
        match &self.content {
            Content::Text(text) => Some(text),
            _ => None,
        }
    }

    /// Its entries, if it is a mapping.
    pub(crate) fn as_map(&self) -> Option<&Written> {
        match &self.content {
            Content::Map(map) => Some(map),
            _ => None,
        }
    }

    /// Its items, if it is a list.
    pub(crate) fn as_list(&self) -> &[Value] {
        match &self.content {
            Content::List(items) => items,
            _ => &[],
        }
    }

    /// Its number, if it is a whole one that `T` can hold.
    pub(crate) fn as_integer<T: TryFrom<u64>>(&self) -> Option<T> {
        match self.content {
            Content::Integer(value) => T::try_from(value).ok(),
            _ => None,
        }
    }
}
