//! As it was last.

use std::collections::BTreeMap;

use super::replay::{Event, replay};

/// For each row the last label of its group that is known by then; `otherwise` before there is one.
///
/// # Panics
///
/// If the lengths differ.
pub fn persistence(times: &[i64], known_at: &[i64], groups: &[u32], labels: &[f64], otherwise: f64) -> Vec<f64> {
    let mut last: BTreeMap<u32, (i64, f64)> = BTreeMap::new();
    let mut predicted = vec![otherwise; times.len()];
    replay(times, known_at, |event| match event {
        Event::Asked(row) => predicted[row] = last.get(&groups[row]).map_or(otherwise, |(_, label)| *label),
        Event::Known(row) => {
            // A label that took long to know is not newer than one of a later row.
            let is_newer = last.get(&groups[row]).is_none_or(|(time, _)| *time <= times[row]);
            if is_newer {
                last.insert(groups[row], (times[row], labels[row]));
            }
        }
    });
    predicted
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_last_known_label_of_the_group_goes_on() {
        let times = [0, 10, 20, 30, 40];
        let known_at = [5, 35, 25, 35, 45];
        let predicted = persistence(&times, &known_at, &[1, 2, 1, 1, 2], &[7.0, 8.0, 9.0, 6.0, 5.0], 0.5);
        assert_eq!(predicted, [0.5, 0.5, 7.0, 9.0, 8.0]);
    }

    #[test]
    fn a_late_label_does_not_undo_a_newer_one() {
        let predicted = persistence(&[0, 10, 50], &[40, 20, 60], &[1; 3], &[7.0, 8.0, 9.0], 0.5);
        assert_eq!(predicted, [0.5, 0.5, 8.0]);
    }
}
