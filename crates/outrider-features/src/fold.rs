//! Folds a path segment that is data (an id, a date, a slug) into a word for its kind.
//!
//! A path is a route with data in it, and nobody told us the routes. The rules, first that fits:
//!
//! | segment | becomes |
//! |---|---|
//! | over 40 bytes, whatever they are | `{token}` |
//! | holds `%`, `{`, `}`, `*`, blanks, controls, non-ASCII: encoded text is data | `{text}` |
//! | hex digits grouped 8-4-4-4-12 | `{uuid}` |
//! | at least one digit, else only `-._~,:`: `42`, `-1.5`, `2024-01-31`, `10.0.0.1` | `{n}` |
//! | 8 or more hex digits, at least two of them `0`-`9` | `{hex}` |
//! | 20 bytes and more with at least two digits and a letter: tokens, slugs | `{token}` |
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
    let last = segment.as_bytes().iter().rev().take(1 + ENDING_BYTES_MAX);
    let letters = last.take_while(|byte| byte.is_ascii_alphanumeric()).count();
    let (stem, ending) = segment.split_at_checked(segment.len().checked_sub(1 + letters)?)?;
    let &[b'.', first, ..] = ending.as_bytes() else {
        return None;
    };
    (letters <= ENDING_BYTES_MAX && first.is_ascii_alphabetic()).then_some((stem, ending))
}

/// The word for the kind of data that `segment` is; none if it is a word.
#[inline]
fn kind_of(segment: &str) -> Option<&'static str> {
    let length = segment.len();
    if length > WORD_BYTES_MAX {
        return Some("{token}");
    }
    let census = Census::of(segment.as_bytes());
    let digits = census.count(DIGIT);
    let hex = digits + census.count(HEX_LETTER);
    if census.count(STRANGE) > 0 {
        Some("{text}")
    } else if is_uuid(segment.as_bytes()) {
        Some("{uuid}")
    } else if digits > 0 && digits + census.count(JOINER) == length {
        Some("{n}")
    } else if hex == length && length >= HEX_BYTES_MIN && digits >= HEX_DIGITS_MIN {
        Some("{hex}")
    } else if length >= TOKEN_BYTES_MIN && digits >= TOKEN_DIGITS_MIN && hex - digits + census.count(OTHER_LETTER) > 0 {
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

// Kinds of bytes, each the place of a count of eight bits.
const DIGIT: u32 = 0;
const HEX_LETTER: u32 = 8;
const OTHER_LETTER: u32 = 16;
const JOINER: u32 = 24;
const STRANGE: u32 = 32;
/// The rest of what RFC 3986 allows in a segment, without `%` and `*`.
const PLAIN: u32 = 40;

/// How many bytes there are of each kind, side by side in one number: an addition per byte and no branch.
#[derive(Clone, Copy)]
struct Census(u64);

impl Census {
    /// Of at most 255 bytes.
    #[inline]
    fn of(bytes: &[u8]) -> Census {
        Census(bytes.iter().map(|byte| ONE_OF_KIND[usize::from(*byte)]).sum())
    }

    #[inline]
    fn count(self, kind: u32) -> usize {
        usize::from((self.0 >> kind).to_le_bytes()[0])
    }
}

const ONE_OF_KIND: [u64; 256] = {
    let mut table = [0; 256];
    let mut byte = 0_u8;
    loop {
        table[byte as usize] = 1 << kind_of_byte(byte);
        if byte == u8::MAX {
            break table;
        }
        byte += 1;
    }
};

const fn kind_of_byte(byte: u8) -> u32 {
    match byte {
        b'0'..=b'9' => DIGIT,
        b'a'..=b'f' | b'A'..=b'F' => HEX_LETTER,
        b'g'..=b'z' | b'G'..=b'Z' => OTHER_LETTER,
        b'-' | b'.' | b'_' | b'~' | b',' | b':' => JOINER,
        b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'+' | b';' | b'=' | b'@' => PLAIN,
        _ => STRANGE,
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
            ("9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08", "{token}", ""),
            ("abcdabcd-abcd-abcd-abcd-abcdabcdabcd", "{uuid}", ""),
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
