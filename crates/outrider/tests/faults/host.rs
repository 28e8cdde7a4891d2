//! A small host that can be told to fail: 5 ms per request, on plain threads, its requests counted.

use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// Where it says what it has in flight.
pub(crate) const PROBE: &str = "/probe";

const SERVICE: Duration = Duration::from_millis(5);
/// What a host says of its load, and what it would say of itself while it fails fast.
const BUSY: &str = "TEXT cpu_utilization=0.25, rps_fractional=50, named_metrics.rif=1, named_metrics.service_ms=5";
const IDLE: &str = "TEXT cpu_utilization=0.01, rps_fractional=500, named_metrics.rif=0, named_metrics.service_ms=0.01";

/// What a host does to requests.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fault {
    /// Takes them and never answers.
    Hangs,
    /// Answers 500 at once.
    FailsFast,
    /// Answers 503 at once to targets that begin with `/bad`, and serves the others.
    RejectsBad,
    /// Has no listener any more, and no connection.
    Refuses,
}

/// A host, alive until dropped.
pub(crate) struct Host {
    pub(crate) address: SocketAddr,
    state: Arc<State>,
}

#[derive(Default)]
struct State {
    fault: Mutex<Option<Fault>>,
    requests: AtomicU64,
    in_flight: AtomicU64,
    probes: AtomicU64,
    gone: AtomicBool,
    streams: Mutex<Vec<TcpStream>>,
}

impl Host {
    /// Starts a healthy one.
    pub(crate) fn start() -> Host {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let state = Arc::new(State::default());
        let accepting = Arc::clone(&state);
        thread::spawn(move || accept(&listener, &accepting));
        Host { address, state }
    }

    /// From now on it fails.
    pub(crate) fn fail(&self, fault: Fault) {
        *self.state.fault.lock().expect("no holder panics") = Some(fault);
        if fault == Fault::Refuses {
            self.close();
        }
    }

    /// From now on it serves again, if it still listens.
    pub(crate) fn recover(&self) {
        *self.state.fault.lock().expect("no holder panics") = None;
    }

    /// Requests that have reached it.
    pub(crate) fn requests(&self) -> u64 {
        self.state.requests.load(Ordering::Relaxed)
    }

    /// From now on it says that it has so many requests more in flight than it has.
    pub(crate) fn claim(&self, more: u64) {
        self.state.in_flight.fetch_add(more, Ordering::Relaxed);
    }

    /// Probes that it has answered.
    pub(crate) fn probes(&self) -> u64 {
        self.state.probes.load(Ordering::Relaxed)
    }

    fn close(&self) {
        self.state.gone.store(true, Ordering::Relaxed);
        let _ = TcpStream::connect(self.address);
        for stream in self.state.streams.lock().expect("no holder panics").drain(..) {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        self.close();
    }
}

fn accept(listener: &TcpListener, state: &Arc<State>) {
    for stream in listener.incoming().map_while(Result::ok) {
        if state.gone.load(Ordering::Relaxed) {
            return;
        }
        state.streams.lock().expect("no holder panics").extend(stream.try_clone());
        let state = Arc::clone(state);
        thread::spawn(move || while serve(&stream, &state).is_some() {});
    }
}

/// Serves one request; `None` when the connection is over.
fn serve(mut stream: &TcpStream, state: &State) -> Option<()> {
    let target = target(stream)?;
    if target == PROBE {
        return answer_probe(stream, state);
    }
    let _busy = Busy::new(&state.in_flight);
    state.requests.fetch_add(1, Ordering::Relaxed);
    let fault = *state.fault.lock().expect("no holder panics");
    let (status, pause, load) = match fault {
        Some(Fault::Hangs | Fault::Refuses) => return wait(stream),
        Some(Fault::FailsFast) => (500, Duration::ZERO, IDLE),
        Some(Fault::RejectsBad) if target.starts_with("/bad") => (503, Duration::ZERO, IDLE),
        Some(Fault::RejectsBad) | None => (200, SERVICE, BUSY),
    };
    thread::sleep(pause);
    let length = target.len();
    let head = format!("HTTP/1.1 {status} Told\r\nContent-Length: {length}\r\nEndpoint-Load-Metrics: {load}");
    let answer = format!("{head}\r\n\r\n{target}");
    stream.write_all(answer.as_bytes()).ok()
}

/// At once, whatever else it does to requests; only a host that hangs is silent here too. What it says of its latency is
/// what it would be if it were well: a host does not know that it fails.
fn answer_probe(mut stream: &TcpStream, state: &State) -> Option<()> {
    if *state.fault.lock().expect("no holder panics") == Some(Fault::Hangs) {
        return wait(stream);
    }
    state.probes.fetch_add(1, Ordering::Relaxed);
    let rif = state.in_flight.load(Ordering::Relaxed);
    let load = format!("endpoint-load-metrics: TEXT named_metrics.rif={rif}, named_metrics.latency_ms=5");
    stream.write_all(format!("HTTP/1.1 200 OK\r\n{load}\r\nContent-Length: 0\r\n\r\n").as_bytes()).ok()
}

/// A request in flight.
struct Busy<'a>(&'a AtomicU64);

impl Busy<'_> {
    fn new(in_flight: &AtomicU64) -> Busy<'_> {
        in_flight.fetch_add(1, Ordering::Relaxed);
        Busy(in_flight)
    }
}

impl Drop for Busy<'_> {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Until the other side gives up.
fn wait(mut stream: &TcpStream) -> Option<()> {
    while stream.read(&mut [0; 1024]).is_ok_and(|read| read > 0) {}
    None
}

/// The target of the next request, which has no body.
fn target(mut stream: &TcpStream) -> Option<String> {
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let mut buffer = [0; 4096];
        let read = stream.read(&mut buffer).ok().filter(|read| *read > 0)?;
        head.extend_from_slice(&buffer[..read]);
    }
    let head = String::from_utf8(head).ok()?;
    head.split(' ').nth(1).map(str::to_owned)
}
