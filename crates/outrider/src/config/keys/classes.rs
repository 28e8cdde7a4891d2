//! The keys of classes: how requests are told apart, and how big they are.

use outrider_features::ClassSettings;

use super::{integer, list};
use crate::config::forms;
use crate::config::shape::Shape::{Bool, Choice, Map as Keys, Named, ShortOrLong, Text};
use crate::config::shape::{Key, Map, Rule, Word};

#[rustfmt::skip]
pub(super) static CLASSES: Map = Map {
    what: "classes",
    keys: &[
        Key::default("paths", list(&Text(&forms::PATH_PATTERN), 0, 1_000), || "[]".to_owned(), "[\"/users/{id}\", \"/files/*\"]",
            "Patterns of paths; the first that matches names the class. `{id}` is one segment, a last `*` or `{rest...}` all that follows. \
             A path that none matches has its numbers, UUIDs and hexadecimal segments folded."),
        Key::default("authentication", Bool, || ClassSettings::default().authentication.to_string(), "true",
            "Whether the kind of authentication counts (never the secret)."),
        Key::default("client_kind", Bool, || ClassSettings::default().client_kind.to_string(), "true",
            "Whether the kind of client counts, by its `User-Agent`."),
        Key::optional("origin", Keys(&ORIGIN), "{ header: x-region }", "Whether the region counts that a request comes from. Left out: it does not."),
        Key::default("headers", list(&Text(&forms::HEADER_NAME), 0, 8), || "[]".to_owned(), "[x-tenant]",
            "Headers whose values count."),
        Key::default("size", ShortOrLong { short: &Choice(SIZES), long: &SIZE }, || "content_length".to_owned(), "{ query: size }",
            "Where a request says how big it is: within a class, what is learned of service times grows with that. No number, one below 0 or an \
             absurd one: it has no size."),
        Key::default("max", integer(1, 64), || ClassSettings::default().max.to_string(), "32",
            "How many classes there may be; what is rare is counted as \"other\"."),
    ],
    rules: &[],
};

static SIZES: &[Word] =
    &[Word { name: "content_length", doc: "The length of its body in bytes, where its head tells." }];

#[rustfmt::skip]
static SIZE: Map = Map {
    what: "the size of a request",
    keys: &[
        Key::optional("header", Text(&forms::HEADER_NAME), "x-tokens", "The number in this header."),
        Key::optional("query", Text(&forms::QUERY_NAME), "size", "The number that this name has in the query, where the header gives none."),
    ],
    rules: &[Rule::SomeOf(&["header", "query"])],
};

#[rustfmt::skip]
static ORIGIN: Map = Map {
    what: "the origin",
    keys: &[
        Key::optional("header", Text(&forms::HEADER_NAME), "x-region", "The header that names the region; where it is absent, the networks do."),
        Key::optional("networks", Named { name: &forms::LABEL, value: &list(&Text(&forms::NETWORK), 1, 10_000), max: 64 },
            "{ eu-west: [10.1.0.0/16] }", "Regions and the networks of their clients; the longest prefix that matches wins."),
    ],
    rules: &[Rule::SomeOf(&["header", "networks"])],
};
