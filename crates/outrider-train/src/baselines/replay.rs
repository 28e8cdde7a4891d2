//! Rows in the order of time, each label only once it is known.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

/// What happens next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Event {
    /// The label of this row becomes known.
    Known(usize),
    /// This row is to be predicted.
    Asked(usize),
}

/// Rows are asked at `times`; a label known at the very moment of a question comes too late for it.
pub(super) fn replay(times: &[i64], known_at: &[i64], mut on: impl FnMut(Event)) {
    assert_eq!(times.len(), known_at.len(), "a time of knowing for each row");
    let mut order: Vec<usize> = (0..times.len()).collect();
    order.sort_by_key(|&row| (times[row], row));
    let mut waiting = BinaryHeap::new();
    for row in order {
        while let Some(&Reverse((at, known))) = waiting.peek()
            && at < times[row]
        {
            waiting.pop();
            on(Event::Known(known));
        }
        on(Event::Asked(row));
        waiting.push(Reverse((known_at[row].max(times[row]), row)));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn labels_come_when_they_are_known_and_never_before_their_row() {
        let mut events = Vec::new();
        replay(&[5, 1, 3, 9], &[5, 4, 3, 0], |event| events.push(event));
        use Event::{Asked, Known};
        assert_eq!(events, [Asked(1), Asked(2), Known(2), Known(1), Asked(0), Known(0), Asked(3)]);
    }
}
