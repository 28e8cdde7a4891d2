//! Mappings: unknown keys, keys that occur twice, keys that are missing, keys that belong together.

use std::rc::Rc;

use crate::config::check::{Checker, describe, name_of, quoted};
use crate::config::forms::Form;
use crate::config::mistake::Mistake;
use crate::config::shape::{Key, Map, Need, Rule, Shape, one_of, ticked};
use crate::config::suggest::{home_of, nearest};
use crate::config::tree::{Content as Tree, Node, Resolved};
use crate::config::written::{Content, Value, Written};

type Pair = (Rc<Node>, Rc<Node>);

impl Checker<'_> {
    pub(super) fn map(&mut self, node: &Node, map: &'static Map, path: &str) -> Option<Content> {
        let Tree::Map(pairs) = &node.content else {
            let wrong = format!("{} {}", name_of(path), describe(node));
            let expected = format!("a mapping with the keys of {}", map.what);
            self.report.add(Mistake::at(node.place, wrong, expected).hint(no_value(node, path)));
            return None;
        };
        let before = self.report.count();
        let mut written = Written::new(map, node.place);
        for key in map.keys {
            self.key(key, pairs, &mut written, path);
        }
        self.unknown(pairs, map, path);
        self.absent(node, pairs, map, path);
        written.sound = self.report.count() == before;
        Some(Content::Map(written))
    }

    fn key(&mut self, key: &'static Key, pairs: &[Pair], written: &mut Written, path: &str) {
        let mut found = pairs.iter().filter(|(name, _)| is(name, key.name));
        let first = found.next();
        for (again, _) in found {
            self.twice(again, first, path);
        }
        let value = first.and_then(|(_, node)| self.value(node, &key.shape, &join(path, key.name)));
        match (value, &key.need, &key.shape) {
            (Some(value), _, _) => written.put(key.name, value),
            (None, Need::Section, Shape::Map(map)) => written.put(key.name, empty(map, first, written)),
            (None, _, _) => {}
        }
    }

    fn twice(&mut self, again: &Node, first: Option<&Pair>, path: &str) {
        let text = scalar_text(again).unwrap_or_default();
        let line = first.map_or(0, |(key, _)| key.place.line);
        let wrong = format!("`{}` is there twice{}", quoted(text), inside(path));
        self.report.add(Mistake::at(again.place, wrong, "each key once").hint(format!("the first is in line {line}")));
    }

    fn unknown(&mut self, pairs: &[Pair], map: &Map, path: &str) {
        for (key, _) in pairs {
            let Some(text) = scalar_text(key) else {
                let wrong = format!("a key{} {}", inside(path), describe(key));
                self.report.add(Mistake::at(key.place, wrong, "a word"));
                continue;
            };
            if map.key(text).is_none() {
                let wrong = format!("unknown key `{}`{}", quoted(text), inside(path));
                let expected = one_of(map.keys.iter().map(|key| key.name));
                self.report.add(Mistake::at(key.place, wrong, expected).hint(meant(text, map)));
            }
        }
    }

    fn absent(&mut self, node: &Node, pairs: &[Pair], map: &Map, path: &str) {
        // A key under another name is not also missing.
        let there = |name: &str| pairs.iter().any(|(key, _)| is(key, name) || is_meant(key, name, map));
        for key in map.keys {
            if matches!(key.need, Need::Required) && !there(key.name) {
                let wrong = format!("{} has no `{}`", name_of(path), key.name);
                let example = format!("for example `{}: {}`", key.name, key.example);
                self.report.add(Mistake::at(node.place, wrong, key.shape.expected()).hint(example));
            }
        }
        for rule in map.rules {
            self.rule(node, rule, there, path);
        }
    }

    fn rule(&mut self, node: &Node, rule: &Rule, there: impl Fn(&str) -> bool, path: &str) {
        let name = name_of(path);
        let (wrong, expected) = match rule {
            Rule::AtMostOne(names) if names.iter().filter(|name| there(name)).count() > 1 => {
                (format!("{name} has several of {}", ticked(names.iter().copied())), "at most one of them")
            }
            Rule::OneOf(names) => match names.iter().filter(|name| there(name)).count() {
                0 => (format!("{name} has none of {}", ticked(names.iter().copied())), "one of them"),
                1 => return,
                _ => (format!("{name} has several of {}", ticked(names.iter().copied())), "one of them"),
            },
            Rule::SomeOf(names) if !names.iter().any(|name| there(name)) => {
                (format!("{name} has none of {}", ticked(names.iter().copied())), "at least one of them")
            }
            Rule::Needs(key, needed) if there(key) && !there(needed) => {
                (format!("{name} has `{key}` and no `{needed}`"), "both or neither")
            }
            Rule::AtMostOne(_) | Rule::SomeOf(_) | Rule::Needs(..) => return,
        };
        self.report.add(Mistake::at(node.place, wrong, expected));
    }

    pub(super) fn named(
        &mut self,
        node: &Node,
        form: &Form,
        shape: &'static Shape,
        max: usize,
        path: &str,
    ) -> Option<Content> {
        let Tree::Map(pairs) = &node.content else {
            let wrong = format!("{} {}", name_of(path), describe(node));
            self.report.add(Mistake::at(node.place, wrong, format!("a mapping of up to {max} names")));
            return None;
        };
        if pairs.len() > max {
            let wrong = format!("{} has {} names", name_of(path), pairs.len());
            self.report.add(Mistake::at(node.place, wrong, format!("at most {max}")));
        }
        let mut entries: Vec<(Value, Value)> = Vec::new();
        for (key, value) in pairs.iter().take(max) {
            if let Some(entry) = self.entry(key, value, form, shape, path) {
                entries.push(entry);
            }
        }
        self.names_once(pairs, max, path);
        Some(Content::Named(entries))
    }

    fn entry(
        &mut self,
        key: &Node,
        value: &Node,
        form: &Form,
        shape: &'static Shape,
        path: &str,
    ) -> Option<(Value, Value)> {
        let Tree::Scalar(scalar) = &key.content else {
            let wrong = format!("a name{} {}", inside(path), describe(key));
            self.report.add(Mistake::at(key.place, wrong, form.expected));
            return None;
        };
        let name = self.text(key, scalar, form, &format!("a name in `{path}`"));
        let value = self.value(value, shape, &join(path, &quoted(&scalar.text)));
        let name = Value { place: key.place, content: name? };
        Some((name, value?))
    }

    /// Names are compared without regard to case: header names are.
    fn names_once(&mut self, pairs: &[Pair], max: usize, path: &str) {
        for (n, (key, _)) in pairs.iter().enumerate().take(max) {
            let Some(text) = scalar_text(key) else { continue };
            let same = |(other, _): &&Pair| scalar_text(other).is_some_and(|other| other.eq_ignore_ascii_case(text));
            if let Some(first) = pairs[..n].iter().find(same) {
                self.twice(key, Some(first), path);
            }
        }
    }
}

