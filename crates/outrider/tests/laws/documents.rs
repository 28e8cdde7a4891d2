//! Documents name only what exists.
//!
//! In README.md, ARCHITECTURE.md and docs/, outside of fenced blocks, a span in backticks is held against the tree if it is
//!
//! * a path of Rust (`Proxy::start`, `outrider_pilot::Pool`), a call (`status()`), or a capitalised word with a small
//!   letter (`PoolView`, `Exchange`): each of its words must be one of the sources' words, and neighbours must meet in one
//!   file. Words of [`NOT_RUST`], and paths that start in another library ([`ELSEWHERE`]), are not;
//! * a file (`live.rs`, `crates/outrider/src/main.rs`, `docs/guide.md`): it must exist, at the root or, for a bare name, anywhere.
//!
//! Anything else (keys, commands, headers, values) is none of this law's business. Relative links of every Markdown file must
//! lead somewhere.

use std::collections::{BTreeMap, BTreeSet};

use crate::token::Token;
use crate::tree::Tree;

/// Capitalised words in backticks that are no names of Rust: fields of HTTP, units.
const NOT_RUST: [&str; 25] = [
    "Accept",
    "Age",
    "Allow",
    "Authorization",
    "Connection",
    "Cookie",
    "Date",
    "Etag",
    "Expect",
    "Forwarded",
    "From",
    "Host",
    "Location",
    "Origin",
    "Range",
    "Server",
    "Te",
    "Trailer",
    "Upgrade",
    "Vary",
    "Via",
    "Warning",
    "KiB",
    "MiB",
    "GiB",
];
/// Libraries whose paths are not ours to keep.
const ELSEWHERE: [&str; 10] =
    ["std", "core", "alloc", "tokio", "hyper", "http", "hyper_util", "socket2", "serde_json", "loom"];
/// A span with one of these endings is a file.
const FILE_ENDINGS: [&str; 8] = [".rs", ".md", ".toml", ".json", ".sh", ".yaml", ".yml", ".py"];

/// Names and links that lead nowhere.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let words = Words::of(tree);
    let mut breaches = Vec::new();
    for (path, text) in tree.files().filter(|(path, _)| path.ends_with(".md")) {
        for (number, line) in prose(text) {
            let links = links(line).into_iter().filter(|link| !leads_somewhere(tree, path, link));
            breaches.extend(
                links.map(|link| format!("{path}:{number}: the link to {link} leads nowhere. Mend or remove it.")),
            );
            if is_checked(path) {
                breaches.extend(
                    spans(line)
                        .filter_map(|span| words.complaint(tree, span))
                        .map(|told| format!("{path}:{number}: {told}")),
                );
            }
        }
    }
    breaches
}

fn is_checked(path: &str) -> bool {
    path == "README.md" || path == "ARCHITECTURE.md" || path.starts_with("docs/")
}

/// Numbered lines outside of fenced blocks.
fn prose(text: &str) -> impl Iterator<Item = (usize, &str)> {
    let mut fenced = false;
    (1..).zip(text.lines()).filter(move |(_, line)| {
        let fence = line.trim_start().starts_with("```");
        fenced ^= fence;
        !fenced && !fence
    })
}

/// What stands between backticks.
fn spans(line: &str) -> impl Iterator<Item = &str> {
    let count = line.matches('`').count();
    line.split('`').enumerate().filter(move |(at, _)| at % 2 == 1 && *at < count).map(|(_, span)| span)
}

/// The targets of `[text](target)` that are relative, without anchors; not within backticks.
fn links(line: &str) -> Vec<String> {
    let plain: String = line.split('`').step_by(2).collect();
    let targets = plain.split("](").skip(1).filter_map(|rest| rest.split(')').next());
    let targets = targets.map(|target| target.split(['#', ' ']).next().unwrap_or(target).to_owned());
    targets.filter(|target| !target.is_empty() && !target.contains(':')).collect()
}

fn leads_somewhere(tree: &Tree, from: &str, link: &str) -> bool {
    let mut place: Vec<&str> = from.split('/').collect();
    place.pop();
    for part in link.split('/').filter(|part| !part.is_empty() && *part != ".") {
        if part != ".." {
            place.push(part);
        } else if place.pop().is_none() {
            return false;
        }
    }
    tree.has(&place.join("/"))
}

/// The words of the sources, each with the files it stands in.
struct Words(BTreeMap<String, BTreeSet<String>>);

