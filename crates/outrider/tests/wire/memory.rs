//! What hostile peers cost in memory: nothing that stays, and nothing that grows with what they send.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::balancer::Balancer;
use crate::case::{Case, Host, Step};
use crate::host::Recorder;
use crate::resident::rss_kib;
use crate::subject::balancer;
use crate::{chunks, client, framing, heads, targets, upgrades};

/// Buffers that an allocator keeps for reuse; a leak of one head of 64 KiB per round would be many times this.
const SLACK_KIB: u64 = 6 * 1024;

/// Hostile requests by the thousand leave nothing behind.
#[test]
fn thousands_of_hostile_requests_leave_nothing() {
    let host = Recorder::start(Host::Plain);
    let (balancer, _folder) = balancer(host.address);
    let barrages = barrages();
    let round = || barrages.iter().for_each(|bytes| fire(balancer.address, bytes));
    (0..5).for_each(|_| round());
    let before = rss_kib(&balancer.child);
    (0..30).for_each(|_| round());
    let after = rss_kib(&balancer.child);
    assert!(after < before + SLACK_KIB, "{before} KiB before, {after} KiB after {} requests", 30 * barrages.len());
    assert_eq!(client::ask(balancer.address, "/victim").map(|(status, _)| status), Some(200));
    assert_eq!(client::ask(balancer.admin, "/healthz").map(|(status, _)| status), Some(200));
}

/// What every case that needs no waiting sends, in one piece.
fn barrages() -> Vec<Vec<u8>> {
    let cases = [framing::cases(), chunks::cases(), heads::cases(), targets::cases(), upgrades::cases()];
    cases.iter().flatten().filter(|case| matches!(case.host, Host::Plain)).map(bytes).collect()
}

fn bytes(case: &Case) -> Vec<u8> {
    let sent = case.steps.iter().map(|step| match step {
        Step::Send(bytes) => bytes.as_slice(),
        _ => &[],
    });
    sent.collect::<Vec<_>>().concat()
}

/// Sends, hangs up in one direction, and takes whatever comes.
fn fire(balancer: SocketAddr, bytes: &[u8]) {
    let mut stream = TcpStream::connect(balancer).expect("the balancer accepts");
    stream.set_read_timeout(Some(Duration::from_secs(5))).expect("the timeout is not zero");
    let _ = stream.write_all(bytes);
    let _ = stream.shutdown(Shutdown::Write);
    let _ = stream.read_to_end(&mut Vec::new());
}

/// Heads that never end cost a few times their limit each, and wave after wave no more than the first ones.
#[test]
fn unfinished_heads_cost_their_limit_and_are_given_back() {
    let host = Recorder::start(Host::Plain);
    let (balancer, _folder) = balancer(host.address);
    let before = rss_kib(&balancer.child);
    let peaks: Vec<u64> = (0..6).map(|_| wave(&balancer)).collect();
    let highest = |peaks: &[u64]| peaks.iter().copied().max().unwrap_or_default();
    let (first, later) = (highest(&peaks[..3]), highest(&peaks[3..]));
    assert!(first < before + HEADS * HEAD_KIB, "{before} KiB before, then {peaks:?} with {HEADS} heads of 48 KiB");
    assert!(later < first + HEADS * HEAD_KIB / 4, "a leak: {peaks:?} KiB");
}

const HEADS: u64 = 200;
/// A buffer of 128 KiB, and the ones it outgrew that the allocator keeps.
const HEAD_KIB: u64 = 3 * 128;

/// The most memory while so many clients have sent most of a head and wait to be turned away.
fn wave(balancer: &Balancer) -> u64 {
    let head = format!("GET / HTTP/1.1\r\nHost: wire.test\r\nX: {}", "y".repeat(48 << 10));
    let open = || {
        let mut stream = TcpStream::connect(balancer.address).expect("the balancer accepts");
        let _ = stream.write_all(head.as_bytes());
        stream
    };
    let streams: Vec<TcpStream> = (0..HEADS).map(|_| open()).collect();
    let mut peak = rss_kib(&balancer.child);
    for mut stream in streams {
        stream.set_read_timeout(Some(Duration::from_secs(5))).expect("the timeout is not zero");
        let _ = stream.read_to_end(&mut Vec::new());
        peak = peak.max(rss_kib(&balancer.child));
    }
    peak
}

/// A client that does not read holds its host up; nothing piles up in between.
#[test]
fn a_client_that_does_not_read_costs_nothing() {
    let head = "HTTP/1.1 200 OK\r\nContent-Length: 1000000000\r\n\r\n";
    let host = flood(move |stream| pour(stream, head.as_bytes()));
    let (balancer, _folder) = balancer(host);
    let mut stream = TcpStream::connect(balancer.address).expect("the balancer accepts");
    stream.write_all(b"GET / HTTP/1.1\r\nHost: wire.test\r\n\r\n").expect("a request fits into a buffer");
    stream.read_exact(&mut [0; 1]).expect("the answer begins");
    assert_flat(&balancer);
}

/// A host that does not read holds its client up; nothing piles up in between.
#[test]
fn a_host_that_does_not_read_costs_nothing() {
    let host = flood(|_| {});
    let (balancer, _folder) = balancer(host);
    let stream = TcpStream::connect(balancer.address).expect("the balancer accepts");
    let head = "POST / HTTP/1.1\r\nHost: wire.test\r\nContent-Length: 4000000\r\n\r\n";
    let sending = thread::spawn(move || pour(stream, head.as_bytes()));
    assert_flat(&balancer);
    drop(balancer);
    sending.join().expect("a client does not panic");
}

/// A host that reads one head per connection, no more, and then does as told.
fn flood(then: impl Fn(TcpStream) + Send + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
    let address = listener.local_addr().expect("a bound listener has an address");
    thread::spawn(move || {
        let mut kept = Vec::new();
        for mut stream in listener.incoming().map_while(Result::ok) {
            let _ = stream.read(&mut [0; 1024]);
            kept.push(stream.try_clone());
            then(stream);
        }
    });
    address
}

/// Writes a head and then body until nobody takes it.
fn pour(mut stream: TcpStream, head: &[u8]) {
    let _ = stream.write_all(head);
    while stream.write_all(&[b'x'; 16 * 1024]).is_ok() {}
}

/// Watches memory until the balancer's patience with the silent side would have ended.
fn assert_flat(balancer: &Balancer) {
    let begun = Instant::now();
    while begun.elapsed() < Duration::from_millis(600) {
        let rss = rss_kib(&balancer.child);
        assert!(rss < 50 * 1024, "{rss} KiB in the balancer");
        thread::sleep(Duration::from_millis(20));
    }
}
