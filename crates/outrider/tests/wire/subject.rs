//! What is put to the test: the shipped binary, or a rival from the distribution in its place.

use std::fs;
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::Path;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::balancer::Balancer;
use crate::child::Child;
use crate::folder::Folder;

const OUTRIDER: &str = include_str!("../../../../bench/wire/outrider.yaml");
const NGINX: &str = include_str!("../../../../bench/wire/nginx.conf");
const HAPROXY: &str = include_str!("../../../../bench/wire/haproxy.cfg");

/// Which balancer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Outrider,
    Nginx,
    Haproxy,
}

/// A running balancer with one host behind it.
pub(crate) struct Subject {
    running: Running,
    folder: Folder,
}

enum Running {
    Outrider(Balancer),
    Rival { _child: Child, address: SocketAddr },
}

impl Kind {
    pub(crate) const ALL: [Kind; 3] = [Kind::Outrider, Kind::Nginx, Kind::Haproxy];

    /// As a reader knows it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Kind::Outrider => "Outrider",
            Kind::Nginx => "NGINX",
            Kind::Haproxy => "HAProxy",
        }
    }

    /// Starts one in front of a host.
    pub(crate) fn start(self, host: SocketAddr) -> Subject {
        match self {
            Kind::Outrider => outrider(host),
            Kind::Nginx => rival(host, NGINX, |file, folder| {
                let mut command = Command::new("nginx");
                command.arg("-p").arg(folder).arg("-c").arg(file);
                command
            }),
            Kind::Haproxy => rival(host, HAPROXY, |file, _| {
                let mut command = Command::new("haproxy");
                command.arg("-db").arg("-q").arg("-f").arg(file);
                command
            }),
        }
    }
}

impl Subject {
    pub(crate) fn address(&self) -> SocketAddr {
        match &self.running {
            Running::Outrider(balancer) => balancer.address,
            Running::Rival { address, .. } => *address,
        }
    }

    /// What it has to say for itself, for a failed test's message.
    pub(crate) fn log(&self) -> String {
        match &self.running {
            Running::Outrider(balancer) => balancer.log(),
            Running::Rival { .. } => log(&self.folder),
        }
    }
}

fn log(folder: &Folder) -> String {
    fs::read_to_string(folder.path().join("log")).unwrap_or_default()
}

/// The shipped binary with the configuration of the table.
pub(crate) fn balancer(host: SocketAddr) -> (Balancer, Folder) {
    let folder = Folder::new("wire");
    let balancer = Balancer::start(&folder, &filled(OUTRIDER, host, 0, folder.path()));
    (balancer, folder)
}

fn outrider(host: SocketAddr) -> Subject {
    let (balancer, folder) = balancer(host);
    Subject { running: Running::Outrider(balancer), folder }
}

/// A template with its places filled in.
fn filled(template: &str, host: SocketAddr, port: u16, folder: &Path) -> String {
    template
        .replace("@host@", &host.to_string())
        .replace("@port@", &port.to_string())
        .replace("@folder@", &folder.to_string_lossy())
}

/// Rivals cannot be told to choose a port, so one is found that was free a moment ago.
fn rival(host: SocketAddr, template: &str, command: impl Fn(&Path, &Path) -> Command) -> Subject {
    let mut said = String::new();
    for _ in 0..5 {
        let folder = Folder::new("rival");
        let address = free_address();
        let file = folder.write("rival.conf", &filled(template, host, address.port(), folder.path()));
        let stderr = fs::File::create(folder.path().join("log")).expect("the test's own folder can be written");
        let mut command = command(&file, folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(stderr);
        let mut child = Child::start(&mut command);
        if listens(&mut child, address) {
            return Subject { running: Running::Rival { _child: child, address }, folder };
        }
        said = log(&folder);
    }
    panic!("the rival does not start:\n{said}");
}

fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address")
}

fn listens(child: &mut Child, address: SocketAddr) -> bool {
    let deadline = Instant::now() + Duration::from_secs(10);
    while Instant::now() < deadline {
        if TcpStream::connect(address).is_ok() {
            return true;
        }
        if child.wait(Duration::from_millis(5)).is_some() {
            return false;
        }
        thread::yield_now();
    }
    false
}
