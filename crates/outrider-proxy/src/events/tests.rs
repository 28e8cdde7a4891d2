use proptest::prelude::*;

use super::*;

fn refused(why: &str) -> ConfigRefused {
    ConfigRefused { why: why.into() }
}

#[test]
fn a_line_has_time_level_and_sentence() {
    let (events, memory) = Events::to_memory(LineFormat::Human).unwrap();
    events.emit(&HostUnhealthy {
        pool: "api".into(),
        host: "127.0.0.1:9101".parse().unwrap(),
        why: "status 503".into(),
    });
    events.flush();
    let text = memory.text();
    let (time, rest) = text.split_once(' ').unwrap();
    assert!(time.parse::<jiff::Timestamp>().is_ok(), "{time}");
    assert_eq!(rest, "WARN  host 127.0.0.1:9101 of pool api is unhealthy: status 503\n");
    assert_eq!(events.count(Kind::HostUnhealthy), 1);
}

#[test]
fn a_json_line_has_the_facts() {
    let (events, memory) = Events::to_memory(LineFormat::Json).unwrap();
    events.emit(&WeightSet { pool: "api".into(), host: "[::1]:80".parse().unwrap(), weight: None });
    events.flush();
    let line: serde_json::Value = serde_json::from_str(&memory.text()).unwrap();
    assert_eq!(line["event"], "weight_set");
    assert_eq!(line["level"], "info");
    assert_eq!(line["host"], "[::1]:80");
    assert_eq!(line["weight"], serde_json::Value::Null);
}

#[test]
fn what_a_host_says_cannot_forge_a_line() {
    let (events, memory) = Events::to_memory(LineFormat::Human).unwrap();
    events.emit(&refused(&format!("a\n2026-01-01T00:00:00Z INFO b\r\x1b[31m{}", "x".repeat(100_000))));
    events.flush();
    let text = memory.text();
    let lines_with_a_time = text.lines().filter(|line| !line.starts_with(' ')).count();
    assert_eq!(lines_with_a_time, 1, "{text}");
    assert!(!text.contains(['\x1b', '\r']));
    assert!(text.len() < 4100);
}

#[test]
fn a_flood_is_bounded_counted_and_told() {
    let (events, memory) = Events::to_memory(LineFormat::Human).unwrap();
    for _ in 0..1000 {
        events.emit(&refused("no"));
    }
    events.flush();
    let lines = memory.text().lines().count() as u64;
    assert_eq!(events.count(Kind::ConfigRefused), 1000);
    let told = memory.text().lines().filter(|l| l.contains("left out")).count() as u64;
    assert_eq!(lines - told + events.left_out(Kind::ConfigRefused), 1000);
    assert!(lines < 200, "{lines} lines");
}

proptest! {
    #[test]
    fn no_event_is_neither_written_nor_told(gaps_ms in prop::collection::vec(0u64..700, 1..200)) {
        let start = Instant::now();
        let mut flood = Flood::default();
        let (mut at, mut written, mut told) = (start, 0u64, 0u64);
        for &gap in &gaps_ms {
            at += Duration::from_millis(gap);
            let admission = flood.admit(at, 3);
            written += u64::from(admission.write);
            told += admission.left_out_before;
        }
        told += flood.settle(at + Duration::from_secs(2));
        prop_assert_eq!(written + told, gaps_ms.len() as u64);
        let seconds = at.duration_since(start).as_secs() + 1;
        prop_assert!(written <= 3 * seconds + 3, "{} lines in {} s", written, seconds);
    }
}

#[test]
fn a_sink_that_hangs_stops_nobody() {
    let (release, gate) = std::sync::mpsc::channel();
    let events = Events::with(LineFormat::Human, Some(Writer::start(Hanging(gate)).unwrap()));
    let writer = events.writer.as_ref().unwrap();
    for _ in 0..5000 {
        writer.send("line".into());
    }
    assert!(events.lost() >= 5000 - 1024 - 1);
    drop(release);
}

struct Hanging(std::sync::mpsc::Receiver<()>);

impl io::Write for Hanging {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let _ = self.0.recv();
        Ok(bytes.len())
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}
