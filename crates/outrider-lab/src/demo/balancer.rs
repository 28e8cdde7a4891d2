//! The balancer under test: a child process with a configuration of its own.
//!
//! It is the shipped binary, not the library in this process: what is measured is what a user runs, and its CPU is its
//! own. On start it says on standard error where it listens, `outrider: listening on ADDRESS`, `outrider: admin on
//! ADDRESS`, and then `outrider: ready`.

use std::collections::VecDeque;
use std::ffi::OsString;
use std::fs;
use std::io::{self, BufRead, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, ExitStatus, Stdio};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError, mpsc};
use std::time::Duration;

use thiserror::Error;

/// How to start a balancer; the path of its configuration comes last.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BalancerCommand {
    /// The program.
    pub program: PathBuf,
    /// What stands before the configuration's path.
    pub arguments: Vec<OsString>,
}

/// A balancer that runs. Dropping it kills the process and removes its configuration.
#[derive(Debug)]
pub struct Balancer {
    child: Child,
    listening: Listening,
    said: Arc<Mutex<VecDeque<String>>>,
    _scratch: Scratch,
}

/// Where a balancer listens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Listening {
    /// For clients.
    pub clients: SocketAddr,
    /// For the admin API, if it said so.
    pub admin: Option<SocketAddr>,
}

/// Why a balancer could not be had.
#[derive(Debug, Error)]
pub enum BalancerError {
    /// Its configuration could not be written.
    #[error("cannot write the balancer's configuration: {0}")]
    Config(io::Error),
    /// The program could not be started.
    #[error("cannot start {program}: {source}")]
    Start {
        /// The program.
        program: PathBuf,
        /// Why not.
        source: io::Error,
    },
    /// It ended.
    #[error("the balancer ended ({status}); it said:\n{said}")]
    Ended {
        /// How.
        status: ExitStatus,
        /// Its last words.
        said: String,
    },
    /// It did not say that it is ready.
    #[error("the balancer was not ready after {PATIENCE:?}; it said:\n{said}")]
    NotReady {
        /// Its last words.
        said: String,
    },
}

/// A balancer that needs longer to start is broken.
const PATIENCE: Duration = Duration::from_secs(10);
/// Last words kept.
const LINES_MAX: usize = 20;

impl Balancer {
    /// Starts a balancer on `config`; on return it is ready.
    ///
    /// # Errors
    /// When it cannot start, ends at once, or is not ready after ten seconds.
    pub fn start(command: &BalancerCommand, config: &str) -> Result<Balancer, BalancerError> {
        let scratch = Scratch::with_file(config).map_err(BalancerError::Config)?;
        let mut child = spawn(command, &scratch.file)?;
        let said = Arc::default();
        let ready = match child.stderr.take() {
            Some(stderr) => listen(stderr, Arc::clone(&said)),
            None => mpsc::channel().1,
        };
        // From here on dropping kills the child.
        let mut balancer = Balancer { child, listening: NOWHERE, said, _scratch: scratch };
        balancer.listening = match ready.recv_timeout(PATIENCE) {
            Ok(listening) => listening,
            Err(mpsc::RecvTimeoutError::Timeout) => return Err(balancer.not_ready()),
            Err(mpsc::RecvTimeoutError::Disconnected) => return Err(balancer.silent()),
        };
        Ok(balancer)
    }

    /// Where it listens.
    pub fn listening(&self) -> Listening {
        self.listening
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When it has ended, with its last words.
    pub fn check(&mut self) -> Result<(), BalancerError> {
        match self.child.try_wait() {
            Ok(Some(status)) => Err(self.ended(status)),
            _ => Ok(()),
        }
    }

    /// It closed its standard error before it was ready: most likely it has ended.
    fn silent(&mut self) -> BalancerError {
        // Were it alive, it would go on for ever.
        let _ = self.child.kill();
        match self.child.wait() {
            Ok(status) => self.ended(status),
            Err(_) => self.not_ready(),
        }
    }

    fn not_ready(&self) -> BalancerError {
        let said = self.last_words();
        BalancerError::NotReady { said }
    }

    fn ended(&self, status: ExitStatus) -> BalancerError {
        let said = self.last_words();
        BalancerError::Ended { status, said }
    }

    fn last_words(&self) -> String {
        let said = self.said.lock().unwrap_or_else(PoisonError::into_inner);
        said.iter().map(|line| format!("  {line}\n")).collect()
    }
}

impl Drop for Balancer {
    fn drop(&mut self) {
        // Killed, not asked: the demo is over and nothing of it may stay behind.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn spawn(command: &BalancerCommand, config: &Path) -> Result<Child, BalancerError> {
    Command::new(&command.program)
        .args(&command.arguments)
        .arg(config)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::piped())
        .spawn()
        .map_err(|source| BalancerError::Start { program: command.program.clone(), source })
}

/// Port 0 of nowhere, until the child has spoken.
const NOWHERE: Listening =
    Listening { clients: SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 0), admin: None };