impl Words {
    fn of(tree: &Tree) -> Words {
        let mut words: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
        for name in tree.crates() {
            // A crate goes by its name in paths, and meets everything in it.
            for source in tree.sources(name) {
                words.entry(name.replace('-', "_")).or_default().insert(source.path.clone());
                for token in source.tokens.into_iter().filter(Token::is_word) {
                    words.entry(token.text).or_default().insert(source.path.clone());
                }
            }
        }
        Words(words)
    }

    /// What is wrong with `span`, if it names anything.
    fn complaint(&self, tree: &Tree, span: &str) -> Option<String> {
        if is_file(span) {
            let exists = tree.has(span)
                || !span.contains('/') && tree.files().any(|(path, _)| path.ends_with(&format!("/{span}")));
            return (!exists).then(|| format!("there is no file `{span}`. Name the one that is meant."));
        }
        let names = rust_names(span)?;
        let missing = names.iter().find(|name| !self.0.contains_key(**name));
        let apart = names
            .windows(2)
            .find(|pair| self.0.get(pair[0]).zip(self.0.get(pair[1])).is_some_and(|(a, b)| a.is_disjoint(b)));
        match (missing, apart) {
            (Some(name), _) => Some(format!(
                "`{span}`: nothing in the sources is called `{name}`. Name what there is; if it is no name of Rust, add it to NOT_RUST in \
                 tests/laws/documents.rs."
            )),
            (None, Some(pair)) => {
                Some(format!("`{span}`: no source knows both `{}` and `{}`. Name what there is.", pair[0], pair[1]))
            }
            (None, None) => None,
        }
    }
}

fn is_file(span: &str) -> bool {
    let plain = |character: char| character.is_ascii_alphanumeric() || "._-/".contains(character);
    let ends = FILE_ENDINGS.iter().any(|ending| span.len() > ending.len() && span.ends_with(ending));
    // Keys such as `outrider.yaml` are examples of names that a user gives.
    span.chars().all(plain) && ends && (span.ends_with(".rs") || span.contains('/')) && !span.starts_with('/')
}

/// The names in `span` if it is a path, a call or a type of Rust.
fn rust_names(span: &str) -> Option<Vec<&str>> {
    let path = span.strip_suffix("()").unwrap_or(span);
    let names: Vec<&str> = path.split("::").collect();
    let is_name = |name: &&str| {
        name.starts_with(|first: char| first.is_ascii_alphabetic() || first == '_')
            && name.chars().all(|character| character.is_ascii_alphanumeric() || character == '_')
    };
    let is_type = |name: &str| {
        name.starts_with(|first: char| first.is_ascii_uppercase()) && name.contains(|c: char| c.is_ascii_lowercase())
    };
    let is_rust = names.len() > 1 || path.len() < span.len() || is_type(path) && !NOT_RUST.contains(&path);
    (is_rust && names.iter().all(is_name) && !ELSEWHERE.contains(&names[0])).then_some(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(line: &str) -> Vec<String> {
        breaches(&Tree::of(&[
            ("docs/a.md", line),
            ("docs/b.md", ""),
            ("README.md", ""),
            ("crates/outrider-x/Cargo.toml", ""),
            ("crates/outrider-x/src/pool.rs", "pub struct PoolView { len: u8 } impl PoolView { fn pick(&self) {} }"),
            ("crates/outrider-x/src/other.rs", "pub enum Apart { One }"),
        ]))
    }

    #[test]
    fn what_exists_passes() {
        for line in [
            "`PoolView`, `PoolView::pick`, `pick()`, `outrider_x::PoolView`, `Apart::One`, `pool.rs`, `crates/outrider-x/src/pool.rs`",
            "`cargo run`, `least_request`, `Via`, `X-Forwarded-For`, `GET`, `/api/v1`, `std::fs::File`, `5s`, `a: b`, `outrider.yaml`",
            "```\n`Nothing::like_it` [x](nowhere.md)\n```",
            "[b](b.md) [up](../README.md#part) [web](https://example.com/x) [here](#part) [folder](../crates/)",
            "a link within `no[x](end.md)`, a lone ` backtick",
        ] {
            assert_eq!(told(line), Vec::<String>::new(), "{line}");
        }
    }

    #[test]
    fn what_does_not_exist_is_told() {
        for line in [
            "`PoolGone`",
            "`Gone`",
            "`PoolView::gone`",
            "`PoolView::One`",
            "`gone()`",
            "`gone.rs`",
            "`docs/gone.md`",
            "[gone](gone.md)",
            "[gone](../../README.md)",
        ] {
            assert_eq!(told(line).len(), 1, "{line}: {:?}", told(line));
        }
    }
}
