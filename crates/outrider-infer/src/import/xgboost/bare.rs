//! What JSON has no numbers for, as XGBoost writes it bare: `NaN` for the threshold of a split by categories up to 2.1.

use std::borrow::Cow;

const KEY: &[u8] = b"\"split_conditions\"";
/// As it stands in the file, a string of as many bytes that JSON can have in its place, and what it is.
pub(super) const NUMBERS: [(&str, &str, f32); 3] = [
    ("NaN", "\"N\"", f32::NAN),
    ("Infinity", "\"Infini\"", f32::INFINITY),
    ("-Infinity", "\"-Infini\"", f32::NEG_INFINITY),
];

/// The file with such numbers of lists of `split_conditions` quoted, all bytes in their places; elsewhere they stay, and are
/// errors. Only such a list can follow the quoted name: in a string its quotes would be escaped.
pub(super) fn quoted(json: &[u8]) -> Cow<'_, [u8]> {
    let mut json = Cow::Borrowed(json);
    let mut at = 0;
    while let Some(found) = list(&json, at) {
        let end = json[found..].iter().position(|&byte| byte == b']').map_or(json.len(), |len| found + len);
        quote(&mut json, found, end);
        at = end;
    }
    json
}

/// Where the next list begins, after its bracket.
fn list(json: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        at += json[at..].windows(KEY.len()).position(|window| window == KEY)? + KEY.len();
        let value = json[at..].trim_ascii_start().strip_prefix(b":").map(<[u8]>::trim_ascii_start);
        if let Some(rest) = value.and_then(|value| value.strip_prefix(b"[")) {
            return Some(json.len() - rest.len());
        }
    }
}

/// Quotes the elements between `start` and `end` that are no numbers of JSON.
fn quote(json: &mut Cow<[u8]>, start: usize, end: usize) {
    let mut at = start;
    while at < end {
        let len = json[at..end].iter().position(|&byte| byte == b',').unwrap_or(end - at);
        let element = json[at..at + len].trim_ascii_start();
        let (first, element) = (at + len - element.len(), element.trim_ascii_end());
        let bare = NUMBERS.iter().find(|(bare, ..)| bare.as_bytes() == element);
        if let Some((bare, quoted, _)) = bare {
            json.to_mut()[first..first + bare.len()].copy_from_slice(quoted.as_bytes());
        }
        at += len + 1;
    }
}
