//! What is written where, and whether in colour.

use std::env;
use std::fmt::Display;
use std::io::{self, ErrorKind, IsTerminal, Write};
use std::process::ExitCode;

/// Whether standard error takes colour: a terminal, and nobody said no (<https://no-color.org>).
pub(super) fn colour() -> bool {
    let refused = env::var_os("NO_COLOR").is_some_and(|value| !value.is_empty());
    let dumb = env::var_os("TERM").is_some_and(|term| term == "dumb");
    io::stderr().is_terminal() && !refused && !dumb
}

/// Writes to standard output.
pub(super) fn say(text: &str) -> io::Result<()> {
    say_lines(std::iter::once(text))
}

/// Writes texts to standard output, one after the other. Who reads no more has had enough, as `head` has: that is no error.
pub(super) fn say_lines(texts: impl Iterator<Item = impl Display>) -> io::Result<()> {
    let mut out = io::BufWriter::new(io::stdout().lock());
    let written = texts.into_iter().try_for_each(|text| write!(out, "{text}")).and_then(|()| out.flush());
    match written {
        Err(error) if error.kind() == ErrorKind::BrokenPipe => {
            // What is left in the buffer is for nobody.
            drop(out.into_parts());
            Ok(())
        }
        other => other,
    }
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
