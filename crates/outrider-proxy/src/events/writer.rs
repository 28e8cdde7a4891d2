//! A thread that writes lines, behind a queue that never blocks who puts a line in.

use std::io::{self, Write};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;
use std::time::Duration;

/// Lines that may wait to be written.
const QUEUE: usize = 1024;

enum Order {
    Line(String),
    Flush(SyncSender<()>),
}

#[derive(Debug)]
pub(super) struct Writer {
    queue: SyncSender<Order>,
    lost: AtomicU64,
}

impl Writer {
    pub(super) fn start(sink: impl Write + Send + 'static) -> io::Result<Writer> {
        let (queue, orders) = sync_channel(QUEUE);
        thread::Builder::new().name("outrider-events".into()).spawn(move || write_all(&orders, sink))?;
        Ok(Writer { queue, lost: AtomicU64::new(0) })
    }

    /// Puts a line into the queue, or counts it as lost if there is no place.
    pub(super) fn send(&self, line: String) {
        if self.queue.try_send(Order::Line(line)).is_err() {
            self.lost.fetch_add(1, Ordering::Relaxed);
        }
    }

    pub(super) fn lost(&self) -> u64 {
        self.lost.load(Ordering::Relaxed)
    }

    /// Waits until every line so far is written, for `timeout` at most.
    pub(super) fn flush(&self, timeout: Duration) {
        let (done, wait) = sync_channel(1);
        if self.queue.try_send(Order::Flush(done)).is_ok() {
            let _ = wait.recv_timeout(timeout);
        }
    }
}

/// Ends when the last sender is gone. A stream that cannot be written to has no place to say so.
fn write_all(orders: &Receiver<Order>, mut sink: impl Write) {
    for order in orders {
        match order {
            Order::Line(mut line) => {
                line.push('\n');
                let _ = sink.write_all(line.as_bytes());
            }
            Order::Flush(done) => {
                let _ = sink.flush();
                let _ = done.try_send(());
            }
        }
    }
}

/// Lines kept in memory.
#[derive(Debug, Default)]
pub struct Memory(Mutex<Vec<u8>>);

impl Memory {
    /// What was written so far.
    pub fn text(&self) -> String {
        let bytes = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

struct MemorySink(Arc<Memory>);

impl Write for MemorySink {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let mut all = self.0.0.lock().unwrap_or_else(PoisonError::into_inner);
        all.extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

impl Writer {
    pub(super) fn start_in(memory: &Arc<Memory>) -> io::Result<Writer> {
        Writer::start(MemorySink(Arc::clone(memory)))
    }
}
