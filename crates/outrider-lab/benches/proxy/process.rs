//! Child processes that are pinned to cores, measured through `/proc` and gone when dropped.

use std::error::Error;
use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio, id};
use std::thread;
use std::time::{Duration, Instant};

/// Why the bench cannot go on: one sentence.
pub(crate) type Failure = Box<dyn Error>;

/// A running process, killed on drop.
pub(crate) struct Process {
    child: Child,
}

impl Process {
    /// Starts a program on these cores, as `taskset -c` names them.
    pub(crate) fn start(cores: &str, program: &Path, arguments: &[&str], stderr: Stdio) -> Result<Process, Failure> {
        let mut command = Command::new("taskset");
        command.args(["-c", cores]).arg(program).args(arguments).stdin(Stdio::null()).stdout(Stdio::null());
        let child = command.stderr(stderr).spawn();
        child.map(|child| Process { child }).map_err(|error| {
            format!("cannot run {}: {error}; ci/test-tools.sh installs what is needed", program.display()).into()
        })
    }

    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// User and system time so far, in seconds.
    pub(crate) fn cpu_seconds(&self) -> Result<f64, Failure> {
        let stat = fs::read_to_string(format!("/proc/{}/stat", self.pid()))?;
        // proc(5): the name, in brackets, may hold blanks; utime and stime are the 12th and 13th field after it.
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let ticks = fields.skip(11).take(2).map(str::parse::<f64>).sum::<Result<f64, _>>()?;
        Ok(ticks / TICKS_PER_S)
    }

    /// Resident memory in MiB.
    pub(crate) fn rss_mib(&self) -> Result<f64, Failure> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.pid()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmRSS:")?.split_whitespace().next());
        Ok(kib.ok_or("no VmRSS in /proc")?.parse::<f64>()? / 1024.0)
    }

    /// Waits until it listens.
    pub(crate) fn listens(&mut self, address: SocketAddr) -> Result<(), Failure> {
        let deadline = Instant::now() + Duration::from_secs(10);
        while TcpStream::connect(address).is_err() {
            if self.child.try_wait()?.is_some() || Instant::now() > deadline {
                return Err(format!("nobody listens on {address}").into());
            }
            thread::sleep(Duration::from_millis(10));
        }
        Ok(())
    }
}

/// What Linux calls `USER_HZ`, the unit of `/proc/PID/stat` on every architecture that Debian supports.
const TICKS_PER_S: f64 = 100.0;

impl Drop for Process {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Where the proxy runs, and where hosts and load do.
#[derive(Clone, Copy)]
pub(crate) struct Cores {
    /// One core.
    pub(crate) proxy: &'static str,
    /// Two cores.
    pub(crate) proxy_of_two: &'static str,
    /// Hosts and load.
    pub(crate) rest: &'static str,
    /// Whether two workers have cores of their own.
    pub(crate) apart: bool,
}

/// How this machine is shared out.
pub(crate) fn cores() -> Cores {
    match thread::available_parallelism().map_or(1, usize::from) {
        1 => Cores { proxy: "0", proxy_of_two: "0", rest: "0", apart: false },
        2 | 3 => Cores { proxy: "0", proxy_of_two: "0,1", rest: "1", apart: false },
        _ => Cores { proxy: "0", proxy_of_two: "0,1", rest: "2,3", apart: true },
    }
}

/// An address that was free a moment ago.
pub(crate) fn free_address() -> Result<SocketAddr, Failure> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?)
}

/// Lets this process and its children open so many files.
pub(crate) fn allow_open_files(count: usize) -> Result<(), Failure> {
    let limits = fs::read_to_string("/proc/self/limits")?;
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files"));
    let soft = line.and_then(|line| line.split_whitespace().next()?.parse::<usize>().ok());
    if soft.is_some_and(|soft| soft >= count) {
        return Ok(());
    }
    let status =
        Command::new("prlimit").args(["--pid", &id().to_string(), &format!("--nofile={count}:{count}")]).status()?;
    if status.success() { Ok(()) } else { Err(format!("cannot open {count} files: raise ulimit -n").into()) }
}

/// A folder of the bench's own, gone with it.
pub(crate) struct Folder(PathBuf);

impl Folder {
    pub(crate) fn new(name: &str) -> Result<Folder, Failure> {
        let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("{name}-{}", id()));
        fs::create_dir_all(&path)?;
        Ok(Folder(path))
    }

    pub(crate) fn path(&self) -> String {
        self.0.to_string_lossy().into_owned()
    }

    pub(crate) fn write(&self, name: &str, text: &str) -> Result<String, Failure> {
        let path = self.0.join(name);
        fs::write(&path, text)?;
        Ok(path.to_string_lossy().into_owned())
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}
