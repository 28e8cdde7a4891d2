//! Ping results of RIPE Atlas as its API returns them: one JSON list, or an object on each line (<https://atlas.ripe.net/docs/apis/result-format/>).
//!
//! A row for each result, with the columns prb_id, msm_id, timestamp, avg, min, max, std_ms, sent and rcvd. Where all packets were lost
//! there is no time: the API's -1 is none.

use std::io::{self, BufRead};

use serde::Deserialize;
use serde::de::IgnoredAny;

use crate::cell::Cell;
use crate::limits::Limits;
use crate::sink::{Refusal, Sink};

/// A result of which only what is looked at is kept.
#[derive(Debug, Deserialize)]
struct Ping {
    #[serde(rename = "type")]
    kind: Option<String>,
    prb_id: Option<f64>,
    msm_id: Option<f64>,
    timestamp: Option<f64>,
    avg: Option<f64>,
    min: Option<f64>,
    max: Option<f64>,
    sent: Option<f64>,
    rcvd: Option<f64>,
    #[serde(default)]
    result: Vec<Packet>,
}

/// One packet: a round trip, `x` where none came back in time, or an error; `dup` and `late` answer packets that were counted.
#[derive(Debug, Deserialize)]
struct Packet {
    rtt: Option<f64>,
    dup: Option<IgnoredAny>,
    late: Option<IgnoredAny>,
}

/// Whether `start`, the beginning of a text, looks like such results.
pub(crate) fn is_meant(start: &[u8]) -> bool {
    let has = |word: &[u8]| start.windows(word.len()).any(|part| part == word);
    has(b"\"prb_id\"") && has(b"\"msm_id\"")
}

/// Gives every result of `text` to `sink`. What stands between objects (brackets, commas, line ends) is passed over.
pub(crate) fn read(text: &mut dyn BufRead, limits: &Limits, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let mut object = Object { limit: limits.line_bytes, line: 1, ..Object::default() };
    loop {
        let buffer = text.fill_buf()?;
        if buffer.is_empty() {
            break;
        }
        for &byte in buffer {
            if object.take(byte) {
                result(&object, sink)?;
                object.bytes.clear();
                object.is_long = false;
            }
        }
        let used = buffer.len();
        text.consume(used);
    }
    if object.depth > 0 {
        let why = format!("the last result, from line {} on, is cut short; fetch it again", object.begin);
        return Err(Refusal::Io(io::Error::new(io::ErrorKind::UnexpectedEof, why)));
    }
    Ok(())
}

/// An object as its bytes come in, at most `limit` of them.
#[derive(Default)]
struct Object {
    bytes: Vec<u8>,
    limit: usize,
    depth: usize,
    is_text: bool,
    is_escaped: bool,
    is_long: bool,
    line: u64,
    begin: u64,
}

impl Object {
    /// Whether the object ends with this byte.
    fn take(&mut self, byte: u8) -> bool {
        self.line += u64::from(byte == b'\n');
        if self.depth == 0 && byte != b'{' {
            return false;
        }
        if self.depth == 0 {
            self.begin = self.line;
        }
        self.is_long |= self.bytes.len() == self.limit;
        if !self.is_long {
            self.bytes.push(byte);
        }
        self.nest(byte);
        self.depth == 0
    }

    fn nest(&mut self, byte: u8) {
        match byte {
            _ if self.is_escaped => self.is_escaped = false,
            b'\\' if self.is_text => self.is_escaped = true,
            b'"' => self.is_text = !self.is_text,
            b'{' if !self.is_text => self.depth += 1,
            b'}' if !self.is_text => self.depth -= 1,
            _ => {}
        }
    }
}

fn result(object: &Object, sink: &mut dyn Sink) -> Result<(), Refusal> {
    let line = object.begin;
    if object.is_long {
        sink.wrong(line, format!("a result of at most {} bytes, found a longer one", object.limit));
        return Ok(());
    }
    match serde_json::from_slice::<Ping>(&object.bytes) {
        Err(error) => sink.wrong(line, format!("a ping result, found: {error}")),
        Ok(ping) => match ping.cells() {
            Err(expected) => sink.wrong(line, expected),
            Ok(cells) => {
                let named = cells.into_iter().map(|(name, value)| Ok((sink.column(name)?, Cell::number(value))));
                let cells = named.collect::<Result<_, Refusal>>()?;
                sink.row(line, cells)?;
            }
        },
    }
    Ok(())
}

