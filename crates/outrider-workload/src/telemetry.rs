//! Telemetry of client retries, generated: rows as a load balancer would have logged them, in which a retry depends on failure alone.
//!
//! Status codes come in shares of 60, 15, 10, 5, 2, 2, 3, 1, 1 and 1 % (200, 201, 204, 400, 401, 403, 404, 500, 502, 503). The chance of a
//! retry is drawn for each row, from Beta(5, 15) where the status is 400 or above and from Beta(2, 30) elsewhere. All else is drawn on its
//! own. So the best that anybody can know is whether a request failed, and the best area under the ROC curve is
//! 1/2 + (0.0375/0.090625 - 0.1125/0.909375)/2 = 0.645.

use outrider_core::Random;
use outrider_core::frame::{Column, Frame, Values, Words};

/// Status codes and their shares, in percent.
const STATUSES: [(u16, f64); 10] = [
    (200, 60.0),
    (201, 15.0),
    (204, 10.0),
    (400, 5.0),
    (401, 2.0),
    (403, 2.0),
    (404, 3.0),
    (500, 1.0),
    (502, 1.0),
    (503, 1.0),
];
const SERVERS: [&str; 8] = ["srv-1", "srv-2", "srv-3", "srv-4", "srv-5", "srv-6", "srv-7", "srv-8"];
const REGIONS: [&str; 4] = ["us-east", "us-west", "eu-west", "ap-south"];
const METHODS: [(&str, &str); 4] = [("GET", "read"), ("POST", "write"), ("PUT", "write"), ("DELETE", "write")];
/// 2 November 2026, a Monday, 00:00 UTC, in microseconds.
const FROM_US: i64 = 1_793_577_600_000_000;
/// So many rows a second: a few hundred an hour, so that a file of some thousand has many hours.
const RATE_PER_S: f64 = 0.1;
/// Shapes of the chance of a retry: where the request failed, and elsewhere.
const FAILED: (u32, u32) = (5, 15);
const SERVED: (u32, u32) = (2, 30);
/// The planted column tells the label but for this share of rows.
const LEAK_NOISE: f64 = 0.01;

/// A row that is being made.
struct Row {
    status: u16,
    response_ms: f64,
    retried: bool,
}

/// `rows` rows of the world of `seed`; with `leak` one more column, `client_backoff_ms`, which is only known when the client has come
/// again and nearly tells the label.
pub fn retry_telemetry(rows: usize, seed: u64, leak: bool) -> Frame {
    let mut random = Random::new(seed);
    let made: Vec<Row> = (0..rows).map(|_| Row::draw(&mut random)).collect();
    let mut columns = vec![column("timestamp", Values::Time(times(rows, &mut random)))];
    columns.extend(places(rows, &mut random));
    columns.extend(responses(&made));
    columns.extend(asides(rows, &mut random));
    if leak {
        columns.push(column("client_backoff_ms", leaking(&made, &mut random)));
    }
    Frame::new(columns).expect("columns of their own names, a value for each row")
}

/// Moments of a Poisson stream.
fn times(rows: usize, random: &mut Random) -> Vec<i64> {
    let mut at_us = FROM_US as f64;
    let mut next = || {
        at_us += exponential(random) / RATE_PER_S * 1e6;
        #[expect(clippy::cast_possible_truncation, reason = "far within the range")]
        let time = at_us as i64;
        time
    };
    (0..rows).map(|_| next()).collect()
}

/// Where a request went, and how.
fn places(rows: usize, random: &mut Random) -> [Column; 4] {
    let methods: Vec<usize> = (0..rows).map(|_| random.below(METHODS.len())).collect();
    let mut draw =
        |words: &[&'static str]| Values::Word((0..rows).map(|_| Some(words[random.below(words.len())])).collect());
    let named = |name: fn(&(&'static str, &'static str)) -> &'static str| {
        Values::Word(methods.iter().map(|&method| Some(name(&METHODS[method]))).collect())
    };
    [
        column("server_id", draw(&SERVERS)),
        column("region", draw(&REGIONS)),
        column("method", named(|method| method.0)),
        column("method_category", named(|method| method.1)),
    ]
}

/// What came of it.
fn responses(made: &[Row]) -> [Column; 5] {
    let of = |value: fn(&Row) -> f64| Values::Number(made.iter().map(value).collect());
    [
        column("status_code", of(|row| f64::from(row.status))),
        column("response_time_ms", of(|row| row.response_ms)),
        column("failure_type", Values::Word(made.iter().map(Row::failure).collect::<Words>())),
        column("latency_bucket", Values::Word(made.iter().map(|row| Some(row.bucket())).collect())),
        column("retried", of(|row| f64::from(u8::from(row.retried)))),
    ]
}

