//! Heads that are written wrong: NUL, lone CR and LF, folds, names and hosts that are none.

use crate::case::{Case, Forwards, Sees, Then, case, dropped, outcome, refused, served, served_last};

const CHARACTERS: &str = "RFC 9110 5.5: NUL, CR and LF in a value are dangerous: refused";
const NAME: &str = "RFC 9112 5.1: no white space between name and colon, RFC 9110 5.1: a name is a token";
const HOST: &str = "RFC 9112 3.2: none, two or an invalid Host is answered 400";
const HOPS: &[u8] = b"Connection: keep-alive, X-Hop\r\nX-Hop: 1\r\nKeep-Alive: timeout=9\r\n\
    Proxy-Connection: keep-alive\r\nX-End: 1\r\n";
const FORGED: &[u8] = b"X-Forwarded-For: 6.6.6.6\r\nX-Forwarded-For: 7.7.7.7\r\nForwarded: for=6.6.6.6\r\n";
const LINES: &str = "RFC 9112 2.2: a lone LF may end a line of the head; written clean or refused";

pub(crate) fn cases() -> Vec<Case> {
    [characters(), names(), hosts(), lines(), connection()].into_iter().flatten().collect()
}

fn get(name: &'static str, fields: &[u8]) -> Case {
    case(name, [b"GET /h HTTP/1.1\r\nHost: wire.test\r\n", fields, b"\r\n"].concat())
}

fn characters() -> Vec<Case> {
    let bad = |name, fields: &[u8]| get(name, fields).why(CHARACTERS).right(refused(400));
    vec![
        bad("a NUL in a value", b"X: a\0b\r\n"),
        bad("a NUL in a name", b"X\0Y: a\r\n"),
        bad("a lone CR in a value", b"X: a\rb\r\n"),
        bad("a lone CR that would begin a field", b"X: a\rTransfer-Encoding: chunked\r\n"),
        bad("a control character in a value", b"X: a\x01b\r\n").why("RFC 9110 5.5: invalid; refused, or replaced"),
        bad("a DEL in a value", b"X: a\x7fb\r\n").why("RFC 9110 5.5: invalid; refused, or replaced"),
        get("bytes above 127 in a value", b"X: caf\xc3\xa9 \xff\r\n")
            .why("RFC 9110 5.5: obs-text is opaque and passes")
            .right(served())
            .sees(Sees::Has("x")),
        get("a tab in a value", b"X: a\tb\r\n").why("RFC 9110 5.5: field content").right(served()),
        get("a value left empty", b"X:\r\n").why("RFC 9110 5.5").right(served()).sees(Sees::Has("x")),
    ]
}

fn names() -> Vec<Case> {
    let bad = |name, fields: &[u8]| get(name, fields).why(NAME).right(refused(400));
    vec![
        bad("a space before a colon", b"X : a\r\n"),
        bad("a tab before a colon", b"X\t: a\r\n"),
        bad("a name left empty", b": a\r\n"),
        bad("a space in a name", b"X Y: a\r\n"),
        bad("a line without a colon", b"nonsense\r\n"),
        bad("a name in brackets", b"X(1): a\r\n"),
        bad("a name above 127", b"X\xe9: a\r\n"),
    ]
}

fn hosts() -> Vec<Case> {
    let with = |name, hosts: &str| case(name, format!("GET /h HTTP/1.1\r\n{hosts}\r\n")).why(HOST);
    let bad = |name, hosts: &str| with(name, hosts).right(refused(400));
    vec![
        bad("no Host", ""),
        bad("two Hosts that differ", "Host: wire.test\r\nHost: other.test\r\n"),
        bad("the same Host twice", "Host: wire.test\r\nHost: wire.test\r\n"),
        bad("a Host with a slash", "Host: wire.test/x\r\n"),
        bad("a Host with a space", "Host: wire test\r\n"),
        bad("a Host with a user", "Host: me@wire.test\r\n"),
        bad("a Host with two ports", "Host: wire.test:80:81\r\n"),
        bad("a Host whose port is no number", "Host: wire.test:http\r\n"),
        bad("a Host with a comma", "Host: wire.test, other.test\r\n").right(served()),
        with("a Host left empty", "Host:\r\n").why("RFC 9112 3.2: allowed, if odd").right(refused(400)).right(served()),
        with("a Host with a port", "Host: wire.test:8080\r\n")
            .right(served())
            .sees(Sees::Field("host", "wire.test:8080")),
        with("an IPv6 Host", "Host: [::1]:8080\r\n").right(served()).sees(Sees::Field("host", "[::1]:8080")),
        with("a Host in another letter case", "hOST: wire.test\r\n")
            .right(served())
            .sees(Sees::Field("host", "wire.test")),
        case("HTTP/1.0 without a Host", "GET /h HTTP/1.0\r\n\r\n")
            .why("RFC 9112 3.2: only HTTP/1.1 demands one")
            .right(served_last())
            .right(refused(400)),
    ]
}

