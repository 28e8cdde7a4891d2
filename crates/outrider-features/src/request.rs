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

#[cfg(test)]
pub(crate) mod tests {
    use super::Headers;

    /// Headers in a list.
    #[derive(Debug)]
    pub(crate) struct HeaderList(Vec<(String, Vec<u8>)>);

    impl HeaderList {
        pub(crate) fn of(headers: &[(&str, &str)]) -> HeaderList {
            let owned = |&(name, value): &(&str, &str)| (name.to_owned(), value.as_bytes().to_vec());
            HeaderList(headers.iter().map(owned).collect())
        }

        pub(crate) fn raw(name: &str, value: &[u8]) -> HeaderList {
            HeaderList(vec![(name.to_owned(), value.to_vec())])
        }

        pub(crate) fn all(&self) -> impl Iterator<Item = (&str, &[u8])> {
            self.0.iter().map(|(name, value)| (name.as_str(), value.as_slice()))
        }
    }

    impl Headers for HeaderList {
        fn get(&self, name: &str) -> Option<&[u8]> {
            let found = self.0.iter().find(|(known, _)| known == name);
            found.map(|(_, value)| value.as_slice())
        }
    }
}
