//! Where the name of a class is spelt out: into a text, or into a hash of that text.
//!
//! Key and name come from one spelling, so that two requests have the same name exactly if they have the same key (but
//! for collisions of 64 bits), and the key costs no allocation.
//!
//! The hash is a keyed multiply-and-fold in the manner of wyhash: eight bytes at a time are exclusive-or'ed into the
//! state, which is multiplied to 128 bits by a secret and folded in half. About 1 ns per 3 bytes. FNV would be simpler,
//! but anybody can make names that collide under it; here that takes the seed, which no answer shows. It is not a
//! message digest: whoever knows the seed can make collisions, and gains only to have one class counted as another.

use outrider_core::ClassKey;

/// Takes a name piece by piece.
pub(crate) trait Spelling {
    /// Appends `piece`.
    fn put(&mut self, piece: &str);
}

impl Spelling for String {
    fn put(&mut self, piece: &str) {
        self.push_str(piece);
    }
}

/// Hashes a name while it is spelt.
#[derive(Clone, Copy, Debug)]
pub(crate) struct KeyHash {
    state: u64,
    secret: u64,
    /// Bytes not yet in the state, the first in the lowest place.
    tail: u64,
    /// How many bytes have come, those of the tail among them.
    length: u64,
}

impl KeyHash {
    /// The hash of nothing yet, under `seed`.
    pub(crate) fn new(seed: u64) -> KeyHash {
        let secret = mixed(seed ^ 0x9e37_79b9_7f4a_7c15);
        KeyHash {
            state: mixed(secret),
            // Odd, so that no multiplication loses the lowest bit.
            secret: secret | 1,
            tail: 0,
            length: 0,
        }
    }

    /// The key of all that has been put.
    #[inline]
    pub(crate) fn key(mut self) -> ClassKey {
        self.absorb(self.tail);
        self.absorb(self.length);
        ClassKey(mixed(self.state))
    }

    /// Appends bytes.
    #[inline]
    pub(crate) fn bytes(&mut self, bytes: &[u8]) {
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.word(u64::from_le_bytes(word.try_into().expect("chunks are of 8")), 8);
        }
        let rest = words.remainder();
        if !rest.is_empty() {
            self.word(short_word(rest), rest.len());
        }
    }

    /// Appends `bytes` as one part of a list: their length, then words that it shares with no other part. So no two lists
    /// read alike, and nothing is shifted.
    #[inline]
    pub(crate) fn part(&mut self, bytes: &[u8]) {
        self.absorb(bytes.len() as u64);
        let mut words = bytes.chunks_exact(8);
        for word in &mut words {
            self.absorb(u64::from_le_bytes(word.try_into().expect("chunks are of 8")));
        }
        if !words.remainder().is_empty() {
            self.absorb(short_word(words.remainder()));
        }
    }

    /// Appends the lowest `count` bytes (1 to 8) of `word`, whose other bytes are 0.
    #[inline]
    fn word(&mut self, word: u64, count: usize) {
        let held = (self.length % 8) * 8;
        self.length += count as u64;
        self.tail |= word << held;
        if held + count as u64 * 8 >= 64 {
            let full = std::mem::take(&mut self.tail);
            self.absorb(full);
            // What did not fit: nothing if the tail was empty.
            self.tail = word.checked_shr(64 - u32::try_from(held).unwrap_or(0)).unwrap_or(0);
        }
    }

    #[inline]
    fn absorb(&mut self, word: u64) {
        let product = u128::from(self.state ^ word) * u128::from(self.secret);
        self.state = fold(product);
    }
}

impl Spelling for KeyHash {
    #[inline]
    fn put(&mut self, piece: &str) {
        self.bytes(piece.as_bytes());
    }
}

/// The 1 to 7 `bytes` as a number, the first in the lowest place. Loads that overlap instead of a copy of unknown length,
/// which would be a call: most pieces are short.
#[inline]
fn short_word(bytes: &[u8]) -> u64 {
    let last = bytes.len() - 1;
    if let (Some(head), Some(tail)) = (bytes.first_chunk::<4>(), bytes.last_chunk::<4>()) {
        let tail = u64::from(u32::from_le_bytes(*tail)) << (8 * (last - 3));
        return u64::from(u32::from_le_bytes(*head)) | tail;
    }
    let at = |index: usize| u64::from(bytes[index]) << (8 * index);
    at(0) | at(last / 2) | at(last)
}

/// The upper half of `product` over its lower half.
#[inline]
#[allow(clippy::cast_possible_truncation)]
fn fold(product: u128) -> u64 {
    (product >> 64) as u64 ^ product as u64
}

/// SplitMix64's finaliser (Steele, Lea, Flood 2014): every bit of `z` reaches every bit of the result.
#[inline]
fn mixed(z: u64) -> u64 {
    let z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    z ^ (z >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn key_of(seed: u64, pieces: &[&str]) -> ClassKey {
        let mut hash = KeyHash::new(seed);
        for piece in pieces {
            hash.put(piece);
        }
        hash.key()
    }

    proptest! {
        #[test]
        fn the_cut_into_pieces_does_not_matter(pieces in proptest::collection::vec(".{0,20}", 0..8), seed: u64) {
            let pieces: Vec<&str> = pieces.iter().map(String::as_str).collect();
            prop_assert_eq!(key_of(seed, &pieces), key_of(seed, &[&pieces.concat()]));
        }

        #[test]
        fn different_texts_and_seeds_differ(a in ".{0,40}", b in ".{0,40}", seed: u64) {
            prop_assert_eq!(a == b, key_of(seed, &[&a]) == key_of(seed, &[&b]));
            prop_assert_ne!(key_of(seed, &[&a]), key_of(!seed, &[&a]));
        }
    }

    #[test]
    fn trailing_zero_bytes_count() {
        assert_ne!(key_of(1, &["a"]), key_of(1, &["a\0"]));
        assert_ne!(key_of(1, &[]), key_of(1, &["\0\0\0\0\0\0\0\0"]));
    }

    #[test]
    fn a_bit_of_the_text_reaches_half_of_the_bits_of_the_key() {
        let distance = |a: &str, b: &str| (key_of(3, &[a]).0 ^ key_of(3, &[b]).0).count_ones();
        let total: u32 = (0..1000).map(|n| distance(&format!("GET /page{n}"), &format!("GET /page{}", n ^ 1))).sum();
        assert!((31_000..33_000).contains(&total), "{total} bits of 64,000 differ");
    }
}
