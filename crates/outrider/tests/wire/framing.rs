//! How long is this request? Two readers who answer differently can be played against each other.

use crate::case::{Case, Forwards, Sees, Then, case, outcome, refused, served, served_last};

const TWO: &str = "RFC 9112 6.1: length and encoding together: refuse, or take the encoding and close";
const LENGTH: &str = "RFC 9112 6.3: an invalid Content-Length cannot be recovered from";
const CODING: &str =
    "RFC 9112 6.1: an encoding that is not understood is answered 501, a final one that is not chunked 400";

pub(crate) fn cases() -> Vec<Case> {
    [lengths(), codings(), both()].into_iter().flatten().collect()
}

fn lengths() -> Vec<Case> {
    let post = |name, fields: &str| {
        case(name, format!("POST /l HTTP/1.1\r\nHost: wire.test\r\n{fields}\r\nhello")).why(LENGTH)
    };
    let same = "RFC 9112 6.3: the same length twice: refuse, or forward it once";
    vec![
        post("two lengths that differ", "Content-Length: 5\r\nContent-Length: 6\r\n").right(refused(400)),
        post("the same length twice", "Content-Length: 5\r\nContent-Length: 5\r\n")
            .why(same)
            .right(refused(400))
            .right(served())
            .sees(Sees::Body(b"hello")),
        post("length '5, 5'", "Content-Length: 5, 5\r\n")
            .why(same)
            .right(refused(400))
            .right(served())
            .sees(Sees::Body(b"hello")),
        post("length '5, 6'", "Content-Length: 5, 6\r\n").right(refused(400)),
        post("length '+5'", "Content-Length: +5\r\n").right(refused(400)),
        post("length '-1'", "Content-Length: -1\r\n").right(refused(400)),
        post("length '0x5'", "Content-Length: 0x5\r\n").right(refused(400)),
        post("length '5 5'", "Content-Length: 5 5\r\n").right(refused(400)),
        post("length '5;'", "Content-Length: 5;\r\n").right(refused(400)),
        post("length left empty", "Content-Length:\r\n").right(refused(400)),
        post("length 2^64 + 5", "Content-Length: 18446744073709551621\r\n").right(refused(400)).right(refused(413)),
        post("length of a hundred digits", &format!("Content-Length: {}\r\n", "9".repeat(100)))
            .right(refused(400))
            .right(refused(413)),
        post("length '005'", "Content-Length: 005\r\n")
            .why("RFC 9110 8.6: 1*DIGIT; leading zeros are odd but valid")
            .right(served())
            .right(refused(400))
            .sees(Sees::Body(b"hello")),
        post("length in blanks", "Content-Length: \t 5 \t\r\n")
            .why("RFC 9110 5.5: optional white space")
            .right(served())
            .sees(Sees::Body(b"hello")),
        post("a length named by Connection", "Connection: content-length\r\nContent-Length: 5\r\n")
            .why("RFC 9110 7.6.1: a field that everyone needs must not be dropped, or the body becomes a request")
            .right(served())
            .right(refused(400))
            .sees(Sees::Body(b"hello")),
        case("a GET with a body", "GET /l HTTP/1.1\r\nHost: wire.test\r\nContent-Length: 5\r\n\r\nhello")
            .why("RFC 9110 9.3.1: no meaning, but framing as ever")
            .right(served())
            .right(refused(400))
            .sees(Sees::Body(b"hello")),
        case("a body over the limit", "POST /l HTTP/1.1\r\nHost: wire.test\r\nContent-Length: 104857600\r\n\r\n")
            .why("configured limit, RFC 9110 15.5.14")
            .note("HAProxy has no limit of bodies and waits for this one until its patience ends")
            .right(refused(413)),
    ]
}

