//! Hosts that answer wrongly: the client must get a clean answer, one that visibly breaks off, or 502.

use crate::case::{Case, Forwards, Gets, Host, Then, case, cut_short, failed, outcome, served, served_last};

const LENGTH: &str = "RFC 9112 6.3: an answer whose length cannot be told is a 502";
const HEAD: &str = "RFC 9112 4: not an answer, so 502";
const CUT: &str = "RFC 9112 8: the client must be able to tell that the rest is missing";
const EXTRA: &str =
    "RFC 9112 9.3: bytes that nobody asked for are no answer to anybody: the connection is not used again";

pub(crate) fn cases() -> Vec<Case> {
    [framing(), heads(), bodies(), empty(), extra(), passing()].into_iter().flatten().collect()
}

fn get(name: &'static str, answer: impl AsRef<[u8]>) -> Case {
    case(name, "GET /a HTTP/1.1\r\nHost: wire.test\r\n\r\n").answers(answer)
}

fn closing(name: &'static str, answer: impl AsRef<[u8]>) -> Case {
    get(name, "").answers_and_closes(answer)
}

fn framing() -> Vec<Case> {
    let with = |name, fields: &str, body: &str| {
        get(name, format!("HTTP/1.1 200 OK\r\n{fields}\r\n{body}")).why(LENGTH).right(failed(502))
    };
    let hello = Gets::Body(b"hello");
    let chunked = "5\r\nhello\r\n0\r\n\r\n";
    vec![
        with("host: length and encoding", "Content-Length: 3\r\nTransfer-Encoding: chunked\r\n", chunked)
            .why("RFC 9112 6.3: the encoding counts, or 502")
            .right(outcome(&[200], Then::Either, Forwards::Whole(1)))
            .gets(hello),
        with("host: two lengths that differ", "Content-Length: 5\r\nContent-Length: 9\r\n", "hello"),
        with("host: the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n", "hello")
            .right(served())
            .gets(hello),
        with("host: length '+5'", "Content-Length: +5\r\n", "hello"),
        with("host: length '-5'", "Content-Length: -5\r\n", "hello"),
        with("host: length 2^64 + 5", "Content-Length: 18446744073709551621\r\n", "hello"),
        with("host: an unknown encoding", "Transfer-Encoding: x\r\n", chunked).right(cut_short()),
        with("host: encoding with a vertical tab", "Transfer-Encoding: \x0bchunked\r\n", chunked),
        closing(
            "host: an encoding in HTTP/1.0",
            format!("HTTP/1.0 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{chunked}"),
        )
        .why("RFC 9112 6.1: faulty, yet sent by old hosts")
        .right(failed(502))
        .right(outcome(&[200], Then::Either, Forwards::Whole(1))),
    ]
}

