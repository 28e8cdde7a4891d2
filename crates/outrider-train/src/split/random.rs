//! By luck, on request: both classes in each part as in the whole, copies together.

use std::collections::BTreeMap;

use outrider_core::Random;

use super::{Copies, Shares, Split, SplitError, SplitKind};

/// Splits rows by luck. Labels of two classes keep their shares in each part.
///
/// # Errors
///
/// If a part is left without rows.
pub fn at_random(labels: &[f64], shares: Shares, copies: &Copies, seed: u64) -> Result<Split, SplitError> {
    shares.check()?;
    let is_two_class = labels.iter().all(|&label| label == 0.0 || label == 1.0);
    let class = |row: usize| u8::from(is_two_class && labels[row] == 1.0);
    let rows = (0..labels.len()).collect();
    let parts = dealt(rows, class, [shares.train, shares.validation], copies, seed);
    Split::new(SplitKind::Random { seed }, parts, 0).without_copies(copies, "by luck")
}

/// Deals rows of each class to three parts, the first two of these shares; copies go together, to where the first of them goes.
pub(super) fn dealt(
    rows: Vec<usize>,
    class: impl Fn(usize) -> u8,
    shares: [f64; 2],
    copies: &Copies,
    seed: u64,
) -> [Vec<usize>; 3] {
    let mut classes: BTreeMap<u8, Vec<Vec<usize>>> = BTreeMap::new();
    for unit in units(rows, copies) {
        classes.entry(class(unit[0])).or_default().push(unit);
    }
    let mut random = Random::new(seed);
    let mut parts: [Vec<usize>; 3] = Default::default();
    for mut units in classes.into_values() {
        shuffle(&mut units, &mut random);
        deal(units, shares, &mut parts);
    }
    parts.iter_mut().for_each(|part| part.sort_unstable());
    parts
}

/// Rows that must stay together, in the order of their first.
fn units(rows: Vec<usize>, copies: &Copies) -> Vec<Vec<usize>> {
    let Some(keys) = copies.keys() else { return rows.into_iter().map(|row| vec![row]).collect() };
    let mut places = BTreeMap::new();
    let mut units: Vec<Vec<usize>> = Vec::new();
    for row in rows {
        let place = *places.entry(keys[row]).or_insert(units.len());
        if place == units.len() {
            units.push(Vec::new());
        }
        units[place].push(row);
    }
    units
}

fn deal(units: Vec<Vec<usize>>, shares: [f64; 2], parts: &mut [Vec<usize>; 3]) {
    let rows: usize = units.iter().map(Vec::len).sum();
    let ends = [shares[0], shares[0] + shares[1]].map(|share| (share * rows as f64).round());
    let mut dealt = 0;
    for unit in units {
        let part = ends.iter().filter(|&&end| dealt as f64 >= end).count();
        dealt += unit.len();
        parts[part].extend(unit);
    }
}

/// Fisher and Yates.
pub(crate) fn shuffle<T>(items: &mut [T], random: &mut Random) {
    for last in (1..items.len()).rev() {
        items.swap(last, random.below(last + 1));
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::{numbers, schema};
    use outrider_core::frame::Frame;

    #[test]
    fn classes_keep_their_shares() {
        let labels: Vec<f64> = (0..1000).map(|row| f64::from(u8::from(row % 10 == 0))).collect();
        let split = at_random(&labels, Shares::default(), &Copies::none(), 3).unwrap();
        let positives = |rows: &[usize]| rows.iter().filter(|&&row| labels[row] == 1.0).count();
        let parts = [&split.train, &split.validation, &split.test];
        assert_eq!(parts.map(|part| (part.len(), positives(part))), [(600, 60), (200, 20), (200, 20)]);
        assert_eq!(at_random(&labels, Shares::default(), &Copies::none(), 3), Ok(split.clone()));
        assert_ne!(at_random(&labels, Shares::default(), &Copies::none(), 4), Ok(split));
    }

    #[test]
    fn copies_go_together() {
        let values: Vec<f64> = (0..300).map(|row| f64::from(row % 60)).collect();
        let frame = Frame::new(vec![numbers("rtt_ms", &values)]).unwrap();
        let labels: Vec<f64> = (0..300).map(|row| f64::from(u8::from(row % 7 == 0))).collect();
        let copies = Copies::of(&frame, &schema(&["rtt_ms"], &[]), &labels);
        let split = at_random(&labels, Shares::default(), &copies, 1).unwrap();
        assert_eq!((split.copies_dropped, split.train.len() + split.validation.len() + split.test.len()), (0, 300));
        let side = |row: usize| (split.train.contains(&row), split.test.contains(&row));
        assert!((60..300).all(|row| side(row) == side(row % 60)));
    }

    #[test]
    fn four_rows_make_three_parts_and_three_do_not() {
        assert!(at_random(&[0.5, 1.5, 2.5, 3.5], Shares::default(), &Copies::none(), 0).is_ok());
        let told = at_random(&[0.5, 1.5, 2.5], Shares::default(), &Copies::none(), 0).unwrap_err();
        assert!(told.to_string().starts_with("the validation part has no rows of 3 (by luck)"), "{told}");
    }
}
