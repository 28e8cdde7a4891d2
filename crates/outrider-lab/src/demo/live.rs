//! The line that a person sees while hosts are held up: what users met in the last second, and who served them.

use std::fmt::Write as _;
use std::io::{self, IsTerminal, Write};
use std::sync::{Mutex, PoisonError};
use std::thread;
use std::time::{Duration, Instant};

use crate::Stop;
use crate::backends::Backends;
use crate::load::{Record, Summary};

const EVERY: Duration = Duration::from_secs(1);
/// Where lines stay, fewer will do.
const EVERY_ELSEWHERE: Duration = Duration::from_secs(5);
const NAP: Duration = Duration::from_millis(50);

/// What has ended since the last look.
pub(super) struct Live {
    names: Vec<String>,
    since: Summary,
}

impl Live {
    pub(super) fn new(names: Vec<String>) -> Live {
        Live { names, since: Summary::default() }
    }

    pub(super) fn add(&mut self, record: &Record) {
        self.since.add(record);
    }

    /// The line for what ended within `passed`; begins anew.
    fn line(&mut self, passed: Duration, in_service: &[u64]) -> String {
        let since = std::mem::take(&mut self.since);
        let mut line = format!(
            "{:>5.0}/s  p50 {:>6.0} ms  p99 {:>6.0} ms  errors {:>5.1} %  |",
            since.requests as f64 / passed.as_secs_f64(),
            since.quantile_ms(0.5),
            since.quantile_ms(0.99),
            since.error_rate() * 100.0
        );
        for (name, in_service) in self.names.iter().zip(in_service) {
            // Writing to a String cannot fail.
            let _ = write!(line, "  {name} {:.0} % ({in_service})", since.share(name) * 100.0);
        }
        line
    }
}

/// Shows `live` until `stop` is raised: over and over on one line of a terminal, else line by line.
pub(super) fn show(live: &Mutex<Live>, backends: &Backends, stop: &Stop) {
    let mut out = io::stderr();
    let terminal = out.is_terminal() && std::env::var_os("TERM").is_none_or(|term| term != "dumb");
    let every = if terminal { EVERY } else { EVERY_ELSEWHERE };
    let _ = writeln!(out, "Each second's answers: share by host, and (requests in service there)");
    let mut last = Instant::now();
    while !stop.is_stopped() {
        thread::sleep(NAP);
        let passed = last.elapsed();
        if passed < every {
            continue;
        }
        last = Instant::now();
        let in_service: Vec<u64> = (0..backends.addresses().len()).map(|h| backends.counts(h).in_service).collect();
        let line = live.lock().unwrap_or_else(PoisonError::into_inner).line(passed, &in_service);
        // A line that is too long is cut, not folded: it is written over.
        let _ = if terminal { write!(out, "\r\x1b[2K\x1b[?7l{line}\x1b[?7h") } else { writeln!(out, "{line}") };
        let _ = out.flush();
    }
    let _ = writeln!(out);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::load::Outcome;
    use outrider_core::Time;

    #[test]
    fn a_line_says_what_users_met_and_who_served_them() {
        let mut live = Live::new(vec!["h0".to_owned(), "h1".to_owned()]);
        let record = |host: &str, outcome| Record {
            number: 0,
            class: 0,
            scheduled: Time::ZERO,
            taken: Time::ZERO,
            sent: None,
            done: Time::from_millis(40),
            tries: 1,
            due: Time::ZERO,
            size: 1.0,
            before: Vec::new(),
            outcome,
            host: Some(host.into()),
        };
        for host in ["h0", "h0", "h1"] {
            live.add(&record(host, Outcome::Answered(200)));
        }
        live.add(&record("h0", Outcome::Answered(500)));
        let line = live.line(Duration::from_secs(2), &[3, 0]);
        assert_eq!(line, "    2/s  p50     40 ms  p99     40 ms  errors  25.0 %  |  h0 75 % (3)  h1 25 % (0)");
        assert!(live.line(Duration::from_secs(1), &[0, 0]).starts_with("    0/s"), "it begins anew");
    }
}
