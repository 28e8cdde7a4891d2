//! The thread that writes the access log, and the queue before it, bounded in lines and in bytes.
//!
//! A line costs whoever hands it over an allocation, two additions and a place in a channel; never a wait. A line that was
//! lost, in the queue or in writing, is counted with the next line that is handed over, and told of once a second.

use std::fs::{File, OpenOptions};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TryRecvError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError, Weak};
use std::thread;
use std::time::{Duration, Instant};

use super::Entry;
use crate::events::{AccessLogDropped, AccessLogFailed, Events};
use crate::settings::LogTarget;

/// Lines that may wait to be written.
const QUEUE_LINES: usize = 8192;
/// Bytes that these lines may have together. A line of every day has half a kilobyte.
const QUEUE_BYTES: usize = 8 << 20;
/// Bytes that are written at once.
const BUFFER: usize = 64 * 1024;
/// How often lost lines are told of.
const TELL: Duration = Duration::from_secs(1);

enum Message {
    Line(Vec<u8>),
    /// Only wakes the writer.
    Look,
}

/// Where a worker hands its lines.
#[derive(Clone, Debug)]
pub(crate) struct LogHandle {
    queue: SyncSender<Message>,
    state: Arc<State>,
}

/// What the writer and the handles share.
#[derive(Debug)]
struct State {
    queued_bytes: AtomicUsize,
    reopen: AtomicBool,
    /// Lines lost in writing that no handle has counted yet.
    unwritten: AtomicU64,
    untold: Mutex<Untold>,
    ended: Mutex<bool>,
    ends: Condvar,
    /// Weak: a writer that hangs must not keep the last events from being flushed.
    events: Weak<Events>,
}

#[derive(Debug, Default)]
struct Untold {
    lines: u64,
    told_at: Option<Instant>,
}

impl LogHandle {
    /// Queues the line of `entry`. Returns how many lines have been lost since this was last called on any handle: this
    /// one, if there is no room for it, and those that could not be written.
    pub(crate) fn hand_over(&self, entry: &Entry) -> u64 {
        let lost = self.state.take_unwritten();
        let queued = serde_json::to_vec(entry).is_ok_and(|line| self.queue(line));
        if !queued {
            self.state.lose(1);
        }
        lost + u64::from(!queued)
    }

    fn queue(&self, mut line: Vec<u8>) -> bool {
        line.push(b'\n');
        let bytes = line.capacity();
        let before = self.state.queued_bytes.fetch_add(bytes, Ordering::Relaxed);
        let queued = before + bytes <= QUEUE_BYTES && self.queue.try_send(Message::Line(line)).is_ok();
        if !queued {
            self.state.queued_bytes.fetch_sub(bytes, Ordering::Relaxed);
        }
        queued
    }

    /// Opens the file again under its name, so that a rotated one is let go of.
    pub(crate) fn reopen(&self) {
        self.state.reopen.store(true, Ordering::Relaxed);
        // If the queue is full, the writer is awake and sees it before its next line.
        let _ = self.queue.try_send(Message::Look);
    }

    /// Waits until the last line is written, for `timeout` at most, if this is the last handle.
    pub(crate) fn finish(self, timeout: Duration) {
        let LogHandle { queue, state } = self;
        drop(queue);
        let ended = state.ended.lock().unwrap_or_else(PoisonError::into_inner);
        drop(state.ends.wait_timeout_while(ended, timeout, |ended| !*ended));
    }
}

impl State {
    fn new(events: &Arc<Events>) -> State {
        State {
            queued_bytes: AtomicUsize::new(0),
            reopen: AtomicBool::new(false),
            unwritten: AtomicU64::new(0),
            untold: Mutex::default(),
            ended: Mutex::new(false),
            ends: Condvar::new(),
            events: Arc::downgrade(events),
        }
    }

    /// Lines lost in writing since this was last asked. Hardly ever any, so that it mostly only loads.
    fn take_unwritten(&self) -> u64 {
        match self.unwritten.load(Ordering::Relaxed) {
            0 => 0,
            _ => self.unwritten.swap(0, Ordering::Relaxed),
        }
    }

