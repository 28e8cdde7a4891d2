//! Errors as the client sees them: problem+json (RFC 9457).

use bytes::Bytes;
use http::{HeaderName, HeaderValue, Response, StatusCode, header};
use http_body_util::Full;
use outrider_proxy::control::ControlError;
use serde_json::{Value, json};

/// An answer.
pub(crate) type Answer = Response<Full<Bytes>>;

/// Why a request was not answered as asked.
#[derive(Debug)]
pub(crate) struct Problem {
    status: StatusCode,
    detail: String,
    more: Vec<(&'static str, Value)>,
    headers: Vec<(HeaderName, HeaderValue)>,
}

impl Problem {
    /// A problem with a sentence that says what is wrong and what to do.
    pub(crate) fn new(status: StatusCode, detail: impl Into<String>) -> Problem {
        Problem { status, detail: detail.into(), more: Vec::new(), headers: Vec::new() }
    }

    /// With one more member.
    pub(crate) fn with(mut self, name: &'static str, value: Value) -> Problem {
        self.more.push((name, value));
        self
    }

    /// With a header.
    pub(crate) fn header(mut self, name: HeaderName, value: HeaderValue) -> Problem {
        self.headers.push((name, value));
        self
    }

    /// As it goes out.
    pub(crate) fn into_answer(self) -> Answer {
        let mut body = json!({
            "type": "about:blank",
            "title": self.status.canonical_reason().unwrap_or("Error"),
            "status": self.status.as_u16(),
            "detail": self.detail,
        });
        for (name, value) in self.more {
            body[name] = value;
        }
        let mut answer = text(self.status, "application/problem+json", body.to_string() + "\n");
        answer.headers_mut().extend(self.headers);
        answer
    }
}

/// What the control thread refuses, as the client sees it.
impl From<ControlError> for Problem {
    fn from(error: ControlError) -> Problem {
        let status = match &error {
            ControlError::UnknownPool(_) | ControlError::UnknownHost { .. } => StatusCode::NOT_FOUND,
            _ => StatusCode::SERVICE_UNAVAILABLE,
        };
        Problem::new(status, error.to_string())
    }
}

/// An answer of this content type. Nobody shall keep it: it is about now.
pub(crate) fn text(status: StatusCode, content_type: &'static str, body: String) -> Answer {
    let mut answer = Response::new(Full::new(Bytes::from(body)));
    *answer.status_mut() = status;
    let headers = answer.headers_mut();
    headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(content_type));
    headers.insert(header::CACHE_CONTROL, HeaderValue::from_static("no-store"));
    headers.insert(header::X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
    answer
}

/// A JSON answer, written for people too.
pub(crate) fn json_answer(body: &Value) -> Answer {
    // A value that was built from strings, numbers and maps can always be written.
    let body = serde_json::to_string_pretty(body).unwrap_or_default();
    text(StatusCode::OK, "application/json", body + "\n")
}
