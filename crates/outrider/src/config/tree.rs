//! YAML as a tree with positions, bounded in depth and in size.
//!
//! Built from the parser's events and not with its ready-made loader, because that one gives up at the first key that
//! occurs twice, recurses as deep as the file does, and forgets which of two keys was which. Aliases share what they
//! stand for instead of copying it, and count in full against the bound, so that a few lines cannot unfold into
//! millions of nodes.

mod scalar;

use std::collections::HashMap;
use std::rc::Rc;

use saphyr_parser::{Event, Parser, ScalarStyle, ScanError, Span};

pub(crate) use scalar::{Resolved, Scalar};

use crate::config::mistake::{Mistake, Place};

/// Deepest nesting; ours needs 7.
const DEPTH_MAX: usize = 24;

/// Most nodes, with every alias counted as what it stands for.
const NODES_MAX: usize = 200_000;

/// A value and where it stands.
#[derive(Debug)]
pub(crate) struct Node {
    pub(crate) place: Place,
    pub(crate) content: Content,
    /// Nodes in it, itself included.
    size: usize,
}

/// What a node holds.
#[derive(Debug)]
pub(crate) enum Content {
    Scalar(Scalar),
    List(Vec<Rc<Node>>),
    /// Keys and values as they are written, twice where they are written twice.
    Map(Vec<(Rc<Node>, Rc<Node>)>),
}

/// The one document of `text`.
///
/// # Errors
/// The first thing that is not YAML, is a second document, or goes beyond the bounds; nothing after it can be trusted.
pub(crate) fn parse(text: &str, file: usize) -> Result<Rc<Node>, Mistake> {
    let mut builder = Builder::new(file);
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| syntax(&error, text, file))?;
        builder.on(event, span)?;
    }
    builder.root.ok_or_else(|| empty(file))
}

fn empty(file: usize) -> Mistake {
    let hint = "`outrider schema --reference` says what can be in it".to_owned();
    Mistake::at(Place::whole(file), "the file is empty", "a YAML document").hint(hint)
}

fn syntax(error: &ScanError, text: &str, file: usize) -> Mistake {
    let mark = error.marker();
    let place = Place { file, line: mark.line().max(1), column: mark.col() + 1, width: 1 };
    let line = text.lines().nth(place.line - 1).unwrap_or_default();
    let wrong = format!("this is not YAML ({})", crate::config::mistake::printable(error.info()));
    let hint = slip(line).or(error.info().contains("flow").then_some("close every `[` and `{`"));
    Mistake::at(place, wrong, "`key: value` pairs and `- ` items, indented with spaces").hint(hint.map(str::to_owned))
}

/// What a line that is not YAML most often suffers from.
fn slip(line: &str) -> Option<&'static str> {
    if line.trim_start_matches(' ').starts_with('\t') {
        Some("indent with spaces, not tabs")
    } else if line.contains("*.") {
        Some("quote names that begin with a star: `\"*.example.com\"`")
    } else if line.contains("]:") {
        Some("quote IPv6 addresses: `\"[::1]:8080\"`")
    } else if line.contains('{') && line.contains('/') {
        Some("quote paths with braces: `\"/users/{id}\"`")
    } else {
        None
    }
}

/// A collection that is not closed yet.
struct Open {
    place: Place,
    anchor: usize,
    content: Content,
    /// A key that waits for its value.
    key: Option<Rc<Node>>,
    size: usize,
}

struct Builder {
    file: usize,
    open: Vec<Open>,
    anchors: HashMap<usize, Rc<Node>>,
    root: Option<Rc<Node>>,
    nodes: usize,
}

impl Builder {
    fn new(file: usize) -> Builder {
        Builder { file, open: Vec::new(), anchors: HashMap::new(), root: None, nodes: 0 }
    }

