//! "Did you mean": the nearest of the words that would have been right.

use crate::config::keys::ROOT;
use crate::config::shape::{Map, Shape};

/// Longer words are not compared: the distance costs their product.
const COMPARED_MAX: usize = 64;

/// The word that `text` was probably meant to be: at most a third of its letters wrong, or begun alike.
pub(crate) fn nearest<'a>(text: &str, words: impl Iterator<Item = &'a str>) -> Option<&'a str> {
    let text = text.to_ascii_lowercase().replace('-', "_");
    if text.is_empty() || text.len() > COMPARED_MAX {
        return None;
    }
    let tolerance = (text.chars().count() / 3).max(1);
    words
        .map(|word| (strsim::osa_distance(&text, word), word))
        .filter(|(distance, word)| *distance <= tolerance || is_stem(&text, word))
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, word)| word)
}

/// `eject` of `ejection`, `interval_ms` of `interval`.
fn is_stem(text: &str, word: &str) -> bool {
    let (short, long) = if text.len() < word.len() { (text, word) } else { (word, text) };
    short.len() >= 4 && long.starts_with(short)
}

/// Where a key of that name does belong.
pub(crate) fn home_of(name: &str) -> Option<String> {
    search(&ROOT, name, "")
}

fn search(map: &Map, name: &str, path: &str) -> Option<String> {
    if map.key(name).is_some() {
        let home = if path.is_empty() { "the top level".to_owned() } else { format!("`{path}`") };
        return Some(home);
    }
    map.keys.iter().find_map(|key| {
        let path = if path.is_empty() { key.name.to_owned() } else { format!("{path}.{}", key.name) };
        let (inner, path) = inner(&key.shape, path)?;
        search(inner, name, &path)
    })
}

/// The mapping that a shape leads to, and its path.
pub(crate) fn inner(shape: &Shape, path: String) -> Option<(&'static Map, String)> {
    match shape {
        Shape::Map(map) | Shape::ShortOrLong { long: map, .. } => Some((map, path)),
        Shape::List { item, .. } => inner(item, format!("{path}[]")),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn slips_of_the_hand_are_recognised() {
        let words = ["least_request", "round_robin", "random", "p2c", "peak_ewma"];
        let table = [
            ("least_requests", Some("least_request")),
            ("round-robin", Some("round_robin")),
            ("RoundRobin", Some("round_robin")),
            ("p2", Some("p2c")),
            ("predictive", None),
            ("", None),
        ];
        for (text, expected) in table {
            assert_eq!(nearest(text, words.into_iter()), expected, "{text}");
        }
    }

    #[test]
    fn keys_know_their_home() {
        assert_eq!(home_of("interval").as_deref(), Some("`pools[].health`"));
        assert_eq!(home_of("listeners").as_deref(), Some("the top level"));
        assert_eq!(home_of("weight").as_deref(), Some("`pools[].hosts[]`"));
        assert_eq!(home_of("colour"), None);
    }
}
