//! Labels by hand, and the traps that a predecessor fell into: each set for this task.

mod labels;
mod traps;

use outrider_core::Random;
use outrider_core::frame::{Frame, NO_TIME};

use super::*;
use crate::testing::{numbers as number_column, times as time_column, words as word_column};

/// 2 November 2026, a Monday, 02:00 UTC.
const MONDAY_2_UTC: i64 = 1_793_584_800_000_000;
const SECOND: i64 = 1_000_000;

/// A line of a log.
#[derive(Clone, Copy)]
struct Line {
    platform: &'static str,
    workload: &'static str,
    at_us: i64,
    status: f64,
    response_ms: f64,
    size_kb: f64,
    execution_ms: f64,
    memory_used_mb: f64,
    window: &'static str,
}

impl Line {
    /// A request that was answered: what its client waited, and what its server took.
    fn served(platform: &'static str, response_ms: f64, execution_ms: f64) -> Line {
        Line {
            platform,
            workload: "heavy_processing",
            at_us: MONDAY_2_UTC,
            status: 200.0,
            response_ms,
            size_kb: 100.0,
            execution_ms,
            memory_used_mb: 1_024.0,
            window: "02-03",
        }
    }

    /// A request whose client left after half a minute: its server said nothing.
    fn timed_out(platform: &'static str) -> Line {
        Line { status: f64::NAN, memory_used_mb: f64::NAN, ..Line::served(platform, 30_000.0, f64::NAN) }
    }
}

fn log(lines: &[Line]) -> Frame {
    let number = |name: &str, of: fn(&Line) -> f64| number_column(name, &lines.iter().map(of).collect::<Vec<_>>());
    let word = |name: &str, of: fn(&Line) -> &'static str| {
        word_column(name, &lines.iter().map(|line| Some(of(line))).collect::<Vec<_>>())
    };
    let columns = vec![
        word("platform", |line| line.platform),
        word("workload_type", |line| line.workload),
        time_column("timestamp", &lines.iter().map(|line| line.at_us).collect::<Vec<_>>()),
        number("http_status", |line| line.status),
        number("response_time_ms", |line| line.response_ms),
        number("target_payload_size_kb", |line| line.size_kb),
        number("metrics.execution_time_ms", |line| line.execution_ms),
        number("metrics.memory_used_mb", |line| line.memory_used_mb),
        word("time_window", |line| line.window),
    ];
    Frame::new(columns).unwrap()
}

/// The labels of the rows that have one.
fn labels_of(task: &Task, frame: &Frame) -> Vec<f64> {
    super::numbers(&(task.rows)(frame).unwrap(), LABEL).unwrap()
}
