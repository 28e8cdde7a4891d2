//! One request on the wire.

use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::HOST;
use http::{HeaderMap, HeaderValue, Request, Response};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use outrider_core::Time;
use tokio::time::Instant;

use super::connections::{Connection, Connections};
use super::plan::Planned;
use super::record::{Outcome, Record};
use crate::backends::SERVED_BY;

/// Connections tried for one request as long as not a byte of it was sent: one closed while idle is nobody's failure.
const UNSENT_MAX: usize = 3;
/// A host's name in an answer is kept up to this many bytes.
const NAME_MAX: usize = 64;

/// What all exchanges of a run have in common.
pub(super) struct Common {
    pub(super) connections: Connections,
    pub(super) authority: HeaderValue,
    pub(super) timeout: Duration,
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

    /// Sends `planned` and reads the answer. The time allowed counts from the schedule, as patience does.
    pub(super) async fn exchange(&self, planned: Planned) -> Record {
        let taken = self.now();
        let scheduled = planned.at;
        let (number, class) = (planned.number, planned.class);
        let deadline = self.start + Duration::from_nanos(scheduled.as_nanos()) + self.timeout;
        let mut progress = Progress::default();
        let talk = self.talk(planned, &mut progress);
        let ended = tokio::time::timeout_at(deadline, talk).await;
        let done = self.now();
        let (outcome, connection) = ended.unwrap_or((Outcome::TimedOut, None));
        if let Some(connection) = connection {
            connection.give_back().await;
        }
        Record { number, class, scheduled, taken, sent: progress.sent, done, outcome, host: progress.host }
    }

    /// The exchange itself, with the connection if another request may follow on it.
    async fn talk(&self, planned: Planned, progress: &mut Progress) -> (Outcome, Option<Connection<'_>>) {
        let mut request = self.request(planned);
        for _ in 0..UNSENT_MAX {
            let Ok(mut connection) = self.connections.take().await else {
                return (Outcome::NotConnected, None);
            };
            progress.sent = Some(self.now());
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

    fn request(&self, planned: Planned) -> Request<Empty<Bytes>> {
        let mut request = Request::new(Empty::new());
        *request.uri_mut() = planned.path.into();
        request.headers_mut().insert(HOST, self.authority.clone());
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
