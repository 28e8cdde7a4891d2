//! Every group judges in its turn, and has neither trained nor chosen then.

use std::collections::BTreeSet;

use super::{Copies, Split, SplitError, SplitKind, leave_out};

/// Of so many groups that do not judge, one chooses.
const CHOOSES_ONE_OF: usize = 5;

/// A split for each group: it judges, every fifth of the others chooses, counted from the one behind it, the rest trains. Of fewer than
/// seven groups one alone chooses, as in [`leave_out`].
///
/// # Errors
///
/// If there are fewer than two groups, or a part is left without rows.
pub fn leave_each_out(groups: &[u32], copies: &Copies, seed: u64) -> Result<Vec<Split>, SplitError> {
    let all: Vec<u32> = groups.iter().copied().collect::<BTreeSet<_>>().into_iter().collect();
    if all.len() < CHOOSES_ONE_OF + 2 {
        let each = all.iter().map(|&held| leave_out(groups, held, copies, seed));
        return if all.len() < 2 { Err(SplitError::TooFewGroups { groups: all.len() }) } else { each.collect() };
    }
    (0..all.len()).map(|at| split(groups, &all, at, copies)).collect()
}

fn split(groups: &[u32], all: &[u32], held: usize, copies: &Copies) -> Result<Split, SplitError> {
    let behind = |nth: usize| all[(held + nth) % all.len()];
    let choosing: BTreeSet<u32> = (1..all.len()).step_by(CHOOSES_ONE_OF).map(behind).collect();
    let mut parts: [Vec<usize>; 3] = Default::default();
    for (row, group) in groups.iter().enumerate() {
        let part = if *group == all[held] { 2 } else { usize::from(choosing.contains(group)) };
        parts[part].push(row);
    }
    Split::new(SplitKind::LeaveOut { group: all[held] }, parts, 0)
        .without_copies(copies, "a group left out, less copies")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_group_judges_once_and_is_unknown_to_what_judges_it() {
        let groups: Vec<u32> = (0..120).map(|row| row % 12 * 3).collect();
        let splits = leave_each_out(&groups, &Copies::none(), 0).unwrap();
        let of = |rows: &[usize]| rows.iter().map(|&row| groups[row]).collect::<BTreeSet<_>>();
        for (split, held) in splits.iter().zip((0..12).map(|group| group * 3)) {
            let (train, validation, test) = (of(&split.train), of(&split.validation), of(&split.test));
            assert_eq!((test, train.len(), validation.len()), ([held].into(), 8, 3));
            assert!(train.is_disjoint(&validation) && !train.contains(&held) && !validation.contains(&held));
        }
        assert_eq!(splits.len(), 12);
    }

    #[test]
    fn few_groups_are_left_out_one_by_one() {
        let splits = leave_each_out(&[1, 2, 3, 1, 2, 3], &Copies::none(), 0).unwrap();
        assert_eq!(splits.iter().map(|split| split.test.clone()).collect::<Vec<_>>(), [[0, 3], [1, 4], [2, 5]]);
        assert!(leave_each_out(&[4; 9], &Copies::none(), 0).is_err());
    }
}
