//! A source file without its tests.

use std::collections::BTreeSet;

use crate::token::{Token, closing, tokens};

/// What a file says outside of tests.
#[derive(Debug)]
pub(crate) struct Source {
    /// From the root of the repository.
    pub(crate) path: String,
    /// Lines, comments and blank ones among them.
    pub(crate) lines: usize,
    /// The words and signs.
    pub(crate) tokens: Vec<Token>,
}

/// A function: its name and where it stands.
#[derive(Debug, PartialEq)]
pub(crate) struct Function {
    pub(crate) name: String,
    pub(crate) first_line: usize,
    pub(crate) last_line: usize,
}

impl Source {
    /// `files` (path and text) but for items under `#[cfg(test)]` or `#[cfg(all(test, ...))]`, and for files that are
    /// such items.
    pub(crate) fn without_tests<'a>(files: impl Iterator<Item = (&'a str, &'a str)>) -> Vec<Source> {
        let mut test_modules = BTreeSet::new();
        let mut sources: Vec<Source> = files.map(|(path, text)| strip(path, text, &mut test_modules)).collect();
        let is_test = |path: &str| {
            let module = path.trim_end_matches(".rs");
            test_modules.iter().any(|test: &String| module == test || module.starts_with(&format!("{test}/")))
        };
        sources.retain(|source| !is_test(&source.path));
        sources
    }

    /// The functions that have a body, nested ones among them.
    pub(crate) fn functions(&self) -> Vec<Function> {
        let tokens = &self.tokens;
        let starts = tokens.windows(2).enumerate().filter(|(_, pair)| pair[0].is("fn") && pair[1].is_word());
        starts.filter_map(|(at, pair)| self.function(at, &pair[1].text)).collect()
    }

    fn function(&self, at: usize, name: &str) -> Option<Function> {
        let body = item_body(&self.tokens, at).filter(|&body| self.tokens[body].is("{"))?;
        Some(Function {
            name: name.to_owned(),
            first_line: self.tokens[at].line,
            last_line: self.tokens[closing(&self.tokens, body)].line,
        })
    }
}

/// Takes the tests out of `text`, and puts the modules that are tests in other files into `test_modules`.
fn strip(path: &str, text: &str, test_modules: &mut BTreeSet<String>) -> Source {
    let all = tokens(text);
    let mut source = Source { path: path.to_owned(), lines: text.lines().count(), tokens: Vec::new() };
    let mut at = 0;
    while at < all.len() {
        if !is_test_attribute(&all[at..]) {
            source.tokens.push(all[at].clone());
            at += 1;
            continue;
        }
        let item = after_attributes(&all, at);
        let end = item_end(&all, item);
        source.lines -= all[end].line - all[at].line + 1;
        if all[end].is(";")
            && let Some(name) = module_name(&all[item..end])
        {
            test_modules.insert(format!("{}/{name}", folder_of_modules(path)));
        }
        at = end + 1;
    }
    source
}

fn is_test_attribute(tokens: &[Token]) -> bool {
    let starts =
        |words: &[&str]| tokens.len() >= words.len() && tokens.iter().zip(words).all(|(token, word)| token.is(word));
    starts(&["#", "[", "cfg", "(", "test", ")"]) || starts(&["#", "[", "cfg", "(", "all", "(", "test", ","])
}

fn after_attributes(tokens: &[Token], mut at: usize) -> usize {
    while at + 1 < tokens.len() && tokens[at].is("#") {
        at = closing(tokens, at + 1) + 1;
    }
    at.min(tokens.len() - 1)
}

/// Where the item that starts at `at` ends: its `;`, or the brace that closes it and a `;` behind that.
fn item_end(tokens: &[Token], at: usize) -> usize {
    let Some(body) = item_body(tokens, at) else {
        return tokens.len() - 1;
    };
    let end = closing(tokens, body);
    let semicolon = tokens[end].is("}") && tokens.get(end + 1).is_some_and(|token| token.is(";"));
    end + usize::from(semicolon)
}

/// The `{` of the body of the item that starts at `at`, or the `;` of one without.
fn item_body(tokens: &[Token], mut at: usize) -> Option<usize> {
    while at < tokens.len() {
        match tokens[at].text.as_str() {
            "{" | ";" => return Some(at),
            "(" | "[" => at = closing(tokens, at),
            _ => {}
        }
        at += 1;
    }
    None
}

fn module_name(item: &[Token]) -> Option<&str> {
    let at = item.iter().position(|token| token.is("mod"))?;
    item.get(at + 1).map(|token| token.text.as_str())
}

/// Where the modules of the file at `path` lie.
fn folder_of_modules(path: &str) -> &str {
    let module = path.trim_end_matches(".rs");
    module.strip_suffix("/lib").or(module.strip_suffix("/main")).unwrap_or(module)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stripped(files: &[(&str, &str)]) -> Vec<(String, usize, String)> {
        let sources = Source::without_tests(files.iter().copied());
        let text =
            |source: &Source| source.tokens.iter().map(|token| token.text.as_str()).collect::<Vec<_>>().join(" ");
        sources.iter().map(|source| (source.path.clone(), source.lines, text(source))).collect()
    }

    #[test]
    fn tests_do_not_count() {
        let text = "use a;\n#[cfg(test)]\n#[rustfmt::skip]\nmod tests {\n fn x() {}\n}\n#[cfg(all(test, loom))]\nuse b::{c, d};\nfn e() {}\n";
        assert_eq!(
            stripped(&[("a/src/b.rs", text)]),
            [("a/src/b.rs".to_owned(), 2, "use a ; fn e ( ) { }".to_owned())]
        );
    }

    #[test]
    fn files_of_tests_do_not_count() {
        let left = stripped(&[
            ("a/src/lib.rs", "#[cfg(test)] mod lib_tests;"),
            ("a/src/lib_tests.rs", "x"),
            ("a/src/b.rs", "#[cfg(test)]\npub(crate) mod tests;"),
            ("a/src/b/tests.rs", "x"),
            ("a/src/b/tests/deep.rs", "x"),
            ("a/src/b/real.rs", "x"),
            ("a/src/tests.rs", "x"),
        ]);
        let paths: Vec<&str> = left.iter().map(|(path, ..)| path.as_str()).collect();
        assert_eq!(paths, ["a/src/lib.rs", "a/src/b.rs", "a/src/b/real.rs", "a/src/tests.rs"]);
    }

    #[test]
    fn functions_have_their_lines() {
        let text = "trait T {\n fn none(&self) -> [u8; 4];\n fn some() {\n  if x { y }\n }\n}\nconst F: fn(u8) = g;\nfn g<T>(a: [u8; 2])\nwhere\n T: X,\n{\n}\n";
        let source = Source::without_tests([("a.rs", text)].into_iter()).remove(0);
        let found: Vec<_> = source.functions().into_iter().map(|f| (f.name, f.first_line, f.last_line)).collect();
        assert_eq!(found, [("some".to_owned(), 3, 5), ("g".to_owned(), 8, 12)]);
    }
}
