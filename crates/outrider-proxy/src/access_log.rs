//! One JSON line per request, with the decision in it.
//!
//! Workers hand finished lines to a thread that writes them (`access_log/writer.rs`); when it cannot keep up, lines are
//! dropped and counted, and no request waits. What clients can make long is cut, so that a line has a bound, and what
//! waits is bounded in lines and in bytes.

mod predicted;
mod writer;

use std::net::IpAddr;
use std::time::Duration;

use jiff::Timestamp;
use serde::{Serialize, Serializer};

use crate::errors::ProxyError;
use crate::metrics::{ClientRetrySign, Label, RetryReason};

pub(crate) use predicted::Predicted;
pub(crate) use writer::{LogHandle, open};

/// Of a longer text this many bytes are logged, and a mark. In JSON they are six times as many at most.
const MAX_TEXT: usize = 1024;
/// Stands for what was cut off.
const CUT: &str = "\u{2026}";

/// What the log says about one request. Times in milliseconds, sizes in bytes.
#[derive(Debug, Serialize)]
pub(crate) struct Entry {
    #[serde(serialize_with = "timestamp")]
    pub(crate) time: Timestamp,
    #[serde(serialize_with = "text")]
    pub(crate) request_id: String,
    pub(crate) client: IpAddr,
    #[serde(serialize_with = "text")]
    pub(crate) method: String,
    #[serde(serialize_with = "text")]
    pub(crate) host: String,
    #[serde(serialize_with = "text")]
    pub(crate) path: String,
    pub(crate) status: Option<u16>,
    #[serde(serialize_with = "text")]
    pub(crate) class: String,
    #[serde(serialize_with = "text")]
    pub(crate) pool: String,
    pub(crate) strategy: &'static str,
    /// The host of the last try.
    pub(crate) upstream: Option<std::net::SocketAddr>,
    pub(crate) epoch: u64,
    pub(crate) attempts: u32,
    #[serde(serialize_with = "reasons")]
    pub(crate) retries: Vec<RetryReason>,
    /// Which try of the client's it is, as that says.
    pub(crate) client_attempt: Option<u32>,
    #[serde(serialize_with = "sign")]
    pub(crate) client_retry: Option<ClientRetrySign>,
    /// The request that it repeats.
    pub(crate) repeats: Option<String>,
    pub(crate) request_bytes: u64,
    pub(crate) response_bytes: u64,
    #[serde(rename = "total_ms", serialize_with = "millis")]
    pub(crate) total: Duration,
    #[serde(rename = "wait_ms", serialize_with = "millis")]
    pub(crate) wait: Duration,
    #[serde(rename = "connect_ms", serialize_with = "millis")]
    pub(crate) connect: Duration,
    #[serde(rename = "first_byte_ms", serialize_with = "some_millis")]
    pub(crate) first_byte: Option<Duration>,
    #[serde(serialize_with = "ending")]
    pub(crate) ending: Ending,
    /// What the pool expected; not there if it does not predict.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(crate) predicted: Option<Box<Predicted>>,
    #[serde(serialize_with = "some_text")]
    pub(crate) user_agent: Option<String>,
    #[serde(serialize_with = "some_text")]
    pub(crate) traceparent: Option<String>,
}

/// How a request ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Ending {
    /// The whole answer of a host was read.
    Complete,
    /// We answered.
    Refused(ProxyError),
    /// The client closed the connection.
    ClientLeft,
    /// The host broke off within its answer.
    HostBroke,
    /// A side was silent, or the request ran, for too long.
    TimedOut,
}

impl Ending {
    fn name(self) -> &'static str {
        match self {
            Ending::Complete => "complete",
            Ending::Refused(ProxyError::Shed { .. }) => "shed",
            Ending::Refused(error) => error.cause().name(),
            Ending::ClientLeft => "client_left",
            Ending::HostBroke => "host_broke_off",
            Ending::TimedOut => "timed_out",
        }
    }
}

fn text<S: Serializer>(text: &str, to: S) -> Result<S::Ok, S::Error> {
    if text.len() <= MAX_TEXT {
        return to.serialize_str(text);
    }
    to.collect_str(&format_args!("{}{CUT}", &text[..text.floor_char_boundary(MAX_TEXT)]))
}

fn some_text<S: Serializer>(some: &Option<String>, to: S) -> Result<S::Ok, S::Error> {
    match some {
        Some(some) => text(some, to),
        None => to.serialize_none(),
    }
}

fn timestamp<S: Serializer>(time: &Timestamp, to: S) -> Result<S::Ok, S::Error> {
    to.collect_str(&format_args!("{time:.3}"))
}

fn ending<S: Serializer>(ending: &Ending, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_str(ending.name())
}

fn reasons<S: Serializer>(reasons: &[RetryReason], to: S) -> Result<S::Ok, S::Error> {
    to.collect_seq(reasons.iter().map(|reason| reason.name()))
}

fn sign<S: Serializer>(sign: &Option<ClientRetrySign>, to: S) -> Result<S::Ok, S::Error> {
    sign.map(Label::name).serialize(to)
}

/// Microseconds are as fine as these clocks are worth.
fn millis<S: Serializer>(span: &Duration, to: S) -> Result<S::Ok, S::Error> {
    to.serialize_f64((span.as_secs_f64() * 1e6).round() / 1e3)
}

fn some_millis<S: Serializer>(span: &Option<Duration>, to: S) -> Result<S::Ok, S::Error> {
    match span {
        Some(span) => millis(span, to),
        None => to.serialize_none(),
    }
}

#[cfg(test)]
mod tests;
