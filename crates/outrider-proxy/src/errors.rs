//! Errors of our own making: what went wrong, whose fault it is, whether another try may help, and what the client is
//! told (problem+json, RFC 9457, with `Proxy-Status`, RFC 9209).

use bytes::Bytes;
use http::{HeaderValue, Response, StatusCode, header};
use serde_json::json;

use crate::body::ResponseBody;
use crate::metrics::{Label, OwnError};

/// Why a request was answered by the balancer instead of a host.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, thiserror::Error)]
pub enum ProxyError {
    /// The request cannot be understood or may not be forwarded as it is.
    #[error("{0}")]
    BadRequest(&'static str),
    /// The request head took too long.
    #[error("the request head did not arrive in time")]
    HeadTimeout,
    /// The request body stopped coming.
    #[error("the request body did not arrive in time")]
    BodyTimeout,
    /// The request body cannot be understood, or ended early.
    #[error("the request body is not what its head announced")]
    BodyBroken,
    /// The body is larger than `limits.body`.
    #[error("the request body is larger than this server accepts")]
    BodyTooLarge,
    /// An expectation other than `100-continue`.
    #[error("the only expectation supported is 100-continue")]
    UnknownExpectation,
    /// `CONNECT` asks for a forward proxy.
    #[error("CONNECT is not served here")]
    ConnectMethod,
    /// A transfer coding other than `chunked`.
    #[error("the only transfer coding supported is chunked")]
    UnknownCoding,
    /// No route matches.
    #[error("no route matches this host and path")]
    NoRoute,
    /// The pool has no host that may be used.
    #[error("no host of the pool can take the request")]
    NoHost,
    /// Every host is at its connection limit and its queue is full, or the wait was too long.
    #[error("every host of the pool is at its connection limit")]
    Saturated,
    /// Hosts have rejected most requests like this one of late (the storm guard).
    #[error("hosts are rejecting most requests like this one; it was not sent to any")]
    Shed {
        /// When the client may try again, seconds.
        retry_after_s: u8,
    },
    /// No connection to a host can be opened by lack of descriptors, ports or memory of our own.
    #[error("this server has no sockets left")]
    Exhausted,
    /// A host refused the connection.
    #[error("the host refused the connection")]
    Refused,
    /// A host did not accept the connection in time.
    #[error("the host did not accept the connection in time")]
    ConnectTimeout,
    /// The connection ended before an answer.
    #[error("the host closed the connection before it answered")]
    Terminated,
    /// The answer did not begin in time.
    #[error("the host did not begin its answer in time")]
    FirstByteTimeout,
    /// The request as a whole took too long.
    #[error("the request took longer than this server allows")]
    RequestTimeout,
    /// The answer cannot be understood.
    #[error("the host's answer is not valid HTTP")]
    BadResponse,
    /// The answer's head is larger than `limits.head`.
    #[error("the head of the host's answer is too large")]
    ResponseHeadTooLarge,
}

impl ProxyError {
    /// The status the client sees.
    pub fn status(self) -> StatusCode {
        self.row().0
    }

    /// The `error` of `Proxy-Status`, and the counter that it falls into.
    pub fn cause(self) -> OwnError {
        self.row().1
    }

    #[rustfmt::skip]
    #[expect(clippy::match_same_arms, reason = "a table, one line per error")]
    fn row(self) -> (StatusCode, OwnError) {
        match self {
            ProxyError::BadRequest(_)        => (StatusCode::BAD_REQUEST, OwnError::HttpRequestError),
            ProxyError::HeadTimeout          => (StatusCode::REQUEST_TIMEOUT, OwnError::HttpRequestError),
            ProxyError::BodyTimeout          => (StatusCode::REQUEST_TIMEOUT, OwnError::HttpRequestError),
            ProxyError::BodyBroken           => (StatusCode::BAD_REQUEST, OwnError::HttpRequestError),
            ProxyError::BodyTooLarge         => (StatusCode::PAYLOAD_TOO_LARGE, OwnError::HttpRequestError),
            ProxyError::UnknownExpectation   => (StatusCode::EXPECTATION_FAILED, OwnError::HttpRequestError),
            ProxyError::ConnectMethod        => (StatusCode::METHOD_NOT_ALLOWED, OwnError::HttpRequestDenied),
            ProxyError::UnknownCoding        => (StatusCode::NOT_IMPLEMENTED, OwnError::HttpRequestError),
            ProxyError::NoRoute              => (StatusCode::NOT_FOUND, OwnError::DestinationNotFound),
            ProxyError::NoHost               => (StatusCode::SERVICE_UNAVAILABLE, OwnError::DestinationUnavailable),
            ProxyError::Saturated            => (StatusCode::SERVICE_UNAVAILABLE, OwnError::ConnectionLimitReached),
            ProxyError::Shed { .. }          => (StatusCode::SERVICE_UNAVAILABLE, OwnError::DestinationUnavailable),
            ProxyError::Exhausted            => (StatusCode::SERVICE_UNAVAILABLE, OwnError::ProxyInternalError),
            ProxyError::Refused              => (StatusCode::BAD_GATEWAY, OwnError::ConnectionRefused),
            ProxyError::ConnectTimeout       => (StatusCode::GATEWAY_TIMEOUT, OwnError::ConnectionTimeout),
            ProxyError::Terminated           => (StatusCode::BAD_GATEWAY, OwnError::ConnectionTerminated),
            ProxyError::FirstByteTimeout     => (StatusCode::GATEWAY_TIMEOUT, OwnError::HttpResponseTimeout),
            ProxyError::RequestTimeout       => (StatusCode::GATEWAY_TIMEOUT, OwnError::HttpResponseTimeout),
            ProxyError::BadResponse          => (StatusCode::BAD_GATEWAY, OwnError::HttpProtocolError),
            ProxyError::ResponseHeadTooLarge => (StatusCode::BAD_GATEWAY, OwnError::HttpResponseHeaderSectionSize),
        }
    }

