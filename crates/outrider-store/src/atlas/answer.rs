//! A list of results as lines.

use serde::de::{Deserializer, SeqAccess, Visitor};

/// Each object of the JSON list in `body` on a line of its own.
///
/// # Errors
///
/// If it is no such list, or is cut short: a sentence.
pub(super) fn lines(body: &[u8]) -> Result<Vec<u8>, String> {
    let mut json = serde_json::Deserializer::from_slice(body);
    let lines = json.deserialize_seq(Lines).and_then(|lines| json.end().map(|()| lines));
    lines.map_err(|error| format!("the answer is not a whole JSON list of results: {error}"))
}

struct Lines;

impl<'a> Visitor<'a> for Lines {
    type Value = Vec<u8>;

    fn expecting(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("a list of results")
    }

    fn visit_seq<A: SeqAccess<'a>>(self, mut results: A) -> Result<Vec<u8>, A::Error> {
        let mut lines = Vec::new();
        while let Some(result) = results.next_element::<serde_json::Map<String, serde_json::Value>>()? {
            serde_json::to_writer(&mut lines, &result).map_err(serde::de::Error::custom)?;
            lines.push(b'\n');
        }
        Ok(lines)
    }
}
