//! Whether a request is a try that its client makes again, found out when it comes; what may come again, remembered when it
//! ends.
//!
//! It changes nothing but this: while requests like it are being shed, a client's own retry gets no further tries of ours,
//! which would multiply with its own. All else is for whoever looks, and for learning what makes clients try again: the
//! access log says how it was known, which try it is if the client says so, and which request it repeats.

use http::StatusCode;
use outrider_features::{Declared, DeclaredBy, RequestFacts, RequestMark, RetryHeaders, declared};
use outrider_pilot::{ClientRetries, Repeated};

use crate::access_log::{Ending, Entry};
use crate::admission;
use crate::inbound::{HeaderView, Inbound};
use crate::metrics::ClientRetrySign;
use crate::passage::Passage;

/// What is known of a request in this respect.
#[derive(Debug, Default)]
pub(crate) struct ClientTry {
    /// Which try it is, from 1, as the client says.
    pub(crate) attempt: Option<u32>,
    /// By what it is known for a retry; none: it is none, as far as anybody can tell.
    pub(crate) sign: Option<ClientRetrySign>,
    /// The id of the request that it repeats.
    pub(crate) repeats: Option<String>,
    mark: Option<RequestMark>,
}

impl ClientTry {
    /// Notes it for the access log.
    pub(crate) fn describe(&mut self, entry: &mut Entry) {
        entry.client_attempt = self.attempt;
        entry.client_retry = self.sign;
        entry.repeats = self.repeats.take();
    }
}

/// Looks at a request that has come.
pub(crate) fn recognise(passage: &mut Passage, inbound: &Inbound, facts: &RequestFacts<'_, HeaderView<'_>>) {
    let shared = &passage.connection.worker.shared;
    let now = passage.started;
    let authority = inbound.authority();
    let headers = inbound.parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let headers = RetryHeaders::among(headers);
    let key = shared.marker.by_key(facts, &headers, authority);
    let mark = shared.marker.by_look(facts, &headers, authority, inbound.parts.uri.query());
    let recall = |mark: Option<RequestMark>, window| shared.client_retries.recall(mark?, window, now);
    let by_key = recall(key, ClientRetries::KEY_WINDOW);
    let by_look = recall(mark, ClientRetries::WINDOW);
    let said = declared(&headers);
    let sign = sign(said, by_key.as_ref(), by_look.as_ref());
    if let Some(sign) = sign {
        passage.connection.worker.metrics.client_retries.add(sign, 1);
    }
    if let Some(key) = key {
        // Whatever becomes of this one, whoever comes with the same key repeats it.
        shared.client_retries.remember(key, passage.request_id.as_bytes(), now);
    }
    let repeats = by_key.or(by_look).and_then(|repeated| repeated.request_id);
    passage.client_try = ClientTry { attempt: said.map(|said| said.attempt), sign, repeats, mark };
}

/// What the client says itself is the surest.
fn sign(said: Option<Declared>, by_key: Option<&Repeated>, by_look: Option<&Repeated>) -> Option<ClientRetrySign> {
    let said = said.filter(|said| said.attempt > 1).map(|said| match said.by {
        DeclaredBy::Grpc => ClientRetrySign::Grpc,
        DeclaredBy::AwsSdk => ClientRetrySign::AwsSdk,
        DeclaredBy::Envoy => ClientRetrySign::Envoy,
    });
    let by_key = by_key.map(|_| ClientRetrySign::IdempotencyKey);
    said.or(by_key).or(by_look.map(|_| ClientRetrySign::SameRequest))
}

/// Remembers a request that has ended, if it is one that clients try again.
pub(crate) fn remember(passage: &Passage) {
    let Some(mark) = passage.client_try.mark else { return };
    if has_failed(passage) || admission::is_slow(passage) {
        let shared = &passage.connection.worker.shared;
        shared.client_retries.remember(mark, passage.request_id.as_bytes(), passage.now());
    }
}

/// An answer that asks for another try, or none.
fn has_failed(passage: &Passage) -> bool {
    let is_failure = |status: StatusCode| {
        let passes = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_EARLY, StatusCode::TOO_MANY_REQUESTS];
        status.is_server_error() || passes.contains(&status)
    };
    match passage.ending {
        Ending::Complete | Ending::Refused(_) => passage.status.is_some_and(is_failure),
        Ending::ClientLeft | Ending::HostBroke | Ending::TimedOut => {
            passage.status != Some(StatusCode::SWITCHING_PROTOCOLS)
        }
    }
}

/// Whether the request gets no further tries of ours.
pub(crate) fn is_held_back(passage: &Passage) -> bool {
    passage.client_try.sign.is_some() && admission::is_in_storm(passage)
}
