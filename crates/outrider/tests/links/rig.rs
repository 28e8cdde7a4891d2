//! Hosts of every kind, a balancer that probes them, and the rows that it writes.

use std::fmt::Write as _;
use std::fs;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::path::PathBuf;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use crate::balancer::Balancer;
use crate::folder::Folder;
use crate::signals::signal;

pub(crate) const HEADER: &str = "host,ts,rtt_ms\n";

/// A host that answers 200 to whatever it is sent.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
}

impl Host {
    pub(crate) fn start() -> Host {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        thread::spawn(move || {
            while let Ok((mut stream, _)) = listener.accept() {
                thread::spawn(move || {
                    let mut head = [0; 4_096];
                    // A probe sends nothing and leaves.
                    if stream.read(&mut head).is_ok_and(|read| read > 0) {
                        let _ = stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\nConnection: close\r\n\r\n");
                    }
                });
            }
        });
        Host { address }
    }
}

/// A host that accepts nobody and whose queue is full: what asks it to connect hears nothing.
pub(crate) struct BlackHole {
    pub(crate) address: SocketAddr,
    _listener: TcpListener,
    _queued: Vec<TcpStream>,
}

impl BlackHole {
    pub(crate) fn start() -> BlackHole {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port is free");
        let address = listener.local_addr().expect("a bound socket has an address");
        let mut queued = Vec::new();
        while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(300)) {
            queued.push(stream);
            assert!(queued.len() < 10_000, "the queue of a listener ends somewhere");
        }
        BlackHole { address, _listener: listener, _queued: queued }
    }
}

/// One row of the file.
#[derive(Debug)]
pub(crate) struct Row {
    pub(crate) ts: f64,
    pub(crate) rtt_ms: f64,
}

/// A balancer that probes, and its folder.
pub(crate) struct Rig {
    balancer: Balancer,
    folder: Folder,
}

impl Rig {
    /// Starts one with these hosts in a pool, others in a second one, and these keys of the probes; `file` is `links.csv` unless it is
    /// among them.
    pub(crate) fn start(folder: Folder, hosts: &[SocketAddr], others: &[SocketAddr], keys: &str) -> Rig {
        let balancer = Balancer::start(&folder, &config(hosts, others, keys));
        Rig { balancer, folder }
    }

    /// The same, with files that can only become so large, as on a disk that is full: writing fails after a part of it.
    pub(crate) fn start_limited(folder: Folder, hosts: &[SocketAddr], keys: &str) -> Rig {
        folder.write("outrider.yaml", &config(hosts, &[], keys));
        // Ignored signals stay ignored over `exec`, so that a write beyond the limit is an error and no end.
        let script = "trap '' XFSZ; ulimit -f 64; exec \"$0\" serve -c outrider.yaml";
        let mut command = Command::new("sh");
        command.args(["-c", script, env!("CARGO_BIN_EXE_outrider")]).current_dir(folder.path());
        command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
        Rig { balancer: Balancer::run(&mut command), folder }
    }

    /// How large a file of the balancer can become.
    pub(crate) fn largest_file(&self) -> usize {
        let limits = fs::read_to_string(format!("/proc/{}/limits", self.balancer.child.pid())).expect("it runs");
        let line = limits.lines().find(|line| line.starts_with("Max file size")).expect("every process has this limit");
        line.split_whitespace().nth(3).and_then(|bytes| bytes.parse().ok()).unwrap_or_else(|| panic!("{line:?}"))
    }

    /// Has it leave, and gives back its folder.
    pub(crate) fn leave(mut self) -> Folder {
        signal(&self.balancer.child, "TERM");
        assert!(self.balancer.child.wait(Duration::from_secs(10)).is_some_and(|status| status.success()));
        self.folder
    }

    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    pub(crate) fn log(&self) -> String {
        self.balancer.log()
    }

    pub(crate) fn rewrite(&self, hosts: &[SocketAddr], keys: &str) {
        self.folder.write("outrider.yaml", &config(hosts, &[], keys));
    }

    /// The same hosts without probes.
    pub(crate) fn rewrite_without(&self) {
        let text = fs::read_to_string(self.path("outrider.yaml")).expect("the configuration is there");
        let kept: Vec<&str> = text.lines().filter(|line| !line.starts_with("link_probes")).collect();
        self.folder.write("outrider.yaml", &kept.join("\n"));
    }

