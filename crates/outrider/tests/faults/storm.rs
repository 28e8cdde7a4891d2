//! The storm guard on real sockets: what hosts reject most of is mostly rejected by the balancer, and nothing else is.

use std::collections::BTreeSet;
use std::thread;
use std::time::{Duration, Instant};

use crate::client::{Answer, Client};
use crate::host::{Fault, Host};
use crate::rig::Rig;

/// Nothing but the guard: one host whose answers stand.
const BARE: &str = ", retry: { max: 0 }, ejection: { enabled: false }, health: { enabled: false }";
const PATIENCE: Duration = Duration::from_secs(60);

fn is_shed(answer: &Answer) -> bool {
    answer.status == 503 && answer.field("proxy-status").is_some_and(|status| status.contains("storm guard"))
}

#[test]
fn what_a_host_rejects_is_shed_its_neighbours_are_not_and_it_recovers() {
    let host = Host::start();
    host.fail(Fault::RejectsBad);
    let rig = Rig::start(&[host.address], BARE);
    let mut client = Client::connect(rig.balancer.address);

    let answers: Vec<Answer> = (0..250).map(|_| client.get("/bad")).collect();
    assert!(answers.iter().all(|answer| answer.status == 503));
    assert!(!answers[..50].iter().any(is_shed), "fifty are no evidence");
    let shed: Vec<&Answer> = answers.iter().filter(|answer| is_shed(answer)).collect();
    // Nine of ten of two hundred, within five standard deviations.
    assert!((159..=200).contains(&shed.len()), "{} of 200 were shed", shed.len());
    assert_eq!(host.requests(), 250 - shed.len() as u64, "what is shed does not reach the host");
    let pauses: BTreeSet<u8> =
        shed.iter().map(|answer| answer.field("retry-after").unwrap().parse().unwrap()).collect();
    assert!(pauses.len() > 1 && pauses.iter().all(|pause| (1..=10).contains(pause)), "{pauses:?}");
    assert_eq!(rig.metric("outrider_pool_shed_requests_total"), shed.len() as f64);
    assert_eq!(rig.metric("outrider_class_shed_requests_total"), shed.len() as f64);
    assert!((0.89..=0.9).contains(&rig.metric("outrider_pool_shed_share")));

    // What has no class yet is told apart in 64 cells; that four of eight share one with `/bad` happens once in 200,000.
    let harmed = (0..8).filter(|nth| (0..10).any(|_| client.get(&format!("/good{nth}x")).status != 200)).count();
    assert!(harmed < 4, "{harmed} of 8 neighbours were harmed");

    host.recover();
    let deadline = Instant::now() + PATIENCE;
    let mut in_a_row = 0;
    while in_a_row < 100 {
        assert!(Instant::now() < deadline, "it goes on shedding: {}", rig.metric("outrider_pool_shed_share"));
        in_a_row = if client.get("/bad").status == 200 { in_a_row + 1 } else { 0 };
    }
}

/// All of their clients leave before the balancer gives up.
#[test]
fn clients_that_leave_a_host_that_hangs_are_evidence() {
    let host = Host::start();
    let rig = Rig::start(&[host.address], BARE);
    let mut client = Client::connect(rig.balancer.address);
    (0..60).for_each(|_| assert_eq!(client.get("/0").status, 200));
    host.fail(Fault::Hangs);
    let mut left: Vec<Client> = (0..300).map(|_| Client::connect(rig.balancer.address)).collect();
    left.iter_mut().for_each(|client| client.send("GET", "/0", &[]));
    assert_eq!(rig.metric("outrider_pool_shed_share"), 0.0, "who waits is no evidence");
    // The pause is the patience of these clients: many times what is usual.
    thread::sleep(Duration::from_millis(400));
    drop(left);
    let deadline = Instant::now() + PATIENCE;
    let is_told = || rig.balancer.log().contains("pool faults sheds requests of class ");
    while rig.metric("outrider_pool_shed_share") == 0.0 || !is_told() {
        assert!(Instant::now() < deadline, "nobody notices that they left");
        thread::sleep(Duration::from_millis(5));
    }
}

#[test]
fn one_bad_host_of_several_sheds_nothing() {
    for fault in [Fault::Refuses, Fault::RejectsBad] {
        let hosts = [Host::start(), Host::start(), Host::start()];
        let rig = Rig::start(&hosts.each_ref().map(|host| host.address), ", health: { enabled: false }");
        hosts[0].fail(fault);
        let mut client = Client::connect(rig.balancer.address);
        let failed = (0..300).filter(|_| client.get("/bad").status != 200).count();
        assert_eq!((failed, rig.metric("outrider_pool_shed_requests_total")), (0, 0.0), "{fault:?}");
    }
}
