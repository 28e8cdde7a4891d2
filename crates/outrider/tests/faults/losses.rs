//! Nothing that has been accepted is lost: a host is killed, the hosts are changed, the balancer leaves.

use std::env;
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::process::{Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use crate::child::Child;
use crate::host::Host;
use crate::load::{Load, Tally};
use crate::rig::Rig;
use crate::signals::signal;

const RATE_PER_S: u32 = 500;

/// Runs a fault as often as `OUTRIDER_FAULT_REPEATS` says, 3 times unless told. Not one request may fail.
fn nothing_is_lost(what: &str, fault: impl Fn() -> Tally) {
    let told = env::var("OUTRIDER_FAULT_REPEATS").ok();
    let repeats = told.map_or(3, |repeats| repeats.parse().expect("OUTRIDER_FAULT_REPEATS is a number"));
    let tallies: Vec<Tally> = (0..repeats).map(|_| fault()).collect();
    let answered: u64 = tallies.iter().map(|tally| tally.answered).sum();
    let failed: Vec<&String> = tallies.iter().flat_map(|tally| &tally.failed).collect();
    let waiting: u64 = tallies.iter().map(|tally| tally.waiting).sum();
    eprintln!("{what}: {repeats} times, {answered} answered, {} failed, {waiting} unanswered", failed.len());
    assert!(failed.is_empty() && waiting == 0, "{what}: {waiting} unanswered, {} failed: {failed:#?}", failed.len());
}

#[test]
fn a_killed_host_costs_no_request() {
    nothing_is_lost("kill -9 of one of three hosts", || {
        let mut hosts: Vec<(Child, SocketAddr)> = (0..3).map(|_| process()).collect();
        let addresses: Vec<SocketAddr> = hosts.iter().map(|(_, address)| *address).collect();
        let rig = Rig::start(&addresses, "");
        let load = Load::start(rig.balancer.address, RATE_PER_S);
        load.answer(200);
        let (killed, _) = hosts.remove(1);
        signal(&killed, "KILL");
        load.answer(500);
        let tally = load.stop();
        assert_eq!(tally.refused, 0, "the balancer accepts all the time");
        tally
    });
}

/// A host as a process, which prints its port.
fn process() -> (Child, SocketAddr) {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/../../bench/faults/host.py");
    let mut command = Command::new("python3");
    let mut child = Child::start(command.arg(script).stdin(Stdio::null()).stdout(Stdio::piped()));
    let mut stdout = BufReader::new(child.process().stdout.take().expect("stdout is piped"));
    let mut line = String::new();
    stdout.read_line(&mut line).expect("stdout can be read");
    let port = line.trim().parse().expect("the host prints its port");
    (child, SocketAddr::from(([127, 0, 0, 1], port)))
}

#[test]
fn changed_hosts_cost_no_request() {
    nothing_is_lost("reload that changes hosts", || {
        let hosts = [Host::start(), Host::start(), Host::start()];
        let [a, b, c] = hosts.each_ref().map(|host| host.address);
        let rig = Rig::start(&[a, b], "");
        let load = Load::start(rig.balancer.address, RATE_PER_S);
        load.answer(200);
        rig.rewrite(&[b, c]);
        signal(&rig.balancer.child, "HUP");
        until("the new host is used", || hosts[2].requests() > 0);
        load.answer(100);
        let left = hosts[0].requests();
        load.answer(300);
        assert_eq!(hosts[0].requests(), left, "the old host is used no more");
        let tally = load.stop();
        assert_eq!(tally.refused, 0, "the balancer accepts all the time");
        tally
    });
}

#[test]
fn a_leaving_balancer_costs_no_request() {
    nothing_is_lost("SIGTERM of the balancer", || {
        let hosts = [Host::start(), Host::start()];
        let mut rig = Rig::start(&[hosts[0].address, hosts[1].address], "");
        let load = Load::start(rig.balancer.address, RATE_PER_S);
        load.answer(200);
        signal(&rig.balancer.child, "TERM");
        let status = rig.balancer.child.wait(Duration::from_secs(20));
        assert!(status.is_some_and(|status| status.success()), "the balancer left with {status:?}");
        until("clients are refused", || load.tally().refused > 0);
        load.stop()
    });
}

fn until(what: &str, done: impl Fn() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(20);
    while !done() {
        assert!(Instant::now() < deadline, "it never comes that {what}");
        thread::sleep(Duration::from_millis(2));
    }
}
