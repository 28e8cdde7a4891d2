//! Sizes of payloads in buckets, each twice the one before: fine enough to tell them apart, and coarse enough to compare within.

use outrider_core::frame::Words;

/// The last bucket holds all that is larger.
const LAST: i32 = 30;

/// The bucket of a size, from 0 (up to 1 kb); `None`: no size.
pub(super) fn bucket(size_kb: f64) -> Option<i32> {
    #[expect(clippy::cast_possible_truncation, reason = "at most the last bucket")]
    let doubled = |size: f64| (size.log2().floor() + 1.0).min(f64::from(LAST)) as i32;
    (size_kb >= 0.0).then(|| if size_kb < 1.0 { 0 } else { doubled(size_kb) })
}

/// The names of the buckets of these sizes.
pub(super) fn buckets(sizes_kb: &[f64]) -> Words {
    let names: Vec<String> = (0..=LAST).map(name).collect();
    let of = |&size: &f64| bucket(size).and_then(|bucket| names.get(usize::try_from(bucket).ok()?)).map(String::as_str);
    sizes_kb.iter().map(of).collect()
}

fn name(bucket: i32) -> String {
    match bucket {
        0 => "below 1 kb".to_owned(),
        LAST => format!("{} kb and more", 2f64.powi(LAST - 1)),
        _ => format!("{} to {} kb", 2f64.powi(bucket - 1), 2f64.powi(bucket)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_bucket_is_twice_the_one_before() {
        let found = [0.0, 0.9, 1.0, 3.9, 4.0, 1_000.0, 1_024.0, 1e30].map(bucket);
        assert_eq!(found, [Some(0), Some(0), Some(1), Some(2), Some(3), Some(10), Some(11), Some(30)]);
        assert_eq!((bucket(f64::NAN), bucket(-1.0)), (None, None));
        let words = buckets(&[1_000.0, f64::NAN, 0.5, f64::INFINITY]);
        assert_eq!((words.get(0), words.get(1), words.get(2)), (Some("512 to 1024 kb"), None, Some("below 1 kb")));
        assert_eq!(words.get(3), Some("536870912 kb and more"));
    }
}
