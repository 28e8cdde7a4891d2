//! Each fault does what it says, as a plain TCP client sees it.

#![expect(clippy::unwrap_used, reason = "a test panics when something is not as it must be")]

use std::io::{self, ErrorKind, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::{Duration, Instant};

use outrider_lab::{Backends, BackendsSpec, Fault};
use outrider_workload::{Fleet, Law};

/// Longer than anything here takes on a busy machine.
const PATIENCE: Duration = Duration::from_secs(20);
/// Long enough to tell an answer from silence.
const SILENCE: Duration = Duration::from_millis(150);

/// One host of one slot that serves in `mean_ms` exactly.
fn one_host(mean_ms: f64) -> BackendsSpec {
    BackendsSpec::new(Fleet::equal(1, 1, mean_ms, Law::Fixed(1.0)).unwrap(), 1)
}

fn start(mean_ms: f64) -> (Backends, SocketAddr) {
    let backends = Backends::start(one_host(mean_ms)).unwrap();
    let address = backends.addresses()[0];
    (backends, address)
}

fn connect(address: SocketAddr) -> io::Result<TcpStream> {
    let stream = TcpStream::connect(address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    Ok(stream)
}

fn send(stream: &mut TcpStream, path: &str) {
    let head = format!("GET {path} HTTP/1.1\r\nHost: lab\r\n\r\n");
    stream.write_all(head.as_bytes()).unwrap();
}

/// The head of the next answer, its body read and dropped.
fn receive(stream: &mut TcpStream) -> io::Result<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut byte = [0];
        stream.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    let head = String::from_utf8(head).unwrap().to_lowercase();
    let length = header(&head, "content-length").unwrap().parse().unwrap();
    let mut body = vec![0; length];
    stream.read_exact(&mut body)?;
    Ok(head)
}

fn header<'a>(head: &'a str, name: &str) -> Option<&'a str> {
    head.lines().filter_map(|line| line.split_once(": ")).find_map(|(key, value)| (key == name).then_some(value))
}

/// The status of one request on a connection of its own.
fn status(address: SocketAddr, path: &str) -> io::Result<u16> {
    let mut stream = connect(address)?;
    send(&mut stream, path);
    let head = receive(&mut stream)?;
    Ok(head[9..12].parse().unwrap())
}

fn refuses(address: SocketAddr) -> bool {
    matches!(TcpStream::connect(address), Err(e) if e.kind() == ErrorKind::ConnectionRefused)
}

/// Asks again and again until it is so.
fn eventually(what: &str, so: impl Fn() -> bool) {
    let start = Instant::now();
    while !so() {
        assert!(start.elapsed() < PATIENCE, "never: {what}");
        std::thread::yield_now();
    }
}

#[test]
fn a_sound_host_serves_names_itself_and_reports_its_load() {
    let mut spec = one_host(1.0);
    spec.orca = true;
    spec.response_bytes = 300;
    let backends = Backends::start(spec).unwrap();
    let mut stream = connect(backends.addresses()[0]).unwrap();
    send(&mut stream, "/c/all?size=2&n=1");
    let head = receive(&mut stream).unwrap();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    assert_eq!(header(&head, "x-served-by"), Some("h0"));
    assert_eq!(header(&head, "content-length"), Some("300"));
    let report = header(&head, "endpoint-load-metrics").unwrap();
    assert!(report.starts_with("text cpu_utilization="), "{report}");
    assert!(report.contains("named_metrics.rif=1"), "{report}");
    let counts = backends.counts(0);
    assert_eq!((counts.requests, counts.answered), (1, 1));
}

#[test]
fn health_checks_cost_nothing_and_are_not_counted() {
    let (backends, address) = start(60_000.0);
    assert_eq!(status(address, "/healthz").unwrap(), 200);
    assert_eq!(status(address, "/c/nothing").unwrap(), 404);
    assert_eq!(status(address, "/c/all?size=x").unwrap(), 400);
    assert_eq!(backends.counts(0).requests, 0);
}

/// What the host says to a probe.
fn probe(address: SocketAddr) -> String {
    let mut stream = connect(address).unwrap();
    send(&mut stream, "/probe");
    let head = receive(&mut stream).unwrap();
    assert!(head.starts_with("http/1.1 200"), "{head}");
    header(&head, "endpoint-load-metrics").unwrap().to_owned()
}

#[test]
fn a_probe_is_answered_while_the_host_is_busy_and_counts_as_nothing() {
    let (backends, address) = start(40.0);
    assert_eq!(probe(address), "text named_metrics.rif=0");
    assert_eq!(status(address, "/c/all").unwrap(), 200);
    let said = probe(address);
    let latency_ms: f64 =
        said.strip_prefix("text named_metrics.rif=0, named_metrics.latency_ms=").unwrap().parse().unwrap();
    assert!(latency_ms >= 40.0, "{said}");
    let (mut first, mut second) = (connect(address).unwrap(), connect(address).unwrap());
    send(&mut first, "/c/all?size=1000");
    send(&mut second, "/c/all?size=1000");
    eventually("both are there", || backends.counts(0).requests == 3);
    assert!(probe(address).starts_with("text named_metrics.rif=2, "));
    assert_eq!(backends.counts(0).requests, 3);
}

#[test]
fn a_request_body_is_read_before_service() {
    let (_backends, address) = start(1.0);
    let mut stream = connect(address).unwrap();
    let head = "POST /c/all HTTP/1.1\r\nHost: lab\r\nContent-Length: 100000\r\n\r\n";
    stream.write_all(head.as_bytes()).unwrap();
    stream.write_all(&[b'y'; 100_000]).unwrap();
    assert!(receive(&mut stream).unwrap().starts_with("http/1.1 200"));
    send(&mut stream, "/c/all");
    assert!(receive(&mut stream).unwrap().starts_with("http/1.1 200"));
}

