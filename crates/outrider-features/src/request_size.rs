//! The size of a request, as far as its head tells: what its service time grows with inside its class.

use crate::{BodySize, Headers, RequestFacts};

/// What says that it is larger has no size.
const SIZE_MAX: f32 = 1e15;

/// Where a request says how big it is.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum SizeFrom {
    /// The length of its body in bytes, where its head tells.
    #[default]
    ContentLength,
    /// A number that the client gives.
    Given {
        /// The number in this header; name in lower case.
        header: Option<String>,
        /// Where that gives none, the number that this name has in the query (`?size=1.3`); the first, of several.
        query: Option<String>,
    },
}

impl SizeFrom {
    /// The size of a request with this query, >= 0; `None` if its head does not tell, or tells nonsense.
    pub fn size<H: Headers>(&self, facts: &RequestFacts<'_, H>, query: Option<&str>) -> Option<f32> {
        match self {
            SizeFrom::ContentLength => length(facts.body),
            SizeFrom::Given { header, query: name } => {
                let in_header = || in_header(facts.headers, header.as_deref()?);
                let in_query = || number(value(query?, name.as_deref()?)?);
                in_header().or_else(in_query)
            }
        }
    }
}

#[allow(clippy::cast_precision_loss)] // 24 bits are enough
fn length(body: BodySize) -> Option<f32> {
    match body {
        BodySize::Known(bytes) => Some(bytes as f32),
        BodySize::None | BodySize::Unknown => None,
    }
}

fn in_header(headers: &impl Headers, name: &str) -> Option<f32> {
    number(std::str::from_utf8(headers.get(name)?).ok()?)
}

/// What `name` is in `query`, as it is spelt there: numbers need no escapes.
fn value<'a>(query: &'a str, name: &str) -> Option<&'a str> {
    query.split('&').find_map(|pair| pair.strip_prefix(name)?.strip_prefix('='))
}

fn number(text: &str) -> Option<f32> {
    let number: f32 = text.trim().parse().ok()?;
    (0.0..=SIZE_MAX).contains(&number).then_some(number.abs())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::request::tests::HeaderList;

    fn size(from: &SizeFrom, body: BodySize, header: &str, query: Option<&str>) -> Option<f32> {
        let headers = HeaderList::of(&[("x-tokens", header)]);
        let facts = RequestFacts { method: "GET", path: "/", body, headers: &headers, client: [127, 0, 0, 1].into() };
        from.size(&facts, query)
    }

    #[test]
    fn the_length_of_a_body_counts_where_it_is_known() {
        let of = |body| size(&SizeFrom::ContentLength, body, "7", Some("size=7"));
        assert_eq!(of(BodySize::Known(1234)), Some(1234.0));
        assert_eq!(of(BodySize::None), None, "absent is not zero");
        assert_eq!(of(BodySize::Unknown), None);
    }

    #[test]
    fn headers_and_queries_tell_numbers_and_no_nonsense() {
        let given = |header: Option<&str>, query: Option<&str>| SizeFrom::Given {
            header: header.map(str::to_owned),
            query: query.map(str::to_owned),
        };
        let header = given(Some("x-tokens"), None);
        let query = given(None, Some("size"));
        let table = [
            ("1.3", Some(1.3)),
            ("0", Some(0.0)),
            ("-0", Some(0.0)),
            ("1e3", Some(1000.0)),
            ("-1", None),
            ("NaN", None),
            ("inf", None),
            ("1e16", None),
            ("", None),
            ("12 kB", None),
        ];
        for (text, expected) in table {
            assert_eq!(size(&header, BodySize::Known(5), text, None), expected, "{text}");
            let line = format!("n=4&size={text}&size=9");
            assert_eq!(size(&query, BodySize::None, "", Some(&line)), expected, "{text}");
        }
        for line in ["", "sizes=3", "size", "xsize=3"] {
            assert_eq!(size(&query, BodySize::None, "3", Some(line)), None, "{line}");
        }
        assert_eq!(size(&query, BodySize::None, "3", None), None);
        let other = given(Some("x-other"), Some("size"));
        assert_eq!(size(&other, BodySize::None, "3", None), None);
        assert_eq!(size(&other, BodySize::None, "3", Some("size=4")), Some(4.0));
        let both = given(Some("x-tokens"), Some("size"));
        assert_eq!(size(&both, BodySize::None, "3", Some("size=4")), Some(3.0));
    }
}
