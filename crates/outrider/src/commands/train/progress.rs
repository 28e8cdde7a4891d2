//! How far a training is, on a terminal's last line.

use std::io::{self, IsTerminal, Write};

/// Tells a person who waits; nobody else.
pub(super) struct Progress {
    tells: bool,
    last: String,
}

impl Progress {
    pub(super) fn new(quiet: bool) -> Progress {
        Progress { tells: !quiet && io::stderr().is_terminal(), last: String::new() }
    }

    pub(super) fn read(&mut self, told: &outrider_store::Progress<'_>) {
        let what = if told.look == 1 { "looking at" } else { "reading" };
        self.say(format!("{what} {}: {} rows", told.file.display(), told.rows));
    }

    pub(super) fn trained(&mut self, what: &str, part: f64) {
        self.say(format!("training {what}: {:3.0} %", 100.0 * part));
    }

    pub(super) fn done(&mut self) {
        self.say(String::new());
    }

    fn say(&mut self, line: String) {
        if self.tells && line != self.last {
            // Who cannot be told misses nothing that counts.
            let _ = write!(io::stderr(), "\r\u{1b}[2K{line}");
            self.last = line;
        }
    }
}
