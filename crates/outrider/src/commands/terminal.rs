//! What is written where, and whether in colour.

use std::env;
use std::fmt::Display;
use std::io::{self, IsTerminal, Write};
use std::process::ExitCode;

/// Whether standard error takes colour: a terminal, and nobody said no (<https://no-color.org>).
pub(super) fn colour() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !refused && !dumb
}

/// Writes to standard output.
pub(super) fn say(text: &str) -> io::Result<()> {
    let mut out = io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Writes a sentence to standard error; if even that fails there is nobody to tell.
pub(super) fn complain(sentence: &str) {
    let _ = writeln!(io::stderr(), "{}", sentence.trim_end());
}

/// How a command ends: well, or with one sentence that says why not.
pub(super) fn finish<E: Display>(result: Result<(), E>) -> ExitCode {
    match result {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            complain(&error.to_string());
            ExitCode::FAILURE
        }
    }
}
