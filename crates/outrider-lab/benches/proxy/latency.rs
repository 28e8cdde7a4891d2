//! What a proxy adds to latency at a fixed rate that it carries easily.
//!
//! Blocking clients on threads of their own: sixteen, each with a connection and a schedule. Latency counts from when
//! the request was due, unless the client itself woke late: a slow answer delays what comes after it, and that counts.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use hdrhistogram::Histogram;

use crate::cpu::median;
use crate::hosts::Hosts;
use crate::options::Options;
use crate::process::Failure;
use crate::subject::Subject;

const RATE_PER_S: u32 = 4000;
const CLIENTS: u32 = 16;
const REQUEST: &[u8] = b"GET / HTTP/1.1\r\nHost: bench.test\r\nUser-Agent: bench\r\nAccept: */*\r\n\r\n";

/// Microseconds, one per round.
#[derive(Default)]
struct Figures {
    p50_us: Vec<f64>,
    p99_us: Vec<f64>,
}

/// Measures and prints the table; without a proxy first.
pub(crate) fn run(options: &Options, hosts: &Hosts) -> Result<(), Failure> {
    let subjects = Subject::all(options, hosts)?;
    let mut targets = vec![("no proxy", hosts.addresses[0])];
    targets.extend(subjects.iter().map(|subject| (subject.name.as_str(), subject.address)));
    let mut figures: Vec<Figures> = targets.iter().map(|_| Figures::default()).collect();
    for round in 0..options.rounds {
        for turn in 0..targets.len() {
            let number = (round + turn) % targets.len();
            let latency = load(targets[number].1, options.seconds)?;
            figures[number].p50_us.push(us(latency.value_at_quantile(0.5)));
            figures[number].p99_us.push(us(latency.value_at_quantile(0.99)));
        }
    }
    print(&targets, &figures, options.rounds);
    Ok(())
}

fn print(targets: &[(&str, SocketAddr)], figures: &[Figures], rounds: usize) {
    println!("\n## Latency at {RATE_PER_S} requests/s over {CLIENTS} connections, {rounds} rounds, medians\n");
    println!("| proxy | p50 µs | p99 µs | added p50 | added p99 |\n|---|---|---|---|---|");
    let (p50, p99) = (median(&figures[0].p50_us), median(&figures[0].p99_us));
    for ((name, _), figures) in targets.iter().zip(figures) {
        let (own50, own99) = (median(&figures.p50_us), median(&figures.p99_us));
        println!("| {name} | {own50:.0} | {own99:.0} | {:.0} | {:.0} |", own50 - p50, own99 - p99);
    }
}

/// All clients together, in nanoseconds.
fn load(address: SocketAddr, seconds: u32) -> Result<Histogram<u64>, Failure> {
    let clients: Vec<_> = (0..CLIENTS)
        .map(|number| thread::spawn(move || client(address, number, seconds).map_err(|error| error.to_string())))
        .collect();
    let mut all = Histogram::new(3)?;
    for client in clients {
        all.add(client.join().map_err(|_| "a client panicked")??)?;
    }
    Ok(all)
}

fn client(address: SocketAddr, number: u32, seconds: u32) -> Result<Histogram<u64>, Failure> {
    let mut stream = TcpStream::connect(address)?;
    stream.set_nodelay(true)?;
    stream.set_read_timeout(Some(Duration::from_secs(10)))?;
    let mut latency = Histogram::new(3)?;
    let pause = Duration::from_secs(1) * CLIENTS / RATE_PER_S;
    let begun = Instant::now() + pause * number / CLIENTS;
    for turn in 0..seconds * RATE_PER_S / CLIENTS {
        let begin = begin(begun + pause * turn);
        stream.write_all(REQUEST)?;
        answer(&mut stream)?;
        latency.record(u64::try_from(begin.elapsed().as_nanos())?)?;
    }
    Ok(latency)
}

/// When a request begins to count.
fn begin(due: Instant) -> Instant {
    let now = Instant::now();
    if now >= due {
        return due;
    }
    thread::sleep(due - now);
    Instant::now()
}

/// Reads one answer of 128 bytes to its end.
fn answer(stream: &mut TcpStream) -> Result<(), Failure> {
    let (mut buffer, mut filled) = ([0; 4096], 0);
    loop {
        let read = stream.read(&mut buffer[filled..])?;
        filled += read;
        if let Some(head) = buffer[..filled].windows(4).position(|four| four == b"\r\n\r\n")
            && filled >= head + 4 + 128
        {
            return if buffer.starts_with(b"HTTP/1.1 200") { Ok(()) } else { Err("an answer that is not 200".into()) };
        }
        if read == 0 {
            return Err("an answer broke off".into());
        }
    }
}

#[expect(clippy::cast_precision_loss, reason = "nanoseconds of a second at most")]
fn us(ns: u64) -> f64 {
    ns as f64 / 1000.0
}