#[test]
fn slow_service_takes_so_many_times_longer_until_recovery() {
    let (backends, address) = start(20.0);
    let timed = || {
        let start = Instant::now();
        assert_eq!(status(address, "/c/all").unwrap(), 200);
        start.elapsed()
    };
    backends.set_fault(0, Fault::Slow(15.0));
    assert!(timed() >= Duration::from_millis(300));
    backends.set_fault(0, Fault::None);
    assert!(timed() < Duration::from_millis(300));
}

#[test]
fn a_hung_host_accepts_and_is_silent_and_goes_on_when_it_recovers() {
    let (backends, address) = start(1.0);
    backends.set_fault(0, Fault::Hang);
    for path in ["/c/all", "/healthz", "/probe"] {
        let mut stream = connect(address).unwrap();
        send(&mut stream, path);
        stream.set_read_timeout(Some(SILENCE)).unwrap();
        let silent = stream.read(&mut [0]).unwrap_err().kind();
        assert!(matches!(silent, ErrorKind::WouldBlock | ErrorKind::TimedOut), "{silent:?}");
        backends.set_fault(0, Fault::None);
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        assert!(receive(&mut stream).unwrap().starts_with("http/1.1 200"));
        backends.set_fault(0, Fault::Hang);
    }
}

#[test]
fn a_refusing_host_resets_what_is_open_and_comes_back_on_its_port() {
    let (backends, address) = start(60_000.0);
    let mut idle = connect(address).unwrap();
    let mut busy = connect(address).unwrap();
    send(&mut busy, "/c/all");
    send(&mut idle, "/healthz");
    receive(&mut idle).unwrap();
    eventually("in service", || backends.counts(0).in_service == 1);

    backends.set_fault(0, Fault::Refuse);
    assert!(refuses(address));
    for stream in [&mut idle, &mut busy] {
        let broken = stream.read(&mut [0]).unwrap_err().kind();
        assert_eq!(broken, ErrorKind::ConnectionReset);
    }
    assert_eq!(backends.counts(0).in_service, 0, "what was lost is not counted as running");

    backends.set_fault(0, Fault::None);
    assert_eq!(status(address, "/healthz").unwrap(), 200);
}

#[test]
fn a_dead_host_closes_everything_and_starts_empty() {
    let (backends, address) = start(60_000.0);
    let mut first = connect(address).unwrap();
    let mut second = connect(address).unwrap();
    send(&mut first, "/c/all");
    send(&mut second, "/c/all");
    eventually("queued", || backends.counts(0).queued == 1);

    backends.set_fault(0, Fault::Die);
    assert!(refuses(address));
    assert_eq!(first.read(&mut [0]).unwrap(), 0, "closed, not reset");
    assert_eq!(second.read(&mut [0]).unwrap(), 0);

    backends.set_fault(0, Fault::None);
    let counts = backends.counts(0);
    assert_eq!((counts.in_service, counts.queued, counts.answered), (0, 0, 0));
    let mut third = connect(address).unwrap();
    send(&mut third, "/c/all?size=0");
    assert!(receive(&mut third).unwrap().starts_with("http/1.1 200"), "its slot is free");
}

#[test]
fn a_fast_failer_answers_500_without_queueing_and_looks_healthy() {
    let (backends, address) = start(60_000.0);
    let mut busy = connect(address).unwrap();
    send(&mut busy, "/c/all");
    eventually("in service", || backends.counts(0).in_service == 1);

    backends.set_fault(0, Fault::FailFast);
    assert_eq!(status(address, "/c/all").unwrap(), 500);
    assert_eq!(status(address, "/healthz").unwrap(), 200);
    let counts = backends.counts(0);
    assert_eq!((counts.failed, counts.in_service, counts.queued), (1, 1, 0));
}

#[test]
fn a_flapping_host_goes_and_comes_and_goes() {
    let (backends, address) = start(1.0);
    backends.set_fault(0, Fault::Flap(Duration::from_millis(60)));
    for _ in 0..2 {
        eventually("refuses", || refuses(address));
        eventually("serves", || status(address, "/c/all").is_ok());
    }
    backends.set_fault(0, Fault::None);
    assert_eq!(status(address, "/c/all").unwrap(), 200);
}

#[test]
fn a_script_plays_by_itself() {
    let mut spec = one_host(1.0);
    spec.faults = vec!["host=0,at=30ms,kind=refuse,for=1s".parse().unwrap()];
    let backends = Backends::start(spec).unwrap();
    let address = backends.addresses()[0];
    eventually("refuses", || refuses(address));
    eventually("serves", || status(address, "/c/all").is_ok());
}

#[test]
fn a_client_that_leaves_frees_its_slot() {
    let (backends, address) = start(60_000.0);
    let mut leaves = connect(address).unwrap();
    send(&mut leaves, "/c/all");
    eventually("in service", || backends.counts(0).in_service == 1);
    let mut stays = connect(address).unwrap();
    send(&mut stays, "/c/all?size=0");
    eventually("queued", || backends.counts(0).queued == 1);
    drop(leaves);
    assert!(receive(&mut stays).unwrap().starts_with("http/1.1 200"));
}

#[test]
fn shutdown_leaves_nothing_behind() {
    let (backends, address) = start(1.0);
    let mut stream = connect(address).unwrap();
    send(&mut stream, "/healthz");
    receive(&mut stream).unwrap();
    backends.shutdown();
    assert!(refuses(address));
    assert_eq!(stream.read(&mut [0]).unwrap(), 0);
}
