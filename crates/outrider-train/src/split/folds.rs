//! Folds to search parameters on: each trains on the past of what it is judged on.

use super::time::{cut, in_order};
use super::{Copies, SplitError, drop_copies};

/// Rows that train, and later ones that judge.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Fold {
    /// Rows that train.
    pub train: Vec<usize>,
    /// Rows that judge.
    pub validation: Vec<usize>,
}

/// Cuts `rows` into `count` + 1 spans of time; fold i trains on the first i and is judged on the next, with the embargo and without
/// copies as in [`by_time`](super::by_time).
///
/// # Errors
///
/// If a side of a fold is left without rows.
pub fn folds_by_time(
    times: &[i64],
    rows: &[usize],
    count: usize,
    embargo_us: i64,
    copies: &Copies,
) -> Result<Vec<Fold>, SplitError> {
    let order = in_order(times, rows.to_vec());
    (1..=count).map(|at| fold(times, &order, (at, count + 1), embargo_us, copies)).collect()
}

fn fold(
    times: &[i64],
    order: &[usize],
    (at, spans): (usize, usize),
    embargo_us: i64,
    copies: &Copies,
) -> Result<Fold, SplitError> {
    let empty =
        |part| SplitError::Empty { part, rows: order.len(), why: "a fold by time, less the embargo and copies" };
    if order.is_empty() {
        return Err(empty("training"));
    }
    let start = cut(times, order, at as f64 / spans as f64);
    let end = if at + 1 == spans { i64::MAX } else { cut(times, order, (at + 1) as f64 / spans as f64) };
    let of = |is_in: &dyn Fn(i64) -> bool| order.iter().copied().filter(|&row| is_in(times[row])).collect::<Vec<_>>();
    let validation = of(&|time| time >= start && time < end);
    let mut train = of(&|time| time < start.saturating_sub(embargo_us));
    drop_copies(&mut train, &validation, copies);
    match (train.is_empty(), validation.is_empty()) {
        (true, _) => Err(empty("training")),
        (_, true) => Err(empty("validation")),
        _ => Ok(Fold { train, validation }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_fold_trains_on_the_past_of_what_it_is_judged_on() {
        let times: Vec<i64> = (0..100).map(|row| (row * 37) % 100).collect();
        let rows: Vec<usize> = (0..100).filter(|&row| times[row] < 80).collect();
        let folds = folds_by_time(&times, &rows, 3, 5, &Copies::none()).unwrap();
        let ends = |rows: &[usize]| {
            let times = rows.iter().map(|&row| times[row]);
            (times.clone().min().unwrap(), times.max().unwrap())
        };
        let spans: Vec<_> = folds.iter().map(|fold| (ends(&fold.train), ends(&fold.validation))).collect();
        assert_eq!(spans, [((0, 14), (20, 39)), ((0, 34), (40, 59)), ((0, 54), (60, 79))]);
    }

    #[test]
    fn folds_without_rows_are_told() {
        assert!(folds_by_time(&[1; 9], &[0, 1, 2], 2, 0, &Copies::none()).is_err());
        assert!(folds_by_time(&[1; 9], &[], 2, 0, &Copies::none()).is_err());
    }
}
