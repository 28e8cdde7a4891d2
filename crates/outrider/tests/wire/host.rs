//! The host behind: plain threads that behave as a case says and record every byte they receive.

use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::case::{After, Host};
use crate::message::{self, Request};

/// Longer than anything a case waits for: a connection that idles so long was forgotten by the balancer.
const PATIENCE: Duration = Duration::from_secs(20);

/// The answer to the key of RFC 6455 1.3: some balancers check it.
const SWITCHED: &[u8] = b"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\
    Sec-WebSocket-Accept: s3pPLBmiTxaQ9kYGzzhZRbK+xOo=\r\n\r\n";

/// A host that records.
pub(crate) struct Recorder {
    /// Where it listens, or where nobody does.
    pub(crate) address: SocketAddr,
    connections: Arc<Mutex<Vec<Connection>>>,
}

struct Connection {
    received: Arc<Mutex<Vec<u8>>>,
    served: JoinHandle<()>,
}

impl Recorder {
    /// Starts one.
    pub(crate) fn start(host: Host) -> Recorder {
        let listener = TcpListener::bind("127.0.0.1:0").expect("loopback has a free port");
        let address = listener.local_addr().expect("a bound listener has an address");
        let connections = Arc::new(Mutex::new(Vec::new()));
        if !matches!(host, Host::Refuses) {
            let kept = Arc::clone(&connections);
            thread::spawn(move || accept(&listener, &host, &kept));
        }
        Recorder { address, connections }
    }

    /// What each connection received. Call it when the balancer is gone: it waits for the last byte.
    pub(crate) fn received(self) -> Vec<Vec<u8>> {
        let connections = std::mem::take(&mut *self.connections.lock().expect("no holder panics"));
        connections.into_iter().map(Connection::whole).collect()
    }
}

impl Connection {
    fn whole(self) -> Vec<u8> {
        self.served.join().expect("a host does not panic");
        std::mem::take(&mut *self.received.lock().expect("no holder panics"))
    }
}

fn accept(listener: &TcpListener, host: &Host, connections: &Mutex<Vec<Connection>>) {
    for stream in listener.incoming().map_while(Result::ok) {
        let received = Arc::new(Mutex::new(Vec::new()));
        let (host, record) = (host.clone(), Arc::clone(&received));
        let served = thread::spawn(move || serve(stream, &host, &record));
        connections.lock().expect("no holder panics").push(Connection { received, served });
    }
}

fn serve(mut stream: TcpStream, host: &Host, record: &Mutex<Vec<u8>>) {
    stream.set_read_timeout(Some(PATIENCE)).expect("the timeout is not zero");
    stream.set_nodelay(true).expect("a connected socket takes options");
    if matches!(host, Host::Resets) {
        return reset(&stream);
    }
    let (mut done, mut answered) = (0, false);
    while read_some(&mut stream, record) {
        while let Some((request, used)) = next(record, done) {
            if !answered && (request.body.whole || matches!(host, Host::Early(..))) {
                answered = true;
                if !answer(&mut stream, &request, host, record) {
                    return;
                }
            }
            if !request.body.whole {
                encourage(&mut stream, &request);
                break;
            }
            (done, answered) = (done + used, false);
        }
    }
}

/// A balancer that passes an expectation on waits for this.
fn encourage(stream: &mut TcpStream, request: &Request) {
    if request.fields.has("expect") && request.body.bytes.is_empty() {
        let _ = stream.write_all(b"HTTP/1.1 100 Continue\r\n\r\n");
    }
}

/// The next request, if its head is there and clean. What is not clean gets no answer and is judged later.
fn next(record: &Mutex<Vec<u8>>, done: usize) -> Option<(Request, usize)> {
    message::request(&record.lock().expect("no holder panics")[done..]).ok().flatten()
}

fn read_some(stream: &mut TcpStream, record: &Mutex<Vec<u8>>) -> bool {
    let mut buffer = [0; 16 * 1024];
    match stream.read(&mut buffer) {
        Ok(0) => false,
        Ok(n) => {
            record.lock().expect("no holder panics").extend_from_slice(&buffer[..n]);
            true
        }
        Err(error) => error.kind() == ErrorKind::Interrupted,
    }
}

/// Closing with bytes unread makes the kernel send a reset.
fn reset(stream: &TcpStream) {
    let _ = stream.peek(&mut [0]);
}

/// Answers one request; false when the connection is over.
fn answer(stream: &mut TcpStream, request: &Request, host: &Host, record: &Mutex<Vec<u8>>) -> bool {
    let bystander = matches!(request.target.as_str(), "/victim" | "/again");
    match host {
        _ if bystander => plain(stream, request),
        Host::Plain | Host::Refuses | Host::Resets => plain(stream, request),
        Host::Slow(pause) => {
            thread::sleep(*pause);
            plain(stream, request)
        }
        Host::Upgrades => upgrade(stream, request, record),
        Host::Answers(bytes, after) | Host::Early(bytes, after) => {
            let written = stream.write_all(bytes).is_ok();
            if *after == After::Closes {
                linger(stream, record);
            }
            written && *after == After::Stays
        }
    }
}

fn plain(stream: &mut TcpStream, request: &Request) -> bool {
    let body = format!("{} {}", request.method, request.target);
    let length = body.len();
    let body = if request.method == "HEAD" { String::new() } else { body };
    stream.write_all(format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{body}").as_bytes()).is_ok()
}

/// Closes as a well-behaved host does: what it wrote must arrive, so what is sent to it must not meet a reset.
fn linger(stream: &mut TcpStream, record: &Mutex<Vec<u8>>) {
    let _ = stream.shutdown(Shutdown::Write);
    while read_some(stream, record) {}
}

fn upgrade(stream: &mut TcpStream, request: &Request, record: &Mutex<Vec<u8>>) -> bool {
    if !request.fields.has("upgrade") {
        return plain(stream, request);
    }
    let mut echoed = stream.write_all(SWITCHED).is_ok();
    let mut at = head_end(&record.lock().expect("no holder panics"));
    while echoed {
        let news = record.lock().expect("no holder panics")[at..].to_vec();
        at += news.len();
        echoed = stream.write_all(&news).is_ok() && read_some(stream, record);
    }
    false
}

fn head_end(bytes: &[u8]) -> usize {
    bytes.windows(4).position(|four| four == b"\r\n\r\n").map_or(bytes.len(), |end| end + 4)
}
