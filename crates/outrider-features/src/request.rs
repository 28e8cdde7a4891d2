//! What a classifier may look at.

use std::net::IpAddr;

/// The headers of a request, wherever they are kept.
pub trait Headers {
    /// The first value of the header `name` (lower case), as bytes that nobody has checked.
    fn get(&self, name: &str) -> Option<&[u8]>;
}

/// A request as far as its head tells.
#[derive(Debug)]
pub struct RequestFacts<'a, H: Headers> {
    /// The method as it came, upper and lower case kept.
    pub method: &'a str,
    /// The path without its query.
    pub path: &'a str,
    /// How long the body is.
    pub body: BodySize,
    /// The headers.
    pub headers: &'a H,
    /// Who asks: the client's address after the trust list has been applied.
    pub client: IpAddr,
}

/// How long a body is, as far as the head tells.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum BodySize {
    /// No body.
    None,
    /// `Content-Length`, in bytes.
    Known(u64),
    /// Chunked: nobody knows until it has passed.
    Unknown,
}
