//! A balancer in front of given hosts, as a user would start it.

use std::io::{BufRead, BufReader};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};
use std::{env, thread};

use crate::balancer::Balancer;
use crate::child::Child;
use crate::folder::Folder;
use crate::resident::rss_kib;

/// A balancer with every default.
pub(crate) struct Rig {
    pub(crate) balancer: Balancer,
    _folder: Folder,
}

impl Rig {
    pub(crate) fn start(host: SocketAddr) -> Rig {
        let folder = Folder::new("clients");
        let config = format!(
            "listeners: [ {{ address: 127.0.0.1:0 }} ]\n\
             pools: [ {{ name: hosts, hosts: [ \"{host}\" ] }} ]\n\
             admin: {{ address: 127.0.0.1:0 }}\n"
        );
        let balancer = Balancer::start(&folder, &config);
        Rig { balancer, _folder: folder }
    }

    /// A URL that leads through the balancer.
    pub(crate) fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.balancer.address)
    }

    /// A URL of the admin listener.
    pub(crate) fn admin_url(&self, path: &str) -> String {
        format!("http://{}{path}", self.balancer.admin)
    }

    /// The most memory that the balancer had while `child` ran, in KiB. The child must succeed.
    pub(crate) fn peak_kib(&self, mut child: Child) -> u64 {
        let mut peak = 0;
        loop {
            peak = peak.max(rss_kib(&self.balancer.child));
            if let Some(status) = child.wait(Duration::from_millis(10)) {
                assert!(status.success(), "{status}");
                return peak;
            }
        }
    }
}

/// How much is sent through in one piece: `OUTRIDER_TRANSFER_MIB`, 256 unless told.
pub(crate) fn transfer_bytes() -> u64 {
    let told = env::var("OUTRIDER_TRANSFER_MIB").ok();
    told.map_or(256, |mib| mib.parse().expect("OUTRIDER_TRANSFER_MIB is a number")) << 20
}

/// An address that was free a moment ago, for servers that cannot be told to choose.
pub(crate) fn free_address() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    listener.local_addr().expect("a bound listener has an address")
}

/// Starts a server and waits until it listens there.
pub(crate) fn server(command: &mut Command, address: SocketAddr) -> Child {
    let mut child = Child::start(command.stdin(Stdio::null()).stdout(Stdio::null()));
    let deadline = Instant::now() + Duration::from_secs(20);
    while TcpStream::connect(address).is_err() {
        assert!(Instant::now() < deadline, "{command:?} does not listen");
        assert!(child.wait(Duration::from_millis(10)).is_none(), "{command:?} ended");
    }
    child
}

/// Starts a server that chooses its port and prints it; `find` gets it out of a line.
pub(crate) fn printing_server(command: &mut Command, find: impl Fn(&str) -> Option<u16>) -> (Child, SocketAddr) {
    let mut child = Child::start(command.stdin(Stdio::null()).stdout(Stdio::piped()));
    let stdout = BufReader::new(child.process().stdout.take().expect("stdout is piped"));
    let mut lines = stdout.lines().map_while(Result::ok);
    let port = lines.find_map(|line| find(&line)).expect("the server prints its port");
    thread::spawn(move || lines.for_each(drop));
    (child, SocketAddr::from(([127, 0, 0, 1], port)))
}