    /// Whether the request itself is at fault, so that the connection it came on cannot be trusted further.
    fn closes(self) -> bool {
        matches!(
            self,
            ProxyError::BadRequest(_)
                | ProxyError::HeadTimeout
                | ProxyError::BodyTimeout
                | ProxyError::BodyBroken
                | ProxyError::BodyTooLarge
                | ProxyError::UnknownExpectation
                | ProxyError::UnknownCoding
        )
    }

    /// After how many seconds the client may try again, where that is likely to help.
    fn passes_after_s(self) -> Option<u8> {
        match self {
            ProxyError::Shed { retry_after_s } => Some(retry_after_s),
            error => (error.status() == StatusCode::SERVICE_UNAVAILABLE).then_some(1),
        }
    }

    /// What `Proxy-Status` says, after our name. RFC 9209 has one cause for all that is unavailable; the details tell a
    /// request that was shed from one for which there was no host.
    fn proxy_status(self) -> String {
        let details = if matches!(self, ProxyError::Shed { .. }) { "; details=\"storm guard\"" } else { "" };
        format!("error={}{details}", self.cause().name())
    }

    fn problem(self, request_id: &str) -> String {
        let status = self.status();
        json!({
            "type": "about:blank",
            "title": status.canonical_reason().unwrap_or("Error"),
            "status": status.as_u16(),
            "detail": self.to_string(),
            "instance": format!("urn:request:{request_id}"),
        })
        .to_string()
    }

    /// The answer to the client. `name` is ours, from `forwarding.name`.
    pub(crate) fn response(self, name: &str, request_id: &str) -> Response<ResponseBody> {
        let body = Bytes::from(self.problem(request_id));
        let mut response = Response::new(ResponseBody::own(body));
        *response.status_mut() = self.status();
        let headers = response.headers_mut();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static("application/problem+json"));
        if let Ok(value) = HeaderValue::try_from(format!("{name}; {}", self.proxy_status())) {
            headers.insert("proxy-status", value);
        }
        if self.closes() {
            headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
        }
        if self == ProxyError::ConnectMethod {
            headers.insert(header::ALLOW, HeaderValue::from_static("GET, HEAD, POST, PUT, PATCH, DELETE, OPTIONS"));
        }
        if let Some(seconds) = self.passes_after_s() {
            headers.insert(header::RETRY_AFTER, HeaderValue::from(u16::from(seconds)));
        }
        response
    }

    /// The same answer as bytes, for a connection that hyper has given up on.
    pub(crate) fn raw(self, name: &str) -> Vec<u8> {
        let body = self.problem("-");
        let status = self.status();
        format!(
            "HTTP/1.1 {} {}\r\ncontent-type: application/problem+json\r\ncontent-length: {}\r\n\
             proxy-status: {name}; {}\r\nconnection: close\r\n\r\n{body}",
            status.as_u16(),
            status.canonical_reason().unwrap_or("Error"),
            body.len(),
            self.proxy_status(),
        )
        .into_bytes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_names_its_cause_and_what_to_do() {
        let response = ProxyError::NoHost.response("edge", "abc");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["proxy-status"], "edge; error=destination_unavailable");
        assert_eq!(response.headers()["retry-after"], "1");
        assert!(!response.headers().contains_key("connection"));
        assert_eq!(ProxyError::BodyTooLarge.response("edge", "abc").headers()["connection"], "close");
    }

    #[test]
    fn a_request_that_is_shed_says_so_and_when_to_come_back() {
        let response = ProxyError::Shed { retry_after_s: 7 }.response("edge", "abc");
        assert_eq!(response.status(), 503);
        let cause = "edge; error=destination_unavailable; details=\"storm guard\"";
        assert_eq!(response.headers()["proxy-status"], cause);
        assert_eq!(response.headers()["retry-after"], "7");
    }

    #[test]
    fn a_lack_of_sockets_is_our_fault_and_passes() {
        let response = ProxyError::Exhausted.response("edge", "abc");
        assert_eq!(response.status(), 503);
        assert_eq!(response.headers()["proxy-status"], "edge; error=proxy_internal_error");
        assert_eq!(response.headers()["retry-after"], "1");
    }

    #[test]
    fn the_raw_answer_states_its_true_length() {
        let raw = String::from_utf8(ProxyError::HeadTimeout.raw("edge")).unwrap();
        let (head, body) = raw.split_once("\r\n\r\n").unwrap();
        assert!(head.contains(&format!("content-length: {}\r\n", body.len())), "{head}");
    }
}
