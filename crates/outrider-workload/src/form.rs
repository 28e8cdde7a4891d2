//! What the requests of a class look like on the wire: what a balancer could tell them apart by.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Method, path, body and headers. Left out, a class is GETs of a path of its own without a body.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Form {
    /// The method; `None`: POST with a body, GET without.
    pub method: Option<String>,
    /// The path, without a query; `None`: one of the class's own. Classes that share a path are told to the host in the
    /// query.
    pub path: Option<String>,
    /// Bytes of the body, at most 16 MiB.
    pub body_bytes: usize,
    /// Headers besides those that every request has, at most 16.
    pub headers: BTreeMap<String, String>,
}

/// A form that cannot be sent.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum FormError {
    /// No method.
    #[error("method {0:?} is not of 1 to 16 capital letters")]
    Method(String),
    /// No path.
    #[error("path {0:?} does not begin with '/', is longer than 256, or has a space, '?', '#' or no ASCII in it")]
    Path(String),
    /// Too big a body.
    #[error("body_bytes {0} is more than 16 MiB")]
    Body(usize),
    /// A bad header, or one that frames the message.
    #[error("header {0:?} cannot be sent: a bad name or value, one that frames the message, or more than 16")]
    Header(String),
}

const BODY_MAX: usize = 16 << 20;
const PATH_MAX: usize = 256;
const HEADERS_MAX: usize = 16;
const HEADER_MAX: usize = 1024;
/// These are written by whoever frames the message.
const FRAMING: [&str; 5] = ["host", "content-length", "transfer-encoding", "connection", "expect"];

impl Form {
    /// The method that is sent.
    pub fn method(&self) -> &str {
        let usual = if self.body_bytes > 0 { "POST" } else { "GET" };
        self.method.as_deref().unwrap_or(usual)
    }

    /// Whether it can be sent.
    ///
    /// # Errors
    /// The first thing that cannot.
    pub fn check(&self) -> Result<(), FormError> {
        let method = self.method();
        if !(1..=16).contains(&method.len()) || !method.bytes().all(|b| b.is_ascii_uppercase()) {
            return Err(FormError::Method(method.to_owned()));
        }
        if let Some(path) = self.path.as_ref().filter(|path| !is_path(path)) {
            return Err(FormError::Path(path.clone()));
        }
        if self.body_bytes > BODY_MAX {
            return Err(FormError::Body(self.body_bytes));
        }
        let beyond = self.headers.iter().skip(HEADERS_MAX).map(|(name, _)| name);
        let bad = self.headers.iter().filter(|(name, value)| !is_header(name, value)).map(|(name, _)| name);
        match bad.chain(beyond).next() {
            Some(name) => Err(FormError::Header(name.clone())),
            None => Ok(()),
        }
    }
}

fn is_path(path: &str) -> bool {
    let visible = |b: u8| b.is_ascii_graphic() && b != b'?' && b != b'#';
    path.starts_with('/') && path.len() <= PATH_MAX && path.bytes().all(visible)
}

fn is_header(name: &str, value: &str) -> bool {
    let token = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
    let visible = |b: u8| b.is_ascii_graphic() || b == b' ';
    (1..=HEADER_MAX).contains(&name.len())
        && name.bytes().all(token)
        && !FRAMING.iter().any(|framing| name.eq_ignore_ascii_case(framing))
        && value.len() <= HEADER_MAX
        && value.bytes().all(visible)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn form(change: impl FnOnce(&mut Form)) -> Form {
        let mut form = Form::default();
        change(&mut form);
        form
    }

    #[test]
    fn a_body_makes_a_post_unless_told_otherwise() {
        assert_eq!(Form::default().method(), "GET");
        assert_eq!(form(|f| f.body_bytes = 10).method(), "POST");
        assert_eq!(
            form(|f| {
                f.body_bytes = 10;
                f.method = Some("PUT".to_owned());
            })
            .method(),
            "PUT"
        );
    }

    #[test]
    fn what_cannot_be_sent_is_refused() {
        let refused = |change: fn(&mut Form)| form(change).check().unwrap_err();
        for method in ["", "get", "G T", "ABCDEFGHIJKLMNOPQ"] {
            assert!(form(|f| f.method = Some(method.to_owned())).check().is_err(), "{method:?}");
        }
        for path in ["", "a", "/a b", "/a?b", "/a#b", "/\u{e4}", "/\r\n"] {
            assert!(form(|f| f.path = Some(path.to_owned())).check().is_err(), "{path:?}");
        }
        for (name, value) in [("", "x"), ("a b", "x"), ("Host", "x"), ("content-length", "3"), ("a", "x\r\ny")] {
            let with = form(|f| {
                f.headers.insert(name.to_owned(), value.to_owned());
            });
            assert!(matches!(with.check(), Err(FormError::Header(_))), "{name:?}");
        }
        let many = refused(|f| f.headers = (0..17).map(|i| (format!("h{i}"), String::new())).collect());
        assert!(matches!(many, FormError::Header(_)));
        assert_eq!(refused(|f| f.body_bytes = usize::MAX), FormError::Body(usize::MAX));
        assert_eq!(Form::default().check(), Ok(()));
    }
}
