use std::io::{self, Write};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Mutex};

use proptest::prelude::*;

use super::*;
use crate::events::{Events, Kind};

const LONG: Duration = Duration::from_secs(10);

fn entry(long: &str) -> Entry {
    Entry {
        time: Timestamp::UNIX_EPOCH,
        request_id: long.to_owned(),
        client: "192.0.2.1".parse().unwrap(),
        method: long.to_owned(),
        host: long.to_owned(),
        path: long.to_owned(),
        status: Some(200),
        class: long.to_owned(),
        pool: long.to_owned(),
        strategy: "random",
        upstream: None,
        epoch: 1,
        attempts: 1,
        retries: Vec::new(),
        client_attempt: None,
        client_retry: None,
        repeats: None,
        request_bytes: 0,
        response_bytes: 0,
        total: Duration::ZERO,
        wait: Duration::ZERO,
        connect: Duration::ZERO,
        first_byte: None,
        ending: Ending::Complete,
        predicted: None,
        user_agent: Some(long.to_owned()),
        traceparent: Some(long.to_owned()),
    }
}

fn events() -> Arc<Events> {
    Arc::new(Events::silent())
}

/// A sink that is stuck until the other end of its channel is gone, and keeps what it gets then.
struct Stuck {
    until: Receiver<()>,
    written: Arc<Mutex<Vec<u8>>>,
}

impl Stuck {
    fn new() -> (Stuck, Sender<()>, Arc<Mutex<Vec<u8>>>) {
        let (stuck, until) = channel();
        let written = Arc::default();
        (Stuck { until, written: Arc::clone(&written) }, stuck, written)
    }
}

impl Write for Stuck {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.until.recv();
        self.written.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// A disk that is full.
struct Full;

impl Write for Full {
    fn write(&mut self, _: &[u8]) -> io::Result<usize> {
        Err(io::ErrorKind::StorageFull.into())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

proptest! {
    #[test]
    fn a_line_is_bounded_and_whole_whatever_is_in_it(text in "(?s).{0,2000}", times in 1_usize..40) {
        let line = serde_json::to_vec(&entry(&text.repeat(times))).unwrap();
        prop_assert!(line.len() < 8 * 6 * (MAX_TEXT + 3) + 1024, "{} bytes", line.len());
        let value: serde_json::Value = serde_json::from_slice(&line).unwrap();
        let path = value["path"].as_str().unwrap();
        let whole = text.repeat(times);
        match path.strip_suffix(CUT).filter(|_| whole.len() > MAX_TEXT) {
            Some(kept) => prop_assert!(whole.starts_with(kept) && kept.len() > MAX_TEXT - 4 && kept.len() <= MAX_TEXT),
            None => prop_assert_eq!(path, whole),
        }
    }
}

#[test]
fn what_waits_behind_a_stuck_writer_is_bounded_and_the_rest_is_counted() {
    let (sink, stuck, written) = Stuck::new();
    let events = events();
    let log = writer::start(Box::new(sink), None, &events).unwrap();
    let long = entry(&"\u{1}".repeat(64 * 1024));
    let line = serde_json::to_vec(&long).unwrap().len() + 1;
    let kept = (0..2_000).filter(|_| log.hand_over(&long) == 0).count();
    // Beside the queue, the writer holds one line and a buffer.
    assert!(kept > 100 && (kept - 3) * line <= 8 << 20, "{kept} lines of {line} bytes");
    assert!(events.count(Kind::AccessLogDropped) > 0);
    drop(stuck);
    log.finish(LONG);
    assert_eq!(written.lock().unwrap().len(), kept * line);
}

#[test]
fn there_is_room_again_when_the_writer_gets_on() {
    let (sink, stuck, _) = Stuck::new();
    let log = writer::start(Box::new(sink), None, &events()).unwrap();
    let long = entry(&"x".repeat(MAX_TEXT));
    while log.hand_over(&long) == 0 {}
    drop(stuck);
    let began = std::time::Instant::now();
    while log.hand_over(&long) > 0 {
        assert!(began.elapsed() < LONG, "no room");
        std::thread::yield_now();
    }
}

#[test]
fn lines_that_cannot_be_written_are_counted_and_told_of() {
    let events = events();
    let log = writer::start(Box::new(Full), None, &events).unwrap();
    let long = entry(&"x".repeat(MAX_TEXT));
    let began = std::time::Instant::now();
    while log.hand_over(&long) == 0 {
        assert!(began.elapsed() < LONG, "a full disk is not noticed");
    }
    assert!(events.count(Kind::AccessLogFailed) > 0);
}

#[test]
fn the_last_line_is_written_before_the_process_may_end() {
    let path = std::env::temp_dir().join(format!("outrider-access-log-{}", std::process::id()));
    let log = open(&crate::settings::LogTarget::File(path.clone()), &events()).unwrap();
    for _ in 0..1_000 {
        assert_eq!(log.hand_over(&entry("short")), 0);
    }
    log.finish(LONG);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert_eq!(text.lines().count(), 1_000);
}

#[test]
fn a_full_queue_does_not_lose_the_order_to_open_the_file_again() {
    let folder = std::env::temp_dir();
    let path = folder.join(format!("outrider-access-log-reopen-{}", std::process::id()));
    let (sink, stuck, _) = Stuck::new();
    let log = writer::start(Box::new(sink), Some(path.clone()), &events()).unwrap();
    while log.hand_over(&entry("short")) == 0 {}
    log.reopen();
    drop(stuck);
    log.finish(LONG);
    let text = std::fs::read_to_string(&path).unwrap();
    std::fs::remove_file(&path).unwrap();
    assert!(text.lines().count() > 0);
}
