//! One request of a user on the wire: a try, and others if the user has the patience.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderName, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Full};
use hyper::body::Incoming;
use outrider_core::{Random, Time};
use tokio::time::Instant;

use super::connections::{Connection, Connections};
use super::patience::Patience;
use super::plan::Planned;
use super::record::{Attempt, Outcome, Record};
use crate::backends::SERVED_BY;

/// Connections tried for one try as long as not a byte of it was sent: one closed while idle is nobody's failure.
const UNSENT_MAX: usize = 3;
/// A host's name in an answer is kept up to this many bytes.
const NAME_MAX: usize = 64;
/// The header in which AWS SDKs count tries.
const ATTEMPT: HeaderName = HeaderName::from_static("amz-sdk-request");
/// All back-offs of a run come from this seed and the request's number.
const BACKOFF_SEED: u64 = 0x6261_636b_6f66;

/// What all exchanges of a run have in common.
pub(super) struct Common {
    pub(super) connections: Connections,
    pub(super) authority: HeaderValue,
    pub(super) patience: Patience,
    pub(super) start: Instant,
}

/// What has been learnt of an exchange before its end.
#[derive(Default)]
struct Progress {
    sent: Option<Time>,
    host: Option<Arc<str>>,
}

impl Common {
    fn now(&self) -> Time {
        Time::ZERO + self.start.elapsed()
    }

    fn instant(&self, time: Time) -> Instant {
        self.start + Duration::from_nanos(time.as_nanos())
    }

    /// Sends `planned` and reads the answer, as often as patience allows.
    pub(super) async fn exchange(&self, planned: Planned) -> Record {
        let taken = self.now();
        let scheduled = planned.at;
        let mut progress = Progress::default();
        let (mut due, mut tries, mut before) = (scheduled, 1, Vec::new());
        let (outcome, done) = loop {
            let (outcome, done) = self.one_try(&planned, tries, self.instant(due), &mut progress).await;
            let mut luck = Random::stream(BACKOFF_SEED ^ planned.number, u64::from(tries));
            if !self.patience.goes_on(tries, outcome, &mut luck) {
                break (outcome, done);
            }
            before.push(Attempt { due, done, outcome, host: progress.host.take() });
            due = self.now() + self.patience.wait(tries, &mut luck);
            tokio::time::sleep_until(self.instant(due)).await;
            tries += 1;
        };
        let Planned { number, class, size, .. } = planned;
        let Progress { sent, host } = progress;
        Record { number, class, scheduled, taken, due, sent, done, outcome, tries, size, before, host }
    }

    /// A try that is due at `due`, and when it ended. The time allowed counts from then; when it is over the connection is
    /// closed.
    async fn one_try(&self, planned: &Planned, tries: u8, due: Instant, progress: &mut Progress) -> (Outcome, Time) {
        progress.host = None;
        let talk = self.talk(self.request(planned, tries), progress);
        let ended = tokio::time::timeout_at(due + self.patience.timeout, talk).await;
        let done = self.now();
        let (outcome, connection) = ended.unwrap_or((Outcome::TimedOut, None));
        if let Some(connection) = connection {
            connection.give_back().await;
        }
        (outcome, done)
    }

    /// The exchange itself, with the connection if another request may follow on it.
    async fn talk(
        &self,
        mut request: Request<Full<Bytes>>,
        progress: &mut Progress,
    ) -> (Outcome, Option<Connection<'_>>) {
        for _ in 0..UNSENT_MAX {
            let Ok(mut connection) = self.connections.take().await else {
                return (Outcome::NotConnected, None);
            };
            progress.sent.get_or_insert_with(|| self.now());
            match connection.sender.try_send_request(request).await {
                Ok(response) => {
                    progress.host = name(response.headers());
                    return finish(response, connection).await;
                }
                Err(mut refused) => match refused.take_message() {
                    Some(unsent) => request = unsent,
                    None => break,
                },
            }
        }
        (Outcome::Broken, None)
    }

    fn request(&self, planned: &Planned, tries: u8) -> Request<Full<Bytes>> {
        let mut request = Request::new(Full::new(planned.ask.body.clone()));
        *request.method_mut() = planned.ask.method.clone();
        *request.uri_mut() = planned.path.clone().into();
        let headers = request.headers_mut();
        headers.clone_from(&planned.ask.headers);
        headers.insert(HOST, self.authority.clone());
        if self.patience.tell {
            let text = format!("attempt={tries}; max={}", self.patience.tries_max());
            headers.insert(ATTEMPT, HeaderValue::try_from(text).expect("numbers and words are header text"));
        }
        request
    }
}

fn name(headers: &HeaderMap) -> Option<Arc<str>> {
    let text = headers.get(SERVED_BY)?.to_str().ok()?;
    Some(Arc::from(text.get(..NAME_MAX).unwrap_or(text)))
}

/// Reads the answer to its end.
async fn finish(response: Response<Incoming>, connection: Connection<'_>) -> (Outcome, Option<Connection<'_>>) {
    let status = response.status().as_u16();
    let mut body = response.into_body();
    while let Some(frame) = body.frame().await {
        if frame.is_err() {
            return (Outcome::Broken, None);
        }
    }
    (Outcome::Answered(status), Some(connection))
}
