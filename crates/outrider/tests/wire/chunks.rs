//! Bodies in pieces: sizes, extensions and trailers that are wrong, and bodies that never end.

use crate::case::{Case, Forwards, Gets, Sees, Then, broken_off, case, dropped, outcome, refused, served};

const BAD: &str =
    "RFC 9112 7.1: framing that cannot be told ends the connection, and the host must not take it for a whole";
const CUT: &str = "RFC 9112 8: an incomplete request is answered with an error before closing, if at all";

pub(crate) fn cases() -> Vec<Case> {
    [sizes(), trailers(), truncated()].into_iter().flatten().collect()
}

fn post(name: &'static str, body: &str) -> Case {
    case(name, format!("POST /k HTTP/1.1\r\nHost: wire.test\r\nTransfer-Encoding: chunked\r\n\r\n{body}"))
}

fn five(name: &'static str, sent: &str) -> Case {
    case(name, format!("POST /k HTTP/1.1\r\nHost: wire.test\r\nContent-Length: 5\r\n\r\n{sent}"))
}

fn sizes() -> Vec<Case> {
    let bad = |name, body: &str| post(name, body).why(BAD).right(broken_off(400));
    let fine = |name, body: &str| post(name, body).right(served()).sees(Sees::Body(b"hello"));
    vec![
        bad("a chunk size that is no number", "xyz\r\nhello\r\n0\r\n\r\n"),
        bad("a chunk size of 17 digits", "10000000000000005\r\nhello\r\n0\r\n\r\n").right(broken_off(413)),
        bad("a chunk size of 2^64 - 1", "ffffffffffffffff\r\nhello\r\n0\r\n\r\n")
            .why("RFC 9112 7.1: a large number that must not wrap; refused, or more is waited for in vain")
            .right(broken_off(413))
            .right(broken_off(408)),
        bad("a negative chunk size", "-5\r\nhello\r\n0\r\n\r\n"),
        bad("a chunk size with a plus", "+5\r\nhello\r\n0\r\n\r\n"),
        bad("a chunk size with 0x", "0x5\r\nhello\r\n0\r\n\r\n"),
        bad("a chunk size left empty", "\r\nhello\r\n0\r\n\r\n"),
        bad("a chunk longer than its size", "5\r\nhelloworld\r\n0\r\n\r\n"),
        bad("a chunk without CRLF after it", "5\r\nhello0\r\n\r\n"),
        bad("a chunk followed by a lone LF", "5\r\nhello\n0\r\n\r\n"),
        bad("chunk lines that end in LF", "5\nhello\n0\n\n")
            .why("RFC 9112 2.2 lets only heads end lines so; to refuse is safest, to write it clean is right")
            .right(served())
            .sees(Sees::Body(b"hello")),
        bad("a lone LF in a chunk extension", "5;x\nyyyyy\r\n0\r\n\r\n"),
        bad("a lone CR in a chunk extension", "5;x\ry\r\nhello\r\n0\r\n\r\n").right(served()),
        bad("a NUL in a chunk size", "5\0\r\nhello\r\n0\r\n\r\n"),
        bad("a chunk extension of 64 KiB", &format!("5;x={}\r\nhello\r\n0\r\n\r\n", "y".repeat(64 << 10)))
            .why("RFC 9112 7.1.1: a recipient limits extensions")
            .right(broken_off(431))
            .right(broken_off(413)),
        bad("a chunk size of 64 KiB of zeros", &format!("{}5\r\nhello\r\n0\r\n\r\n", "0".repeat(64 << 10)))
            .why("RFC 9112 7.1: 1*HEXDIG without a limit; refused, or written clean without keeping the zeros")
            .right(broken_off(431))
            .right(broken_off(413))
            .right(served())
            .sees(Sees::Body(b"hello")),
        fine("a chunk size with leading zeros", "0005\r\nhello\r\n0\r\n\r\n").why("RFC 9112 7.1: 1*HEXDIG"),
        fine("a chunk extension", "5;name=\"value\"\r\nhello\r\n0;last\r\n\r\n")
            .why("RFC 9112 7.1.1: ignored, never passed on"),
        fine("a blank after a chunk size", "5 \r\nhello\r\n0\r\n\r\n")
            .why("RFC 9112 7.1.1: white space is bad there, but told apart")
            .right(broken_off(400)),
        fine("a body in single bytes", "1\r\nh\r\n1\r\ne\r\n1\r\nl\r\n1\r\nl\r\n1\r\no\r\n0\r\n\r\n")
            .why("RFC 9112 7.1"),
    ]
}

fn trailers() -> Vec<Case> {
    let fine = |name, trailers: &str| {
        post(name, &format!("5\r\nhello\r\n0\r\n{trailers}\r\n")).right(served()).sees(Sees::Body(b"hello"))
    };
    let framing = "RFC 9110 6.5.1: framing, routing and authentication in trailers are ignored or dropped";
    vec![
        fine("a trailer", "X-Sum: 42\r\n").why("RFC 9112 7.1.2: forwarded or dropped, never merged into the head"),
        fine("a length as a trailer", "Content-Length: 3\r\n")
            .why(framing)
            .right(broken_off(400))
            .sees(Sees::Lacks("content-length")),
        fine("an encoding as a trailer", "Transfer-Encoding: gzip\r\n").why(framing).right(broken_off(400)),
        fine("a Host as a trailer", "Host: other.test\r\n")
            .why(framing)
            .right(broken_off(400))
            .sees(Sees::Field("host", "wire.test")),
        post("a trailer of 128 KiB", &format!("5\r\nhello\r\n0\r\nX-Big: {}\r\n\r\n", "y".repeat(128 << 10)))
            .why("RFC 9112 7.1.2: limited like a head")
            .right(broken_off(400))
            .right(broken_off(413))
            .right(broken_off(431)),
        post("a trailer without a colon", "5\r\nhello\r\n0\r\nnonsense\r\n\r\n").why(BAD).right(broken_off(400)),
        post("a NUL in a trailer", "5\r\nhello\r\n0\r\nX-Sum: 4\x002\r\n\r\n").why(BAD).right(broken_off(400)),
    ]
}

fn truncated() -> Vec<Case> {
    let cut = |case: Case| {
        case.why(CUT).half_closes().right(broken_off(400)).right(outcome(&[], Then::Closes, Forwards::Cut))
    };
    vec![
        cut(post("a chunk that breaks off", "5\r\nhel")),
        cut(post("chunks without the last", "5\r\nhello\r\n")),
        cut(post("a last chunk without its end", "5\r\nhello\r\n0\r\n")),
        cut(post("a chunk size that breaks off", "5")),
        cut(five("a body that breaks off", "hell")),
        case("a head that breaks off", "POST /k HTTP/1.1\r\nHost: wire.test\r\nConte")
            .why(CUT)
            .half_closes()
            .right(refused(400))
            .right(dropped()),
        five("more than the length: a second request", "helloGET /next HTTP/1.1\r\nHost: wire.test\r\n\r\n")
            .why("RFC 9112 9.3.2: pipelined")
            .right(outcome(&[200, 200], Then::Stays, Forwards::Whole(2)))
            .gets(Gets::Body(b"GET /next")),
        five("more than the length: rubbish", "hello, world\r\n\r\n")
            .why("the first request was right, what follows is none")
            .right(outcome(&[200, 400], Then::Closes, Forwards::Whole(1))),
    ]
}
