//! Which rows train, which choose, which judge. By time unless told otherwise; copies never on both sides.

mod copies;
mod each;
mod folds;
mod groups;
mod random;
mod time;

use std::collections::BTreeSet;

pub use copies::Copies;
pub use each::leave_each_out;
pub use folds::{Fold, folds_by_time};
pub use groups::leave_out;
pub use random::at_random;
pub(crate) use random::shuffle;
pub use time::by_time;

/// The shares of rows that train and that choose; the rest judges.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Shares {
    /// Of rows that train.
    pub train: f64,
    /// Of rows that choose parameters, the threshold, when to stop.
    pub validation: f64,
}

impl Default for Shares {
    fn default() -> Shares {
        Shares { train: 0.6, validation: 0.2 }
    }
}

/// How rows were split.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SplitKind {
    /// What trains lies before what chooses, that before what judges.
    Time {
        /// Rows this near before a cut are in no part: window and horizon, in microseconds.
        embargo_us: i64,
    },
    /// A group judges that has not trained.
    LeaveOut {
        /// Its number.
        group: u32,
    },
    /// By luck, on request: neighbours in time lie on both sides, so figures are too good where time matters.
    Random {
        /// Of the luck.
        seed: u64,
    },
}

/// Rows by what they are for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Split {
    /// How they were split.
    pub kind: SplitKind,
    /// Rows that train.
    pub train: Vec<usize>,
    /// Rows that choose.
    pub validation: Vec<usize>,
    /// Rows that judge.
    pub test: Vec<usize>,
    /// How many rows are in no part, since they lie within the embargo.
    pub embargoed: usize,
    /// How many rows are in no part, since a later part holds a copy.
    pub copies_dropped: usize,
}

/// Why rows cannot be split so.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SplitError {
    /// A part has no rows.
    #[error(
        "the {part} part has no rows of {rows} ({why}); expected at least one. Bring more rows, or split otherwise"
    )]
    Empty {
        /// Which.
        part: &'static str,
        /// All rows.
        rows: usize,
        /// What took them.
        why: &'static str,
    },
    /// There is nothing to leave out.
    #[error("there are {groups} groups, expected at least 2 to leave one out; split by time instead")]
    TooFewGroups {
        /// How many there are.
        groups: usize,
    },
    /// Shares make no three parts.
    #[error("shares must be above 0, and those of training and validation together below 1")]
    Shares,
}

impl SplitKind {
    /// As reports have it.
    pub fn name(self) -> &'static str {
        match self {
            SplitKind::Time { .. } => "time",
            SplitKind::LeaveOut { .. } => "leave_out",
            SplitKind::Random { .. } => "random",
        }
    }
}

impl Shares {
    fn check(self) -> Result<(), SplitError> {
        let is_right = self.train > 0.0 && self.validation > 0.0 && self.train + self.validation < 1.0;
        if is_right { Ok(()) } else { Err(SplitError::Shares) }
    }
}

impl Split {
    fn new(kind: SplitKind, [train, validation, test]: [Vec<usize>; 3], embargoed: usize) -> Split {
        Split { kind, train, validation, test, embargoed, copies_dropped: 0 }
    }

    /// Without the rows of earlier parts that later parts hold copies of; an error if a part is left without rows.
    fn without_copies(mut self, copies: &Copies, why: &'static str) -> Result<Split, SplitError> {
        let rows = self.rows() + self.embargoed;
        let before = self.rows();
        drop_copies(&mut self.validation, &self.test, copies);
        drop_copies(&mut self.train, &self.test, copies);
        drop_copies(&mut self.train, &self.validation, copies);
        self.copies_dropped = before - self.rows();
        let parts = [("training", &self.train), ("validation", &self.validation), ("test", &self.test)];
        match parts.iter().find(|(_, part)| part.is_empty()) {
            Some((part, _)) => Err(SplitError::Empty { part, rows, why }),
            None => Ok(self),
        }
    }

    fn rows(&self) -> usize {
        self.train.len() + self.validation.len() + self.test.len()
    }
}

/// Takes out of `part` what `later` holds copies of.
fn drop_copies(part: &mut Vec<usize>, later: &[usize], copies: &Copies) {
    let Some(keys) = copies.keys() else { return };
    let taken: BTreeSet<u64> = later.iter().map(|&row| keys[row]).collect();
    part.retain(|&row| !taken.contains(&keys[row]));
}
