//! One JSON line per request, with the decision in it.
//!
//! Workers hand finished lines to a thread that writes them; when it cannot keep up, lines are dropped and counted, and
//! no request waits.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::net::IpAddr;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::thread;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::errors::ProxyError;
use crate::metrics::{Label, RetryReason};
use crate::settings::AccessLog;

/// Lines that may wait to be written; at half a kilobyte each, 4 MiB.
const QUEUE: usize = 8192;

/// What the log says about one request. Times in milliseconds, sizes in bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(serialize_with = "timestamp")]
    pub(crate) time: Timestamp,
    pub(crate) request_id: String,
    pub(crate) client: IpAddr,
    pub(crate) method: String,
    pub(crate) host: String,
    pub(crate) path: String,
    pub(crate) status: Option<u16>,
    pub(crate) class: String,
    pub(crate) pool: String,
    pub(crate) strategy: &'static str,
    /// The host of the last try.
    pub(crate) upstream: Option<std::net::SocketAddr>,
    pub(crate) epoch: u64,
    pub(crate) attempts: u32,
    #[serde(serialize_with = "reasons")]
    pub(crate) retries: Vec<RetryReason>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    #[serde(rename = "total_ms", serialize_with = "millis")]
    pub(crate) total: Duration,
    #[serde(rename = "wait_ms", serialize_with = "millis")]
    pub(crate) wait: Duration,
    #[serde(rename = "connect_ms", serialize_with = "millis")]
    pub(crate) connect: Duration,
    #[serde(rename = "first_byte_ms", serialize_with = "some_millis")]
    pub(crate) first_byte: Option<Duration>,
    #[serde(serialize_with = "ending")]
    pub(crate) ending: Ending,
    pub(crate) user_agent: Option<String>,
    pub(crate) traceparent: Option<String>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The whole answer of a host was read.
    Complete,
    /// We answered.
    Refused(ProxyError),
    /// The client closed the connection.
    ClientLeft,
    /// The host broke off within its answer.
    HostBroke,
    /// A side was silent, or the request ran, for too long.
    TimedOut,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Ending::Complete => "complete",
            Ending::Refused(error) => error.cause().name(),
            Ending::ClientLeft => "client_left",
            Ending::HostBroke => "host_broke_off",
            Ending::TimedOut => "timed_out",
        }
    }
}

fn timestamp<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{time:.3}"))
}

fn ending<S: Serializer>(ending: &Ending, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(ending.name())
}

fn reasons<S: Serializer>(reasons: &[RetryReason], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(reasons.iter().map(|reason| reason.name()))
}

/// Microseconds are as fine as these clocks are worth.
fn millis<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((span.as_secs_f64() * 1e6).round() / 1e3)
}

fn some_millis<S: Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => millis(span, to),
        None => to.serialize_none(),
    }
}

enum Message {
    Line(Vec<u8>),
    Reopen,
}

/// Where a worker hands its lines.
#[derive(Clone, Debug)]
pub(crate) struct LogHandle(SyncSender<Message>);

impl LogHandle {
    /// False: the line was dropped, the queue is full.
    pub(crate) fn write(&self, entry: &Entry) -> bool {
        let Ok(mut line) = serde_json::to_vec(entry) else { return false };
        line.push(b'\n');
        self.0.try_send(Message::Line(line)).is_ok()
    }

    /// Opens the file again under its name, so that a rotated one is let go of.
    pub(crate) fn reopen(&self) {
        // A full queue means that lines are being lost already; the next SIGHUP will do.
        let _ = self.0.try_send(Message::Reopen);
    }
}

/// Opens `target` and starts its writer, which ends with the last handle.
pub(crate) fn open(target: &AccessLog) -> io::Result<LogHandle> {
    let (sink, path): (Box<dyn Write + Send>, Option<PathBuf>) = match target {
        AccessLog::Stdout => (Box::new(io::stdout()), None),
        AccessLog::File(path) => (Box::new(append(path)?), Some(path.clone())),
    };
    let (sender, lines) = sync_channel(QUEUE);
    thread::Builder::new()
        .name("outrider-log".to_owned())
        .spawn(move || write_all(&lines, BufWriter::with_capacity(64 * 1024, sink), path.as_deref()))?;
    Ok(LogHandle(sender))
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

/// Writes what comes; flushes whenever nothing waits.
fn write_all(lines: &Receiver<Message>, mut sink: BufWriter<Box<dyn Write + Send>>, path: Option<&Path>) {
    loop {
        let message = match lines.try_recv() {
            Ok(message) => message,
            Err(TryRecvError::Disconnected) => break,
            Err(TryRecvError::Empty) => {
                let _ = sink.flush();
                match lines.recv() {
                    Ok(message) => message,
                    Err(_) => break,
                }
            }
        };
        match message {
            // A full disk costs lines of a log, never an answer.
            Message::Line(line) => drop(sink.write_all(&line)),
            Message::Reopen => {
                let _ = sink.flush();
                if let Some(Ok(file)) = path.map(append) {
                    sink = BufWriter::with_capacity(64 * 1024, Box::new(file));
                }
            }
        }
    }
    let _ = sink.flush();
}
