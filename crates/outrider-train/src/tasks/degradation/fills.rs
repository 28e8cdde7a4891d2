//! Samples that look as if gaps had been filled with the one before: copies, of which a model learns that nothing changes.

use std::collections::BTreeSet;

use outrider_core::frame::Frame;

use super::Links;

/// A sentence on it; none where no more than a third of all samples repeat the one before, or few values are different anyway, as whole
/// milliseconds are.
pub(super) fn told(source: &Frame) -> Option<String> {
    let links = Links::of(source).ok()?.links;
    let (mut samples, mut repeated, mut fresh, mut distinct) = (0, 0, 0, 0);
    for link in &links {
        let mut values = BTreeSet::new();
        let mut before = None;
        for bucket in &link.buckets {
            let value = bucket.is_answered().then(|| bucket.avg_ms.to_bits());
            samples += 1;
            match value {
                Some(_) if value == before => repeated += 1,
                Some(value) => {
                    fresh += 1;
                    values.insert(value);
                }
                None => {}
            }
            before = value;
        }
        distinct += values.len();
    }
    (3 * repeated > samples && 2 * distinct > fresh).then(|| {
        format!(
            "{repeated} of {samples} samples repeat the one before them exactly: filled gaps? A gap is a gap; bring what was measured"
        )
    })
}