    fn on(&mut self, event: Event<'_>, span: Span) -> Result<(), Mistake> {
        let place = self.place(span);
        match event {
            Event::DocumentStart(_) if self.root.is_some() => Err(second_document(place)),
            Event::Scalar(_, _, _, Some(_)) | Event::SequenceStart(_, Some(_)) | Event::MappingStart(_, Some(_)) => {
                Err(Mistake::at(place, "a YAML tag", "values without tags").hint("remove the word with `!`".to_owned()))
            }
            Event::Scalar(text, style, anchor, None) => self.scalar(&text, style, anchor, place),
            Event::SequenceStart(anchor, None) => self.begin(Content::List(Vec::new()), anchor, place),
            Event::MappingStart(anchor, None) => self.begin(Content::Map(Vec::new()), anchor, place),
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, place),
            _ => Ok(()),
        }
    }

    fn place(&self, span: Span) -> Place {
        let one_line = span.start.line() == span.end.line();
        Place {
            file: self.file,
            line: span.start.line().max(1),
            column: span.start.col() + 1,
            width: if one_line { span.len().max(1) } else { 1 },
        }
    }

    fn scalar(&mut self, text: &str, style: ScalarStyle, anchor: usize, place: Place) -> Result<(), Mistake> {
        let node =
            Rc::new(Node { place, content: Content::Scalar(Scalar::new(text, style == ScalarStyle::Plain)), size: 1 });
        self.count(1, place)?;
        self.put(node, anchor);
        Ok(())
    }

    fn begin(&mut self, content: Content, anchor: usize, place: Place) -> Result<(), Mistake> {
        if self.open.len() >= DEPTH_MAX {
            return Err(Mistake::at(place, "nested too deep", format!("at most {DEPTH_MAX} levels")));
        }
        self.count(1, place)?;
        self.open.push(Open { place: Place { width: 1, ..place }, anchor, content, key: None, size: 1 });
        Ok(())
    }

    fn end(&mut self) {
        let Some(open) = self.open.pop() else { return };
        let node = Rc::new(Node { place: open.place, content: open.content, size: open.size });
        self.put(node, open.anchor);
    }

    fn alias(&mut self, anchor: usize, place: Place) -> Result<(), Mistake> {
        let target = self.anchors.get(&anchor).cloned();
        let target =
            target.ok_or_else(|| Mistake::at(place, "an alias of what it stands in", "an alias of something else"))?;
        self.count(target.size, place)?;
        self.put(target, 0);
        Ok(())
    }

    fn count(&mut self, nodes: usize, place: Place) -> Result<(), Mistake> {
        self.nodes += nodes;
        if self.nodes > NODES_MAX {
            return Err(Mistake::at(place, "too many values", format!("at most {NODES_MAX}, with aliases unfolded")));
        }
        Ok(())
    }

    /// Puts a finished node where it belongs: into the innermost open collection, or at the root.
    fn put(&mut self, node: Rc<Node>, anchor: usize) {
        if anchor > 0 {
            self.anchors.insert(anchor, Rc::clone(&node));
        }
        let Some(open) = self.open.last_mut() else {
            self.root = Some(node);
            return;
        };
        open.size += node.size;
        match (&mut open.content, open.key.take()) {
            (Content::List(items), _) => items.push(node),
            (Content::Map(pairs), Some(key)) => pairs.push((key, node)),
            (Content::Map(_) | Content::Scalar(_), _) => open.key = Some(node),
        }
    }
}

fn second_document(place: Place) -> Mistake {
    let place = Place { width: 3, ..place };
    Mistake::at(place, "a second document begins here", "one document per file").hint("remove the `---`".to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn wrong(text: &str) -> (usize, usize, String) {
        let mistake = parse(text, 0).unwrap_err();
        (mistake.place.line, mistake.place.column, mistake.wrong)
    }

    #[test]
    fn values_know_where_they_stand() {
        let root = parse("a: 1\nb:\n  - x\n  - {c: yes}\n", 0).unwrap();
        let Content::Map(pairs) = &root.content else { panic!("{root:?}") };
        let (key, list) = &pairs[1];
        assert_eq!((key.place.line, key.place.column, key.place.width), (2, 1, 1));
        let Content::List(items) = &list.content else { panic!("{list:?}") };
        assert_eq!((items[0].place.line, items[0].place.column), (3, 5));
        assert_eq!((items[1].place.line, items[1].place.column), (4, 5));
    }

    #[test]
    fn keys_that_occur_twice_are_both_kept() {
        let root = parse("a: 1\na: 2\n", 0).unwrap();
        assert!(matches!(&root.content, Content::Map(pairs) if pairs.len() == 2));
    }

    #[test]
    fn what_is_not_one_plain_document_is_refused() {
        let table = [
            ("", (0, 0, "the file is empty")),
            ("# only words\n", (0, 0, "the file is empty")),
            ("a: 1\n---\nb: 2\n", (2, 1, "a second document begins here")),
            ("a: !secret x\n", (1, 4, "a YAML tag")),
            ("a: &x [*x]\n", (1, 8, "an alias of what it stands in")),
        ];
        for (text, (line, column, what)) in table {
            assert_eq!(wrong(text), (line, column, what.to_owned()), "{text:?}");
        }
        assert!(wrong("a: [1,\nb").2.starts_with("this is not YAML"));
        assert!(wrong("a: *nothing\n").2.starts_with("this is not YAML"));
    }

    #[test]
    fn nesting_is_bounded() {
        for text in ["[".repeat(100_000), "{a: ".repeat(100_000), "- ".repeat(100_000)] {
            let wrong = wrong(&text).2;
            assert!(wrong == "nested too deep" || wrong.contains("recursion limit"), "{wrong}");
        }
    }

    #[test]
    fn aliases_cannot_unfold_without_bound() {
        let mut text = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
        for n in 1..20 {
            let aliases = format!("*a{}, ", n - 1).repeat(10);
            text += &format!("a{n}: &a{n} [{aliases}]\n");
        }
        assert_eq!(wrong(&text).2, "too many values");
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "[-a-z0-9:\\[\\]{}&*!|>%@`'\"#?,. \t\n\r\u{feff}é]{0,80}|\\PC{0,60}") {
            let _ = parse(&text, 0);
        }
    }
}
