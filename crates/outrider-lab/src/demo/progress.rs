//! What a person sees while the demo runs: one line that is written over on a terminal, a line per round elsewhere.

use std::io::{self, IsTerminal, Write};
use std::time::{Duration, Instant};

use crate::load::Summary;

/// Writes progress to standard error. What cannot be written is left out: figures do not depend on it.
#[derive(Debug)]
pub struct Progress {
    live: bool,
    silent: bool,
    last: Option<Instant>,
}

impl Drop for Progress {
    /// Leaves a clean line behind, whatever ended the demo.
    fn drop(&mut self) {
        if self.last.is_some() {
            let _ = write!(io::stderr(), "{CLEAR}");
        }
    }
}

/// Where a round stands.
pub(super) struct Step<'a> {
    pub(super) number: usize,
    pub(super) of: usize,
    pub(super) strategy: &'a str,
    pub(super) expected: u64,
}

const REFRESH: Duration = Duration::from_millis(200);

impl Progress {
    /// For standard error as it is: live on a terminal that can.
    pub fn on_stderr() -> Progress {
        let dumb = std::env::var_os("TERM").is_some_and(|term| term == "dumb");
        Progress { live: io::stderr().is_terminal() && !dumb, silent: false, last: None }
    }

    /// Says nothing.
    pub fn silent() -> Progress {
        Progress { live: false, silent: true, last: None }
    }

    /// A line that stays.
    pub(super) fn say(&self, text: &str) {
        if self.silent {
            return;
        }
        let clear = if self.live { CLEAR } else { "" };
        let _ = writeln!(io::stderr(), "{clear}{text}");
    }

    /// Some requests more have ended.
    pub(super) fn update(&mut self, step: &Step<'_>, summary: &Summary) {
        let fresh = self.last.is_some_and(|last| last.elapsed() < REFRESH);
        if !self.live || fresh {
            return;
        }
        self.last = Some(Instant::now());
        let Step { number, of, strategy, expected } = step;
        let (done, p99) = (summary.requests, summary.quantile_ms(0.99));
        let _ = write!(
            io::stderr(),
            "{CLEAR}[{number}/{of}] {strategy}: {done} of about {expected} requests, p99 so far {p99:.0} ms"
        );
    }

    /// The round is over.
    pub(super) fn finish(&mut self, step: &Step<'_>, summary: &Summary) {
        let Step { number, of, strategy, .. } = step;
        self.say(&format!(
            "[{number:>2}/{of}] {strategy:<14} {:>6} requests  mean {:>6.1} ms  p99 {:>7.1} ms  errors {}",
            summary.requests,
            summary.mean_ms(),
            summary.quantile_ms(0.99),
            summary.errors
        ));
    }
}

/// Back to the first column, and nothing after it.
const CLEAR: &str = "\r\x1b[2K";