/// What has nothing to do with it.
fn asides(rows: usize, random: &mut Random) -> [Column; 3] {
    let mut draw = |of: fn(&mut Random) -> f64| Values::Number((0..rows).map(|_| of(random)).collect());
    [
        column("bytes", draw(|random| log_normal(random, 8.0, 1.0).round())),
        column("anomaly_score", draw(exponential)),
        column("retry_count", draw(|random| f64::from(u8::from(random.chance(0.1))))),
    ]
}

impl Row {
    fn draw(random: &mut Random) -> Row {
        let status = status(random);
        let (a, b) = if status >= 400 { FAILED } else { SERVED };
        let chance = beta(random, a, b);
        Row { status, response_ms: log_normal(random, 4.5, 0.8), retried: random.chance(chance) }
    }

    /// Only what failed has one.
    fn failure(&self) -> Option<&'static str> {
        match self.status {
            0..400 => None,
            400..500 => Some("client_error"),
            502 => Some("bad_gateway"),
            503 => Some("unavailable"),
            _ => Some("server_error"),
        }
    }

    fn bucket(&self) -> &'static str {
        match self.response_ms {
            ms if ms < 100.0 => "fast",
            ms if ms < 500.0 => "medium",
            _ => "slow",
        }
    }
}

/// What only a client that comes again has, with a little noise.
fn leaking(rows: &[Row], random: &mut Random) -> Values {
    let of = |row: &Row| match row.retried ^ random.chance(LEAK_NOISE) {
        true => log_normal(random, 5.0, 0.5),
        false => 0.0,
    };
    Values::Number(rows.iter().map(of).collect())
}

fn status(random: &mut Random) -> u16 {
    let mut left = random.unit() * 100.0;
    for (status, share) in STATUSES {
        left -= share;
        if left < 0.0 {
            return status;
        }
    }
    STATUSES[0].0
}

fn exponential(random: &mut Random) -> f64 {
    -(1.0 - random.unit()).ln()
}

/// Of whole shapes: a gamma variable of shape k is the sum of k exponential ones, a beta variable the share of one in two.
fn beta(random: &mut Random, a: u32, b: u32) -> f64 {
    let mut gamma = |shape: u32| (0..shape).map(|_| exponential(random)).sum::<f64>();
    let (x, y) = (gamma(a), gamma(b));
    x / (x + y)
}

/// By Box and Muller (1958).
fn log_normal(random: &mut Random, mean: f64, deviation: f64) -> f64 {
    let radius = (2.0 * exponential(random)).sqrt();
    (mean + deviation * radius * (std::f64::consts::TAU * random.unit()).cos()).exp()
}

fn column(name: &str, values: Values) -> Column {
    Column { name: name.to_owned(), values }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ROWS: usize = 200_000;

    fn numbers<'a>(frame: &'a Frame, name: &str) -> &'a [f64] {
        match &frame.column(name).unwrap().values {
            Values::Number(numbers) => numbers,
            _ => panic!("numbers"),
        }
    }

    /// The area under the ROC curve of a score of two values: true where the status is 400 or above.
    fn best_auc(frame: &Frame) -> f64 {
        let rows = numbers(frame, "status_code").iter().zip(numbers(frame, "retried"));
        let mut counts = [[0.0_f64; 2]; 2];
        rows.for_each(|(status, retried)| counts[usize::from(*retried == 1.0)][usize::from(*status >= 400.0)] += 1.0);
        let failed = |class: [f64; 2]| class[1] / (class[0] + class[1]);
        0.5 + (failed(counts[1]) - failed(counts[0])) / 2.0
    }

    #[test]
    fn the_best_that_can_be_known_is_as_said() {
        let frame = retry_telemetry(ROWS, 7, false);
        let auc = best_auc(&frame);
        assert!((auc - 0.645).abs() < 0.005, "{auc}");
        let rate = numbers(&frame, "retried").iter().sum::<f64>() / ROWS as f64;
        assert!((rate - 0.0906).abs() < 0.003, "{rate}");
    }

    #[test]
    fn a_seed_is_a_world_and_a_leak_leaves_the_rest_alone() {
        let (one, again) = (retry_telemetry(1_000, 1, false), retry_telemetry(1_000, 1, false));
        assert_eq!(one, again);
        assert_ne!(one, retry_telemetry(1_000, 2, false));
        let leaking = retry_telemetry(1_000, 1, true);
        assert!(one.columns().iter().all(|column| leaking.column(&column.name) == Some(column)));
        let told = numbers(&leaking, "client_backoff_ms").iter().zip(numbers(&leaking, "retried"));
        let right = told.filter(|(backoff, retried)| (**backoff > 0.0) == (**retried == 1.0)).count();
        assert!((970..1_000).contains(&right), "{right}");
    }

    #[test]
    fn only_what_failed_has_a_kind_of_failure() {
        let frame = retry_telemetry(5_000, 3, false);
        let Values::Word(failures) = &frame.column("failure_type").unwrap().values else { panic!("words") };
        let status = numbers(&frame, "status_code");
        assert!((0..frame.rows()).all(|row| failures.get(row).is_some() == (status[row] >= 400.0)));
    }
}
