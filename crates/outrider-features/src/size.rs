//! The size bucket of a request body: what a request costs often grows with what it carries.
//!
//! Powers of 16 from 1 KiB on: five buckets span what HTTP services see, and a class more is bought only by 16 times
//! the bytes.

use crate::BodySize;

/// How the bucket of `body` is spelt, with a leading blank; nothing for no body (or an empty one).
#[inline]
pub(crate) fn spelt(body: BodySize) -> &'static str {
    const KIB: u64 = 1024;
    match body {
        BodySize::None | BodySize::Known(0) => "",
        BodySize::Unknown => " chunked",
        BodySize::Known(bytes) if bytes <= KIB => " 1KiB",
        BodySize::Known(bytes) if bytes <= 16 * KIB => " 16KiB",
        BodySize::Known(bytes) if bytes <= 256 * KIB => " 256KiB",
        BodySize::Known(bytes) if bytes <= 4096 * KIB => " 4MiB",
        BodySize::Known(_) => " >4MiB",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bounds_belong_to_the_lower_bucket() {
        for (body, expected) in [
            (BodySize::None, ""),
            (BodySize::Unknown, " chunked"),
            (BodySize::Known(0), ""),
            (BodySize::Known(1), " 1KiB"),
            (BodySize::Known(1024), " 1KiB"),
            (BodySize::Known(1025), " 16KiB"),
            (BodySize::Known(16 << 10), " 16KiB"),
            (BodySize::Known((16 << 10) + 1), " 256KiB"),
            (BodySize::Known(256 << 10), " 256KiB"),
            (BodySize::Known((256 << 10) + 1), " 4MiB"),
            (BodySize::Known(4 << 20), " 4MiB"),
            (BodySize::Known((4 << 20) + 1), " >4MiB"),
            (BodySize::Known(u64::MAX), " >4MiB"),
        ] {
            assert_eq!(spelt(body), expected, "{body:?}");
        }
    }
}