fn lines() -> Vec<Case> {
    let lenient = |name, bytes: &str| case(name, bytes).why(LINES).right(refused(400)).right(served());
    vec![
        lenient("lines that end in LF", "GET /h HTTP/1.1\nHost: wire.test\n\n"),
        lenient("one line that ends in LF", "GET /h HTTP/1.1\r\nHost: wire.test\nX: a\r\n\r\n"),
        lenient("a folded value", "GET /h HTTP/1.1\r\nHost: wire.test\r\nX: a\r\n b\r\n\r\n")
            .why("RFC 9112 5.2: refused, or the fold replaced by spaces"),
        case("lines that end in CR", "GET /h HTTP/1.1\rHost: wire.test\r\r")
            .why(LINES)
            .half_closes()
            .right(refused(400))
            .right(dropped()),
        case("a blank before the first field", "GET /h HTTP/1.1\r\n Host: wire.test\r\nHost: wire.test\r\n\r\n")
            .why("RFC 9112 2.2: refused, or dropped")
            .right(refused(400))
            .right(served()),
        case("empty lines before a request", "\r\n\r\nGET /h HTTP/1.1\r\nHost: wire.test\r\n\r\n")
            .why("RFC 9112 2.2: at least one is ignored")
            .right(served())
            .right(refused(400)),
        case("nothing but rubbish", "\x16\x03\x01\x02\x00\x01\x00\x01\r\n\r\n")
            .why("a TLS greeting is no request")
            .right(refused(400)),
    ]
}

fn connection() -> Vec<Case> {
    let own = "RFC 9110 7.6.1: fields named by Connection, and the known ones, end here";
    vec![
        get("fields for this connection only", HOPS)
            .why(own)
            .right(served())
            .sees(Sees::Lacks("x-hop"))
            .sees(Sees::Lacks("keep-alive"))
            .sees(Sees::Lacks("proxy-connection"))
            .sees(Sees::Has("x-end")),
        get("a Host named by Connection", b"Connection: host\r\n")
            .why("RFC 9110 7.6.1: not a field that everyone needs")
            .right(served())
            .right(refused(400))
            .sees(Sees::Field("host", "wire.test")),
        get("X-Forwarded-For named by Connection", b"Connection: x-forwarded-for\r\n")
            .why("a client must not be able to hide")
            .right(served())
            .sees(Sees::Field("x-forwarded-for", "127.0.0.1")),
        get("a forged X-Forwarded-For", FORGED)
            .why("who is not trusted is not believed")
            .note("both rivals append to what the client says unless told otherwise")
            .right(served())
            .sees(Sees::Field("x-forwarded-for", "127.0.0.1"))
            .sees(Sees::Lacks("forwarded")),
        get("what the host is told", b"")
            .why("RFC 9110 7.6.3: Via; the rest by custom")
            .note("both rivals leave Via to the configuration")
            .right(served())
            .sees(Sees::Field("via", "1.1 outrider"))
            .sees(Sees::Field("x-forwarded-for", "127.0.0.1"))
            .sees(Sees::Field("x-forwarded-proto", "http"))
            .sees(Sees::Has("x-request-id")),
        get("TE: trailers", b"TE: trailers, gzip\r\nConnection: TE\r\n")
            .why("RFC 9110 10.1.4: of TE only trailers may go on")
            .right(served()),
        get("Connection: close", b"Connection: close\r\n").why("RFC 9112 9.6").right(served_last()),
        get("Connection: close, then one request more", b"Connection: close\r\n")
            .sends("GET /late HTTP/1.1\r\nHost: wire.test\r\n\r\n")
            .why("RFC 9112 9.6: what follows is not processed")
            .right(served_last())
            .sees(Sees::Target("/h")),
        case("HTTP/1.0 with keep-alive", "GET /h HTTP/1.0\r\nHost: w\r\nConnection: keep-alive\r\n\r\n")
            .why("RFC 9112 9.3: both are right")
            .right(outcome(&[200], Then::Either, Forwards::Whole(1))),
    ]
}
