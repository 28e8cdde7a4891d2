//! A steady load of small GETs that does not wait for answers: what a fault costs is counted, not smoothed over.
//!
//! Requests go out on a schedule, over kept connections in turn; every tenth opens one of its own. Whoever finds its
//! connection closed before it has written a byte opens another, as every client does; whoever has written one must
//! be answered.

use std::cell::RefCell;
use std::collections::VecDeque;
use std::io;
use std::net::SocketAddr;
use std::rc::Rc;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::{Duration, Instant};

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::runtime;
use tokio::task::LocalSet;
use tokio::time;

/// Longer than any patience of the balancer that these tests rely on.
const PATIENCE: Duration = Duration::from_secs(10);
/// Connections that are kept and used in turn.
const KEPT: usize = 16;

/// What became of the requests so far.
#[derive(Clone, Debug, Default)]
pub(crate) struct Tally {
    /// Answered 200, whole.
    pub(crate) answered: u64,
    /// Sent, and not answered 200.
    pub(crate) failed: Vec<String>,
    /// Not sent, since no connection could be opened.
    pub(crate) refused: u64,
    /// Sent, and not decided yet.
    pub(crate) waiting: u64,
}

/// A load that goes on until it is stopped.
pub(crate) struct Load {
    shared: Arc<Shared>,
    running: Option<JoinHandle<()>>,
}

#[derive(Default)]
struct Shared {
    tally: Mutex<Tally>,
    stopped: Mutex<bool>,
}

type Idle = Rc<RefCell<VecDeque<TcpStream>>>;

impl Load {
    /// Starts one.
    pub(crate) fn start(balancer: SocketAddr, rate_per_s: u32) -> Load {
        let shared = Arc::new(Shared::default());
        let told = Arc::clone(&shared);
        let running = thread::spawn(move || {
            let runtime = runtime::Builder::new_current_thread().enable_all().build().expect("a runtime can be made");
            LocalSet::new().block_on(&runtime, send(balancer, Duration::from_secs(1) / rate_per_s, &told));
        });
        Load { shared, running: Some(running) }
    }

    /// Waits until so many more requests have been answered.
    pub(crate) fn answer(&self, more: u64) {
        let (goal, deadline) = (self.tally().answered + more, Instant::now() + PATIENCE * 2);
        while self.tally().answered < goal {
            assert!(Instant::now() < deadline, "the load is not answered: {:?}", self.tally());
            thread::sleep(Duration::from_millis(2));
        }
    }

    /// How it stands.
    pub(crate) fn tally(&self) -> Tally {
        self.shared.tally.lock().expect("no holder panics").clone()
    }

    /// Sends no more, and waits for what has been sent.
    pub(crate) fn stop(mut self) -> Tally {
        self.halt();
        self.tally()
    }

    fn halt(&mut self) {
        *self.shared.stopped.lock().expect("no holder panics") = true;
        if let Some(running) = self.running.take() {
            running.join().expect("the load does not panic");
        }
    }
}

impl Drop for Load {
    fn drop(&mut self) {
        self.halt();
    }
}

async fn send(balancer: SocketAddr, pause: Duration, shared: &Arc<Shared>) {
    let idle = Idle::default();
    let mut schedule = time::interval(pause);
    for number in 0_u64.. {
        schedule.tick().await;
        if *shared.stopped.lock().expect("no holder panics") {
            break;
        }
        shared.tally.lock().expect("no holder panics").waiting += 1;
        tokio::task::spawn_local(request(balancer, number, Rc::clone(&idle), Arc::clone(shared)));
    }
    let deadline = Instant::now() + PATIENCE;
    while shared.tally.lock().expect("no holder panics").waiting > 0 && Instant::now() < deadline {
        time::sleep(Duration::from_millis(5)).await;
    }
}

async fn request(balancer: SocketAddr, number: u64, idle: Idle, shared: Arc<Shared>) {
    let fresh = number % 10 == 9;
    let kept = if fresh { None } else { take(&idle) };
    let connection = match kept {
        Some(kept) => Ok(kept),
        None => TcpStream::connect(balancer).await,
    };
    let outcome = match connection {
        Ok(stream) => Some(exchange(stream, number).await),
        Err(_) => None,
    };
    let mut tally = shared.tally.lock().expect("no holder panics");
    tally.waiting -= 1;
    match outcome {
        None => tally.refused += 1,
        Some(Err(error)) => tally.failed.push(format!("request {number}: {error}")),
        Some(Ok(stream)) => {
            tally.answered += 1;
            if !fresh {
                idle.borrow_mut().extend(stream);
            }
        }
    }
}

/// The kept connection that has rested longest, if there are enough; those that were closed are let go.
fn take(idle: &Idle) -> Option<TcpStream> {
    let mut idle = idle.borrow_mut();
    idle.retain(|stream| matches!(stream.try_read(&mut [0]), Err(error) if error.kind() == io::ErrorKind::WouldBlock));
    if idle.len() < KEPT / 2 { None } else { idle.pop_front() }
}

/// One exchange; the connection if it may be used again.
async fn exchange(mut stream: TcpStream, number: u64) -> Result<Option<TcpStream>, String> {
    let request = format!("GET /{number} HTTP/1.1\r\nHost: faults.test\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(|error| error.to_string())?;
    let answer = time::timeout(PATIENCE, answer(&mut stream)).await;
    let (head, body) = answer.map_err(|_| "no answer in time".to_owned())??;
    if !head.starts_with("http/1.1 200 ") || body != format!("/{number}").as_bytes() {
        return Err(format!("{head}{}", body.escape_ascii()));
    }
    Ok(if head.contains("\r\nconnection: close") { None } else { Some(stream) })
}

/// The head, in lower case, and the body of an answer.
async fn answer(stream: &mut TcpStream) -> Result<(String, Vec<u8>), String> {
    let mut bytes = Vec::new();
    loop {
        if let Some(answer) = whole(&bytes) {
            return Ok(answer);
        }
        match stream.read_buf(&mut bytes).await {
            Ok(0) => return Err(format!("closed after {} bytes", bytes.len())),
            Ok(_) => {}
            Err(error) => return Err(format!("{error} after {} bytes", bytes.len())),
        }
    }
}

fn whole(bytes: &[u8]) -> Option<(String, Vec<u8>)> {
    let end = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length: "))?.trim().parse::<usize>().ok()?;
    let body = bytes.get(end + 4..end + 4 + length)?;
    Some((head, body.to_vec()))
}
