//! What happened, in one line each: written for people (or as JSON), counted for machines.
//!
//! Every event is a struct of its own in `kinds.rs`; emitting one writes the line and bumps the counter that `/metrics`
//! shows as `outrider_events_total{kind}`. Beside a logging facade this keeps the line and the count from drifting apart
//! and makes every sentence of the log a value that a test can name.
//!
//! A flood is bounded: at most [`LINES_PER_S`] lines a second of each kind, the rest counted and told in one line. A
//! thread of its own writes, behind a bounded queue: a terminal that stops reading must not stop the proxy.

mod declare;
mod flood;
mod kinds;
mod writer;

use std::io;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};

use crate::metrics::Label;
use flood::Flood;
use writer::Writer;

pub use kinds::*;
pub use writer::Memory;

/// Lines per second of one kind; what comes on top is counted and left out.
pub const LINES_PER_S: u32 = 10;

/// How long [`Events::flush`] waits for a writer that does not get on.
const FLUSH_TIMEOUT: Duration = Duration::from_secs(1);

/// How grave an event is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// As it should be.
    Info,
    /// Somebody should look when there is time.
    Warn,
    /// Somebody should look now.
    Error,
}

impl Level {
    /// Its name in JSON lines.
    pub const fn name(self) -> &'static str {
        match self {
            Level::Info => "info",
            Level::Warn => "warn",
            Level::Error => "error",
        }
    }
}

/// How lines look.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum LineFormat {
    /// Time, level, sentence.
    #[default]
    Human,
    /// One JSON object.
    Json,
}

/// Something that happened.
pub trait Event {
    /// What it is called.
    fn kind(&self) -> Kind;
    /// How grave it is.
    fn level(&self) -> Level;
    /// One sentence for people.
    fn sentence(&self) -> String;
    /// Its facts, for machines.
    fn fields(&self) -> serde_json::Map<String, serde_json::Value>;
}

/// Where events go. One per process.
#[derive(Debug)]
pub struct Events {
    format: LineFormat,
    writer: Option<Writer>,
    counts: Vec<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    happened: AtomicU64,
    left_out: AtomicU64,
    flood: Mutex<Flood>,
}

impl Events {
    /// Events that are written to the standard error stream.
    ///
    /// # Errors
    /// If the thread that writes cannot be started.
    pub fn to_stderr(format: LineFormat) -> io::Result<Events> {
        Ok(Events::with(format, Some(Writer::start(io::stderr())?)))
    }

    /// Events that are written to memory, and the memory.
    ///
    /// # Errors
    /// If the thread that writes cannot be started.
    pub fn to_memory(format: LineFormat) -> io::Result<(Events, Arc<Memory>)> {
        let memory = Arc::new(Memory::default());
        let writer = Writer::start_in(&memory)?;
        Ok((Events::with(format, Some(writer)), memory))
    }

    /// Events that are counted and not written.
    pub fn silent() -> Events {
        Events::with(LineFormat::Human, None)
    }

    fn with(format: LineFormat, writer: Option<Writer>) -> Events {
        Events { format, writer, counts: Kind::ALL.iter().map(|_| Counts::default()).collect() }
    }

    /// Counts `event` and writes its line. Never waits for the line to be written.
    pub fn emit(&self, event: &impl Event) {
        let counts = self.of(event.kind());
        counts.happened.fetch_add(1, Ordering::Relaxed);
        let admission = counts.flood.lock().unwrap_or_else(PoisonError::into_inner).admit(Instant::now(), LINES_PER_S);
        self.tell_left_out(event.kind(), admission.left_out_before);
        if admission.write {
            self.write(event);
        } else {
            counts.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Tells how many lines were left out in floods that are over. Called once a second.
    pub fn settle(&self) {
        for &kind in Kind::ALL {
            let left_out = self.of(kind).flood.lock().unwrap_or_else(PoisonError::into_inner).settle(Instant::now());
            self.tell_left_out(kind, left_out);
        }
    }

    /// Waits, for a second at most, until every line so far is written.
    pub fn flush(&self) {
        if let Some(writer) = &self.writer {
            writer.flush(FLUSH_TIMEOUT);
        }
    }

    /// How often `kind` happened.
    pub fn count(&self, kind: Kind) -> u64 {
        self.of(kind).happened.load(Ordering::Relaxed)
    }

    /// How many lines of `kind` were left out because there were too many.
    pub fn left_out(&self, kind: Kind) -> u64 {
        self.of(kind).left_out.load(Ordering::Relaxed)
    }

    /// Lines that were lost because the writer did not get on.
    pub fn lost(&self) -> u64 {
        self.writer.as_ref().map_or(0, Writer::lost)
    }

    fn of(&self, kind: Kind) -> &Counts {
        &self.counts[kind.index()]
    }

    fn tell_left_out(&self, kind: Kind, lines: u64) {
        if lines > 0 {
            self.of(Kind::LinesLeftOut).happened.fetch_add(1, Ordering::Relaxed);
            self.write(&LinesLeftOut { of: kind.name().to_owned(), lines });
        }
    }

    fn write(&self, event: &impl Event) {
        if let Some(writer) = &self.writer {
            let now = jiff::Timestamp::now();
            writer.send(match self.format {
                LineFormat::Human => human(event, now),
                LineFormat::Json => json(event, now),
            });
        }
    }
}

impl Drop for Events {
    fn drop(&mut self) {
        self.flush();
    }
}

fn human(event: &impl Event, now: jiff::Timestamp) -> String {
    let level = match event.level() {
        Level::Info => "INFO ",
        Level::Warn => "WARN ",
        Level::Error => "ERROR",
    };
    // A line of its own would have a time in front.
    let sentence = printable(&event.sentence()).replace('\n', "\n    ");
    format!("{now:.3} {level} {sentence}")
}

fn json(event: &impl Event, now: jiff::Timestamp) -> String {
    let mut line = serde_json::Map::new();
    line.insert("timestamp".into(), format!("{now:.3}").into());
    line.insert("level".into(), event.level().name().into());
    line.insert("event".into(), event.kind().name().into());
    line.insert("message".into(), printable(&event.sentence()).into());
    line.extend(event.fields());
    serde_json::Value::Object(line).to_string()
}

/// `text`, of bounded length and without what speaks to a terminal: part of it may come from a host.
fn printable(text: &str) -> String {
    const MAX_CHARS: usize = 4000;
    text.chars().take(MAX_CHARS).map(|c| if c.is_control() && c != '\n' { '?' } else { c }).collect()
}

#[cfg(test)]
mod tests;