/// Reads what the child says, to its end, so that it never blocks on a full pipe. Sends where it listens once it is ready.
fn listen(stderr: ChildStderr, said: Arc<Mutex<VecDeque<String>>>) -> mpsc::Receiver<Listening> {
    let (ready, is_ready) = mpsc::channel();
    std::thread::spawn(move || {
        let mut ready = Some(ready);
        let mut heard = Heard::default();
        for line in BufReader::new(stderr).lines().map_while(Result::ok) {
            if let Some(listening) = heard.line(&line)
                && let Some(ready) = ready.take()
            {
                // Whoever waited may have given up.
                let _ = ready.send(listening);
            }
            remember(&said, line);
        }
    });
    is_ready
}

fn remember(said: &Mutex<VecDeque<String>>, line: String) {
    let mut said = said.lock().unwrap_or_else(PoisonError::into_inner);
    if said.len() == LINES_MAX {
        said.pop_front();
    }
    said.push_back(line);
}

/// What the child has said of itself so far.
#[derive(Default)]
struct Heard {
    clients: Option<SocketAddr>,
    admin: Option<SocketAddr>,
}

impl Heard {
    /// Takes in one line; where it listens, if this line says that it is ready.
    fn line(&mut self, line: &str) -> Option<Listening> {
        let said = line.strip_prefix("outrider: ")?;
        if let Some(address) = said.strip_prefix("listening on ") {
            self.clients = self.clients.or(address.trim().parse().ok());
        } else if let Some(address) = said.strip_prefix("admin on ") {
            self.admin = address.trim().parse().ok();
        } else if said.trim() == "ready" {
            let (clients, admin) = (self.clients?, self.admin);
            return Some(Listening { clients, admin });
        }
        None
    }
}

/// A folder of this run's own with one file in it, removed when dropped.
#[derive(Debug)]
struct Scratch {
    folder: PathBuf,
    file: PathBuf,
}

impl Scratch {
    fn with_file(text: &str) -> io::Result<Scratch> {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let name = format!("outrider-demo-{}-{number}", std::process::id());
        let folder = std::env::temp_dir().join(name);
        // Fails if it is there already: nobody else's folder is written to.
        fs::create_dir(&folder)?;
        let file = folder.join("outrider.yaml");
        let scratch = Scratch { folder, file };
        fs::write(&scratch.file, text)?;
        Ok(scratch)
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        // What cannot be removed lies in the system's folder for temporary files.
        let _ = fs::remove_dir_all(&self.folder);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hear(lines: &[&str]) -> Option<Listening> {
        let mut heard = Heard::default();
        lines.iter().find_map(|line| heard.line(line))
    }

    #[test]
    fn a_ready_balancer_has_said_where_it_listens() {
        let listening = hear(&[
            "outrider: listening on 127.0.0.1:4001",
            "outrider: listening on 127.0.0.1:4002",
            "something else",
            "outrider: admin on 127.0.0.1:4003",
            "outrider: ready",
        ]);
        let clients = "127.0.0.1:4001".parse().unwrap();
        let admin = Some("127.0.0.1:4003".parse().unwrap());
        assert_eq!(listening, Some(Listening { clients, admin }));
        assert_eq!(hear(&["outrider: ready"]), None);
        assert_eq!(hear(&["outrider: listening on 127.0.0.1:4001"]), None);
    }

    #[test]
    fn a_scratch_folder_goes_with_its_owner() {
        let scratch = Scratch::with_file("a: b\n").unwrap();
        let file = scratch.file.clone();
        assert_eq!(fs::read_to_string(&file).unwrap(), "a: b\n");
        drop(scratch);
        assert!(!file.exists());
    }

    #[test]
    fn a_program_that_is_not_there_or_says_nothing_is_an_error() {
        let command = |program: &str| BalancerCommand { program: PathBuf::from(program), arguments: Vec::new() };
        let missing = Balancer::start(&command("/nowhere/outrider"), "");
        assert!(matches!(missing, Err(BalancerError::Start { .. })));
        let silent = Balancer::start(&command("true"), "");
        assert!(matches!(silent, Err(BalancerError::Ended { .. })));
    }
}
