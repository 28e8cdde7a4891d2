//! How often a link is sampled, as far as it is known by then: a link whose pace changes must not tell so beforehand.

use std::collections::VecDeque;

/// So many gaps say how often: enough that missing samples do not, few enough that a new pace is soon the pace.
const GAPS: usize = 100;

/// The median of the last gaps between neighbours.
#[derive(Debug, Default)]
pub(super) struct Pace {
    last_us: Option<i64>,
    gaps_us: VecDeque<i64>,
    /// The same in ascending order.
    sorted_us: Vec<i64>,
}

impl Pace {
    /// The median gap once the next neighbour, at `at_us`, is there too; none of the first.
    pub(super) fn after(&mut self, at_us: i64) -> Option<i64> {
        if let Some(last_us) = self.last_us.replace(at_us) {
            self.take(at_us - last_us);
        }
        self.sorted_us.get(self.sorted_us.len() / 2).copied()
    }

    fn take(&mut self, gap_us: i64) {
        if self.gaps_us.len() == GAPS
            && let Some(oldest_us) = self.gaps_us.pop_front()
        {
            self.sorted_us.remove(self.sorted_us.partition_point(|&other_us| other_us < oldest_us));
        }
        self.gaps_us.push_back(gap_us);
        self.sorted_us.insert(self.sorted_us.partition_point(|&other_us| other_us < gap_us), gap_us);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_pace_is_the_pace_when_half_of_the_last_gaps_have_it() {
        let mut pace = Pace::default();
        assert_eq!(pace.after(0), None);
        let mut at_us = 0;
        let mut after = |gap_us: i64, times: usize| {
            (0..times).map(|_| (at_us += gap_us, pace.after(at_us)).1).last().flatten().unwrap()
        };
        assert_eq!((after(60, 150), after(240, 50), after(240, 1)), (60, 240, 240));
        assert_eq!((after(60, 49), after(60, 1), after(60, 1)), (240, 240, 60));
    }
}
