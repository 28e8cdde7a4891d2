//! Three uneven hosts, a balancer before them, and a load of two classes of requests of known sizes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use outrider_lab::load::{self, Outcome, Record, Target, plan};
use outrider_lab::{Backends, BackendsSpec, Stop};
use outrider_workload::{Class, Fleet, FleetHost, Law, Mix, Pattern};
use serde_json::Value;

use crate::balancer::Balancer;
use crate::folder::Folder;
use crate::signals::signal;

/// Half of what a debug build on one busy core is sure to carry.
const RATE_PER_S: f64 = 150.0;
/// Longer than any load here goes on.
const FOR_EVER: Duration = Duration::from_secs(600);
const PATIENCE: Duration = Duration::from_secs(60);

/// Hosts of speed 2, 2 and 0.25, each four at a time, that serve `cheap` requests in 4 ms and `dear` ones in 20 ms at speed 1 and
/// size 1. Sizes are lognormal with a mean of 1.
fn fleet() -> Fleet {
    let classes = vec![Class::new("cheap", 4.0, 0.7), Class::new("dear", 20.0, 0.3)];
    let host = |speed| FleetHost { speed, parallelism: 4, class_speeds: Vec::new() };
    Fleet {
        mix: Mix::new(classes).expect("two classes"),
        size: Law::LogNormal { mu: -0.18, sigma: 0.6 },
        noise: Law::Fixed(1.0),
        antagonists: None,
        hosts: [2.0, 2.0, 0.25].map(host).to_vec(),
    }
}

/// All three, alive until dropped.
pub(crate) struct Rig {
    pub(crate) balancer: Balancer,
    /// Alive as long as the rig is.
    _backends: Option<Backends>,
    hosts: Vec<SocketAddr>,
    folder: Folder,
}

impl Rig {
    /// Starts them; `pool` are keys of the pool, `more` lines of the configuration.
    pub(crate) fn start(pool: &str, more: &str) -> Rig {
        let backends = Backends::start(BackendsSpec::new(fleet(), 1)).expect("loopback has free ports");
        let mut rig = Rig::with(&backends.addresses(), pool, more);
        rig._backends = Some(backends);
        rig
    }

    /// A balancer before hosts of the test's own.
    pub(crate) fn before(hosts: &[SocketAddr], pool: &str) -> Rig {
        Rig::with(hosts, pool, "")
    }

    fn with(hosts: &[SocketAddr], pool: &str, more: &str) -> Rig {
        let listed: Vec<String> = hosts.iter().map(|host| format!("\"{host}\"")).collect();
        let config = format!(
            "listeners: [ {{ address: 127.0.0.1:0 }} ]\n\
             pools: [ {{ name: uneven, hosts: [ {} ], {pool} }} ]\n\
             classes: {{ size: {{ query: size }} }}\n\
             admin: {{ address: 127.0.0.1:0 }}\n\
             workers: 2\n{more}",
            listed.join(", ")
        );
        let folder = Folder::new("predicting");
        let balancer = Balancer::start(&folder, &config);
        Rig { balancer, _backends: None, hosts: hosts.to_vec(), folder }
    }

    /// The hosts, the slow one last.
    pub(crate) fn hosts(&self) -> &[SocketAddr] {
        &self.hosts
    }

    /// Begins to send.
    pub(crate) fn load(&self) -> Load {
        let (target, stop, records) = (Target::at(self.balancer.address), Stop::new(), Arc::default());
        let (told, kept): (Stop, Arc<Mutex<Vec<Record>>>) = (stop.clone(), Arc::clone(&records));
        let plan = plan::mixed(&fleet(), &Pattern::Poisson, RATE_PER_S, FOR_EVER, 7);
        let keep = move |record: &Record| kept.lock().expect("no holder panics").push(record.clone());
        let running = thread::spawn(move || drop(load::run(&target, plan, &told, keep)));
        Load { stop, records, running: Some(running) }
    }

    /// A value of `/metrics` whose line begins so; none if there is no such line.
    pub(crate) fn metric(&self, line: &str) -> Option<f64> {
        self.get("/metrics").lines().find_map(|have| have.strip_prefix(line)?.trim().parse().ok())
    }

    /// What the admin API answers.
    pub(crate) fn json(&self, path: &str) -> Value {
        let answer = self.get(path);
        let (_, body) = answer.split_once("\r\n\r\n").expect("an answer has a head");
        serde_json::from_str(body).unwrap_or_else(|error| panic!("{error}: {answer}"))
    }

    fn get(&self, path: &str) -> String {
        let mut stream = TcpStream::connect(self.balancer.admin).expect("the admin listener accepts");
        write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n")
            .expect("the admin listener reads");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("the admin listener answers");
        answer
    }

    /// Tells the balancer to leave, and waits until it has.
    pub(crate) fn leave(&mut self) {
        signal(&self.balancer.child, "TERM");
        let left = self.balancer.child.wait(PATIENCE);
        assert!(left.is_some_and(|status| status.success()), "{left:?}");
    }

    /// A file of the balancer's folder.
    pub(crate) fn file(&self, name: &str) -> String {
        std::fs::read_to_string(self.folder.path().join(name)).unwrap_or_default()
    }
}

/// A load that goes on until it is dropped.
pub(crate) struct Load {
    stop: Stop,
    records: Arc<Mutex<Vec<Record>>>,
    running: Option<JoinHandle<()>>,
}

impl Load {
    /// Requests that have ended so far.
    pub(crate) fn ended(&self) -> usize {
        self.records.lock().expect("no holder panics").len()
    }

    /// Waits until so many more requests have ended, and returns them.
    pub(crate) fn next(&self, count: usize) -> Vec<Record> {
        let from = self.ended();
        until("requests end", || self.ended() >= from + count);
        let records: Vec<Record> = self.records.lock().expect("no holder panics")[from..from + count].to_vec();
        assert!(records.iter().all(|record| record.outcome == Outcome::Answered(200)), "all are answered");
        records
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.stop.stop();
        if let Some(running) = self.running.take() {
            let _ = running.join();
        }
    }
}

/// Waits until `is_so`; a test that waits in vain fails by name of what it waited for.
pub(crate) fn until(what: &str, mut is_so: impl FnMut() -> bool) {
    let deadline = Instant::now() + PATIENCE;
    while !is_so() {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        thread::sleep(Duration::from_millis(20));
    }
}
