//! Headers whose values tell classes apart, as the operator names them (`x-tenant`).
//!
//! A short plain value is spelt as it is; any other as a digest of its first 256 bytes and its length, so that a
//! class has a bounded, printable name whatever a client sends. The digest is the same in every process.

use crate::Headers;
use crate::spelling::{KeyHash, Spelling};

/// Longer values, in bytes, are spelt as a digest.
const VALUE_BYTES_MAX: usize = 32;
/// Bytes of a value that are read.
const READ_BYTES_MAX: usize = 256;

/// One such header.
#[derive(Debug)]
pub(crate) struct NamedHeader {
    name: String,
}

impl NamedHeader {
    /// The header `name`, in lower case.
    pub(crate) fn new(name: &str) -> NamedHeader {
        NamedHeader { name: name.to_owned() }
    }

    /// Spells ` name=value`; nothing if the header is missing. Of several values the first counts.
    #[inline]
    pub(crate) fn spell<H: Headers>(&self, headers: &H, out: &mut impl Spelling) {
        let Some(value) = headers.get(&self.name) else {
            return;
        };
        out.put(" ");
        out.put(&self.name);
        out.put("=");
        match std::str::from_utf8(value) {
            Ok(text) if is_plain(value) => out.put(text),
            _ => spell_digest(value, out),
        }
    }
}

fn is_plain(value: &[u8]) -> bool {
    let fits = |byte: &u8| byte.is_ascii_alphanumeric() || b"._-/:+@".contains(byte);
    value.len() <= VALUE_BYTES_MAX && value.iter().all(fits)
}

/// Spells `#` and 16 hex digits, which no plain value can look like.
fn spell_digest(value: &[u8], out: &mut impl Spelling) {
    let mut hash = KeyHash::new(0);
    hash.bytes(&value[..value.len().min(READ_BYTES_MAX)]);
    hash.bytes(&value.len().to_le_bytes());
    let mut digits = hash.key().0;
    out.put("#");
    for _ in 0..16 {
        digits = digits.rotate_left(4);
        let at = usize::try_from(digits & 0xf).expect("four bits are no more than 15");
        out.put(&"0123456789abcdef"[at..=at]);
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::HeaderList;
    use proptest::prelude::*;

    fn spelt(value: &[u8]) -> String {
        let mut out = String::new();
        NamedHeader::new("x-tenant").spell(&HeaderList::raw("x-tenant", value), &mut out);
        out
    }

    #[test]
    fn plain_values_stay() {
        assert_eq!(spelt(b"acme"), " x-tenant=acme");
        assert_eq!(spelt(b""), " x-tenant=");
        assert!(spelt(b"a b").starts_with(" x-tenant=#"));
        let mut out = String::new();
        NamedHeader::new("x-tenant").spell(&HeaderList::of(&[]), &mut out);
        assert_eq!(out, "");
    }

    proptest! {
        #[test]
        fn any_value_is_spelt_bounded_and_injectively(
            a in proptest::collection::vec(any::<u8>(), 0..200),
            b in proptest::collection::vec(any::<u8>(), 0..200),
        ) {
            let (spelt_a, spelt_b) = (spelt(&a), spelt(&b));
            prop_assert!(spelt_a.len() <= 10 + VALUE_BYTES_MAX);
            prop_assert!(spelt_a[1..].bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert_eq!(a == b, spelt_a == spelt_b);
        }
    }
}