    /// The rows of a host, after so many of all hosts. Every line is whole, whenever one looks.
    pub(crate) fn rows_of(&self, host: SocketAddr, after: usize) -> Vec<Row> {
        let text = fs::read_to_string(self.path("links.csv")).unwrap_or_default();
        let rows = text.strip_prefix(HEADER).unwrap_or_default();
        let rows = rows.split_inclusive('\n').skip(after).map(|line| {
            let line = line.strip_suffix('\n').unwrap_or_else(|| panic!("a torn line: {line:?}"));
            let fields: Vec<&str> = line.split(',').collect();
            let [host, ts, rtt_ms] = fields[..] else { panic!("three fields: {line:?}") };
            let number = |text: &str| text.parse().unwrap_or_else(|_| panic!("{text:?} in {line:?}"));
            (host.to_owned(), Row { ts: number(ts), rtt_ms: number(rtt_ms) })
        });
        rows.filter(|(name, _)| *name == host.to_string()).map(|(_, row)| row).collect()
    }

    /// Makes the file so full that hardly a row fits below `limit`, as days would; false, so that it can be waited on.
    pub(crate) fn fill(&self, limit: usize) -> bool {
        let text = fs::read_to_string(self.path("links.csv")).unwrap_or_default();
        let row = text.lines().last().map_or(0, str::len) + 1;
        if text.len() + 2 * row < limit {
            let rows = "127.0.0.1:1,1476000000.000,-1\n".repeat((limit - row - text.len()) / 30);
            let file = fs::OpenOptions::new().append(true).open(self.path("links.csv"));
            file.and_then(|mut file| file.write_all(rows.as_bytes())).expect("the test's own folder can be written");
        }
        false
    }

    /// A metric as scraped, by its name and labels; 0 where it is not there.
    pub(crate) fn metric(&self, name: &str) -> f64 {
        let metrics = self.metrics();
        let line = metrics.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(' '));
        line.and_then(|value| value.trim().parse().ok()).unwrap_or(0.0)
    }

    pub(crate) fn metrics(&self) -> String {
        exchange(self.balancer.admin, "/metrics")
    }

    /// The status of a request through the balancer.
    pub(crate) fn get(&self) -> u16 {
        let answer = exchange(self.balancer.address, "/");
        answer.split(' ').nth(1).and_then(|status| status.parse().ok()).unwrap_or_else(|| panic!("{answer:?}"))
    }
}

fn exchange(address: SocketAddr, path: &str) -> String {
    let mut stream = TcpStream::connect(address).expect("the listener accepts");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("the listener reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the listener answers");
    answer
}

pub(crate) fn config(hosts: &[SocketAddr], others: &[SocketAddr], keys: &str) -> String {
    let list = |hosts: &[SocketAddr]| hosts.iter().map(|host| format!("\"{host}\"")).collect::<Vec<_>>().join(", ");
    let others = match others {
        [] => String::new(),
        others => format!(", {{ name: others, health: {{ enabled: false }}, hosts: [ {} ] }}", list(others)),
    };
    let file = if keys.contains("file:") { "" } else { "file: links.csv, " };
    format!(
        "listeners: [ {{ address: 127.0.0.1:0 }} ]\n\
         pools: [ {{ name: links, health: {{ enabled: false }}, hosts: [ {} ] }}{others} ]\n\
         routes: [ {{ pool: links }} ]\n\
         link_probes: {{ {file}{keys} }}\n\
         admin: {{ address: 127.0.0.1:0 }}\n\
         workers: 1\n",
        list(hosts)
    )
}

pub(crate) fn now_s() -> f64 {
    SystemTime::now().duration_since(UNIX_EPOCH).expect("it is after 1970").as_secs_f64()
}

/// Rows of these hosts, one in four minutes each until now; every 37th a level 20 % higher begins and lasts for nine.
pub(crate) fn history(hosts: &[SocketAddr], samples: u32) -> String {
    let mut csv = String::from(HEADER);
    let first = now_s() - 240.0 * f64::from(samples);
    for nth in 0..samples {
        for (number, host) in (0_u32..).zip(hosts) {
            let noise = f64::from((nth * 7_919 + number * 104_729) % 100) / 500.0;
            let level = if (nth + 11 * number) % 37 < 9 && nth > 20 { 12.0 } else { 10.0 };
            let _ = writeln!(csv, "{host},{:.3},{:.3}", first + 240.0 * f64::from(nth), level + noise / 10.0);
        }
    }
    csv
}

/// Waits until `condition` holds; a test that waits in vain says for what.
pub(crate) fn until(what: &str, mut condition: impl FnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(30);
    while !condition() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(50));
    }
}
