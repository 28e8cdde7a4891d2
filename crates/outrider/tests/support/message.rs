//! A strict reader of HTTP/1.1 messages as they stand on the wire.
//!
//! Deliberately no library: the judge must not share the parser of the judged. What RFC 9112 forbids a sender to
//! write is a fault here, even where it allows a recipient to be lenient.

use std::fmt::{self, Debug, Formatter};

/// A request as a host received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Request {
    pub(crate) method: String,
    pub(crate) target: String,
    pub(crate) fields: Fields,
    pub(crate) body: Body,
}

/// An answer as a client received it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) fields: Fields,
    pub(crate) body: Body,
}

/// What came of a body.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Body {
    pub(crate) bytes: Vec<u8>,
    pub(crate) trailers: Fields,
    /// False while bytes are missing.
    pub(crate) whole: bool,
}

/// Header or trailer fields, names in lower case.
#[derive(Clone, Default, PartialEq, Eq)]
pub(crate) struct Fields(Vec<(String, Vec<u8>)>);

/// What a sender must not write.
pub(crate) type Fault = String;

/// How the end of a body is told.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    UntilClose,
}

impl Fields {
    /// Every value of a field.
    pub(crate) fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        self.0.iter().filter(move |(n, _)| n == name).map(|(_, value)| value.as_slice())
    }

    /// The value of a field, if it is there exactly once.
    pub(crate) fn only<'a>(&'a self, name: &str) -> Option<&'a [u8]> {
        let mut all = self.0.iter().filter(|(n, _)| n == name);
        let (_, value) = all.next()?;
        all.next().is_none().then_some(value)
    }

    /// Whether a field is there.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.all(name).next().is_some()
    }
}

impl Debug for Fields {
    fn fmt(&self, f: &mut Formatter<'_>) -> fmt::Result {
        let shown = self.0.iter().map(|(name, value)| format!("{name}: {}", value.escape_ascii()));
        f.debug_list().entries(shown).finish()
    }
}

/// Reads one request. `None` while its head is incomplete; a body may be.
pub(crate) fn request(bytes: &[u8]) -> Result<Option<(Request, usize)>, Fault> {
    let Some((first, fields, used)) = head(bytes)? else { return Ok(None) };
    let mut words = first.split(' ');
    let line = (words.next(), words.next(), words.next(), words.next());
    let (Some(method), Some(target), Some(version @ ("HTTP/1.1" | "HTTP/1.0")), None) = line else {
        return Err(format!("request line {first:?}"));
    };
    if method.is_empty() || !method.bytes().all(is_token) || !is_target(target) {
        return Err(format!("request line {first:?}"));
    }
    if version == "HTTP/1.1" && fields.only("host").is_none() {
        return Err("not exactly one Host".to_owned());
    }
    let framing = framing(&fields)?.unwrap_or(Framing::Length(0));
    if version == "HTTP/1.0" && framing == Framing::Chunked {
        return Err("a Transfer-Encoding in HTTP/1.0".to_owned());
    }
    let (body, more) = body(&bytes[used..], framing, false)?;
    let request = Request { method: method.to_owned(), target: target.to_owned(), fields, body };
    Ok(Some((request, used + more)))
}

/// Reads one answer. `bodiless`: it answers a HEAD. `ended`: the sender has closed.
pub(crate) fn answer(bytes: &[u8], bodiless: bool, ended: bool) -> Result<Option<(Answer, usize)>, Fault> {
    let Some((first, fields, used)) = head(bytes)? else { return Ok(None) };
    let status = status(&first).ok_or_else(|| format!("status line {first:?}"))?;
    let stated = framing(&fields)?;
    let empty = bodiless || status < 200 || status == 204 || status == 304;
    let framing = if empty { Framing::Length(0) } else { stated.unwrap_or(Framing::UntilClose) };
    let (body, more) = body(&bytes[used..], framing, ended)?;
    Ok(Some((Answer { status, fields, body }, used + more)))
}

/// The status of an HTTP/1.1 status line.
fn status(line: &str) -> Option<u16> {
    let rest = line.strip_prefix("HTTP/1.1 ").or(line.strip_prefix("HTTP/1.0 "))?;
    let (digits, after) = rest.split_at_checked(3)?;
    let status = digits.parse().ok()?;
    (after.is_empty() || after.starts_with(' ')).then_some(status).filter(|s| (100..600).contains(s))
}

type Head = (String, Fields, usize);

fn head(bytes: &[u8]) -> Result<Option<Head>, Fault> {
    let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") else { return Ok(None) };
    let (first, rest) = split_line(&bytes[..end + 2])?;
    let first = String::from_utf8(first.to_vec()).map_err(|_| format!("first line {}", first.escape_ascii()))?;
    Ok(Some((first, fields(rest)?, end + 4)))
}

/// Fields up to the end of `bytes`.
fn fields(mut bytes: &[u8]) -> Result<Fields, Fault> {
    let mut fields = Vec::new();
    while !bytes.is_empty() {
        let (line, rest) = split_line(bytes)?;
        fields.push(field(line)?);
        bytes = rest;
    }
    Ok(Fields(fields))
}

