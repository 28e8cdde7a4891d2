//! Balancers under test: child processes in front of the lab's hosts, one file for each kind.
//!
//! Outrider is the shipped binary, not the library in this process: what is measured is what a user runs, and its CPU is
//! its own. The others are other people's programs with configurations that a friend of theirs would have written.

mod child;
mod command;
mod contender;
mod haproxy;
mod nginx;
mod outrider;
mod processor;
mod scratch;
mod tools;

use std::io::{self, Read, Write};
use std::net::{IpAddr, Ipv4Addr, SocketAddr, TcpListener, TcpStream};
use std::path::{Path, PathBuf};
use std::process::ExitStatus;
use std::time::{Duration, Instant};

use thiserror::Error;

pub use contender::{Contender, Kind, KindError};
pub use outrider::outrider_configuration;
pub use tools::{BalancerCommand, Tools};

use child::Child;
use scratch::Scratch;

/// A balancer that runs, or the host itself where there is none. Dropping it ends its processes and removes its files.
#[derive(Debug)]
pub struct Balancer {
    // Before the scratch folder: processes end before their files go.
    child: Option<Child>,
    clients: SocketAddr,
    admin: Option<SocketAddr>,
    scratch: Option<Scratch>,
}

/// One host as a balancer is told of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Upstream {
    /// Where it listens.
    pub address: SocketAddr,
    /// Its weight; `None` where nobody shall know.
    pub weight: Option<u32>,
    /// Whether it joins later: what watches a list of hosts does not have it yet.
    pub joins: bool,
}

/// What every balancer is given alike.
#[derive(Clone, Copy, Debug)]
pub struct Ground<'a> {
    /// The hosts.
    pub hosts: &'a [Upstream],
    /// Threads that forward.
    pub workers: usize,
    /// Who shows it may change what Outrider does, through its admin API.
    pub token: Option<&'a str>,
}

/// Why a balancer could not be had.
#[derive(Debug, Error)]
pub enum BalancerError {
    /// Its files could not be written.
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
    /// It did not say that it is ready, or did not forward.
    #[error("the balancer was not ready after {PATIENCE:?}; it said:\n{said}")]
    NotReady {
        /// Its last words.
        said: String,
    },
    /// A host that is not there was named.
    #[error("there is no host {0}")]
    NoHost(usize),
}

/// A balancer that needs longer to start is broken.
const PATIENCE: Duration = Duration::from_secs(10);
/// A port that was free a moment ago may be somebody else's now.
const TRIES: usize = 3;
/// Between two looks whether a balancer forwards.
const LOOK: Duration = Duration::from_millis(10);

impl Balancer {
    /// Starts `contender`; on return it forwards to the hosts of `ground`.
    ///
    /// # Errors
    /// When it cannot start, ends at once, or does not forward within ten seconds.
    pub fn start(contender: &Contender, tools: &Tools, ground: Ground<'_>) -> Result<Balancer, BalancerError> {
        let mut last = start_once(contender, tools, ground);
        for _ in 1..TRIES {
            match last {
                Err(BalancerError::Ended { .. }) if contender.kind.is_given_a_port() => {
                    last = start_once(contender, tools, ground);
                }
                _ => break,
            }
        }
        last
    }

    /// The shipped binary on a configuration of the caller's own.
    ///
    /// # Errors
    /// As [`Balancer::start`].
    pub fn start_outrider(command: &BalancerCommand, configuration: &str) -> Result<Balancer, BalancerError> {
        outrider::start(command, Scratch::new()?, configuration)
    }

    /// Where clients connect.
    pub fn clients(&self) -> SocketAddr {
        self.clients
    }

    /// Where Outrider's admin API listens.
    pub fn admin(&self) -> Option<SocketAddr> {
        self.admin
    }

