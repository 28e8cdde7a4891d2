//! What goes out to a host: the request written anew, and again for every try.

use std::sync::Arc;

use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri, Version};
use outrider_core::Random;
use outrider_features::BodySize;

use crate::body::{BodyProgress, RequestBody};
use crate::errors::ProxyError;
use crate::headers::{self, Arrival};
use crate::inbound::Inbound;
use crate::metrics::WorkerMetrics;

/// A request ready to be sent, possibly more than once.
#[derive(Debug)]
pub(crate) struct Outgoing {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    /// Taken while a try is under way; back if not a byte of it was sent.
    body: Option<RequestBody>,
    pub(crate) progress: Arc<BodyProgress>,
    /// Whether it may be sent again after some of it may have arrived.
    pub(crate) repeatable: bool,
    /// The client named no host, so that each try names the one that it goes to.
    lacks_host: bool,
}

impl Outgoing {
    /// Rewrites the head of `inbound` for a host.
    pub(crate) fn new(
        inbound: Inbound,
        is_upgrade: bool,
        arrival: &Arrival<'_>,
        request_id: (&HeaderName, &HeaderValue),
        via: &HeaderValue,
        forwarded: bool,
        progress: &Arc<BodyProgress>,
    ) -> Result<Outgoing, ProxyError> {
        let repeatable = inbound.is_repeatable() && !is_upgrade;
        let mut parts = inbound.parts;
        let protocol = is_upgrade.then(|| parts.headers.get(header::UPGRADE).cloned()).flatten();
        let takes_trailers = headers::has_token(&parts.headers, &header::TE, "trailers");
        headers::remove_hop_by_hop(&mut parts.headers);
        parts.headers.insert(request_id.0, request_id.1.clone());
        parts.headers.remove(header::EXPECT);
        headers::add_forwarding(&mut parts.headers, arrival, via, forwarded);
        set_connection(&mut parts.headers, protocol, takes_trailers);
        if matches!(inbound.body_size, BodySize::Unknown) {
            parts.headers.insert(header::TRANSFER_ENCODING, HeaderValue::from_static("chunked"));
        }
        if parts.uri.authority().is_some()
            && let Some(host) = &arrival.host
        {
            // RFC 9112, section 3.2.2: an absolute target overrides `Host`.
            parts.headers.insert(header::HOST, host.clone());
        }
        Ok(Outgoing {
            lacks_host: !parts.headers.contains_key(header::HOST),
            method: parts.method,
            uri: origin_form(parts.uri)?,
            headers: parts.headers,
            body: Some(inbound.body),
            progress: Arc::clone(progress),
            repeatable,
        })
    }

    /// The request for the next try. `again` says whether yet another may follow, which needs a copy of the head.
    ///
    /// # Panics
    /// If the body has gone out with an earlier try; [`Outgoing::can_repeat`] tells.
    pub(crate) fn take(
        &mut self,
        host: std::net::SocketAddr,
        again: bool,
        metrics: &Arc<WorkerMetrics>,
    ) -> Request<RequestBody> {
        let body = self.body.take().expect("a try is made only while the body is here");
        let mut request = Request::new(body);
        *request.method_mut() = self.method.clone();
        *request.uri_mut() = self.uri.clone();
        *request.version_mut() = Version::HTTP_11;
        *request.headers_mut() = if again { self.headers.clone() } else { std::mem::take(&mut self.headers) };
        if self.lacks_host
            && let Ok(value) = HeaderValue::try_from(host.to_string())
        {
            request.headers_mut().insert(header::HOST, value);
        }
        let metrics = Arc::clone(metrics);
        hyper::ext::on_informational(&mut request, move |_| metrics.informational.add(1));
        request
    }

    /// Not a byte of `request` was sent: it can be taken once more.
    pub(crate) fn give_back(&mut self, request: Request<RequestBody>) {
        let (parts, body) = request.into_parts();
        self.headers = parts.headers;
        self.body = Some(body);
    }

    /// After a try some of which may have arrived: makes it ready for another one, if that is safe.
    pub(crate) fn renew(&mut self) {
        if self.repeatable && self.body.is_none() {
            self.body = Some(RequestBody::empty(&self.progress));
        }
    }

    /// Whether another try is possible.
    pub(crate) fn can_repeat(&self) -> bool {
        self.body.is_some()
    }
}

fn set_connection(headers: &mut HeaderMap, protocol: Option<HeaderValue>, takes_trailers: bool) {
    if takes_trailers {
        headers.insert(header::TE, HeaderValue::from_static("trailers"));
    }
    let nominated = match (&protocol, takes_trailers) {
        (Some(_), true) => "upgrade, te",
        (Some(_), false) => "upgrade",
        (None, true) => "te",
        (None, false) => return,
    };
    headers.insert(header::CONNECTION, HeaderValue::from_static(nominated));
    if let Some(protocol) = protocol {
        headers.insert(header::UPGRADE, protocol);
    }
}

fn origin_form(uri: Uri) -> Result<Uri, ProxyError> {
    if uri.authority().is_none() {
        return Ok(uri);
    }
    let target = uri.path_and_query().map_or("/", |target| target.as_str());
    target.parse().map_err(|_| ProxyError::BadRequest("the request target is not valid"))
}

/// The longest request id that is passed on.
const MAX_REQUEST_ID: usize = 128;

/// The request's id: the client's own if it is short and plain, else a new one of 128 random bits.
pub(crate) fn request_id(headers: &HeaderMap, name: &HeaderName, random: &mut Random) -> HeaderValue {
    match headers.get(name) {
        Some(value) if is_plain(value.as_bytes()) => value.clone(),
        _ => new_id(random),
    }
}

fn is_plain(id: &[u8]) -> bool {
    !id.is_empty()
        && id.len() <= MAX_REQUEST_ID
        && id.iter().all(|c| c.is_ascii_alphanumeric() || b"-_.:/+=".contains(c))
}

fn new_id(random: &mut Random) -> HeaderValue {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let mut text = [0; 32];
    for half in text.chunks_exact_mut(16) {
        let mut bits = random.next_u64();
        for digit in half {
            *digit = HEX[(bits >> 60) as usize];
            bits <<= 4;
        }
    }
    HeaderValue::from_bytes(&text).expect("hexadecimal digits are a header value")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_plain_id_is_kept_and_an_odd_one_replaced() {
        let name = HeaderName::from_static("x-request-id");
        let mut random = Random::new(1);
        for (given, kept) in [("abc-1", true), ("a b", false), ("", false), (&*"x".repeat(129), false)] {
            let mut headers = HeaderMap::new();
            headers.insert(&name, given.parse().unwrap());
            let id = request_id(&headers, &name, &mut random);
            assert_eq!(id == given, kept, "{given}");
        }
    }

    #[test]
    fn new_ids_are_32_digits_and_differ() {
        let mut random = Random::new(1);
        let (a, b) = (new_id(&mut random), new_id(&mut random));
        assert_eq!(a.len(), 32);
        assert_ne!(a, b);
    }

    #[test]
    fn the_target_goes_out_in_origin_form() {
        let form = |uri: &str| origin_form(uri.parse().unwrap()).unwrap().to_string();
        assert_eq!(form("http://a.example/x?y=1"), "/x?y=1");
        assert_eq!(form("http://a.example"), "/");
        assert_eq!(form("/x"), "/x");
        assert_eq!(form("*"), "*");
    }
}
