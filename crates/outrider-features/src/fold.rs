//! Folds a path segment that is data (an id, a date, a slug) into a word for its kind.
//!
//! A path is a route with data in it, and nobody told us the routes. The rules, first that fits:
//!
//! | segment | becomes |
//! |---|---|
//! | holds `%`, `{`, `}`, `*`, blanks, controls, non-ASCII: encoded text is data | `{text}` |
//! | hex digits grouped 8-4-4-4-12 | `{uuid}` |
//! | at least one digit, else only `-._~,:`: `42`, `-1.5`, `2024-01-31`, `10.0.0.1` | `{n}` |
//! | 8 or more hex digits, at least two of them `0`-`9` | `{hex}` |
//! | over 40 bytes, or 20 and more with at least two digits and a letter: tokens, slugs | `{token}` |
//! | anything else | itself |
//!
//! Two digits keep `deadbeef`, `facade`, `effaced` and `face2face` as words; a random id of 8 hex digits has fewer than
//! two in 1 of 180 cases, one of 16 in 1 of 250,000. Before the rules a file's ending (a dot, a letter, up to
//! four letters or digits) is set aside and kept if the rest folds: `1234.jpg` becomes `{n}.jpg`.

/// A longer word is not the name of a route.
const WORD_BYTES_MAX: usize = 40;
/// From this length on a mix of letters and digits is a token.
const TOKEN_BYTES_MIN: usize = 20;
const TOKEN_DIGITS_MIN: usize = 2;
const HEX_BYTES_MIN: usize = 8;
const HEX_DIGITS_MIN: usize = 2;
/// Bytes of a file's ending without its dot.
const ENDING_BYTES_MAX: usize = 5;

/// How `segment` is spelt: a word for its kind or the segment itself, and the ending that stays. At most 40 bytes.
#[inline]
pub(crate) fn folded(segment: &str) -> (&str, &str) {
    if let Some((stem, ending)) = split_ending(segment)
        && let Some(kind) = kind_of(stem)
    {
        return (kind, ending);
    }
    (kind_of(segment).unwrap_or(segment), "")
}

/// Cuts `1234.jpg` into `1234` and `.jpg`.
#[inline]
fn split_ending(segment: &str) -> Option<(&str, &str)> {
    let (stem, ending) = segment.split_at(segment.rfind('.')?);
    let letters = &ending.as_bytes()[1..];
    let fits = letters.first().is_some_and(u8::is_ascii_alphabetic)
        && letters.len() <= ENDING_BYTES_MAX
        && letters.iter().all(u8::is_ascii_alphanumeric);
    fits.then_some((stem, ending))
}

/// The word for the kind of data that `segment` is; none if it is a word.
#[inline]
fn kind_of(segment: &str) -> Option<&'static str> {
    let census = Census::of(segment.as_bytes());
    let length = segment.len();
    let hex = census.digits + census.hex_letters;
    let letters = census.hex_letters + census.other_letters;
    if census.strange > 0 {
        Some("{text}")
    } else if is_uuid(segment.as_bytes()) {
        Some("{uuid}")
    } else if census.digits > 0 && census.digits + census.joiners == length {
        Some("{n}")
    } else if hex == length && length >= HEX_BYTES_MIN && census.digits >= HEX_DIGITS_MIN {
        Some("{hex}")
    } else if length > WORD_BYTES_MAX || length >= TOKEN_BYTES_MIN && census.digits >= TOKEN_DIGITS_MIN && letters > 0 {
        Some("{token}")
    } else {
        None
    }
}

fn is_uuid(bytes: &[u8]) -> bool {
    bytes.len() == 36
        && bytes.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}

/// How many bytes there are of each kind.
#[derive(Default)]
struct Census {
    digits: usize,
    hex_letters: usize,
    other_letters: usize,
    joiners: usize,
    strange: usize,
}

impl Census {
    #[inline]
    fn of(bytes: &[u8]) -> Census {
        let mut census = Census::default();
        for byte in bytes {
            match byte {
                b'0'..=b'9' => census.digits += 1,
                b'a'..=b'f' | b'A'..=b'F' => census.hex_letters += 1,
                b'g'..=b'z' | b'G'..=b'Z' => census.other_letters += 1,
                b'-' | b'.' | b'_' | b'~' | b',' | b':' => census.joiners += 1,
                // The rest of what RFC 3986 allows in a segment, without `%` and `*`.
                b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'+' | b';' | b'=' | b'@' => {}
                _ => census.strange += 1,
            }
        }
        census
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn words_stay() {
        for word in [
            "",
            "users",
            "v1",
            "v2.1",
            "deadbeef",
            "facade",
            "effaced",
            "face2face",
            "oauth2",
            "index.html",
            "a+b",
            ".well-known",
            "..",
            "-",
            "john.doe",
            "@scope",
            "defaced.jpg",
            "getUsersByCountryAndRegionV2",
        ] {
            assert_eq!(folded(word), (word, ""));
        }
    }

    #[test]
    fn data_folds() {
        for (segment, kind, ending) in [
            ("0", "{n}", ""),
            ("-1.5", "{n}", ""),
            ("2024-01-31", "{n}", ""),
            ("1.2.3", "{n}", ""),
            ("550e8400-e29b-41d4-a716-446655440000", "{uuid}", ""),
            ("550E8400-E29B-41D4-A716-446655440000.json", "{uuid}", ".json"),
            ("12345678", "{n}", ""),
            ("1a2b3c4d", "{hex}", ""),
            ("507f1f77bcf86cd799439011", "{hex}", ""),
            ("1234.jpg", "{n}", ".jpg"),
            ("1a2b3c4d5e.tar", "{hex}", ".tar"),
            ("01ARZ3NDEKTSV4RRFFQ69G5FAV", "{token}", ""),
            ("ten-things-to-see-in-2024", "{token}", ""),
            ("a-word-that-is-longer-than-any-name-of-a-route", "{token}", ""),
            ("caf%C3%A9", "{text}", ""),
            ("café", "{text}", ""),
            ("a b", "{text}", ""),
            ("{n}", "{text}", ""),
            ("a*", "{text}", ""),
            ("caf%C3%A9.jpg", "{text}", ".jpg"),
            ("\0", "{text}", ""),
        ] {
            assert_eq!(folded(segment), (kind, ending), "{segment}");
        }
    }

    proptest! {
            #[test]
            fn any_segment_comes_out_short_and_printable(segment in any::<String>()) {
                let (kind, ending) = folded(&segment);
                prop_assert!(kind.len() + ending.len() <= WORD_BYTES_MAX);
                prop_assert!(kind.bytes().chain(ending.bytes()).all(|b| b.is_ascii_graphic()));
            }

            #[test]
            fn ids_of_one_kind_fold_alike(n: u64, id: u128) {
                let number = n.to_string();
    prop_assert_eq!(folded(&number), ("{n}", ""));
                let hex = format!("{id:032x}");
                let uuid = [&hex[..8], &hex[8..12], &hex[12..16], &hex[16..20], &hex[20..]].join("-");
                prop_assert_eq!(folded(&uuid), ("{uuid}", ""));
            }
        }
}
