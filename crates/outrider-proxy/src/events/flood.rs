//! Bounds the lines of one kind: so many in a second, the rest counted.

use std::time::{Duration, Instant};

const WINDOW: Duration = Duration::from_secs(1);

/// The current second of one kind of event.
#[derive(Debug, Default)]
pub(super) struct Flood {
    began: Option<Instant>,
    written: u32,
    left_out: u64,
}

/// What to do with an event.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Admission {
    /// Whether its line is written.
    pub(super) write: bool,
    /// Lines left out in a window that has just ended; not yet told.
    pub(super) left_out_before: u64,
}

impl Flood {
    /// Decides about an event at `now`: at most `max` lines in a window.
    pub(super) fn admit(&mut self, now: Instant, max: u32) -> Admission {
        let left_out_before = self.settle(now);
        let write = self.written < max;
        if write {
            self.began.get_or_insert(now);
            self.written += 1;
        } else {
            self.left_out += 1;
        }
        Admission { write, left_out_before }
    }

    /// Ends the window if it is over, and says how many lines were left out in it.
    pub(super) fn settle(&mut self, now: Instant) -> u64 {
        let over = self.began.is_some_and(|began| now.saturating_duration_since(began) >= WINDOW);
        if !over {
            return 0;
        }
        std::mem::take(self).left_out
    }
}
