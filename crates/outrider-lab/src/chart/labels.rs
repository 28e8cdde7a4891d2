//! Names beside the ends of their lines, apart enough to be read.

/// Moves each of `wanted` as little as it takes that neighbours are at least `gap` apart and all lie between `low` and
/// `high`; if they do not fit, they are spread evenly. The order of the values is kept.
pub(crate) fn spread(wanted: &[f32], gap: f32, low: f32, high: f32) -> Vec<f32> {
    let mut order: Vec<usize> = (0..wanted.len()).collect();
    order.sort_by(|&a, &b| wanted[a].total_cmp(&wanted[b]));
    let gap = gap.min((high - low) / (wanted.len().max(2) - 1) as f32);
    let mut placed = vec![low; wanted.len()];
    let mut least = low;
    for (rank, &index) in order.iter().enumerate() {
        // As many as come after must fit below.
        let most = high - gap * (wanted.len() - 1 - rank) as f32;
        placed[index] = wanted[index].clamp(least.min(most), most);
        least = placed[index] + gap;
    }
    placed
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn labels_stay_apart_and_inside(wanted in prop::collection::vec(-50.0..500.0f32, 1..20)) {
            let placed = spread(&wanted, 14.0, 0.0, 300.0);
            let mut sorted = placed.clone();
            sorted.sort_by(f32::total_cmp);
            prop_assert!(sorted[0] >= -0.01 && sorted[sorted.len() - 1] <= 300.01);
            prop_assert!(sorted.windows(2).all(|pair| pair[1] - pair[0] >= 14.0 - 0.01));
        }

        #[test]
        fn what_is_apart_stays(at in 0.0..200.0f32) {
            prop_assert_eq!(spread(&[at, at + 50.0], 14.0, 0.0, 300.0), vec![at, at + 50.0]);
        }
    }
}
