//! The route of a path: the first configured pattern that matches, else the path with its data folded.
//!
//! Cost: per pattern one comparison of the text before its first hole in most cases; folding reads every byte about
//! twice. Neither allocates. What is spelt is at most [`ROUTE_BYTES_MAX`] bytes of printable ASCII whatever the path holds.

use crate::fold::folded;
use crate::spelling::Spelling;

/// A route is spelt in no more bytes, the mark for what was cut off not counted.
pub(crate) const ROUTE_BYTES_MAX: usize = 128;
/// Segments that are looked at when folding.
const SEGMENTS_MAX: usize = 8;
/// Follows a folded path that was cut off, and stands for what is no path at all (`OPTIONS *`).
const CUT: &str = "*";

/// The configured patterns, in order.
#[derive(Debug)]
pub(crate) struct Routes {
    patterns: Vec<Pattern>,
}

impl Routes {
    /// Of `patterns`, those that can be understood.
    pub(crate) fn new(patterns: &[String]) -> Routes {
        Routes { patterns: patterns.iter().filter_map(|text| Pattern::parse(text).ok()).collect() }
    }

    /// Spells the route of `path`.
    #[inline]
    pub(crate) fn spell(&self, path: &str, out: &mut impl Spelling) {
        match self.patterns.iter().find(|pattern| pattern.matches(path)) {
            Some(pattern) => out.put(&pattern.text),
            None => spell_folded(path, out),
        }
    }
}

#[inline]
fn spell_folded(path: &str, out: &mut impl Spelling) {
    let Some(inside) = path.strip_prefix('/') else {
        return out.put(CUT);
    };
    let mut left = ROUTE_BYTES_MAX;
    for (at, segment) in inside.split('/').enumerate() {
        let (kind, ending) = folded(segment);
        let needed = 1 + kind.len() + ending.len();
        out.put("/");
        if at == SEGMENTS_MAX || needed > left {
            return out.put(CUT);
        }
        left -= needed;
        out.put(kind);
        out.put(ending);
    }
}

/// One pattern: `/users/{id}/orders`, `/static/{rest...}`, `/static/*`.
#[derive(Debug)]
pub(crate) struct Pattern {
    text: String,
    /// How much of the text any path that matches starts with: all before the first hole, in bytes.
    fixed: usize,
    segments: Vec<Segment>,
    /// Whether it ends in `{rest...}` or `*`.
    open: bool,
}

#[derive(Debug)]
enum Segment {
    Word(String),
    /// `{x}`: anything but nothing.
    Any,
}

/// Why a text is no pattern.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PatternError {
    /// It does not start with `/`.
    #[error("a path pattern starts with '/'")]
    NotAbsolute,
    /// It is longer than 128 bytes.
    #[error("a path pattern has at most 128 bytes")]
    TooLong,
    /// It holds blanks, controls or non-ASCII characters.
    #[error("a path pattern is printable ASCII; write other characters percent-encoded")]
    NotPrintable,
    /// A brace or star that is not a whole segment, or `{}` without a name.
    #[error("'{{name}}', '{{name...}}' and '*' stand for whole segments")]
    Brace,
    /// Something follows `{rest...}` or `*`.
    #[error("'{{name...}}' and '*' come last")]
    RestNotLast,
}

impl Pattern {
    /// Reads a pattern.
    pub(crate) fn parse(text: &str) -> Result<Pattern, PatternError> {
        let inside = text.strip_prefix('/').ok_or(PatternError::NotAbsolute)?;
        if text.len() > ROUTE_BYTES_MAX {
            return Err(PatternError::TooLong);
        }
        if !text.bytes().all(|byte| byte.is_ascii_graphic()) {
            return Err(PatternError::NotPrintable);
        }
        let mut pattern = Pattern {
            text: text.to_owned(),
            fixed: text.find(['{', '*']).unwrap_or(text.len()),
            segments: Vec::new(),
            open: false,
        };
        for segment in inside.split('/') {
            pattern.push(segment)?;
        }
        Ok(pattern)
    }

    fn push(&mut self, segment: &str) -> Result<(), PatternError> {
        if self.open {
            return Err(PatternError::RestNotLast);
        }
        let name = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
        match name {
            None if segment == "*" => self.open = true,
            None if segment.contains(['{', '}', '*']) => return Err(PatternError::Brace),
            None => self.segments.push(Segment::Word(segment.to_owned())),
            Some(name) => {
                let plain = name.strip_suffix("...").unwrap_or(name);
                if plain.is_empty() || plain.contains(['{', '}', '*', '.']) {
                    return Err(PatternError::Brace);
                }
                if plain.len() < name.len() {
                    self.open = true;
                } else {
                    self.segments.push(Segment::Any);
                }
            }
        }
        Ok(())
    }

