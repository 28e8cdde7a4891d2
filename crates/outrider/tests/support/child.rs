//! A process that does not outlive the test which started it.

use std::process::{self, Command, ExitStatus};
use std::thread;
use std::time::{Duration, Instant};

/// A running process, killed on drop.
pub(crate) struct Child {
    process: process::Child,
}

impl Child {
    /// Starts `command`. A program that is missing fails the test with the sentence that mends it.
    pub(crate) fn start(command: &mut Command) -> Child {
        let process = command.spawn().unwrap_or_else(|error| {
            let program = command.get_program().to_string_lossy().into_owned();
            panic!("cannot run {program}: {error}; ci/test-tools.sh installs what the tests need")
        });
        Child { process }
    }

    /// The process itself, for its pipes.
    pub(crate) fn process(&mut self) -> &mut process::Child {
        &mut self.process
    }

    /// Its number.
    pub(crate) fn pid(&self) -> u32 {
        self.process.id()
    }

    /// Waits until it has ended by itself, at most `limit`.
    pub(crate) fn wait(&mut self, limit: Duration) -> Option<ExitStatus> {
        let deadline = Instant::now() + limit;
        loop {
            if let Some(status) = self.process.try_wait().expect("our own child can be waited for") {
                return Some(status);
            }
            if Instant::now() >= deadline {
                return None;
            }
            thread::sleep(Duration::from_millis(5));
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}
