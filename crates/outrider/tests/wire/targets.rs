//! The first line: methods, targets and versions.

use crate::case::{Case, Forwards, Gets, Sees, Then, case, dropped, outcome, refused, served, served_last};

const TARGET: &str = "RFC 9112 3.2: an invalid target is answered 400";
const LINE: &str = "RFC 9112 3: method SP target SP version";
const BLANKS: &str = "RFC 9112 3: lenient parsing of blanks is allowed, and has been exploited";
const VERSION: &str = "RFC 9110 15.6.6: 505; RFC 9112 3: or 400";

pub(crate) fn cases() -> Vec<Case> {
    [methods(), targets(), first_lines(), versions()].into_iter().flatten().collect()
}

fn first_line(name: &'static str, line: &[u8]) -> Case {
    case(name, [line, b"\r\nHost: wire.test\r\n\r\n"].concat())
}

fn methods() -> Vec<Case> {
    let unknown = "RFC 9110 9.1: an intermediary passes methods it does not know";
    vec![
        first_line("an unknown method", b"BREW /t HTTP/1.1").why(unknown).right(served()).gets(Gets::Body(b"BREW /t")),
        first_line("a method in small letters", b"get /t HTTP/1.1")
            .why("RFC 9110 9.1: methods mind case, so this is an unknown one")
            .right(served())
            .right(refused(400))
            .right(refused(501)),
        first_line("a method with a bracket", b"G(T /t HTTP/1.1").why(LINE).right(refused(400)),
        first_line("a method of 64 KiB", format!("{} /t HTTP/1.1", "G".repeat(64 << 10)).as_bytes())
            .why(LINE)
            .right(refused(400))
            .right(refused(431))
            .right(refused(501)),
        first_line("no method", b" /t HTTP/1.1").why(LINE).right(refused(400)),
        case("CONNECT", "CONNECT wire.test:443 HTTP/1.1\r\nHost: wire.test:443\r\n\r\n")
            .why("RFC 9110 9.3.6: a reverse proxy opens no tunnels to where it is told")
            .right(refused(400))
            .right(refused(403))
            .right(refused(405))
            .right(refused(501))
            .right(outcome(&[405], Then::Stays, Forwards::Nothing))
            .right(outcome(&[501], Then::Stays, Forwards::Nothing)),
        case("HEAD", "HEAD /t HTTP/1.1\r\nHost: wire.test\r\n\r\n")
            .head()
            .why("RFC 9110 9.3.2: the length of the GET, no body")
            .right(served())
            .gets(Gets::Field("content-length", "7")),
        first_line("TRACE", b"TRACE /t HTTP/1.1")
            .why("RFC 9110 9.3.8: passed on or refused")
            .right(served())
            .right(refused(405))
            .right(outcome(&[405], Then::Stays, Forwards::Nothing)),
    ]
}

