//! Programs that the tests talk through. One that is missing fails the test and names the script that installs it.

use std::path::PathBuf;
use std::process::{Command, Output, Stdio};

/// Runs a program to its end and gives what it printed. It must succeed.
pub(crate) fn printed(command: &mut Command) -> String {
    let Output { status, stdout, stderr } = finished(command);
    let (out, err) = (String::from_utf8_lossy(&stdout), String::from_utf8_lossy(&stderr));
    assert!(status.success(), "{command:?}: {status}\n{out}\n{err}");
    out.into_owned()
}

fn finished(command: &mut Command) -> Output {
    command.stdin(Stdio::null()).output().unwrap_or_else(|error| {
        panic!("cannot run {:?}: {error}; ci/test-tools.sh installs what the tests need", command.get_program())
    })
}

/// `curl`, silent but for errors and what is asked for.
pub(crate) fn curl() -> Command {
    let mut command = Command::new("curl");
    command.args(["--silent", "--show-error", "--http1.1", "--max-time", "900"]);
    command
}

/// A program of the Python environment that ci/test-tools.sh makes.
pub(crate) fn python(program: &str) -> Command {
    let target = PathBuf::from(env!("CARGO_TARGET_TMPDIR"));
    Command::new(target.with_file_name("test-venv").join("bin").join(program))
}
