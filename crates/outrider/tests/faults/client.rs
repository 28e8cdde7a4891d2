//! A client that asks one thing after the other on one connection.

use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

/// Longer than any patience of the balancer that these tests rely on.
const PATIENCE: Duration = Duration::from_secs(20);

/// A connection to the balancer.
pub(crate) struct Client(TcpStream);

/// What came back: the status, and the head in lower case.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    head: String,
}

impl Answer {
    /// The value of a field.
    pub(crate) fn field(&self, name: &str) -> Option<&str> {
        self.head.lines().find_map(|line| line.strip_prefix(name)?.strip_prefix(": "))
    }
}

impl Client {
    pub(crate) fn connect(address: SocketAddr) -> Client {
        let stream = TcpStream::connect(address).expect("the balancer accepts");
        stream.set_read_timeout(Some(PATIENCE)).expect("the timeout is not zero");
        stream.set_nodelay(true).expect("a connected socket takes options");
        Client(stream)
    }

    /// A GET and its answer.
    pub(crate) fn get(&mut self, target: &str) -> Answer {
        self.ask("GET", target, &[])
    }

    /// A request with these head lines besides, and its answer.
    pub(crate) fn ask(&mut self, method: &str, target: &str, lines: &[&str]) -> Answer {
        self.send(method, target, lines);
        self.answer()
    }

    /// A request whose answer nobody reads yet.
    pub(crate) fn send(&mut self, method: &str, target: &str, lines: &[&str]) {
        let more: String = lines.iter().flat_map(|line| [line, "\r\n"]).collect();
        let request = format!("{method} {target} HTTP/1.1\r\nHost: faults.test\r\n{more}\r\n");
        self.0.write_all(request.as_bytes()).expect("the balancer reads");
    }

    fn answer(&mut self) -> Answer {
        let mut bytes = Vec::new();
        let end = loop {
            if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
                break end + 4;
            }
            self.more(&mut bytes);
        };
        let head = String::from_utf8_lossy(&bytes[..end]).to_ascii_lowercase();
        let status = head.split(' ').nth(1).and_then(|status| status.parse().ok()).expect("an answer has a status");
        let answer = Answer { status, head };
        let length: usize = answer.field("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
        while bytes.len() < end + length {
            self.more(&mut bytes);
        }
        answer
    }

    fn more(&mut self, bytes: &mut Vec<u8>) {
        let mut buffer = [0; 4096];
        let read = self.0.read(&mut buffer).expect("the balancer answers in time");
        assert!(read > 0, "closed after {:?}", String::from_utf8_lossy(bytes));
        bytes.extend_from_slice(&buffer[..read]);
    }
}