    /// Whether `path` has this shape. What is open matches one segment or more, of which the last may be empty:
    /// `/static/*` matches `/static/` and `/static/a/b`, not `/static`.
    #[inline]
    pub(crate) fn matches(&self, path: &str) -> bool {
        path.as_bytes().starts_with(&self.text.as_bytes()[..self.fixed]) && self.fits(&path[1..])
    }

    /// As [`Pattern::matches`], for what follows the first slash.
    fn fits(&self, inside: &str) -> bool {
        let mut found = inside.split('/');
        let alike = self.segments.iter().all(|segment| {
            found.next().is_some_and(|text| match segment {
                Segment::Word(word) => word == text,
                Segment::Any => !text.is_empty(),
            })
        });
        alike && found.next().is_some() == self.open
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn route(patterns: &[&str], path: &str) -> String {
        let patterns: Vec<String> = patterns.iter().map(|&text| text.to_owned()).collect();
        let mut out = String::new();
        Routes::new(&patterns).spell(path, &mut out);
        out
    }

    #[test]
    fn paths_fold() {
        for (path, expected) in [
            ("/", "/"),
            ("", "*"),
            ("*", "*"),
            ("/users/42/orders", "/users/{n}/orders"),
            ("/users/42/", "/users/{n}/"),
            ("//a", "//a"),
            ("/1/2/3/4/5/6/7/8", "/{n}/{n}/{n}/{n}/{n}/{n}/{n}/{n}"),
            ("/1/2/3/4/5/6/7/8/9", "/{n}/{n}/{n}/{n}/{n}/{n}/{n}/{n}/*"),
            ("/%zz/%", "/{text}/{text}"),
        ] {
            assert_eq!(route(&[], path), expected, "{path}");
        }
        let deep = format!("/{}", ["a-word-of-thirty-bytes-no-more"; 6].join("/"));
        assert!(route(&[], &deep).ends_with("no-more/*"));
    }

    #[test]
    fn the_first_pattern_that_matches_names_the_route() {
        let patterns = ["/users/me", "/users/{id}", "/users/{id}/{rest...}", "/static/*"];
        for (path, expected) in [
            ("/users/me", "/users/me"),
            ("/users/anna", "/users/{id}"),
            ("/users/caf%C3%A9", "/users/{id}"),
            ("/users/", "/users/"),
            ("/users/anna/orders/7", "/users/{id}/{rest...}"),
            ("/users/anna/", "/users/{id}/{rest...}"),
            ("/static/", "/static/*"),
            ("/static", "/static"),
            ("/static/a/b.css", "/static/*"),
        ] {
            assert_eq!(route(&patterns, path), expected, "{path}");
        }
    }

    #[test]
    fn what_is_no_pattern_is_refused() {
        for (text, error) in [
            ("users", PatternError::NotAbsolute),
            ("", PatternError::NotAbsolute),
            ("/a b", PatternError::NotPrintable),
            ("/é", PatternError::NotPrintable),
            ("/{}", PatternError::Brace),
            ("/{...}", PatternError::Brace),
            ("/a{id}", PatternError::Brace),
            ("/{a}{b}", PatternError::Brace),
            ("/a*", PatternError::Brace),
            ("/*/a", PatternError::RestNotLast),
            ("/{rest...}/", PatternError::RestNotLast),
        ] {
            assert_eq!(Pattern::parse(text).err(), Some(error), "{text}");
        }
        assert_eq!(Pattern::parse(&"/a".repeat(65)).err(), Some(PatternError::TooLong));
    }

    proptest! {
        #[test]
        fn any_path_comes_out_bounded_and_printable(path in any::<String>(), slashes in "(/[^/]{0,50}){0,20}") {
            for path in [path, slashes] {
                let spelt = route(&["/a/{b}"], &path);
                prop_assert!(spelt.len() <= ROUTE_BYTES_MAX + 2);
                prop_assert!(spelt.bytes().all(|b| b.is_ascii_graphic()), "{}", spelt);
            }
        }

        #[test]
        fn a_pattern_matches_what_it_is_filled_with(words in proptest::collection::vec("[a-z]{1,5}", 1..6), holes: u8) {
            let pattern: String = words.iter().enumerate()
                .map(|(at, word)| if holes >> at & 1 == 1 { format!("/{{{word}}}") } else { format!("/{word}") })
                .collect();
            let path: String = words.iter().map(|word| format!("/{word}")).collect();
            prop_assert_eq!(route(&[&pattern], &path), pattern.clone());
            prop_assert_ne!(route(&[&pattern], &format!("{path}/more")), pattern);
        }

        #[test]
        fn any_text_is_a_pattern_or_an_error(text in any::<String>(), braces in "(/[a{}*.]{0,4}){0,4}") {
            for text in [text, braces] {
                let _ = Pattern::parse(&text).map(|pattern| pattern.matches(&text));
            }
        }
    }
}
