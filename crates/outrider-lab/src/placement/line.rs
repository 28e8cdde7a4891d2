//! A line of the log: a request on one platform. Keys and units are those of the task that reads it.

use jiff::Timestamp;
use serde::Serialize;

use super::design::Sent;
use super::hosts::Served;
use super::world::{Platform, WORKLOADS};

/// 2 November 2026, a Monday, 00:00 UTC, in seconds: the experiment's first midnight.
const FIRST_MIDNIGHT_S: i64 = 1_793_577_600;
const MS_PER_S: f64 = 1e3;
const NS_PER_S: f64 = 1e9;

/// How a request ended for its client.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Ended {
    /// `None`: there was no answer.
    pub(super) status: Option<u16>,
    /// From when it was due, in the experiment's time.
    pub(super) response_ms: f64,
}

#[derive(Serialize)]
pub(super) struct Line {
    /// The same for both copies of a request.
    request_id: String,
    platform: &'static str,
    workload_type: &'static str,
    timestamp: String,
    http_status: Option<u16>,
    response_time_ms: f64,
    target_payload_size_kb: f64,
    time_window: String,
    load_pattern: &'static str,
    metrics: Metrics,
    /// Whose rules made it.
    generated_by: &'static str,
}

/// What the server says; nothing if its client had left.
#[derive(Serialize)]
#[serde(untagged)]
enum Metrics {
    Said {
        execution_time_ms: f64,
        memory_used_mb: f64,
        memory_limit_mb: Option<f64>,
        cold_start: bool,
        payload_size_kb: f64,
    },
    Nothing {},
}

impl Line {
    pub(super) fn new(number: usize, platform: Platform, sent: &Sent, ended: Ended, served: Option<&Served>) -> Line {
        Line {
            request_id: number.to_string(),
            platform: platform.name(),
            workload_type: WORKLOADS[sent.workload].name,
            timestamp: timestamp(sent.at_s),
            http_status: ended.status,
            response_time_ms: ended.response_ms,
            target_payload_size_kb: sent.size_kb,
            time_window: format!("{:02}-{:02}", sent.window, sent.window + 1),
            load_pattern: sent.pattern.name(),
            metrics: Metrics::of(sent, ended, served),
            generated_by: "outrider lab collect placement",
        }
    }
}

impl Metrics {
    fn of(sent: &Sent, ended: Ended, served: Option<&Served>) -> Metrics {
        let Some(served) = served.filter(|_| ended.status.is_some()) else { return Metrics::Nothing {} };
        Metrics::Said {
            execution_time_ms: served.work.execution_s * MS_PER_S,
            memory_used_mb: served.work.used_mb,
            memory_limit_mb: served.work.given_mb,
            cold_start: served.cold_start_s.is_some(),
            payload_size_kb: sent.size_kb,
        }
    }
}

/// To the microsecond, UTC.
fn timestamp(at_s: f64) -> String {
    #[expect(clippy::cast_possible_truncation, reason = "a fraction of a second")]
    let fraction_ns = (at_s.fract() * NS_PER_S) as i32;
    #[expect(clippy::cast_possible_truncation, reason = "some days")]
    let whole_s = FIRST_MIDNIGHT_S + at_s as i64;
    Timestamp::new(whole_s, fraction_ns / 1_000 * 1_000).map_or_else(|_| String::new(), |time| time.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::placement::Design;
    use crate::placement::world::work;

    #[test]
    fn a_line_says_what_its_client_and_its_server_saw() {
        let sent = Design { days: 2, ..Design::default() }.requests()[0];
        let served = Served { work: work(&sent, 0, Platform::Serverless, 1), cold_start_s: Some(0.1) };
        let written = |status, served| {
            let ended = Ended { status, response_ms: 12.5 };
            serde_json::to_value(Line::new(0, Platform::Serverless, &sent, ended, served)).unwrap()
        };
        let line = written(Some(200), Some(&served));
        assert_eq!((&line["platform"], &line["metrics"]["cold_start"]), (&"lambda".into(), &true.into()));
        assert!(line["timestamp"].as_str().unwrap().starts_with("2026-11-02T02:00:0"), "{line}");
        assert_eq!(written(None, Some(&served))["metrics"], serde_json::json!({}), "its client had left");
        assert_eq!(written(None, None)["http_status"], serde_json::Value::Null);
    }
}
