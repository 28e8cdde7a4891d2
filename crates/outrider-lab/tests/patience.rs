//! Users who time out and try again: what they send, when they leave, and what is told of them.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use http::uri::PathAndQuery;
use outrider_lab::load::{self, Ask, Failure, Outcome, Patience, Planned, Record, Target, plan};
use outrider_lab::{Backends, BackendsSpec, Fault, Stop};
use outrider_workload::{Fleet, Form, Law, Pattern};

fn backends(parallelism: usize, mean_ms: f64) -> (Backends, SocketAddr) {
    let fleet = Fleet::equal(1, parallelism, mean_ms, Law::Fixed(1.0)).unwrap();
    let backends = Backends::start(BackendsSpec::new(fleet, 1)).unwrap();
    let address = backends.addresses()[0];
    (backends, address)
}

/// Short waits of equal length.
fn patience(timeout_ms: u64, retries: u8) -> Patience {
    Patience {
        retries,
        backoff: Duration::from_millis(1),
        backoff_max: Duration::from_millis(4),
        jitter: false,
        ..Patience::once(Duration::from_millis(timeout_ms))
    }
}

fn send(address: SocketAddr, patience: Patience, plan: impl Iterator<Item = Planned> + Send + 'static) -> Vec<Record> {
    let mut all = Vec::new();
    let target = Target { patience, ..Target::at(address) };
    load::run(&target, plan, &Stop::new(), |r| all.push(r.clone())).unwrap();
    all
}

fn pace(requests: u64, ask: Ask) -> impl Iterator<Item = Planned> + Send + 'static {
    let path = PathAndQuery::from_static("/c/all");
    plan::plain(path, ask, &Pattern::Pace, 100.0, Duration::from_millis(requests * 10 + 1), 1)
}

#[test]
fn failures_are_tried_again_and_one_record_tells_of_all_tries() {
    let (backends, address) = backends(10, 1.0);
    backends.set_fault(0, Fault::FailFast);
    let records = send(address, patience(5_000, 2), pace(4, Ask::default()));
    assert_eq!(records.len(), 4);
    assert!(records.iter().all(|r| r.tries == 3 && r.outcome == Outcome::Answered(500)));
    // 1 ms after the first try, 2 ms after the second.
    assert!(records.iter().all(|r| r.latency() >= Duration::from_millis(3)));
    assert_eq!(backends.counts(0).requests, 12);
}

#[test]
fn what_a_user_does_not_try_again_is_sent_once() {
    let (backends, address) = backends(10, 1.0);
    backends.set_fault(0, Fault::FailFast);
    let only_timeouts = Patience { on: vec![Failure::Timeouts], ..patience(5_000, 2) };
    let records = send(address, only_timeouts, pace(4, Ask::default()));
    assert!(records.iter().all(|r| r.tries == 1));
    assert_eq!(backends.counts(0).requests, 4);
}

#[test]
fn a_user_who_times_out_closes_the_connection_and_waits_again() {
    let (backends, address) = backends(10, 60_000.0);
    let records = send(address, patience(50, 1), pace(3, Ask::default()));
    assert!(records.iter().all(|r| r.tries == 2 && r.outcome == Outcome::TimedOut));
    assert!(records.iter().all(|r| r.latency() >= Duration::from_millis(101)));
    // A minute of work each, and yet the host is idle as soon as it sees that they have left.
    while backends.counts(0).in_service + backends.counts(0).queued > 0 {
        std::thread::yield_now();
    }
    assert_eq!((backends.counts(0).requests, backends.counts(0).answered), (6, 0));
}

#[test]
fn tries_are_told_apart_if_asked_for() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        ["503 Service Unavailable", "200 OK"].map(|status| {
            let (mut stream, _) = listener.accept().unwrap();
            let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
            let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
            write!(stream, "HTTP/1.1 {status}\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
            head
        })
    });
    let told = Patience { tell: true, ..patience(5_000, 2) };
    let records = send(address, told, pace(1, Ask::default()));
    let heads = server.join().unwrap();
    assert_eq!((records[0].tries, records[0].outcome), (2, Outcome::Answered(200)));
    assert!(heads[0].contains(&"amz-sdk-request: attempt=1; max=3".to_owned()), "{:?}", heads[0]);
    assert!(heads[1].contains(&"amz-sdk-request: attempt=2; max=3".to_owned()), "{:?}", heads[1]);
}

#[test]
fn a_form_is_what_arrives() {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let server = std::thread::spawn(move || {
        let (mut stream, _) = listener.accept().unwrap();
        let head = BufReader::new(stream.try_clone().unwrap()).lines().map_while(Result::ok);
        let head: Vec<String> = head.take_while(|line| !line.is_empty()).collect();
        stream.write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\nconnection: close\r\n\r\n").unwrap();
        head
    });
    let headers = [("x-kind".to_owned(), "dear".to_owned())].into();
    let form = Form { body_bytes: 100, headers, ..Form::default() };
    send(address, patience(5_000, 0), pace(1, Ask::new(&form).unwrap()));
    let head = server.join().unwrap();
    assert_eq!(head[0], "POST /c/all HTTP/1.1");
    assert!(head.contains(&"content-length: 100".to_owned()) && head.contains(&"x-kind: dear".to_owned()), "{head:?}");
}