fn heads() -> Vec<Case> {
    let bad = |name, answer: &[u8]| get(name, answer).why(HEAD).right(failed(502));
    let with = |name, field: &[u8]| {
        bad(name, &[b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n", field, b"\r\n\r\nhello"].concat())
    };
    let ok = |name, line: &str| bad(name, format!("{line}\r\nContent-Length: 5\r\n\r\nhello").as_bytes());
    vec![
        closing("host: rubbish", "hello, world\r\n\r\n").why(HEAD).right(failed(502)),
        closing("host: nothing", "").why(HEAD).right(failed(502)),
        closing("host: half a head", "HTTP/1.1 200 OK\r\nConte").why(HEAD).right(failed(502)),
        get("host: reset before the head", "").host(Host::Resets).why("RFC 9110 15.6.3").right(failed(502)),
        get("host: refused", "").host(Host::Refuses).why("RFC 9110 15.6.3").right(failed(502)).right(failed(503)),
        with("host: a NUL in a value", b"X: a\0b"),
        with("host: a lone CR in a value", b"X: a\rb"),
        with("host: a space before a colon", b"X : a").why("RFC 9112 5.1: the space is taken away").right(served()),
        with("host: a folded value", b"X: a\r\n b")
            .why("RFC 9112 5.2: 502, or the fold replaced by spaces")
            .right(served()),
        with("host: a line without a colon", b"nonsense"),
        get("host: lines that end in LF", "HTTP/1.1 200 OK\nContent-Length: 5\n\nhello")
            .why("RFC 9112 2.2: written clean or refused")
            .right(served())
            .right(failed(502)),
        ok("host: status 99", "HTTP/1.1 99 Low"),
        ok("host: status 1000", "HTTP/1.1 1000 High"),
        ok("host: a status that is no number", "HTTP/1.1 abc Odd"),
        ok("host: HTTP/2.0", "HTTP/2.0 200 OK"),
        ok("host: HTTP/0.9", "<html>hello</html>"),
        ok("host: no reason", "HTTP/1.1 200 ").why("RFC 9112 4: the reason may be empty").right(served()),
        with("host: a field of 128 KiB", format!("X: {}", "y".repeat(128 << 10)).as_bytes())
            .why("the limit of a head holds for hosts as well"),
        with(
            "host: a thousand fields",
            (0..1000).map(|n| format!("X-{n}: y")).collect::<Vec<_>>().join("\r\n").as_bytes(),
        )
        .why("the limit of a head holds for hosts as well"),
    ]
}

fn bodies() -> Vec<Case> {
    let chunked = "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n";
    let cut = |case: Case| case.why(CUT).right(cut_short()).right(failed(502));
    vec![
        cut(closing("host: a body that breaks off", "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")),
        cut(closing("host: a chunk that breaks off", format!("{chunked}5\r\nhel"))),
        cut(closing("host: chunks without the last", format!("{chunked}5\r\nhello\r\n"))),
        cut(get("host: a chunk size that is no number", format!("{chunked}5\r\nhello\r\nxyz\r\n"))),
        cut(get("host: a chunk longer than its size", format!("{chunked}5\r\nhelloworld\r\n0\r\n\r\n"))),
        cut(get("host: a chunk size of 2^64 - 1", format!("{chunked}ffffffffffffffff\r\nhello\r\n0\r\n\r\n"))),
        get("host: chunks", format!("{chunked}5\r\nhello\r\n0\r\n\r\n"))
            .why("RFC 9112 7.1")
            .right(served())
            .gets(Gets::Body(b"hello")),
        get("host: chunks and a trailer", format!("{chunked}5\r\nhello\r\n0\r\nX-Sum: 42\r\n\r\n"))
            .why("RFC 9112 7.1.2: forwarded or dropped")
            .right(served())
            .gets(Gets::Body(b"hello")),
        closing("host: a body until it closes", "HTTP/1.1 200 OK\r\n\r\nhello")
            .why("RFC 9112 6.3")
            .right(outcome(&[200], Then::Either, Forwards::Whole(1)))
            .gets(Gets::Body(b"hello")),
        closing("host: HTTP/1.0, a body until it closes", "HTTP/1.0 200 OK\r\n\r\nhello")
            .why("RFC 9112 6.3")
            .right(outcome(&[200], Then::Either, Forwards::Whole(1)))
            .gets(Gets::Body(b"hello")),
        case("host: chunks to HTTP/1.0", "GET /a HTTP/1.0\r\nHost: wire.test\r\n\r\n")
            .answers(format!("{chunked}5\r\nhello\r\n0\r\n\r\n"))
            .why("RFC 9112 6.1: no encoding to HTTP/1.0")
            .right(served_last())
            .gets(Gets::Body(b"hello"))
            .gets(Gets::Lacks("transfer-encoding")),
    ]
}

/// Answers that have no body whatever their fields say. What a host sends all the same belongs to nobody.
fn empty() -> Vec<Case> {
    let none = "RFC 9112 6.3: no body, whatever the fields say";
    let of = |name, status: u16, answer: &str| {
        get(name, answer).why(none).right(outcome(&[status], Then::Either, Forwards::Whole(1)))
    };
    let head = |name, answer: &str| {
        case(name, "HEAD /a HTTP/1.1\r\nHost: wire.test\r\n\r\n").head().answers(answer).why(none).right(served())
    };
    vec![
        of("host: 204 with a length", 204, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\n")
            .gets(Gets::Lacks("content-length")),
        of("host: 204 with a body", 204, "HTTP/1.1 204 No Content\r\nContent-Length: 5\r\n\r\nhello"),
        of(
            "host: 204 in chunks",
            204,
            "HTTP/1.1 204 No Content\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        ),
        of("host: 304 with a length", 304, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\n"),
        of("host: 304 with a body", 304, "HTTP/1.1 304 Not Modified\r\nContent-Length: 5\r\n\r\nhello"),
        head("host: HEAD with a length", "HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n")
            .gets(Gets::Field("content-length", "1000")),
        head("host: HEAD with an encoding", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n"),
        head("host: HEAD with a body", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello")
            .right(failed(502))
            .right(served_last()),
    ]
}

fn extra() -> Vec<Case> {
    let poison = "HTTP/1.1 200 OK\r\nContent-Length: 6\r\n\r\npoison";
    let with = |name, answer: String| {
        get(name, answer).why(EXTRA).right(outcome(&[200], Then::Either, Forwards::Whole(1))).gets(Gets::Body(b"ok"))
    };
    vec![
        with("host: an answer nobody asked for", format!("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok{poison}")),
        with("host: rubbish after the body", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok, or not".to_owned()),
        with(
            "host: an answer after the last chunk",
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\nok\r\n0\r\n\r\n{poison}"),
        ),
        get("host: an answer after 204", format!("HTTP/1.1 204 No Content\r\n\r\n{poison}")).why(EXTRA).right(outcome(
            &[204],
            Then::Either,
            Forwards::Whole(1),
        )),
        get("host: an answer after 304", format!("HTTP/1.1 304 Not Modified\r\n\r\n{poison}"))
            .why(EXTRA)
            .right(outcome(&[304], Then::Either, Forwards::Whole(1))),
    ]
}

fn passing() -> Vec<Case> {
    let own = "RFC 9110 7.6.1: what the host says of its connection is not for the client";
    let ok = |name, fields: &str| {
        get(name, format!("HTTP/1.1 200 OK\r\n{fields}Content-Length: 2\r\n\r\nok")).right(served())
    };
    let hops = "Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\nProxy-Connection: x\r\n";
    vec![
        ok("host: fields for this connection only", hops)
            .why(own)
            .gets(Gets::Lacks("x-hop"))
            .gets(Gets::Lacks("keep-alive"))
            .gets(Gets::Lacks("proxy-connection")),
        ok("host: a load report", "endpoint-load-metrics: TEXT cpu_utilization=0.3\r\n")
            .why("ORCA: read here and taken away")
            .note("neither rival knows ORCA")
            .gets(Gets::Lacks("endpoint-load-metrics")),
        ok("host: a cookie twice", "Set-Cookie: a=1\r\nSet-Cookie: b=2\r\n").why("RFC 9110 5.3: not to be joined"),
        closing("host: Connection: close", "HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 2\r\n\r\nok")
            .why(own)
            .right(served()),
        get("host: 500", "HTTP/1.1 500 Oops\r\nContent-Length: 2\r\n\r\nno")
            .why("the host's own answer, passed on")
            .right(outcome(&[500], Then::Stays, Forwards::Whole(1))),
    ]
}
