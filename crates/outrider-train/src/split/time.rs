//! By time: the past trains, the present chooses, the future judges.

use super::{Copies, Shares, Split, SplitError, SplitKind};

/// Splits rows at two times. Rows of one time stay together; those less than `embargo_us` before a cut are in no part, since
/// their label, or the window of the first row behind it, reaches over the cut.
///
/// # Errors
///
/// If a part is left without rows.
pub fn by_time(times: &[i64], embargo_us: i64, shares: Shares, copies: &Copies) -> Result<Split, SplitError> {
    shares.check()?;
    let order = in_order(times, (0..times.len()).collect());
    if order.is_empty() {
        return Err(SplitError::Empty { part: "training", rows: 0, why: "there are none" });
    }
    let cuts = [shares.train, shares.train + shares.validation].map(|share| cut(times, &order, share));
    let mut parts: [Vec<usize>; 3] = Default::default();
    let mut embargoed = 0;
    for row in order {
        match part(times[row], cuts, embargo_us) {
            Some(part) => parts[part].push(row),
            None => embargoed += 1,
        }
    }
    let why = "by time, less the embargo and copies";
    Split::new(SplitKind::Time { embargo_us }, parts, embargoed).without_copies(copies, why)
}

fn part(time: i64, cuts: [i64; 2], embargo_us: i64) -> Option<usize> {
    let part = cuts.iter().filter(|&&cut| time >= cut).count();
    let is_near = cuts.get(part).is_some_and(|cut| time >= cut.saturating_sub(embargo_us));
    (!is_near).then_some(part)
}

/// Rows from the earliest to the latest, those of one time in their own order.
pub(super) fn in_order(times: &[i64], mut rows: Vec<usize>) -> Vec<usize> {
    rows.sort_by_key(|&row| (times[row], row));
    rows
}

/// The time that a share of the rows lies before.
#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a share of a length")]
pub(super) fn cut(times: &[i64], order: &[usize], share: f64) -> i64 {
    let place = (share * order.len() as f64).round() as usize;
    times[order[place.min(order.len() - 1)]]
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::testing::{numbers, schema};
    use outrider_core::frame::Frame;

    #[test]
    fn rows_are_split_60_20_20() {
        let times: Vec<i64> = (0..100).rev().collect();
        let split = by_time(&times, 0, Shares::default(), &Copies::none()).unwrap();
        assert_eq!((split.train.len(), split.validation.len(), split.test.len()), (60, 20, 20));
        assert_eq!((split.train[0], split.test[19]), (99, 0), "from the earliest to the latest");
    }

    proptest! {
        #[test]
        fn no_part_reaches_into_the_embargo_of_the_next(
            times in prop::collection::vec(0i64..200, 3..120),
            embargo in 0i64..40,
        ) {
            let Ok(split) = by_time(&times, embargo, Shares::default(), &Copies::none()) else { return Ok(()) };
            let ends = |rows: &[usize]| {
                let times = rows.iter().map(|&row| times[row]);
                (times.clone().min().unwrap(), times.max().unwrap())
            };
            let (train, validation, test) = (ends(&split.train), ends(&split.validation), ends(&split.test));
            prop_assert!(train.1 + embargo < validation.0 && validation.1 + embargo < test.0);
            let all = split.train.len() + split.validation.len() + split.test.len() + split.embargoed;
            prop_assert_eq!(all, times.len());
        }
    }

    #[test]
    fn copies_never_straddle() {
        // Seven of eight rows repeat the one before, as forward fills do.
        let times: Vec<i64> = (0..400).collect();
        let values: Vec<f64> = (0..400).map(|row| f64::from((row + 5) / 8 % 48)).collect();
        let frame = Frame::new(vec![numbers("rtt_ms", &values)]).unwrap();
        let copies = Copies::of(&frame, &schema(&["rtt_ms"], &[]), &[0.0; 400]);
        let split = by_time(&times, 0, Shares::default(), &copies).unwrap();
        let seen =
            |rows: &[usize]| rows.iter().map(|&row| values[row].to_bits()).collect::<std::collections::BTreeSet<_>>();
        let (train, validation, test) = (seen(&split.train), seen(&split.validation), seen(&split.test));
        assert!(train.is_disjoint(&validation) && train.is_disjoint(&test) && validation.is_disjoint(&test));
        assert!(split.copies_dropped > 0 && split.test.len() == 80, "what judges stays whole: {split:?}");
    }

    #[test]
    fn parts_without_rows_are_told() {
        let told = |times: &[i64], embargo| by_time(times, embargo, Shares::default(), &Copies::none()).unwrap_err();
        assert!(told(&[5; 10], 0).to_string().starts_with("the training part has no rows of 10"));
        assert!(matches!(told(&[], 0), SplitError::Empty { rows: 0, .. }));
        assert!(matches!(told(&[1, 2, 3, 4, 5, 6], i64::MAX), SplitError::Empty { .. }));
        let all = Shares { train: 0.8, validation: 0.2 };
        assert_eq!(by_time(&[1, 2, 3], 0, all, &Copies::none()), Err(SplitError::Shares));
    }
}