    /// Notes that `lines` are lost, and tells of all that were since this was last told, a second ago or more.
    fn lose(&self, lines: u64) {
        let mut untold = self.untold.lock().unwrap_or_else(PoisonError::into_inner);
        untold.lines += lines;
        if untold.lines > 0 && untold.told_at.is_none_or(|at| at.elapsed() >= TELL) {
            untold.told_at = Some(Instant::now());
            let lines = std::mem::take(&mut untold.lines);
            self.tell(|events| events.emit(&AccessLogDropped { lines }));
        }
    }

    fn fail(&self, why: &io::Error) {
        self.tell(|events| events.emit(&AccessLogFailed { why: why.to_string() }));
    }

    fn tell(&self, what: impl FnOnce(&Events)) {
        if let Some(events) = self.events.upgrade() {
            what(&events);
        }
    }
}

/// Opens `target` and starts its writer, which ends with the last handle.
pub(crate) fn open(target: &LogTarget, events: &Arc<Events>) -> io::Result<LogHandle> {
    match target {
        LogTarget::Stdout => start(Box::new(io::stdout()), None, events),
        LogTarget::File(path) => start(Box::new(append(path)?), Some(path.clone()), events),
    }
}

pub(super) fn start(sink: Sink, path: Option<PathBuf>, events: &Arc<Events>) -> io::Result<LogHandle> {
    let (queue, lines) = sync_channel(QUEUE_LINES);
    let state = Arc::new(State::new(events));
    let writer = Writer { sink: buffered(sink), path, state: Arc::clone(&state) };
    thread::Builder::new().name("outrider-log".to_owned()).spawn(move || writer.run(&lines))?;
    Ok(LogHandle { queue, state })
}

type Sink = Box<dyn Write + Send>;

fn buffered(sink: Sink) -> BufWriter<Sink> {
    BufWriter::with_capacity(BUFFER, sink)
}

fn append(path: &Path) -> io::Result<File> {
    OpenOptions::new().create(true).append(true).open(path)
}

struct Writer {
    sink: BufWriter<Sink>,
    path: Option<PathBuf>,
    state: Arc<State>,
}

impl Writer {
    /// Writes what comes; flushes whenever nothing waits.
    fn run(mut self, lines: &Receiver<Message>) {
        while let Some(message) = self.next(lines) {
            if self.state.reopen.swap(false, Ordering::Relaxed) {
                self.reopen();
            }
            if let Message::Line(line) = message {
                self.write(&line);
            }
        }
    }

    fn next(&mut self, lines: &Receiver<Message>) -> Option<Message> {
        match lines.try_recv() {
            Ok(message) => Some(message),
            Err(TryRecvError::Disconnected) => None,
            Err(TryRecvError::Empty) => {
                self.flush();
                lines.recv().ok()
            }
        }
    }

    /// A full disk costs lines of a log, never an answer.
    fn write(&mut self, line: &Vec<u8>) {
        if let Err(why) = self.sink.write_all(line) {
            self.state.unwritten.fetch_add(1, Ordering::Relaxed);
            self.state.fail(&why);
            self.state.lose(1);
        }
        self.state.queued_bytes.fetch_sub(line.capacity(), Ordering::Relaxed);
    }

    /// What cannot be written now stays in the buffer and is tried again.
    fn flush(&mut self) {
        if let Err(why) = self.sink.flush() {
            self.state.fail(&why);
        }
        self.state.lose(0);
    }

    fn reopen(&mut self) {
        self.flush();
        match self.path.as_deref().map(append) {
            None => {}
            Some(Ok(file)) => self.sink = buffered(Box::new(file)),
            Some(Err(why)) => self.state.fail(&why),
        }
    }
}

impl Drop for Writer {
    fn drop(&mut self) {
        self.flush();
        *self.state.ended.lock().unwrap_or_else(PoisonError::into_inner) = true;
        self.state.ends.notify_all();
    }
}