/// A section of which nothing can be used.
fn empty(map: &'static Map, pair: Option<&Pair>, parent: &Written) -> Value {
    let place = pair.map_or(parent.place, |(_, node)| node.place);
    let mut written = Written::new(map, place);
    for key in map.keys {
        if let (Need::Section, Shape::Map(inner)) = (&key.need, &key.shape) {
            let inner = empty(inner, pair, &written);
            written.put(key.name, inner);
        }
    }
    Value { place, content: Content::Map(written) }
}

fn no_value(node: &Node, path: &str) -> Option<String> {
    let null = matches!(&node.content, Tree::Scalar(scalar) if scalar.resolve() == Resolved::Null);
    let remove = || "remove the key to take every default".to_owned();
    (null && !path.is_empty()).then(remove)
}

fn meant(text: &str, map: &Map) -> Option<String> {
    meant_key(text, map)
        .map(|name| format!("did you mean `{name}`?"))
        .or_else(|| home_of(text).map(|home| format!("`{text}` belongs in {home}")))
}

/// The key that an unknown one was probably meant to be.
fn meant_key(text: &str, map: &Map) -> Option<&'static str> {
    let elsewhere = map.keys.iter().find(|key| key.elsewhere.contains(&text));
    nearest(text, map.keys.iter().map(|key| key.name)).or(elsewhere.map(|key| key.name))
}

fn is_meant(node: &Node, name: &str, map: &Map) -> bool {
    scalar_text(node).is_some_and(|text| map.key(text).is_none() && meant_key(text, map) == Some(name))
}

fn is(node: &Node, name: &str) -> bool {
    scalar_text(node) == Some(name)
}

fn scalar_text(node: &Node) -> Option<&str> {
    match &node.content {
        Tree::Scalar(scalar) => Some(&scalar.text),
        Tree::List(_) | Tree::Map(_) => None,
    }
}

fn join(path: &str, name: &str) -> String {
    if path.is_empty() { name.to_owned() } else { format!("{path}.{name}") }
}

fn inside(path: &str) -> String {
    if path.is_empty() { String::new() } else { format!(" in `{path}`") }
}