fn targets() -> Vec<Case> {
    let bad = |name, line: &[u8]| first_line(name, line).why(TARGET).right(refused(400));
    let absolute = "RFC 9112 3.2.2: the target's authority replaces Host";
    vec![
        bad("a NUL in the target", b"GET /t\0x HTTP/1.1"),
        bad("a control character in the target", b"GET /t\x01x HTTP/1.1"),
        bad("a target without a slash", b"GET t HTTP/1.1"),
        bad("a target that is only a query", b"GET ?x HTTP/1.1"),
        bad("GET *", b"GET * HTTP/1.1"),
        bad("an absolute target without a host", b"GET http:///t HTTP/1.1"),
        bad("an absolute target with a user", b"GET http://me@wire.test/t HTTP/1.1")
            .why("RFC 9110 4.2.4: treat a user as an error"),
        bad("a target of 128 KiB", format!("GET /{} HTTP/1.1", "t".repeat(128 << 10)).as_bytes())
            .why("RFC 9110 15.5.15: 414")
            .right(refused(414))
            .right(refused(431)),
        first_line("a target of 8 KB", format!("GET /{} HTTP/1.1", "t".repeat(8000)).as_bytes())
            .why("RFC 9112 3: at least 8000 bytes are supported")
            .right(served()),
        first_line("OPTIONS *", b"OPTIONS * HTTP/1.1")
            .why("RFC 9110 9.3.7: passed on or answered here")
            .right(served())
            .right(outcome(&[200], Then::Stays, Forwards::Nothing))
            .right(outcome(&[204], Then::Stays, Forwards::Nothing))
            .sees(Sees::Target("*")),
        first_line("an absolute target", b"GET http://wire.test/t?q HTTP/1.1")
            .why(absolute)
            .right(served())
            .sees(Sees::Field("host", "wire.test")),
        first_line("an absolute target for another host", b"GET http://other.test/t HTTP/1.1")
            .why(absolute)
            .right(served())
            .right(refused(400))
            .sees(Sees::Field("host", "other.test")),
        first_line("a fragment in the target", b"GET /t#x HTTP/1.1")
            .why("RFC 9112 3.2: not part of a target; refused or cut off")
            .right(refused(400))
            .right(served()),
        first_line("a target of two slashes", b"GET //other.test/t HTTP/1.1")
            .why("a path, not an authority")
            .right(served())
            .sees(Sees::Target("//other.test/t"))
            .sees(Sees::Field("host", "wire.test")),
        first_line("dots in the target", b"GET /a/../t HTTP/1.1")
            .why("passed on as it came, or tidied")
            .right(served()),
        first_line("escapes in the target", b"GET /a%2Fb%00?x=%0d%0a HTTP/1.1")
            .why("never decoded on the way")
            .right(served())
            .sees(Sees::Target("/a%2Fb%00?x=%0d%0a"))
            .right(refused(400)),
        first_line("bytes above 127 in the target", b"GET /caf\xc3\xa9 HTTP/1.1")
            .why("not a URI, yet sent by old clients: passed on or refused")
            .right(served())
            .right(refused(400)),
    ]
}

fn first_lines() -> Vec<Case> {
    let bad = |name, line: &[u8]| first_line(name, line).why(LINE).right(refused(400));
    let lenient = |name, line: &[u8]| first_line(name, line).why(BLANKS).right(refused(400)).right(served());
    vec![
        lenient("two blanks in the first line", b"GET  /t HTTP/1.1"),
        lenient("a tab in the first line", b"GET\t/t HTTP/1.1"),
        lenient("a blank after the version", b"GET /t HTTP/1.1 "),
        bad("a blank in the target", b"GET /t x HTTP/1.1"),
        bad("a lone CR in the first line", b"GET /t\rHTTP/1.1"),
    ]
}

fn versions() -> Vec<Case> {
    let bad = |name, line: &[u8]| first_line(name, line).why(VERSION).right(refused(400)).right(refused(505));
    let newer = "RFC 9112 2.3: a higher minor version is served as 1.1; many refuse";
    vec![
        case("HTTP/0.9", "GET /t\r\n")
            .why("RFC 9112 C: not HTTP/1.x; waiting for more is as right as refusing")
            .half_closes()
            .right(refused(400))
            .right(refused(505))
            .right(dropped()),
        case("the greeting of HTTP/2", "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n\0\0\0\x04\0\0\0\0\0")
            .why("HTTP/2 with prior knowledge is not offered")
            .right(refused(400))
            .right(refused(505))
            .right(dropped()),
        bad("HTTP/3.0", b"GET /t HTTP/3.0"),
        bad("HTTP/1.2", b"GET /t HTTP/1.2").why(newer).right(served()),
        bad("HTTP/1.10", b"GET /t HTTP/1.10"),
        bad("http/1.1", b"GET /t http/1.1"),
        bad("HTTP /1.1", b"GET /t HTTP /1.1"),
        bad("no version", b"GET /t "),
        first_line("HTTP/1.0", b"GET /t HTTP/1.0")
            .why("RFC 9112 9.3: closed unless asked otherwise")
            .right(served_last()),
    ]
}
