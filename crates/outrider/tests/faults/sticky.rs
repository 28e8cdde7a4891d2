//! What sticks to a host stays there, and moves alone when its host goes.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};

use crate::host::{Fault, Host};
use crate::rig::Rig;

const HOSTS: usize = 5;
const SESSIONS: usize = 20;

/// Sends one request of `session` and returns the position of the host that it reached.
fn reached(rig: &Rig, hosts: &[Host], session: usize) -> usize {
    let before: Vec<u64> = hosts.iter().map(Host::requests).collect();
    let mut stream = TcpStream::connect(rig.balancer.address).expect("the balancer accepts");
    let cookie = format!("theme=dark; session=s{session}");
    write!(stream, "GET /x HTTP/1.1\r\nHost: localhost\r\nCookie: {cookie}\r\nConnection: close\r\n\r\n")
        .expect("the balancer reads");
    let mut answer = String::new();
    stream.read_to_string(&mut answer).expect("the balancer answers");
    assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
    let grown = hosts.iter().zip(before).position(|(host, before)| host.requests() > before);
    grown.expect("one of the hosts has answered")
}

#[test]
fn a_cookie_keeps_its_host_and_only_those_of_a_host_that_goes_move() {
    let hosts: Vec<Host> = (0..HOSTS).map(|_| Host::start()).collect();
    let addresses: Vec<SocketAddr> = hosts.iter().map(|host| host.address).collect();
    let rig = Rig::start(&addresses, ", strategy: consistent_hash, hash: { cookie: session }");
    let homes = || -> Vec<usize> { (0..SESSIONS).map(|session| reached(&rig, &hosts, session)).collect() };
    let before = homes();
    assert_eq!(homes(), before);
    let gone = before[0];
    assert!(before.iter().any(|&home| home != gone), "{before:?}");
    hosts[gone].fail(Fault::Refuses);
    for (was, is) in before.into_iter().zip(homes()) {
        assert!(is != gone && (was == gone || was == is), "{was} was its host, now it is {is}");
    }
}
