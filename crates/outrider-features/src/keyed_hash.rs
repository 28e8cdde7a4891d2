//! A keyed hash that is the same in every process of every version: what sticks to a host by it must find that host
//! again after a restart, and at every balancer. The function is the one of class keys (`spelling.rs` says what it
//! withstands), which may differ from process to process by their seed alone.

use crate::spelling::KeyHash;

/// The hash of `bytes` under `seed`, uniform over all of `u64`.
#[inline]
pub fn keyed_hash(seed: u64, bytes: &[u8]) -> u64 {
    let mut hash = KeyHash::new(seed);
    hash.bytes(bytes);
    hash.key().0
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whoever changes these moves every client of every pool to another host.
    #[test]
    fn it_is_what_it_was() {
        let table = [
            (0, "", 0xe749_be9d_7649_6d89),
            (0, "a", 0xa1b7_51f5_1989_553d),
            (7, "session-0123456789", 0xad81_64fe_ca81_a388),
        ];
        for (seed, text, expected) in table {
            let hash = keyed_hash(seed, text.as_bytes());
            assert_eq!(hash, expected, "{seed} {text}: {hash:#x}");
        }
    }
}
