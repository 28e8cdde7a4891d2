//! Below the line there is no I/O, no async, no clock and no ambient luck: time and randomness come in as arguments.
//!
//! Looked for by the words that reach for them, in everything but tests; and dependencies must be on a list, since a
//! library could do it instead. Addresses (`std::net::IpAddr`) are words, not I/O, and stay allowed; `Duration` too.

use crate::floors::{HIGHEST_PURE_FLOOR, dependencies, floor};
use crate::source::Source;
use crate::token::{Token, closing};
use crate::tree::Tree;

/// Modules of `std` that do I/O or know where they run.
const MODULES: [&str; 7] = ["fs", "io", "thread", "process", "env", "os", "random"];
/// Words that mean I/O, waiting, a clock or luck, wherever they stand.
const WORDS: [(&str, &str); 31] = [
    ("TcpStream", "a socket"),
    ("TcpListener", "a socket"),
    ("UdpSocket", "a socket"),
    ("UnixStream", "a socket"),
    ("UnixListener", "a socket"),
    ("ToSocketAddrs", "name resolution"),
    ("to_socket_addrs", "name resolution"),
    ("SystemTime", "a clock"),
    ("Instant", "a clock"),
    ("UNIX_EPOCH", "a clock"),
    ("tokio", "async"),
    ("async", "async"),
    ("await", "async"),
    ("Future", "async"),
    ("println", "output"),
    ("print", "output"),
    ("eprintln", "output"),
    ("eprint", "output"),
    ("dbg", "output"),
    ("stdin", "input"),
    ("stdout", "output"),
    ("stderr", "output"),
    ("thread_local", "state of a thread"),
    ("getrandom", "ambient luck"),
    ("thread_rng", "ambient luck"),
    ("OsRng", "ambient luck"),
    ("RandomState", "ambient luck"),
    ("DefaultHasher", "a hash that is not fixed"),
    ("HashMap", "ambient luck: its order differs from run to run"),
    ("HashSet", "ambient luck: its order differs from run to run"),
    ("option_env", "the environment"),
];
/// What the pure crates may depend on besides each other, and why it does nothing forbidden.
const ALLOWED: [(&str, &str); 11] = [
    ("base64", "text to bytes"),
    ("crossbeam-utils", "padding of atomics"),
    ("fastrand", "generators, seeded by us alone: built without `std`, it has no seed of its own"),
    ("ipnet", "networks as words"),
    ("loom", "under cfg(loom) alone: every interleaving of the atomics"),
    ("rayon", "trainers alone, on a pool that the caller makes; results do not depend on how many threads it has"),
    ("serde", "data to values"),
    ("serde-saphyr", "text to values, each with its place"),
    ("serde_json", "text to values"),
    ("sha2", "bytes to a checksum"),
    ("thiserror", "error types"),
];

/// Words, modules and dependencies below the line that do not belong there.
pub(crate) fn breaches(tree: &Tree) -> Vec<String> {
    let pure = tree.crates().filter(|name| floor(name).is_some_and(|floor| floor <= HIGHEST_PURE_FLOOR));
    pure.flat_map(|name| {
        let mut breaches = bad_dependencies(tree, name);
        breaches.extend(tree.sources(name).iter().flat_map(bad_words));
        breaches
    })
    .collect()
}

fn bad_dependencies(tree: &Tree, name: &str) -> Vec<String> {
    let manifest = format!("crates/{name}/Cargo.toml");
    let all = dependencies(tree.text(&manifest).unwrap_or_default());
    let bad = all.iter().filter(|name| floor(name).is_none() && !ALLOWED.iter().any(|(allowed, _)| allowed == name));
    bad.map(|bad| {
        format!(
            "{manifest}: {bad} is not on the list of what may be used at or below floor {HIGHEST_PURE_FLOOR}. Do without, or \
             show in tests/laws/purity.rs that it does no I/O, reads no clock and has no luck of its own."
        )
    })
    .collect()
}

fn bad_words(source: &Source) -> Vec<String> {
    let words = source.tokens.iter().filter_map(|token| {
        let (word, what) = WORDS.iter().find(|(word, _)| token.is(word))?;
        Some(complaint(source, token.line, word, what))
    });
    let modules = std_modules(&source.tokens).into_iter().filter(|token| MODULES.contains(&token.text.as_str()));
    let modules =
        modules.map(|token| complaint(source, token.line, &format!("std::{}", token.text), "I/O or the machine"));
    words.chain(modules).collect()
}

fn complaint(source: &Source, line: usize, word: &str, what: &str) -> String {
    format!(
        "{}:{line}: `{word}` ({what}) at or below floor {HIGHEST_PURE_FLOOR}. Take it as an argument, return an effect, or move the \
         code to the proxy.",
        source.path
    )
}

/// What follows `std::`, also within braces.
fn std_modules(tokens: &[Token]) -> Vec<&Token> {
    let mut found = Vec::new();
    for at in 0..tokens.len().saturating_sub(3) {
        let is_std = tokens[at].is("std") && tokens[at + 1].is(":") && tokens[at + 2].is(":");
        if is_std && tokens[at + 3].is("{") {
            found.extend(heads(tokens, at + 3));
        } else if is_std {
            found.push(&tokens[at + 3]);
        }
    }
    found
}

/// The first words of the branches between the brace at `open` and the one that closes it.
fn heads(tokens: &[Token], open: usize) -> Vec<&Token> {
    let mut found = Vec::new();
    let mut at = open;
    while at < closing(tokens, open) {
        if tokens[at].is(",") || at == open {
            found.push(&tokens[at + 1]);
        } else if tokens[at].is("{") {
            at = closing(tokens, at);
        }
        at += 1;
    }
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_way_out_is_told_and_tests_may_do_as_they_like() {
        let text = "use std::{collections::{fs, BTreeMap}, net::IpAddr, io};\nuse std::fs::File;\nuse std::time::{Duration, Instant};\n\
                    async fn x() { println!(\"tokio\") }\n// SystemTime\n#[cfg(test)]\nmod tests { use std::fs; }\n";
        let tree = Tree::of(&[
            ("crates/outrider-core/Cargo.toml", "[dependencies]\nrand = \"1\"\nthiserror = \"2\""),
            ("crates/outrider-core/src/lib.rs", text),
            ("crates/outrider-proxy/Cargo.toml", "[dependencies]\ntokio = \"1\""),
            ("crates/outrider-proxy/src/lib.rs", "use std::fs;"),
        ]);
        let told = breaches(&tree);
        let words: Vec<&str> = told.iter().skip(1).filter_map(|breach| breach.split('`').nth(1)).collect();
        assert!(told[0].contains("rand is not on the list"), "{told:#?}");
        assert_eq!(words, ["Instant", "async", "println", "std::io", "std::fs"]);
    }
}