    /// Tells it of the hosts that it has from now on, if it watches a list of them.
    ///
    /// # Errors
    /// When the list cannot be written.
    pub fn list_hosts(&self, hosts: &[Upstream]) -> io::Result<()> {
        match (&self.scratch, self.admin) {
            (Some(scratch), Some(_)) => outrider::list_hosts(scratch, hosts),
            _ => Ok(()),
        }
    }

    /// CPU time of its processes so far, s; `None` where there is none or it cannot be read.
    pub fn cpu_seconds(&self) -> Option<f64> {
        self.child.as_ref().and_then(Child::cpu_seconds)
    }

    /// Stops its processes (SIGSTOP) for `length`, on the calling thread; the answer is how long that was, nothing where there
    /// is no process.
    pub fn pause(&self, length: Duration) -> Duration {
        self.child.as_ref().map_or(Duration::ZERO, |child| child.pause(length))
    }

    /// Whether it still runs.
    ///
    /// # Errors
    /// When it has ended, with its last words.
    pub fn check(&mut self) -> Result<(), BalancerError> {
        self.child.as_mut().map_or(Ok(()), Child::check)
    }

    /// Waits until a health check goes through it to a host.
    fn forwards(mut self) -> Result<Balancer, BalancerError> {
        let start = Instant::now();
        while !answers(self.clients) {
            self.check()?;
            if start.elapsed() > PATIENCE {
                let said = self.child.as_ref().map(Child::last_words).unwrap_or_default();
                return Err(BalancerError::NotReady { said });
            }
            std::thread::sleep(LOOK);
        }
        Ok(self)
    }
}

fn start_once(contender: &Contender, tools: &Tools, ground: Ground<'_>) -> Result<Balancer, BalancerError> {
    let scratch = || Scratch::new();
    let balancer = match &contender.kind {
        Kind::Outrider { rule, pool } => {
            let scratch = scratch()?;
            let text = outrider::prepare(&scratch, rule, pool, ground)?;
            outrider::start(&tools.outrider, scratch, &text)
        }
        Kind::Haproxy { algorithm } => haproxy::start(tools.haproxy(), scratch()?, algorithm, ground),
        Kind::Nginx { method } => nginx::start(tools.nginx(), scratch()?, method, ground),
        Kind::Command { words } => command::start(words, ground),
        Kind::Direct { host } => direct(*host, ground),
    };
    balancer.and_then(Balancer::forwards)
}

/// No balancer: the load goes to one host.
fn direct(host: usize, ground: Ground<'_>) -> Result<Balancer, BalancerError> {
    let upstream = ground.hosts.get(host).ok_or(BalancerError::NoHost(host))?;
    Ok(Balancer { child: None, clients: upstream.address, admin: None, scratch: None })
}

/// Starts a program that was given an address to listen on.
fn start_at(
    program: &Path,
    arguments: &[String],
    clients: SocketAddr,
    scratch: Option<Scratch>,
) -> Result<Balancer, BalancerError> {
    let child = Child::start(program, arguments, |_| {})?;
    Ok(Balancer { child: Some(child), clients, admin: None, scratch })
}

/// An address of loopback that was free a moment ago.
fn free_address() -> Result<SocketAddr, BalancerError> {
    let loopback = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 0);
    TcpListener::bind(loopback).and_then(|listener| listener.local_addr()).map_err(BalancerError::Config)
}

/// Whether a health check is answered 200 by a host behind `address`.
fn answers(address: SocketAddr) -> bool {
    knock(address).is_ok_and(|head| head.starts_with(b"HTTP/1.1 200") || head.starts_with(b"HTTP/1.0 200"))
}

fn knock(address: SocketAddr) -> io::Result<[u8; 12]> {
    let mut stream = TcpStream::connect_timeout(&address, Duration::from_secs(1))?;
    stream.set_read_timeout(Some(Duration::from_secs(1)))?;
    write!(stream, "GET /healthz HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n")?;
    let mut head = [0; 12];
    stream.read_exact(&mut head)?;
    Ok(head)
}
