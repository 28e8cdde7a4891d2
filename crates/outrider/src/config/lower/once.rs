//! Things that may be there only once.

use std::collections::HashMap;
use std::fmt::Display;
use std::hash::Hash;

use crate::config::mistake::{Mistake, Place, Report};

/// Remembers what was seen, and where first.
pub(super) struct Once<T> {
    what: String,
    seen: HashMap<T, Place>,
}

impl<T: Eq + Hash + Display> Once<T> {
    /// `what` begins the message: `the listener`.
    pub(super) fn new(what: impl Into<String>) -> Once<T> {
        Once { what: what.into(), seen: HashMap::new() }
    }

    /// Notes `thing`; a second one is a mistake.
    pub(super) fn see(&mut self, thing: T, place: Place, report: &mut Report) {
        if let Some(first) = self.seen.get(&thing) {
            let wrong = format!("{} `{thing}` is there twice", self.what);
            let hint = match first.file == place.file {
                true => format!("the first is in line {}", first.line),
                false => "the first is in the configuration".to_owned(),
            };
            report.add(Mistake::at(place, wrong, "each once").hint(hint));
        } else {
            self.seen.insert(thing, place);
        }
    }
}
