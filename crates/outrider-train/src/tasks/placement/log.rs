//! A log of requests on both platforms, column by column. Anything may be missing.

use std::collections::{BTreeMap, BTreeSet};

use outrider_core::frame::{Frame, NO_TIME, NO_WORD, Words};

use super::super::columns::{numbers, times, words};
use super::{Platforms, money};

/// Whatever is larger is no time in ms, no size in kB and no memory in MB.
const MEASURE_MAX: f64 = 1e12;

/// Where a request went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Platform {
    Serverless = 0,
    Containers = 1,
}

/// The columns of a log, a value for each row; not a number, [`NO_TIME`] or [`NO_WORD`] where it is missing.
#[derive(Clone, Debug)]
pub(super) struct Log {
    /// A number for each request; both copies of one that was sent to both platforms have the same. Who has no id is a request alone.
    pub(super) request: Vec<usize>,
    pub(super) platform: Vec<Option<Platform>>,
    pub(super) workload: Words,
    pub(super) pattern: Words,
    pub(super) at_us: Vec<i64>,
    pub(super) status: Vec<f64>,
    /// The client's time.
    pub(super) response_ms: Vec<f64>,
    pub(super) size_kb: Vec<f64>,
    /// The server's time.
    pub(super) execution_ms: Vec<f64>,
    pub(super) memory_used_mb: Vec<f64>,
    pub(super) memory_limit_mb: Vec<f64>,
    /// What a request cost, idle time and all.
    pub(super) request_usd: Vec<f64>,
    /// What its execution cost by the formulas alone.
    pub(super) execution_usd: Vec<f64>,
    /// Its share of what the tasks of its workload cost whether they serve or wait.
    pub(super) standing_usd: Vec<f64>,
    /// What a second of a client's waiting is worth.
    pub(super) client_second_usd: Vec<f64>,
}

impl Platform {
    pub(super) const BOTH: Platforms<Platform> = [Platform::Serverless, Platform::Containers];

    pub(super) fn other(self) -> Platform {
        match self {
            Platform::Serverless => Platform::Containers,
            Platform::Containers => Platform::Serverless,
        }
    }

    fn named(name: &str) -> Option<Platform> {
        match name {
            "lambda" => Some(Platform::Serverless),
            "ecs" => Some(Platform::Containers),
            _ => None,
        }
    }
}

impl Log {
    pub(super) fn of(frame: &Frame) -> Log {
        let number = |name: &str| numbers(frame, name).unwrap_or_else(|| vec![f64::NAN; frame.rows()]);
        let measure =
            |name: &str| number(name).into_iter().map(|of| if is_measure(of) { of } else { f64::NAN }).collect();
        let word = |name: &str| words(frame, name).unwrap_or_else(|| (0..frame.rows()).map(|_| None).collect());
        let platform = word("platform");
        Log {
            request: requests(&word("request_id"), frame.rows()),
            platform: (0..frame.rows()).map(|row| platform.get(row).and_then(Platform::named)).collect(),
            workload: word("workload_type"),
            pattern: word("load_pattern"),
            at_us: times(frame, "timestamp").unwrap_or_else(|| vec![NO_TIME; frame.rows()]),
            status: number("http_status"),
            response_ms: measure("response_time_ms"),
            size_kb: measure("target_payload_size_kb"),
            execution_ms: measure("metrics.execution_time_ms"),
            memory_used_mb: measure("metrics.memory_used_mb"),
            memory_limit_mb: measure("metrics.memory_limit_mb"),
            request_usd: number(money::REQUEST_USD),
            execution_usd: number(money::EXECUTION_USD),
            standing_usd: number(money::STANDING_USD),
            client_second_usd: number(money::CLIENT_SECOND_USD),
        }
    }

    pub(super) fn len(&self) -> usize {
        self.platform.len()
    }

    /// Whether it says what arrived when and went where.
    pub(super) fn is_known(&self, row: usize) -> bool {
        self.platform[row].is_some() && self.workload.codes[row] != NO_WORD && self.at_us[row] != NO_TIME
    }

    /// Whether nobody knows how it would have ended: its client left, or something between broke.
    pub(super) fn is_cut_short(&self, row: usize) -> bool {
        self.status[row].is_nan()
    }

    /// Whether its client got what it asked for. Who timed out was not, and who was refused neither.
    pub(super) fn is_served(&self, row: usize) -> bool {
        self.status[row] == 200.0
    }
}

/// Whether a time, a size or a memory can be so.
fn is_measure(value: f64) -> bool {
    (0.0..=MEASURE_MAX).contains(&value)
}

/// A number for each id, from 0 in the order of first sight, and one for each row that has none.
fn requests(ids: &Words, rows: usize) -> Vec<usize> {
    let mut of_code = BTreeMap::new();
    let mut next = 0;
    let mut number = || {
        next += 1;
        next - 1
    };
    (0..rows)
        .map(|row| match ids.codes[row] {
            NO_WORD => number(),
            code => *of_code.entry(code).or_insert_with(&mut number),
        })
        .collect()
}

/// The rows of a log but for those that repeat a request on the same platform.
pub(super) fn once(log: &Frame) -> Option<Frame> {
    let read = Log::of(log);
    let mut seen = BTreeSet::new();
    let kept: Vec<usize> =
        (0..read.len()).filter(|&row| seen.insert((read.request[row], read.platform[row]))).collect();
    (kept.len() < read.len()).then(|| log.select(&kept))
}

/// The middle of `values`, the mean of the two where there are two; `None` of none.
pub(super) fn median(values: &mut [f64]) -> Option<f64> {
    values.sort_by(f64::total_cmp);
    let (low, high) = (values.get(values.len().checked_sub(1)? / 2)?, values.get(values.len() / 2)?);
    Some(low / 2.0 + high / 2.0)
}
