//! Files and functions may shrink, not grow: `laws/ratchet.json` holds, per crate, the lines of its longest file and of
//! its longest function, tests not counted. The law fails when the truth is larger, and also when it is so much smaller
//! that the figure should be tightened. To rewrite the figures:
//!
//! ```text
//! OUTRIDER_RATCHET=tighten cargo test -p outrider --test laws    # smaller where the truth is, never larger
//! OUTRIDER_RATCHET=reset   cargo test -p outrider --test laws    # the truth, larger where it must be: say why in the commit
//! ```

use std::collections::BTreeMap;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use crate::source::Source;
use crate::tree::{Tree, root};

const RATCHET: &str = "crates/outrider/tests/laws/ratchet.json";
/// The figure may exceed the truth by a tenth and this many lines.
const SLACK_LINES: usize = 5;

/// The lines of the longest file and of the longest function of a crate.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Sizes {
    file_lines: usize,
    function_lines: usize,
}

/// The longest of something, and where it is.
#[derive(Debug, Default)]
struct Longest {
    lines: usize,
    place: String,
}

/// Crates that outgrew their figures, and figures that outlived their reason. Rewrites the figures first if asked to.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let recorded = recorded(tree);
    let recorded = match std::env::var("OUTRIDER_RATCHET").as_deref() {
        Err(_) => recorded,
        Ok("tighten") => rewrite(tightened(&recorded, &truth(tree))),
        Ok("reset") => rewrite(truth(tree)),
        Ok(other) => return vec![format!("OUTRIDER_RATCHET={other}: can be `tighten` or `reset`.")],
    };
    compare(tree, &recorded)
}

fn recorded(tree: &Tree) -> BTreeMap<String, Sizes> {
    let text = tree.text(RATCHET).unwrap_or("{}");
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{RATCHET}: {error}"))
}

fn rewrite(sizes: BTreeMap<String, Sizes>) -> BTreeMap<String, Sizes> {
    let text = serde_json::to_string_pretty(&sizes).expect("figures can be written");
    let path: PathBuf = root().join(RATCHET);
    std::fs::write(&path, text + "\n").unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    sizes
}

fn truth(tree: &Tree) -> BTreeMap<String, Sizes> {
    let of = |name: &str| {
        let (file, function) = longest(&tree.sources(name));
        Sizes { file_lines: file.lines, function_lines: function.lines }
    };
    tree.crates().map(|name| (name.to_owned(), of(name))).collect()
}

/// The truth, but nothing larger than recorded; new crates as they are, old ones gone.
fn tightened(recorded: &BTreeMap<String, Sizes>, truth: &BTreeMap<String, Sizes>) -> BTreeMap<String, Sizes> {
    let tighter = |(name, truth): (&String, &Sizes)| {
        let old = recorded.get(name).unwrap_or(truth);
        let sizes = Sizes {
            file_lines: truth.file_lines.min(old.file_lines),
            function_lines: truth.function_lines.min(old.function_lines),
        };
        (name.clone(), sizes)
    };
    truth.iter().map(tighter).collect()
}

fn longest(sources: &[Source]) -> (Longest, Longest) {
    let (mut file, mut function) = (Longest::default(), Longest::default());
    for source in sources {
        file.take(source.lines, || source.path.clone());
        for found in source.functions() {
            let lines = found.last_line - found.first_line + 1;
            function.take(lines, || format!("{}:{} `{}`", source.path, found.first_line, found.name));
        }
    }
    (file, function)
}

impl Longest {
    fn take(&mut self, lines: usize, place: impl FnOnce() -> String) {
        if lines > self.lines {
            *self = Longest { lines, place: place() };
        }
    }

    fn compare(&self, what: &str, name: &str, recorded: usize) -> Option<String> {
        if self.lines > recorded {
            Some(format!(
                "{}: {} lines; the longest {what} of {name} may have {recorded}. Split it: one thing a {what}.",
                self.place, self.lines
            ))
        } else if recorded > self.lines + self.lines / 10 + SLACK_LINES {
            Some(format!(
                "{RATCHET}: {name} is allowed a {what} of {recorded} lines, its longest has {}. Tighten: OUTRIDER_RATCHET=tighten \
                 cargo test -p outrider --test laws",
                self.lines
            ))
        } else {
            None
        }
    }
}

fn compare(tree: &Tree, recorded: &BTreeMap<String, Sizes>) -> Vec<String> {
    let mut breaches = Vec::new();
    for name in tree.crates() {
        let (file, function) = longest(&tree.sources(name));
        match recorded.get(name) {
            None => breaches.push(format!("{RATCHET}: no figures for {name}. Add them: OUTRIDER_RATCHET=tighten cargo test -p outrider --test laws")),
            Some(sizes) => {
                breaches.extend(file.compare("file", name, sizes.file_lines));
                breaches.extend(function.compare("function", name, sizes.function_lines));
            }
        }
    }
    let gone = recorded.keys().filter(|name| !tree.crates().any(|known| known == *name));
    breaches.extend(gone.map(|name| format!("{RATCHET}: there is no crate {name}. Take its figures out.")));
    breaches
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tree() -> Tree {
        let long = format!("fn a() {{\n{}}}\n", "x;\n".repeat(38));
        Tree::of(&[
            ("crates/a/Cargo.toml", ""),
            ("crates/a/src/lib.rs", &format!("{long}fn b() {{}}\n{}", "\n".repeat(59))),
        ])
    }

    fn told(file_lines: usize, function_lines: usize) -> Vec<String> {
        compare(&tree(), &BTreeMap::from([("a".to_owned(), Sizes { file_lines, function_lines })]))
    }

    #[test]
    fn the_ratchet_holds_both_ways() {
        assert_eq!(told(100, 40), Vec::<String>::new());
        assert_eq!(told(115, 49), Vec::<String>::new());
        assert!(told(99, 40)[0].contains("crates/a/src/lib.rs: 100 lines"));
        assert!(told(100, 39)[0].contains("crates/a/src/lib.rs:1 `a`: 40 lines"));
        assert!(told(116, 40)[0].contains("Tighten"));
        assert!(told(100, 50)[0].contains("Tighten"));
        assert!(compare(&tree(), &BTreeMap::new())[0].contains("no figures for a"));
    }

    #[test]
    fn tightening_never_loosens() {
        let sizes = |file_lines, function_lines| Sizes { file_lines, function_lines };
        let recorded = BTreeMap::from([("a".to_owned(), sizes(10, 90)), ("gone".to_owned(), sizes(1, 1))]);
        let truth = BTreeMap::from([("a".to_owned(), sizes(20, 80)), ("new".to_owned(), sizes(5, 6))]);
        let expected = BTreeMap::from([("a".to_owned(), sizes(10, 80)), ("new".to_owned(), sizes(5, 6))]);
        assert_eq!(tightened(&recorded, &truth), expected);
    }
}
