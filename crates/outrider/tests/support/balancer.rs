//! The shipped binary as a child process: `outrider serve -c FILE`.

use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Command, Stdio};
use std::sync::mpsc::{self, Receiver, Sender};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::Child;
use crate::folder::Folder;

/// A debug build on a busy machine starts well within this.
const START_LIMIT: Duration = Duration::from_secs(20);

/// A balancer that answers.
pub(crate) struct Balancer {
    /// The process.
    pub(crate) child: Child,
    /// Its first listener.
    pub(crate) address: SocketAddr,
    /// Its admin listener.
    pub(crate) admin: SocketAddr,
    log: Arc<Mutex<Vec<String>>>,
}

impl Balancer {
    /// Starts one with this configuration, in a folder that must live as long, and waits until it says that it is
    /// ready.
    pub(crate) fn start(folder: &Folder, config: &str) -> Balancer {
        let file = folder.write("outrider.yaml", config);
        Balancer::run(serve(&file).current_dir(folder.path()))
    }

    /// Waits until what `command` starts is ready; its stderr is piped.
    pub(crate) fn run(command: &mut Command) -> Balancer {
        let mut child = Child::start(command);
        let log = Arc::new(Mutex::new(Vec::new()));
        let (said, heard) = mpsc::channel();
        let stderr = child.process().stderr.take().expect("stderr is piped");
        let kept = Arc::clone(&log);
        thread::spawn(move || listen(BufReader::new(stderr), &kept, &said));
        let (address, admin) = addresses(&heard).unwrap_or_else(|| panic!("outrider did not start:\n{}", told(&log)));
        Balancer { child, address, admin, log }
    }

    /// All it has written so far.
    pub(crate) fn log(&self) -> String {
        told(&self.log)
    }
}

/// A failed test shows what the balancer had to say.
impl Drop for Balancer {
    fn drop(&mut self) {
        if thread::panicking() {
            eprintln!("the balancer wrote:\n{}", self.log());
        }
    }
}

fn serve(config: &Path) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_outrider"));
    command.arg("serve").arg("-c").arg(config).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
    command
}

fn told(log: &Mutex<Vec<String>>) -> String {
    log.lock().expect("no holder panics").join("\n")
}

/// Keeps every line, and passes on those of the start.
fn listen(stderr: impl BufRead, log: &Mutex<Vec<String>>, said: &Sender<String>) {
    for line in stderr.lines().map_while(Result::ok) {
        let _ = said.send(line.clone());
        log.lock().expect("no holder panics").push(line);
    }
}

/// Listener and admin address, once `ready` has been said.
fn addresses(heard: &Receiver<String>) -> Option<(SocketAddr, SocketAddr)> {
    let deadline = Instant::now() + START_LIMIT;
    let (mut listener, mut admin) = (None, None);
    loop {
        let line = heard.recv_timeout(deadline.saturating_duration_since(Instant::now())).ok()?;
        if let Some(address) = line.strip_prefix("outrider: listening on ") {
            listener = listener.or(address.parse().ok());
        } else if let Some(address) = line.strip_prefix("outrider: admin on ") {
            admin = address.parse().ok();
        } else if line == "outrider: ready" {
            return listener.zip(admin);
        }
    }
}
