//! What the classes are told apart by, after the configuration has been read.

use ipnet::IpNet;
use outrider_core::ClassId;

use crate::origin::is_region;
use crate::request_size::SizeFrom;
use crate::route::{Pattern, PatternError};

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
    /// Where requests say how big they are, for whoever learns what their size costs. It tells no classes apart.
    pub size: SizeFrom,
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
            size: SizeFrom::default(),
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

/// What is wrong with class settings. A classifier leaves out what is objected to; whoever reads a configuration should
/// refuse it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum ClassMistake {
    /// A text among `paths` is no pattern.
    #[error("path pattern '{pattern}': {error}")]
    Pattern {
        /// Where in `paths`.
        at: usize,
        /// The text.
        pattern: String,
        /// Why not.
        error: PatternError,
    },
    /// A text is no name of a header in lower case.
    #[error("'{name}' is no header name: 1 to 64 lower-case letters, digits, '-' and '_'")]
    HeaderName {
        /// Where in `headers`; none: the header of `origin` or `size`.
        at: Option<usize>,
        /// The text.
        name: String,
    },
    /// More headers than [`ClassSettings::HEADERS_MAX`].
    #[error("{count} headers tell classes apart; at most 4 can")]
    TooManyHeaders {
        /// How many.
        count: usize,
    },
    /// A text is no name of a region.
    #[error("'{region}' is no region: 1 to 32 letters, digits and '._-', a letter or digit first")]
    Region {
        /// Where in `networks`.
        at: usize,
        /// The text.
        region: String,
    },
    /// `max` is out of range.
    #[error("{max} classes; there can be 1 to 64, \"other\" among them")]
    Max {
        /// What it is.
        max: usize,
    },
}

impl ClassSettings {
    /// Headers that can tell classes apart, at most.
    pub const HEADERS_MAX: usize = 4;

    /// Everything that is wrong with the settings, in the order of the fields.
    pub fn mistakes(&self) -> Vec<ClassMistake> {
        let mut mistakes: Vec<ClassMistake> = self.pattern_mistakes().collect();
        if let Some(origin) = &self.origin {
            mistakes.extend(origin.mistakes());
        }
        mistakes.extend(self.headers.iter().enumerate().filter_map(|(at, name)| header_mistake(Some(at), name)));
        if let SizeFrom::Given { header: Some(name), .. } = &self.size {
            mistakes.extend(header_mistake(None, name));
        }
        if self.headers.len() > ClassSettings::HEADERS_MAX {
            mistakes.push(ClassMistake::TooManyHeaders { count: self.headers.len() });
        }
        if !(1..=ClassId::MAX).contains(&self.max) {
            mistakes.push(ClassMistake::Max { max: self.max });
        }
        mistakes
    }

    fn pattern_mistakes(&self) -> impl Iterator<Item = ClassMistake> {
        self.paths.iter().enumerate().filter_map(|(at, pattern)| {
            let error = Pattern::parse(pattern).err()?;
            let pattern = pattern.clone();
            Some(ClassMistake::Pattern { at, pattern, error })
        })
    }
}

impl OriginSettings {
    fn mistakes(&self) -> impl Iterator<Item = ClassMistake> {
        let header = self.header.as_deref().and_then(|name| header_mistake(None, name));
        let regions = self.networks.iter().enumerate();
        let regions = regions.filter(|(_, (_, region))| !is_region(region.as_bytes()));
        header.into_iter().chain(regions.map(|(at, (_, region))| ClassMistake::Region { at, region: region.clone() }))
    }
}

fn header_mistake(at: Option<usize>, name: &str) -> Option<ClassMistake> {
    let name = name.to_owned();
    (!is_header_name(&name)).then_some(ClassMistake::HeaderName { at, name })
}

/// Whether `name` can name a header here. RFC 9110 allows more signs than anybody uses.
pub(crate) fn is_header_name(name: &str) -> bool {
    let fits = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || b"-_".contains(&byte);
    (1..=64).contains(&name.len()) && name.bytes().all(fits)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_is_told_at_once() {
        let settings = ClassSettings {
            paths: vec!["/ok/{id}".to_owned(), "bad".to_owned()],
            origin: Some(OriginSettings {
                header: Some("X-Region".to_owned()),
                networks: vec![("10.0.0.0/8".parse().unwrap(), "a b".to_owned())],
            }),
            headers: ["a", "B", "c", "d", "e"].map(str::to_owned).to_vec(),
            size: SizeFrom::Given { header: Some("X-Size".to_owned()), query: None },
            max: 65,
            ..ClassSettings::default()
        };
        let told: Vec<String> = settings.mistakes().iter().map(ToString::to_string).collect();
        assert_eq!(told.len(), 7, "{told:#?}");
        assert!(told[0].contains("'bad'") && told[6].contains("65"));
    }

    #[test]
    fn the_defaults_are_without_mistake() {
        assert_eq!(ClassSettings::default().mistakes(), []);
    }
}
