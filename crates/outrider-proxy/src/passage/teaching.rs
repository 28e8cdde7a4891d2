//! What is to be learnt of how long a host took, where its pool predicts; elsewhere nothing of this costs anything.
//!
//! **Service time** is from the last byte of the request written to the host to the last byte of the answer read from it, less
//! the time that it was blocked on the client. The exchange begins with the request's place on the host; so what it waited for a
//! connection is taken off, and so is the time from each piece of the answer handed to the client's side until that asks for the
//! next one: while a client does not read, nobody reads from the host.
//!
//! **A stream is never learnt from**: what switches protocols, `text/event-stream`, `multipart/x-mixed-replace`, an answer that
//! begins before its request has ended, and one that does not say how long it is and takes longer than [`STREAM`] to come.

use std::time::Duration;

use http::header::CONTENT_TYPE;
use http::{HeaderMap, HeaderValue};
use outrider_core::{LoadReport, Time};
use outrider_features::fingerprint::Cost;

use super::Passage;

/// An answer of unknown length that takes longer to come, its head apart, is a stream.
const STREAM: Duration = Duration::from_secs(10);
/// Answers that come as their parts are made.
const STREAMED: [&str; 2] = ["text/event-stream", "multipart/x-mixed-replace"];

/// The answer's way to the client.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Handing {
    /// When its last piece was handed on, while the client has not asked for more.
    since: Option<Time>,
    /// Its head does not say how long it is.
    is_open: bool,
}

impl Passage {
    /// Whether anything is to be learnt from the present try.
    #[inline]
    fn teaches(&self) -> bool {
        self.exchange.as_ref().is_some_and(|exchange| exchange.work().is_some())
    }

    /// The request has a connection now: what it waited for that is not the host's service.
    pub(super) fn waited_for_connection(&mut self) {
        let (sent, is_whole) = (self.timings.sent, self.request_body.is_ended());
        // With a body to send the time counts from its end.
        if let Some(exchange) = self.exchange.as_mut().filter(|_| is_whole) {
            exchange.blocked(sent.since(exchange.begun()));
        }
    }

    /// The head of the answer is handed on.
    pub(super) fn hand_head(&mut self, headers: &HeaderMap, has_length: bool) {
        if !self.teaches() {
            return;
        }
        self.handing = Handing { since: self.timings.answered, is_open: !has_length };
        if is_streamed(headers.get(CONTENT_TYPE)) || !self.request_body.is_ended() {
            self.is_stream();
        }
    }

    /// How long the present try takes says nothing of its host.
    pub(super) fn is_stream(&mut self) {
        self.exchange.iter_mut().for_each(outrider_pilot::Exchange::open);
    }

    /// A piece of the answer is handed on.
    #[inline]
    pub(super) fn hand_piece(&mut self) {
        if self.teaches() {
            self.handing.since = Some(self.connection.activity.since());
        }
    }

    /// The client asks for more of the answer.
    #[inline]
    pub(crate) fn asked(&mut self) {
        if let Some(since) = self.handing.since.take() {
            let blocked = self.now().since(since);
            self.exchange.iter_mut().for_each(|exchange| exchange.blocked(blocked));
        }
    }

    /// All of the answer has come.
    pub(super) fn judge_length(&mut self) {
        let answered = self.timings.answered.filter(|_| self.handing.is_open && self.teaches());
        if answered.is_some_and(|answered| self.now().since(answered) > STREAM) {
            self.is_stream();
        }
    }

    /// The host says what the request cost.
    pub(super) fn costs(&mut self, report: &LoadReport) {
        let cost = Cost { cpu: report.cost("cpu"), mem: report.cost("mem") };
        if let Some(exchange) = self.exchange.as_mut().filter(|_| cost != Cost::default()) {
            exchange.costs(cost);
        }
    }
}

fn is_streamed(kind: Option<&HeaderValue>) -> bool {
    let kind = kind.map_or(&b""[..], HeaderValue::as_bytes).split(|&byte| byte == b';').next().unwrap_or_default();
    STREAMED.iter().any(|streamed| kind.trim_ascii().eq_ignore_ascii_case(streamed.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn streams_are_known_by_their_type() {
        let table = [
            ("text/event-stream", true),
            ("Text/Event-Stream; charset=utf-8", true),
            ("multipart/x-mixed-replace;boundary=x", true),
            ("text/event-streams", false),
            ("text/plain", false),
            ("", false),
        ];
        for (kind, expected) in table {
            assert_eq!(is_streamed(Some(&HeaderValue::from_static(kind))), expected, "{kind}");
        }
        assert!(!is_streamed(None));
    }
}
