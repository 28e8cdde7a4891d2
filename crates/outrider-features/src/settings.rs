//! What the classes are told apart by, after the configuration has been read.

use ipnet::IpNet;
use outrider_core::ClassId;

/// What tells classes apart besides route, method and size of the body. The default is none of it.
#[derive(Clone, Debug, PartialEq)]
pub struct ClassSettings {
    /// Patterns such as `/users/{id}/orders`, the first that matches names the route: `{x}` stands for one segment, a
    /// last `{rest...}` or `*` for all that follows. A path that none matches is folded by its looks.
    pub paths: Vec<String>,
    /// By kind of authentication (header names and schemes alone, never a secret).
    pub authentication: bool,
    /// By kind of client, from `User-Agent`.
    pub client_kind: bool,
    /// By region of origin; none: not told apart.
    pub origin: Option<OriginSettings>,
    /// By the values of these headers; names in lower case.
    pub headers: Vec<String>,
    /// How many classes there may be, "other" among them: 1 to [`ClassId::MAX`].
    pub max: usize,
}

impl Default for ClassSettings {
    fn default() -> Self {
        ClassSettings {
            paths: Vec::new(),
            authentication: false,
            client_kind: false,
            origin: None,
            headers: Vec::new(),
            max: ClassId::MAX,
        }
    }
}

/// Where the region of a request comes from: the header if it is there and sound, else the networks.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct OriginSettings {
    /// Header whose value is the region (set by a CDN, say); name in lower case.
    pub header: Option<String>,
    /// Region by address of the client; the longest prefix that matches wins.
    pub networks: Vec<(IpNet, String)>,
}
