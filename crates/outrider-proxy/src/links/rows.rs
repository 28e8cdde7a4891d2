//! Rows on their way to the file: collected, written beside the probes, dropped where they cannot be.

use std::fmt::Write;
use std::future::pending;
use std::sync::Arc;
use std::time::UNIX_EPOCH;

use tokio::task::{JoinHandle, spawn_blocking};

use super::file::{Appended, LinkFile};
use super::handshake::Handshake;
use crate::events::{LinkRowsDropped, LinkRowsWritten};
use crate::metrics::{LinkResult, Metrics};

/// Rows that may wait while the disk does not get on.
const WAITING_BYTES: usize = 1 << 20;

/// The rows of a file.
#[derive(Debug)]
pub(super) struct Rows {
    file: LinkFile,
    metrics: Arc<Metrics>,
    waiting: String,
    writing: Option<JoinHandle<Appended>>,
    /// Rows dropped since writing began to fail, if it fails.
    dropped: Option<u64>,
}

impl Rows {
    pub(super) fn new(file: LinkFile, metrics: Arc<Metrics>) -> Rows {
        Rows { file, metrics, waiting: String::new(), writing: None, dropped: None }
    }

    /// Adds the row of `probe`; one that failed here says nothing of the link and has none.
    pub(super) fn add(&mut self, probe: &Handshake) {
        if probe.result == LinkResult::Failed {
            return;
        }
        if self.waiting.len() > WAITING_BYTES {
            self.metrics.links.rows_dropped.add(1);
            return;
        }
        push_row(&mut self.waiting, probe);
    }

    /// Begins to write what waits, unless the last writing is still under way.
    pub(super) fn write(&mut self) {
        if self.writing.is_none() && !self.waiting.is_empty() {
            let (file, rows) = (self.file.clone(), std::mem::take(&mut self.waiting));
            self.writing = Some(spawn_blocking(move || file.append(&rows)));
        }
    }

    /// Waits until what is being written is written, or cannot be; for ever where nothing is.
    pub(super) async fn written(&mut self) {
        let Some(writing) = &mut self.writing else { return pending().await };
        let appended = writing.await;
        self.writing = None;
        // A panic has been told of by its thread; its rows are lost.
        if let Ok(appended) = appended {
            self.learn(&appended);
        }
    }

    /// Writes everything that is left.
    pub(super) async fn finish(mut self) {
        while self.writing.is_some() || !self.waiting.is_empty() {
            self.write();
            self.written().await;
        }
    }

    /// Counts, and tells of a change from well to ill or back.
    fn learn(&mut self, appended: &Appended) {
        let counts = &self.metrics.links;
        counts.rows_written.add(appended.rows);
        counts.rows_dropped.add(appended.dropped);
        let path = self.file.path().display().to_string();
        match &appended.error {
            Some(error) => {
                counts.write_errors.add(1);
                if self.dropped.is_none() {
                    self.metrics.events.emit(&LinkRowsDropped { path, why: error.to_string() });
                }
                self.dropped = Some(self.dropped.unwrap_or(0) + appended.dropped);
            }
            None => {
                if let Some(dropped) = self.dropped.take() {
                    self.metrics.events.emit(&LinkRowsWritten { path, dropped });
                }
            }
        }
    }
}

/// `host,ts,rtt_ms`: seconds since 1970 to a millisecond, milliseconds to a microsecond, -1 for a lost probe.
fn push_row(to: &mut String, probe: &Handshake) {
    let ts = probe.at.duration_since(UNIX_EPOCH).unwrap_or_default().as_secs_f64();
    let _ = match probe.round_trip {
        // Zero would read as lost.
        Some(took) => writeln!(to, "{},{ts:.3},{:.3}", probe.host, (took.as_secs_f64() * 1e3).max(0.001)),
        None => writeln!(to, "{},{ts:.3},-1", probe.host),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::{Duration, SystemTime};

    fn probe(result: LinkResult, round_trip: Option<u64>) -> Handshake {
        Handshake {
            host: "[2001:db8::1]:443".parse().unwrap(),
            at: SystemTime::UNIX_EPOCH + Duration::from_micros(1_764_374_400_123_900),
            result,
            round_trip: round_trip.map(Duration::from_nanos),
        }
    }

    #[test]
    fn a_row_has_what_the_reader_expects_and_a_failure_of_ours_has_none() {
        let metrics = Arc::new(Metrics::new(1, Arc::new(crate::events::Events::silent())));
        let mut rows = Rows::new(LinkFile::new("unused.csv".into(), 1 << 16), metrics);
        rows.add(&probe(LinkResult::Answered, Some(12_345_678)));
        rows.add(&probe(LinkResult::Answered, Some(90)));
        rows.add(&probe(LinkResult::TimedOut, None));
        rows.add(&probe(LinkResult::Failed, None));
        let lines: Vec<&str> = rows.waiting.lines().collect();
        let start = "[2001:db8::1]:443,1764374400.124";
        assert_eq!(lines, [format!("{start},12.346"), format!("{start},0.001"), format!("{start},-1")]);
    }

    #[test]
    fn what_waits_for_a_disk_is_bounded_and_the_rest_is_counted() {
        let metrics = Arc::new(Metrics::new(1, Arc::new(crate::events::Events::silent())));
        let mut rows = Rows::new(LinkFile::new("unused.csv".into(), 1 << 16), Arc::clone(&metrics));
        (0..50_000).for_each(|_| rows.add(&probe(LinkResult::Refused, None)));
        assert!(rows.waiting.len() < WAITING_BYTES + 100 && rows.waiting.ends_with('\n'));
        let kept = rows.waiting.lines().count() as u64;
        assert_eq!(kept + metrics.links.rows_dropped.get(), 50_000);
    }
}
