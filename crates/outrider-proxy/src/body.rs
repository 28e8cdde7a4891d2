//! Bodies on their way through. They are streamed: nothing is collected, and a side that does not read stops the other.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, AtomicU64, Ordering::Relaxed};
use std::task::{Context, Poll};

use bytes::Bytes;
use http_body::{Body, Frame, SizeHint};
use hyper::body::Incoming;
use outrider_core::Time;

use crate::activity::Activity;
use crate::passage::Passage;

/// Why a body ended before its end.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    /// The other side broke off.
    #[error(transparent)]
    Broken(#[from] hyper::Error),
    /// More bytes than `limits.body`.
    #[error("the body is larger than this server accepts")]
    TooLarge,
}

/// How far a request body has come; shared between the body, which travels with a try, and the passage, which outlives
/// it.
#[derive(Debug, Default)]
pub(crate) struct BodyProgress {
    bytes: AtomicU64,
    ended_at_ns: AtomicU64,
    state: AtomicU8,
}

const ENDED: u8 = 1;
const TOO_LARGE: u8 = 2;
const BROKEN: u8 = 3;

impl BodyProgress {
    pub(crate) fn is_too_large(&self) -> bool {
        self.state.load(Relaxed) == TOO_LARGE
    }

    /// The client broke off in the middle of it.
    pub(crate) fn is_broken(&self) -> bool {
        self.state.load(Relaxed) == BROKEN
    }

    /// It went wrong, by the client's fault.
    pub(crate) fn is_spoilt(&self) -> bool {
        self.is_broken() || self.is_too_large()
    }

    /// All of it has been read from the client.
    pub(crate) fn is_ended(&self) -> bool {
        self.state.load(Relaxed) == ENDED
    }

    /// When that was; the origin of time for a request without a body.
    pub(crate) fn ended_at(&self) -> Option<Time> {
        self.is_ended().then(|| Time::from_nanos(self.ended_at_ns.load(Relaxed)))
    }

    fn end(&self, at: Time) {
        self.ended_at_ns.store(at.as_nanos(), Relaxed);
        self.state.store(ENDED, Relaxed);
    }

    pub(crate) fn bytes(&self) -> u64 {
        self.bytes.load(Relaxed)
    }
}

/// A request body on its way to a host.
#[derive(Debug)]
pub(crate) struct RequestBody {
    /// None: there is no body.
    stream: Option<(Incoming, Arc<Activity>)>,
    progress: Arc<BodyProgress>,
    limit_bytes: u64,
}

impl RequestBody {
    pub(crate) fn empty(progress: &Arc<BodyProgress>) -> RequestBody {
        progress.state.store(ENDED, Relaxed);
        RequestBody { stream: None, progress: Arc::clone(progress), limit_bytes: u64::MAX }
    }

    /// `limit_bytes` 0 = no limit.
    pub(crate) fn stream(
        incoming: Incoming,
        activity: &Arc<Activity>,
        progress: &Arc<BodyProgress>,
        limit_bytes: u64,
    ) -> RequestBody {
        RequestBody {
            stream: Some((incoming, Arc::clone(activity))),
            progress: Arc::clone(progress),
            limit_bytes: if limit_bytes == 0 { u64::MAX } else { limit_bytes },
        }
    }

    fn count(&self, frame: &Frame<Bytes>) -> Result<(), BodyError> {
        let len = frame.data_ref().map_or(0, Bytes::len) as u64;
        let bytes = self.progress.bytes.load(Relaxed) + len;
        self.progress.bytes.store(bytes, Relaxed);
        if bytes > self.limit_bytes {
            self.progress.state.store(TOO_LARGE, Relaxed);
            return Err(BodyError::TooLarge);
        }
        Ok(())
    }
}

impl Body for RequestBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        let Some((incoming, activity)) = &mut self.stream else {
            return Poll::Ready(None);
        };
        let polled = Pin::new(&mut *incoming).poll_frame(cx);
        let Poll::Ready(frame) = polled else {
            return Poll::Pending;
        };
        activity.progress();
        let is_last = match &frame {
            None => true,
            Some(Ok(frame)) => frame.is_trailers() || incoming.is_end_stream(),
            Some(Err(_)) => false,
        };
        let ended_at = activity.since();
        match frame {
            Some(Ok(frame)) => {
                self.count(&frame)?;
                if is_last {
                    self.progress.end(ended_at);
                }
                Poll::Ready(Some(Ok(frame)))
            }
            Some(Err(error)) => {
                self.progress.state.store(BROKEN, Relaxed);
                Poll::Ready(Some(Err(error.into())))
            }
            None => {
                self.progress.end(ended_at);
                Poll::Ready(None)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        self.stream.as_ref().is_none_or(|(incoming, _)| incoming.is_end_stream())
    }

    fn size_hint(&self) -> SizeHint {
        match &self.stream {
            Some((incoming, _)) => incoming.size_hint(),
            None => SizeHint::with_exact(0),
        }
    }
}

/// A response body on its way to the client.
#[derive(Debug)]
pub(crate) struct ResponseBody(Kind);

#[derive(Debug)]
enum Kind {
    /// Our own words.
    Own(Option<Bytes>),
    /// A host's words, and the passage that ends with them.
    Host(Incoming, Box<Passage>),
}

impl ResponseBody {
    pub(crate) fn own(bytes: Bytes) -> ResponseBody {
        ResponseBody(Kind::Own(Some(bytes).filter(|b| !b.is_empty())))
    }

    pub(crate) fn host(incoming: Incoming, mut passage: Box<Passage>) -> ResponseBody {
        if incoming.is_end_stream() {
            passage.complete();
        }
        ResponseBody(Kind::Host(incoming, passage))
    }
}

impl Body for ResponseBody {
    type Data = Bytes;
    type Error = BodyError;

    fn poll_frame(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, BodyError>>> {
        match &mut self.0 {
            Kind::Own(bytes) => Poll::Ready(bytes.take().map(|bytes| Ok(Frame::data(bytes)))),
            Kind::Host(incoming, passage) => {
                passage.asked();
                let mut polled = Pin::new(&mut *incoming).poll_frame(cx);
                if let Poll::Ready(Some(Ok(frame))) = &mut polled
                    && let Some(trailers) = frame.trailers_mut()
                {
                    passage.read_load_report(trailers);
                }
                passage.saw(&polled, incoming.is_end_stream());
                polled.map_err(BodyError::from)
            }
        }
    }

    fn is_end_stream(&self) -> bool {
        match &self.0 {
            Kind::Own(bytes) => bytes.is_none(),
            Kind::Host(incoming, _) => incoming.is_end_stream(),
        }
    }

    fn size_hint(&self) -> SizeHint {
        match &self.0 {
            Kind::Own(bytes) => SizeHint::with_exact(bytes.as_ref().map_or(0, |b| b.len() as u64)),
            Kind::Host(incoming, _) => incoming.size_hint(),
        }
    }
}
