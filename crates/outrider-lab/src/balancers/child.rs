//! A process of a balancer, in a group of its own: Ctrl-C at the terminal reaches us alone, and what it has started in turn
//! ends with it.
//!
//! On Linux it is started through `setpriv --pdeathsig`, where that is installed: even if we are killed, it does not stay.
//! (The request hangs on the thread that starts it; whoever starts a child keeps that thread until the child is gone.)

use std::collections::VecDeque;
use std::io::{self, BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::path::{Path, PathBuf};
use std::process::{self, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use rustix::process::{Pid, Signal, kill_process_group};

use super::BalancerError;
use super::processor::group_cpu_seconds;
use super::tools::found;

/// Last words kept.
const LINES_MAX: usize = 20;
/// For a process that was asked to end, before it is made to.
const LEAVE: Duration = Duration::from_millis(500);
const LOOK: Duration = Duration::from_millis(2);

#[derive(Debug)]
pub(super) struct Child {
    process: process::Child,
    said: Arc<Mutex<VecDeque<String>>>,
    ear: JoinHandle<()>,
}

impl Child {
    /// Starts `program`; `on_line` hears every line that it writes to standard error, from another thread.
    pub(super) fn start(
        program: &Path,
        arguments: &[String],
        on_line: impl FnMut(&str) + Send + 'static,
    ) -> Result<Child, BalancerError> {
        let error = |source| BalancerError::Start { program: program.to_owned(), source };
        let program_found = found(program).ok_or_else(|| error(io::ErrorKind::NotFound.into()))?;
        let mut process = command(&program_found)
            .args(arguments)
            .process_group(0)
            .stdin(Stdio::null())
            .stdout(Stdio::null())
            .stderr(Stdio::piped())
            .spawn()
            .map_err(error)?;
        let said = Arc::default();
        let stderr = process.stderr.take().expect("standard error is piped");
        let ear = listen(stderr, Arc::clone(&said), on_line);
        Ok(Child { process, said, ear })
    }

    pub(super) fn check(&mut self) -> Result<(), BalancerError> {
        match self.process.try_wait() {
            Ok(Some(status)) => Err(self.ended(status)),
            _ => Ok(()),
        }
    }

    /// It closed its standard error and most likely has ended; if it has not, it does now.
    pub(super) fn silent(&mut self) -> BalancerError {
        let _ = self.process.kill();
        match self.process.wait() {
            Ok(status) => self.ended(status),
            Err(_) => BalancerError::NotReady { said: self.last_words() },
        }
    }

    fn ended(&mut self, status: ExitStatus) -> BalancerError {
        // What it leaves behind would keep the pipe open.
        self.signal(Signal::KILL);
        let dead = Instant::now();
        while dead.elapsed() < LEAVE && !self.ear.is_finished() {
            std::thread::sleep(LOOK);
        }
        BalancerError::Ended { status, said: self.last_words() }
    }

    pub(super) fn last_words(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().map(|line| format!("  {line}\n")).collect()
    }

    /// CPU time of the group so far, s.
    pub(super) fn cpu_seconds(&self) -> Option<f64> {
        group_cpu_seconds(self.process.id().cast_signed())
    }

    /// Stops the group for `length` and lets it go on; the answer is how long that was.
    pub(super) fn pause(&self, length: Duration) -> Duration {
        let began = Instant::now();
        self.signal(Signal::STOP);
        std::thread::sleep(length);
        self.signal(Signal::CONT);
        began.elapsed()
    }

    fn signal(&self, signal: Signal) {
        if let Some(group) = Pid::from_raw(self.process.id().cast_signed()) {
            // Gone already is what is wanted.
            let _ = kill_process_group(group, signal);
        }
    }
}

impl Drop for Child {
    fn drop(&mut self) {
        self.signal(Signal::TERM);
        let asked = Instant::now();
        while asked.elapsed() < LEAVE && matches!(self.process.try_wait(), Ok(None)) {
            std::thread::sleep(LOOK);
        }
        self.signal(Signal::KILL);
        let _ = self.process.wait();
    }
}

/// How `program` is started.
fn command(program: &Path) -> Command {
    static SETPRIV: OnceLock<Option<PathBuf>> = OnceLock::new();
    let setpriv = SETPRIV.get_or_init(|| found(Path::new("setpriv")).filter(|_| cfg!(target_os = "linux")));
    let Some(setpriv) = setpriv else {
        return Command::new(program);
    };
    let mut command = Command::new(setpriv);
    command.args(["--pdeathsig", "TERM", "--"]).arg(program);
    command
}

/// Reads what the child says, to its end, so that it never blocks on a full pipe.
fn listen(
    stderr: ChildStderr,
    said: Arc<Mutex<VecDeque<String>>>,
    mut on_line: impl FnMut(&str) + Send + 'static,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            on_line(&line);
            remember(&said, line);
        }
    })
}

fn remember(said: &Mutex<VecDeque<String>>, line: String) {
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    if said.len() == LINES_MAX {
        said.pop_front();
    }
    said.push_back(line);
}
