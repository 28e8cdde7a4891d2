//! Too much and too slow: what a peer may take of memory and of time.

use std::time::Duration;

use crate::case::{
    After, Case, Forwards, Gets, Host, Step, Then, broken_off, case, dropped, outcome, refused, served, served_last,
};

const HEAD: &str = "RFC 6585 5: 431 for fields too large or too many";
const SLOW: &str = "RFC 9110 15.5.9: 408, or close";

pub(crate) fn cases() -> Vec<Case> {
    [sizes(), slow(), leaving(), pipelined()].into_iter().flatten().collect()
}

fn get(name: &'static str, fields: &str) -> Case {
    case(name, format!("GET /m HTTP/1.1\r\nHost: wire.test\r\n{fields}\r\n"))
}

fn post(name: &'static str, length: usize) -> Case {
    case(name, format!("POST /m HTTP/1.1\r\nHost: wire.test\r\nContent-Length: {length}\r\n\r\n"))
}

fn sizes() -> Vec<Case> {
    let many = |count: usize| (0..count).map(|n| format!("X-{n}: {n}\r\n")).collect::<String>();
    let large = |count: usize| (0..count).map(|n| format!("X-{n}: {}\r\n", "y".repeat(4 << 10))).collect::<String>();
    vec![
        get("a field of 128 KiB", &format!("X: {}\r\n", "y".repeat(128 << 10))).why(HEAD).right(refused(431)),
        get("128 KiB of fields", &large(32)).why(HEAD).right(refused(431)),
        get("a thousand fields", &many(1000)).why(HEAD).right(refused(431)),
        get("a field's name of 128 KiB", &format!("{}: x\r\n", "x".repeat(128 << 10)))
            .why(HEAD)
            .right(refused(431))
            .right(refused(400)),
        get("90 fields", &many(90)).why("below the limit of 100").right(served()),
        get("32 KiB of fields", &large(8))
            .why("below the limit of 64 KiB")
            .note("HAProxy's whole buffer is 16 KiB unless tune.bufsize says otherwise")
            .right(served()),
        case("a head without an end", "GET /m HTTP/1.1\r\nHost: wire.test\r\n")
            .sends("X: y\r\n".repeat(64 << 10))
            .why(HEAD)
            .right(refused(431)),
    ]
}

fn slow() -> Vec<Case> {
    let drip = Duration::from_millis(100);
    vec![
        case("a head that drips", "GET /m HTTP/1.1\r\n")
            .step(Step::Drip(b"Host: wire.test\r\nX: ".repeat(5), drip))
            .why(SLOW)
            .note("NGINX closes without an answer")
            .right(refused(408))
            .right(dropped()),
        case("half a head, then silence", "GET /m HT")
            .step(Step::Pause(Duration::from_secs(2)))
            .why(SLOW)
            .right(refused(408))
            .right(dropped()),
        case("a connection that says nothing", "")
            .step(Step::Pause(Duration::from_secs(3)))
            .why("closed after a while, without an answer")
            .right(dropped())
            .right(refused(408)),
        get("a connection kept without a second request", "")
            .step(Step::Pause(Duration::from_secs(3)))
            .why("RFC 9112 9.5: closed after a while, without a second answer")
            .right(served_last()),
        post("a body that stops", 100)
            .sends("hello")
            .step(Step::Pause(Duration::from_secs(2)))
            .why(SLOW)
            .right(broken_off(408))
            .right(outcome(&[], Then::Closes, Forwards::Cut)),
        post("a body that drips", 10)
            .step(Step::Drip(b"hello".to_vec(), drip))
            .sends("world")
            .why("slow, yet within the patience for a silence")
            .right(served()),
        post("a body that drips byte by byte", 5)
            .step(Step::Drip(b"hello".to_vec(), drip))
            .why("slow, yet within the patience for a silence")
            .right(served()),
        get("a host that never answers", "").answers("").why("RFC 9110 15.6.5").right(failed(504)),
        get("a host that stops in its head", "")
            .answers("HTTP/1.1 200 OK\r\nConte")
            .why("RFC 9110 15.6.5, or 502")
            .right(failed(504))
            .right(failed(502)),
        get("a host that stops in its body", "")
            .answers("HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhello")
            .why("RFC 9112 8: the client must be able to tell")
            .right(crate::case::cut_short()),
    ]
}

fn failed(status: u16) -> crate::case::Outcome {
    crate::case::failed(status)
}

fn leaving() -> Vec<Case> {
    let too_large = b"HTTP/1.1 413 Content Too Large\r\nContent-Length: 0\r\nConnection: close\r\n\r\n";
    let early = |after| Host::Early(too_large.to_vec(), after);
    let told = "RFC 9110 15.5.14: whoever answers early must be heard, and the rest of the body is no request";
    vec![
        get("a client that half-closes", "")
            .half_closes()
            .why("TCP allows it; a balancer may take it for leaving")
            .right(served_last())
            .right(outcome(&[], Then::Closes, Forwards::Clean)),
        get("a client that half-closes before a slow answer", "")
            .host(Host::Slow(Duration::from_millis(300)))
            .half_closes()
            .why("TCP allows it; a balancer may take it for leaving")
            .note("NGINX takes it for leaving, HAProxy does not")
            .right(served_last())
            .right(outcome(&[], Then::Closes, Forwards::Clean)),
        post("an early answer to a body that goes on", 1 << 20)
            .host(early(After::Stays))
            .step(Step::Answered(1))
            .sends(vec![b'x'; 1 << 20])
            .why(told)
            .right(outcome(&[413], Then::Either, Forwards::Clean)),
        post("an early answer, then the host closes", 1 << 20)
            .host(early(After::Closes))
            .sends(vec![b'x'; 1 << 20])
            .why(told)
            .right(outcome(&[413], Then::Either, Forwards::Clean)),
        post("an early answer to a body that stops", 1 << 20)
            .host(early(After::Closes))
            .sends(vec![b'x'; 1000])
            .why(told)
            .right(outcome(&[413], Then::Closes, Forwards::Cut)),
    ]
}

fn pipelined() -> Vec<Case> {
    let next = "GET /next HTTP/1.1\r\nHost: wire.test\r\n\r\n";
    let all = |count: usize| outcome(&vec![200; count], Then::Stays, Forwards::Whole(count));
    let pipelined = "RFC 9112 9.3.2: answered in order";
    vec![
        get("three requests at once", "")
            .sends(next.repeat(2))
            .why(pipelined)
            .right(all(3))
            .gets(Gets::Body(b"GET /next")),
        post("a body and the next request at once", 5)
            .sends(format!("hello{next}"))
            .why(pipelined)
            .right(all(2))
            .gets(Gets::Body(b"GET /next")),
        get("a hundred requests at once", "").sends(next.repeat(99)).why(pipelined).right(all(100)),
        get("a request, then one that is refused", "")
            .sends("GET /bad HTTP/1.1\r\n\r\n")
            .why(pipelined)
            .right(outcome(&[200, 400], Then::Closes, Forwards::Whole(1))),
    ]
}
