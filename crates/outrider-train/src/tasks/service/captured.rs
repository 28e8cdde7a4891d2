//! Requests as `lab run` records them. How many a host had when one was sent is counted from the requests themselves.
//!
//! Rounds are laid over each other, each from its own beginning: strategies meet the same requests at the same time, so that a cut in time
//! never has the same request on both sides. Every seed has hosts of its own.

use std::cmp::Reverse;
use std::collections::{BTreeMap, BinaryHeap};

use outrider_core::frame::{Frame, NO_WORD, Values, Words};

use super::super::TaskError;
use super::super::columns::{demand, map, numbers, words};
use super::{HINT, SERVICE, column};

/// Rows of so long a time are alike, us: what comes at once waits for the same.
const BLOCK_US: i64 = 1_000_000;

/// A request on its host, us from the beginning of its round.
#[derive(Clone, Copy)]
struct Stay {
    row: usize,
    from_us: i64,
    to_us: i64,
}

/// Rows of requests that were answered, or cut short, with the names of the task.
pub(super) fn rows(source: &Frame) -> Result<Frame, TaskError> {
    demand(SERVICE.name, source, &["class", "host", "scheduled_ms", "latency_ms", "end"], HINT)?;
    let number = |name: &str| numbers(source, name).unwrap_or_default();
    let (scheduled, latency) = (number("scheduled_ms"), number("latency_ms"));
    let late = numbers(source, "late_ms").unwrap_or_else(|| vec![0.0; source.rows()]);
    let (host, end) = (words(source, "host").unwrap_or_default(), words(source, "end").unwrap_or_default());
    let tries = numbers(source, "tries").unwrap_or_else(|| vec![1.0; source.rows()]);
    // Of a request of several tries the time is not that of one host.
    let usable = |&row: &usize| host.codes[row] != NO_WORD && latency[row] > late[row] && tries[row] == 1.0;
    let kept: Vec<usize> = (0..source.rows()).filter(usable).collect();
    if kept.is_empty() {
        let why = "none has a host, a `latency_ms` and a single try";
        return Err(TaskError::NoRows { task: SERVICE.name, rows: source.rows(), why });
    }
    let rounds = rounds(source);
    let micros = |ms: f64| {
        #[allow(clippy::cast_possible_truncation)] // saturates
        let us = (ms * 1e3) as i64;
        us
    };
    let stay = |&row: &usize| Stay {
        row,
        from_us: micros(scheduled[row] + late[row]),
        to_us: micros(scheduled[row] + latency[row]),
    };
    let stays: Vec<Stay> = kept.iter().map(stay).collect();
    let in_flight = in_flight(&stays, &rounds, &host.codes, source.rows());
    let sent: Vec<i64> = (0..source.rows()).map(|row| micros(scheduled[row] + late[row])).collect();
    let took: Vec<f64> = latency.iter().zip(&late).map(|(latency, late)| latency - late).collect();
    let cut = |row: usize| f64::from(u8::from(end.get(row) == Some("timed_out")));
    let mut columns = vec![
        column("class", Values::Word(words(source, "class").unwrap_or_default())),
        column("in_flight", Values::Number(in_flight)),
        column("block", Values::Number(sent.iter().map(|us| us.div_euclid(BLOCK_US) as f64).collect())),
        column("sent", Values::Time(sent)),
        column("cut_short", Values::Number((0..source.rows()).map(cut).collect())),
        column("response_ms", Values::Number(map(&took, |ms| ms.max(1e-3)))),
        column("host", Values::Word(of_seeds(source, &host))),
    ];
    if let Some(sizes) = numbers(source, "size") {
        columns.push(column("size", Values::Number(sizes)));
    }
    Ok(Frame::new(columns).expect("columns of one source").select(&kept))
}

/// Hosts with their seed before their name.
fn of_seeds(source: &Frame, hosts: &Words) -> Words {
    let Some(seeds) = words(source, "seed") else { return hosts.clone() };
    let named = |row: usize| Some(format!("{}/{}", seeds.get(row).unwrap_or_default(), hosts.get(row)?));
    let named: Vec<Option<String>> = (0..source.rows()).map(named).collect();
    named.iter().map(Option::as_deref).collect()
}

/// The number of each row's round: what shares hosts in time.
fn rounds(source: &Frame) -> Vec<u32> {
    let of = |name: &str| words(source, name).unwrap_or_else(|| (0..source.rows()).map(|_| None).collect());
    let names: Vec<Words> = ["scenario", "load", "strategy", "seed"].map(of).to_vec();
    let mut known = BTreeMap::new();
    let mut number = |key: Vec<u32>| {
        let next = u32::try_from(known.len()).unwrap_or(u32::MAX);
        *known.entry(key).or_insert(next)
    };
    (0..source.rows()).map(|row| number(names.iter().map(|names| names.codes[row]).collect())).collect()
}

/// How many requests each row's host had when it was sent, itself not counted.
fn in_flight(stays: &[Stay], rounds: &[u32], hosts: &[u32], rows: usize) -> Vec<f64> {
    let mut order: Vec<&Stay> = stays.iter().collect();
    order.sort_by_key(|stay| (rounds[stay.row], stay.from_us, stay.row));
    let mut there: BTreeMap<(u32, u32), BinaryHeap<Reverse<i64>>> = BTreeMap::new();
    let mut found = vec![f64::NAN; rows];
    for stay in order {
        let ends = there.entry((rounds[stay.row], hosts[stay.row])).or_default();
        while ends.peek().is_some_and(|end| end.0 <= stay.from_us) {
            ends.pop();
        }
        found[stay.row] = ends.len() as f64;
        ends.push(Reverse(stay.to_us));
    }
    found
}