fn field(line: &[u8]) -> Result<(String, Vec<u8>), Fault> {
    let fault = || format!("field {:?}", line.escape_ascii().to_string());
    let colon = line.iter().position(|&b| b == b':').ok_or_else(fault)?;
    let (name, value) = (&line[..colon], line[colon + 1..].trim_ascii());
    if name.is_empty() || !name.iter().copied().all(is_token) {
        return Err(fault());
    }
    if value.iter().any(|&b| (b < 0x20 && b != b'\t') || b == 0x7f) {
        return Err(fault());
    }
    Ok((String::from_utf8_lossy(name).to_ascii_lowercase(), value.to_vec()))
}

/// The first line without its CRLF, and what follows. A lone CR or LF is a fault.
fn split_line(bytes: &[u8]) -> Result<(&[u8], &[u8]), Fault> {
    let end = bytes.windows(2).position(|two| two == b"\r\n").ok_or("a line without CRLF")?;
    let line = &bytes[..end];
    if line.iter().any(|b| matches!(b, b'\r' | b'\n' | 0)) {
        return Err(format!("lone CR, lone LF or NUL in {:?}", line.escape_ascii().to_string()));
    }
    Ok((line, &bytes[end + 2..]))
}

fn is_token(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(&byte)
}

/// Printable, and without the fragment that only a browser may keep.
fn is_target(target: &str) -> bool {
    !target.is_empty() && target.bytes().all(|b| b.is_ascii_graphic() && b != b'#' || !b.is_ascii())
}

/// The one framing that the fields state, if any. Two are a fault.
fn framing(fields: &Fields) -> Result<Option<Framing>, Fault> {
    let lengths = fields.all("content-length").count();
    let codings = fields.all("transfer-encoding").count();
    match (lengths, codings) {
        (0, 0) => Ok(None),
        (1, 0) => length(fields.only("content-length").unwrap_or_default()).map(Some),
        (0, 1) if is_chunked(fields) => Ok(Some(Framing::Chunked)),
        (0, 1) => Err("a Transfer-Encoding other than chunked".to_owned()),
        _ => Err(format!("{lengths} Content-Length and {codings} Transfer-Encoding")),
    }
}

fn is_chunked(fields: &Fields) -> bool {
    fields.only("transfer-encoding").is_some_and(|value| value.eq_ignore_ascii_case(b"chunked"))
}

fn length(value: &[u8]) -> Result<Framing, Fault> {
    let text = str::from_utf8(value).unwrap_or_default();
    let digits = !text.is_empty() && text.bytes().all(|b| b.is_ascii_digit());
    let length = digits.then(|| text.parse().ok()).flatten();
    length.map(Framing::Length).ok_or_else(|| format!("Content-Length {text:?}"))
}

fn body(bytes: &[u8], framing: Framing, ended: bool) -> Result<(Body, usize), Fault> {
    let take = |length: usize, whole: bool| {
        (Body { bytes: bytes[..length].to_vec(), trailers: Fields::default(), whole }, length)
    };
    match framing {
        Framing::Length(length) => Ok(take(length.min(bytes.len()), bytes.len() >= length)),
        Framing::UntilClose => Ok(take(bytes.len(), ended)),
        Framing::Chunked => chunked(bytes),
    }
}

fn chunked(bytes: &[u8]) -> Result<(Body, usize), Fault> {
    let mut body = Body::default();
    let mut at = 0;
    while let Some(line) = bytes[at..].windows(2).position(|two| two == b"\r\n") {
        let size = chunk_size(&bytes[at..at + line])?;
        let data = at + line + 2;
        if size == 0 {
            return trailers(body, bytes, data);
        }
        let end = (data + size).min(bytes.len());
        body.bytes.extend_from_slice(&bytes[data..end]);
        let Some(after) = bytes.get(data + size..data + size + 2) else { return Ok((body, bytes.len())) };
        if after != b"\r\n" {
            return Err("no CRLF after a chunk".to_owned());
        }
        at = data + size + 2;
    }
    Ok((body, bytes.len()))
}

fn chunk_size(line: &[u8]) -> Result<usize, Fault> {
    let text = str::from_utf8(line).unwrap_or_default();
    let size = text.bytes().all(|b| b.is_ascii_hexdigit()).then(|| usize::from_str_radix(text, 16).ok());
    size.flatten().ok_or_else(|| format!("chunk size {:?}", line.escape_ascii().to_string()))
}

fn trailers(mut body: Body, bytes: &[u8], at: usize) -> Result<(Body, usize), Fault> {
    if bytes[at..].starts_with(b"\r\n") {
        body.whole = true;
        return Ok((body, at + 2));
    }
    let Some(end) = bytes[at..].windows(4).position(|four| four == b"\r\n\r\n") else {
        return Ok((body, bytes.len()));
    };
    body.trailers = fields(&bytes[at..at + end + 2])?;
    body.whole = true;
    Ok((body, at + end + 4))
}