impl Ping {
    /// Columns and their values; what is missing is not a number.
    fn cells(&self) -> Result<[(&'static str, f64); 9], String> {
        if let Some(kind) = self.kind.as_ref().filter(|kind| *kind != "ping") {
            return Err(format!("a ping result, found one of type {kind:?}"));
        }
        let (Some(probe), Some(at)) = (self.prb_id, self.timestamp) else {
            return Err("a result with `prb_id` and `timestamp`".to_owned());
        };
        let trips: Vec<f64> = self.packets().filter_map(|packet| packet.rtt).filter(|ms| *ms >= 0.0).collect();
        let packets = self.packets().count() as f64;
        let or = |told: Option<f64>, own: f64| told.filter(|ms| *ms >= 0.0).unwrap_or(own);
        let mean = trips.iter().sum::<f64>() / trips.len() as f64;
        let ends = |of: fn(f64, f64) -> f64| trips.iter().copied().fold(f64::NAN, of);
        Ok([
            ("prb_id", probe),
            ("msm_id", self.msm_id.unwrap_or(f64::NAN)),
            ("timestamp", at),
            ("avg", or(self.avg, mean)),
            ("min", or(self.min, ends(f64::min))),
            ("max", or(self.max, ends(f64::max))),
            ("std_ms", deviation(&trips, mean)),
            ("sent", self.sent.unwrap_or(packets)),
            ("rcvd", self.rcvd.unwrap_or(trips.len() as f64)),
        ])
    }

    fn packets(&self) -> impl Iterator<Item = &Packet> {
        self.result.iter().filter(|packet| packet.dup.is_none() && packet.late.is_none())
    }
}

/// The standard deviation (n - 1) of two values or more.
fn deviation(values: &[f64], mean: f64) -> f64 {
    let squares: f64 = values.iter().map(|value| (value - mean).powi(2)).sum();
    if values.len() < 2 { f64::NAN } else { (squares / (values.len() - 1) as f64).sqrt() }
}

#[cfg(test)]
mod tests {
    use outrider_core::frame::{Frame, Values};

    use crate::{Options, Reading};

    fn read(name: &str, text: &str) -> Result<(Frame, Reading), String> {
        let path = std::env::temp_dir().join(format!("outrider-atlas-{name}-{}", std::process::id()));
        std::fs::write(&path, text).unwrap();
        let read = crate::read(std::slice::from_ref(&path), &Options::default(), &mut |_| ());
        std::fs::remove_file(&path).unwrap();
        read.map_err(|error| error.to_string())
    }

    fn numbers(frame: &Frame, name: &str) -> Vec<f64> {
        match &frame.column(name).unwrap().values {
            Values::Number(numbers) => numbers.clone(),
            other => panic!("{name} holds {other:?}"),
        }
    }

    const ANSWERED: &str = r#"{"fw":4790,"type":"ping","msm_id":1001,"prb_id":7,"timestamp":1476479820,"sent":3,"rcvd":3,"min":10.0,
        "avg":12.0,"max":14.0,"result":[{"rtt":10.0},{"rtt":12.0},{"rtt":14.0},{"rtt":99.0,"dup":1}],"step":240}"#;
    const LOST: &str = r#"{"type":"ping","msm_id":1001,"prb_id":8,"timestamp":1476479821,"sent":3,"rcvd":0,"min":-1,"avg":-1,"max":-1,
        "result":[{"x":"*"},{"error":"connect failed: Network is unreachable {[\""},{"x":"*"}]}"#;
    const BARE: &str =
        r#"{"msm_id":1001,"prb_id":9,"timestamp":1476479822,"result":[{"rtt":5.0},{"x":"*"},{"rtt":7.0}]}"#;

    #[test]
    fn results_are_read_as_a_list_and_as_lines() {
        let list = read("list", &format!("[{ANSWERED},\n{LOST},{BARE}]")).unwrap().0;
        let line = |text: &str| text.replace('\n', " ");
        let lines = read("lines", &[ANSWERED, LOST, BARE].map(line).join("\n")).unwrap().0;
        assert_eq!(numbers(&list, "prb_id"), [7.0, 8.0, 9.0]);
        assert_eq!((numbers(&list, "sent"), numbers(&list, "rcvd")), (vec![3.0; 3], vec![3.0, 0.0, 2.0]));
        let avg = numbers(&list, "avg");
        assert_eq!((avg[0], avg[2], numbers(&list, "std_ms")[0]), (12.0, 6.0, 2.0));
        assert!(avg[1].is_nan(), "-1 is loss, not latency");
        assert_eq!(numbers(&lines, "rcvd"), numbers(&list, "rcvd"));
        assert!(matches!(list.column("timestamp").unwrap().values, Values::Time(_)));
    }

    #[test]
    fn a_round_trip_of_nought_is_an_answer() {
        let zero = r#"{"msm_id":1,"prb_id":7,"timestamp":1476479820,"result":[{"rtt":0},{"rtt":0.0},{"x":"*"}]}"#;
        let frame = read("zero", zero).unwrap().0;
        let of = |name| numbers(&frame, name)[0];
        assert_eq!((of("avg"), of("min"), of("rcvd"), of("sent")), (0.0, 0.0, 2.0, 3.0));
    }

    #[test]
    fn what_is_no_ping_result_is_counted_and_named() {
        let trace = r#"{"type":"traceroute","msm_id":1,"prb_id":7,"timestamp":1476479820,"result":[{"hop":1}]}"#;
        let nameless = r#"{"msm_id":1,"timestamp":1476479820}"#;
        let (frame, reading) = read("wrong", &format!("[{ANSWERED},{trace},{nameless}]")).unwrap();
        assert_eq!((frame.rows(), reading.rejected), (1, 2));
        assert!(reading.samples[0].expected.contains("traceroute") && reading.samples[1].expected.contains("prb_id"));
    }

    #[test]
    fn a_file_that_is_cut_short_is_refused() {
        let told = read("cut", &format!("[{ANSWERED},{}", &LOST[..80])).unwrap_err();
        assert!(told.contains("cut short"), "{told}");
    }

    #[test]
    fn a_list_of_something_else_is_refused_as_before() {
        assert!(read("other", r#"[{"a": 1}, {"a": 2}]"#).unwrap_err().contains("one JSON list"));
    }
}
