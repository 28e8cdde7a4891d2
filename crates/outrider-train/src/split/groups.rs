//! A whole group (host, probe, run) judges: will the model hold where it has never been?

use std::collections::BTreeSet;

use super::random::dealt;
use super::{Copies, Split, SplitError, SplitKind};

/// Of two groups, the share of the one that trains which chooses.
const VALIDATION_OF_ONE: f64 = 0.25;

/// The `held` group judges. The next one chooses; where there are only two, a share of the other one by luck of `seed`, copies
/// together.
///
/// # Errors
///
/// If there are fewer than two groups, or a part is left without rows.
pub fn leave_out(groups: &[u32], held: u32, copies: &Copies, seed: u64) -> Result<Split, SplitError> {
    let all: BTreeSet<u32> = groups.iter().copied().collect();
    if all.len() < 2 {
        return Err(SplitError::TooFewGroups { groups: all.len() });
    }
    let (test, rest) = parted(0..groups.len(), |row| groups[row] == held);
    let (validation, train) = match next(&all, held) {
        Some(next) => parted(rest.into_iter(), |row| groups[row] == next),
        None => chosen(rest, copies, seed),
    };
    let split = Split::new(SplitKind::LeaveOut { group: held }, [train, validation, test], 0);
    split.without_copies(copies, "a group left out, less copies")
}

/// The group that follows, if there is a third one.
fn next(all: &BTreeSet<u32>, held: u32) -> Option<u32> {
    let after = all.range(held.saturating_add(1)..).next().or(all.first()).copied();
    after.filter(|_| all.len() > 2)
}

fn parted(rows: impl Iterator<Item = usize>, is_first: impl Fn(usize) -> bool) -> (Vec<usize>, Vec<usize>) {
    rows.partition(|&row| is_first(row))
}

fn chosen(rows: Vec<usize>, copies: &Copies, seed: u64) -> (Vec<usize>, Vec<usize>) {
    let [validation, train, _] = dealt(rows, |_| 0, [VALIDATION_OF_ONE, 1.0 - VALIDATION_OF_ONE], copies, seed);
    (validation, train)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_group_left_out_neither_trains_nor_chooses() {
        let groups: Vec<u32> = (0..30).map(|row| [7, 3, 9][row % 3]).collect();
        let of = |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<BTreeSet<_>>();
        for (held, next) in [(3, 7), (7, 9), (9, 3)] {
            let split = leave_out(&groups, held, &Copies::none(), 0).unwrap();
            assert_eq!((of(&split.test), of(&split.validation)), ([held].into(), [next].into()));
            assert_eq!((split.train.len(), of(&split.train).len()), (10, 1));
        }
    }

    #[test]
    fn of_two_groups_a_quarter_of_the_other_chooses() {
        let groups: Vec<u32> = (0..40).map(|row| row % 2).collect();
        let split = leave_out(&groups, 1, &Copies::none(), 5).unwrap();
        assert_eq!((split.train.len(), split.validation.len(), split.test.len()), (15, 5, 20));
        assert!(split.test.iter().all(|&row| groups[row] == 1));
        assert_eq!(leave_out(&groups, 1, &Copies::none(), 5), Ok(split));
    }

    #[test]
    fn one_group_cannot_be_left_out() {
        assert_eq!(leave_out(&[4, 4], 4, &Copies::none(), 0), Err(SplitError::TooFewGroups { groups: 1 }));
        assert!(matches!(leave_out(&[1, 2, 3], 8, &Copies::none(), 0), Err(SplitError::Empty { part: "test", .. })));
    }
}
