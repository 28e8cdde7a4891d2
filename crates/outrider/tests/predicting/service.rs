//! Service time is the host's alone: not what its client or a stream take.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::Value;

use crate::rig::{Rig, until};

/// More than the buffers of all sockets on the way hold.
const BYTES: usize = 48 << 20;
/// How long a client does not read, and a host takes for an answer that it makes piece by piece.
const PAUSE: Duration = Duration::from_millis(800);

/// A host on plain threads: `/big` is sent as fast as it is taken, `/events` and `/slow` take their time, one as a stream.
fn host() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        listener.incoming().map_while(Result::ok).for_each(|stream| drop(thread::spawn(move || serve(stream))));
    });
    address
}

fn serve(mut stream: TcpStream) {
    let mut lines = BufReader::new(stream.try_clone().expect("a socket can be cloned"));
    loop {
        let mut head = String::new();
        while !head.ends_with("\r\n\r\n") {
            if lines.read_line(&mut head).unwrap_or(0) == 0 {
                return;
            }
        }
        let path = head.split(' ').nth(1).unwrap_or_default();
        // The balancer may have left.
        let _ = answer(&mut stream, path);
    }
}

fn answer(stream: &mut TcpStream, path: &str) -> std::io::Result<()> {
    let (length, kind) = if path == "/big" { (BYTES, "text/plain") } else { (2, "text/plain") };
    let kind = if path == "/events" { "text/event-stream" } else { kind };
    write!(stream, "HTTP/1.1 200 OK\r\nContent-Type: {kind}\r\nContent-Length: {length}\r\n\r\n")?;
    if path == "/big" {
        return stream.write_all(&vec![b'x'; BYTES]);
    }
    stream.write_all(b"a")?;
    thread::sleep(PAUSE);
    stream.write_all(b"b")
}

/// Asks for `path` and, after `pause`, reads the whole answer.
fn get(balancer: SocketAddr, path: &str, pause: Duration) -> Duration {
    let began = Instant::now();
    let mut stream = TcpStream::connect(balancer).expect("the balancer accepts");
    write!(stream, "GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n").expect("the balancer reads");
    thread::sleep(pause);
    let mut answer = Vec::new();
    stream.read_to_end(&mut answer).expect("the balancer answers");
    assert!(answer.starts_with(b"HTTP/1.1 200 OK"), "{:?}", String::from_utf8_lossy(&answer[..answer.len().min(200)]));
    began.elapsed()
}

/// What is known of the service of all requests so far, once there were `count`.
fn learnt(rig: &Rig, count: f64) -> Value {
    let chosen = "outrider_pool_chosen_by_total{pool=\"uneven\",by=\"unknown\"} ";
    until("the requests are learnt from", || rig.metric(chosen) >= Some(count));
    let rows = rig.json("/api/v1/fingerprints")["fingerprints"].clone();
    rows[0]["values"].clone()
}

#[test]
fn what_the_host_takes_is_learnt() {
    let rig = Rig::before(&[host()], "strategy: predictive");
    get(rig.balancer.address, "/slow", Duration::ZERO);
    let values = learnt(&rig, 1.0);
    let mean_ms = values["mean_ms"].as_f64().expect("it was served");
    assert!(mean_ms >= PAUSE.as_secs_f64() * 1e3, "{values}");
    assert!(mean_ms < PAUSE.as_secs_f64() * 1.5e3, "{values}");
}

#[test]
fn a_client_that_does_not_read_is_not_the_hosts_doing() {
    let rig = Rig::before(&[host()], "strategy: predictive");
    let took = get(rig.balancer.address, "/big", PAUSE);
    let values = learnt(&rig, 1.0);
    let mean_ms = values["mean_ms"].as_f64().expect("it was served");
    let rest_ms = took.saturating_sub(PAUSE).as_secs_f64() * 1e3;
    assert!(mean_ms <= rest_ms + PAUSE.as_secs_f64() * 500.0, "{mean_ms} ms of {took:?}: {values}");
}

#[test]
fn how_long_a_stream_lasts_says_nothing() {
    let rig = Rig::before(&[host()], "strategy: predictive");
    get(rig.balancer.address, "/events", Duration::ZERO);
    let values = learnt(&rig, 1.0);
    assert_eq!(values["mean_ms"], Value::Null, "{values}");
    assert!(values["throughput_per_s"].as_f64() > Some(0.0), "it was served all the same: {values}");
}