fn codings() -> Vec<Case> {
    let post = |name, fields: &str| {
        case(name, format!("POST /c HTTP/1.1\r\nHost: wire.test\r\n{fields}\r\n5\r\nhello\r\n0\r\n\r\n")).why(CODING)
    };
    let odd = |name, value: &str| {
        post(name, &format!("Transfer-Encoding: {value}\r\n")).right(refused(400)).right(refused(501))
    };
    vec![
        post("chunked", "Transfer-Encoding: chunked\r\n")
            .why("RFC 9112 7.1")
            .right(served())
            .sees(Sees::Body(b"hello")),
        post("chunked in capitals", "Transfer-Encoding: CHUNKED\r\n")
            .why("RFC 9112 7: names ignore case")
            .right(served())
            .sees(Sees::Body(b"hello")),
        odd("encoding 'chunked, chunked'", "chunked, chunked"),
        odd("chunked in two lines", "chunked\r\nTransfer-Encoding: chunked"),
        odd("encoding 'gzip, chunked'", "gzip, chunked"),
        odd("encoding 'chunked, gzip'", "chunked, gzip"),
        odd("encoding 'chunked, identity'", "chunked, identity"),
        odd("encoding 'identity'", "identity"),
        odd("encoding 'xchunked'", "xchunked"),
        odd("encoding '\"chunked\"'", "\"chunked\""),
        odd("encoding 'chunked;q=1'", "chunked;q=1"),
        odd("encoding with a vertical tab", "\x0bchunked"),
        odd("encoding with a form feed after it", "chunked\x0c"),
        odd("encoding left empty", ""),
        odd("encoding with empty members", ", chunked").right(served()).sees(Sees::Body(b"hello")),
        odd("a space before the encoding's colon", "x\r\nTransfer-Encoding : chunked"),
        odd("a folded encoding", "\r\n chunked").right(served()).sees(Sees::Body(b"hello")),
        case(
            "an encoding in HTTP/1.0",
            "POST /c HTTP/1.0\r\nHost: wire.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        )
        .why("RFC 9112 6.1: faulty; refuse, or answer and close")
        .right(refused(400))
        .right(refused(501))
        .right(served_last()),
        case(
            "a chunked GET",
            "GET /c HTTP/1.1\r\nHost: wire.test\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
        )
        .why("RFC 9110 9.3.1: no meaning, but framing as ever")
        .right(served())
        .right(refused(400))
        .sees(Sees::Body(b"hello")),
    ]
}

/// What one reader takes for a body is a second request to the other: `/smuggled` must never be a request.
fn both() -> Vec<Case> {
    let smuggle = "0\r\n\r\nGET /smuggled HTTP/1.1\r\nHost: wire.test\r\n\r\n";
    let length = smuggle.len();
    let post = |name, fields: String, body: &str| {
        case(name, format!("POST /b HTTP/1.1\r\nHost: wire.test\r\n{fields}\r\n{body}"))
            .why(TWO)
            .right(refused(400))
            .right(served_last())
            .sees(Sees::Target("/b"))
    };
    vec![
        post("length, then encoding", format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"), smuggle),
        post("encoding, then length", format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"), smuggle),
        post(
            "length, then an unknown encoding",
            format!("Content-Length: {length}\r\nTransfer-Encoding: x\r\n"),
            smuggle,
        )
        .right(refused(501)),
        post(
            "length, then encoding with a tab",
            format!("Content-Length: {length}\r\nTransfer-Encoding:\tchunked\r\n"),
            smuggle,
        ),
        post(
            "length 0 and a body that is a request",
            "Content-Length: 0\r\nTransfer-Encoding: chunked\r\n".to_owned(),
            smuggle,
        ),
        post(
            "an encoding spelt with an underscore",
            format!("Content-Length: {length}\r\nTransfer_Encoding: chunked\r\n"),
            smuggle,
        )
        .why("an ordinary field of another name: the length counts; not to be passed on to hosts that fold _ and -")
        .right(outcome(&[200], Then::Stays, Forwards::Whole(1))),
        post(
            "an encoding named by Connection",
            "Connection: transfer-encoding\r\nTransfer-Encoding: chunked\r\n".to_owned(),
            "5\r\nhello\r\n0\r\n\r\n",
        )
        .why("RFC 9110 7.6.1: dropping it must not drop the framing")
        .right(outcome(&[200], Then::Stays, Forwards::Whole(1)))
        .sees(Sees::Body(b"hello")),
    ]
}
