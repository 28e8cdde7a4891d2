//! A server in the place of the API of RIPE Atlas, which misbehaves in each way.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::thread;
use std::time::Duration;

/// What the server does with a request.
#[derive(Clone, Debug)]
pub(crate) enum Does {
    /// Answers with this status, more of the head, and a body.
    Answer(u16, &'static str, String),
    /// Says that more is to come than comes.
    CutShort(String),
    /// Takes the request and says nothing.
    Hang,
    /// Sends a byte now and then, without end.
    Drip,
    /// Closes with the request unread, which resets the connection.
    Reset,
    /// Sends without end.
    Endless,
}

/// A server whose answers to the nth request of a path are told by `script`; the requests that came, in their order.
pub(crate) struct Server {
    pub(crate) api: String,
    paths: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub(crate) fn new(script: impl Fn(&str, usize) -> Does + Send + Sync + 'static) -> Server {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let api = format!("http://{}", listener.local_addr().unwrap());
        let paths: Arc<Mutex<Vec<String>>> = Arc::default();
        let (seen, script) = (Arc::clone(&paths), Arc::new(script));
        thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (seen, script) = (Arc::clone(&seen), Arc::clone(&script));
                thread::spawn(move || serve(stream, &seen, &*script));
            }
        });
        Server { api, paths }
    }

    pub(crate) fn paths(&self) -> Vec<String> {
        self.paths.lock().unwrap().clone()
    }
}

/// Whatever goes wrong here shows at the client.
fn serve(mut stream: TcpStream, seen: &Mutex<Vec<String>>, script: &dyn Fn(&str, usize) -> Does) -> Option<()> {
    let mut peeked = [0; 4_096];
    let length = stream.peek(&mut peeked).ok()?;
    let head = String::from_utf8_lossy(&peeked[..length]).into_owned();
    let path = head.split_whitespace().nth(1)?.to_owned();
    let nth = {
        let mut seen = seen.lock().ok()?;
        seen.push(path.clone());
        seen.iter().filter(|known| **known == path).count()
    };
    let does = script(&path, nth);
    if matches!(does, Does::Reset) {
        return None;
    }
    let mut reader = BufReader::new(stream.try_clone().ok()?);
    let mut line = String::new();
    while reader.read_line(&mut line).ok()? > 2 {
        line.clear();
    }
    match does {
        Does::Answer(status, more, body) => {
            let length = body.len();
            write!(stream, "HTTP/1.1 {status} x\r\ncontent-length: {length}\r\n{more}\r\n{body}").ok()
        }
        Does::CutShort(body) => write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n{body}").ok(),
        Does::Hang => reader.read(&mut [0; 1]).ok().map(|_| ()),
        Does::Drip => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99999\r\n\r\n").ok()?;
            stream.set_read_timeout(Some(Duration::from_millis(20))).ok()?;
            loop {
                stream.write_all(b"[").ok()?;
                if matches!(reader.read(&mut [0; 1]), Ok(0)) {
                    return None;
                }
            }
        }
        Does::Endless => {
            write!(stream, "HTTP/1.1 200 OK\r\ncontent-length: 99999999999\r\n\r\n").ok()?;
            loop {
                stream.write_all(&[b' '; 4_096]).ok()?;
            }
        }
        Does::Reset => None,
    }
}
