//! Where a run of load is, on standard error, as long as someone looks at it there.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::load::Summary;

/// One line that is written anew.
pub(super) struct Progress {
    shown: Option<Shown>,
}

struct Shown {
    start: Instant,
    next: Instant,
    of: Duration,
}

const EVERY: Duration = Duration::from_millis(250);

impl Progress {
    /// Of a run of length `of`; silent where standard error is no terminal.
    pub(super) fn new(of: Duration) -> Progress {
        let now = Instant::now();
        let shown = io::stderr().is_terminal().then_some(Shown { start: now, next: now, of });
        Progress { shown }
    }

    pub(super) fn update(&mut self, summary: &Summary) {
        let Some(shown) = &mut self.shown else {
            return;
        };
        let now = Instant::now();
        if now >= shown.next {
            shown.next = now + EVERY;
            let (passed_s, of_s) = ((now - shown.start).as_secs_f64(), shown.of.as_secs_f64());
            let (requests, errors, p99_ms) = (summary.requests, summary.errors, summary.quantile_ms(0.99));
            eprint!("\r{passed_s:6.1} of {of_s:.0} s  {requests} answered, {errors} errors, p99 {p99_ms:.1} ms \x1b[K");
            // Progress that cannot be shown is no loss.
            let _ = io::stderr().flush();
        }
    }
}

impl Drop for Progress {
    fn drop(&mut self) {
        if self.shown.is_some() {
            eprint!("\r\x1b[K");
        }
    }
}
