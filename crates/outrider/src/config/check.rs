//! The strict check: a tree against the table of keys, every mistake reported, every sound value kept.
//!
//! It goes on after a mistake, so that one run shows all; a value that is wrong is left out of the result as if it had
//! not been written, and the result is used only to look for more mistakes.

mod map;
mod scalar;

use std::rc::Rc;

use crate::config::mistake::{Mistake, Report, printable};
use crate::config::shape::{Map, Shape};
use crate::config::tree::{Content as Tree, Node, Resolved, Scalar};
use crate::config::written::{Content, Value, Written};

/// Characters of a wrong value that are quoted.
const QUOTED_MAX: usize = 60;

/// The configuration that `root` holds; its mistakes are in `report`.
pub(crate) fn document(root: &Node, map: &'static Map, report: &mut Report) -> Option<Written> {
    let mut checker = Checker { report };
    match checker.map(root, map, "") {
        Some(Content::Map(written)) => Some(written),
        _ => None,
    }
}

/// The value of `shape` that `root` holds; its mistakes are in `report`.
pub(crate) fn value(root: &Node, shape: &'static Shape, what: &str, report: &mut Report) -> Option<Value> {
    Checker { report }.value(root, shape, what)
}

struct Checker<'a> {
    report: &'a mut Report,
}

impl Checker<'_> {
    /// `path` names the value in messages: `pools[0].health.interval`.
    fn value(&mut self, node: &Node, shape: &'static Shape, path: &str) -> Option<Value> {
        let content = match shape {
            Shape::List { item, min, max } => self.list(node, item, (*min, *max), path),
            Shape::Named { name, value, max } => self.named(node, name, value, *max, path),
            Shape::Map(map) => self.map(node, map, path),
            Shape::ShortOrLong { short, long } => match &node.content {
                Tree::Map(_) => self.map(node, long, path),
                Tree::Scalar(scalar) if scalar.resolve() != Resolved::Null => {
                    self.scalar(node, scalar, short, shape, path)
                }
                _ => self.wrong_kind(node, shape, path),
            },
            _ => match &node.content {
                Tree::Scalar(scalar) if scalar.resolve() != Resolved::Null => {
                    self.scalar(node, scalar, shape, shape, path)
                }
                _ => self.wrong_kind(node, shape, path),
            },
        };
        Some(Value { place: node.place, content: content? })
    }

    fn list(&mut self, node: &Node, item: &'static Shape, bounds: (usize, usize), path: &str) -> Option<Content> {
        let Tree::List(items) = &node.content else {
            return self.wrong_list(node, item, path);
        };
        let (min, max) = bounds;
        if items.len() < min || items.len() > max {
            let wrong = format!("{} has {} items", name_of(path), items.len());
            self.report.add(Mistake::at(node.place, wrong, format!("{min} to {max} of them")));
        }
        let one = |(n, item_node): (usize, &Rc<Node>)| self.value(item_node, item, &format!("{path}[{n}]"));
        Some(Content::List(items.iter().take(max).enumerate().filter_map(one).collect()))
    }

    fn wrong_list(&mut self, node: &Node, item: &'static Shape, path: &str) -> Option<Content> {
        let hint = match &node.content {
            Tree::Scalar(scalar) if scalar.resolve() != Resolved::Null => {
                Some(format!("write `[{}]`", quoted(&scalar.text)))
            }
            Tree::Map(_) if matches!(item, Shape::Map(_) | Shape::ShortOrLong { .. }) => {
                Some("begin each item with `- `".to_owned())
            }
            _ => None,
        };
        let wrong = format!("{} {}", name_of(path), describe(node));
        self.report.add(Mistake::at(node.place, wrong, "a list").hint(hint));
        None
    }

    fn wrong_kind(&mut self, node: &Node, shape: &Shape, path: &str) -> Option<Content> {
        let wrong = format!("{} {}", name_of(path), describe(node));
        self.report.add(Mistake::at(node.place, wrong, shape.expected()));
        None
    }
}

/// A value's name in a message.
fn name_of(path: &str) -> String {
    if path.is_empty() { "the file".to_owned() } else { format!("`{path}`") }
}

/// The rest of "`x` ...": what a node is, where it should have been something else.
fn describe(node: &Node) -> String {
    match &node.content {
        Tree::List(_) => "is a list".to_owned(),
        Tree::Map(_) => "is a mapping".to_owned(),
        Tree::Scalar(scalar) => describe_scalar(scalar),
    }
}

fn describe_scalar(scalar: &Scalar) -> String {
    let shown = quoted(&scalar.text);
    match scalar.resolve() {
        Resolved::Null => "has no value".to_owned(),
        Resolved::Bool(_) | Resolved::Integer(_) | Resolved::Decimal(_) => format!("is {shown}"),
        Resolved::Text(_) => format!("is `{shown}`"),
    }
}

/// Text of the file as it is quoted in a message: short and printable.
fn quoted(text: &str) -> String {
    let mut shown: String = printable(text).chars().take(QUOTED_MAX).collect();
    if text.chars().nth(QUOTED_MAX).is_some() {
        shown.push_str("...");
    }
    shown
}
