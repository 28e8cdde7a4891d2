//! Expectations, interim answers and connections that become something else.

use crate::case::{Case, Forwards, Host, Outcome, Sees, Step, Then, case, outcome, refused, served, served_last};

const EXPECT: &str = "RFC 9110 10.1.1: 100 before the body is read, and the expectation ends here";
const UPGRADE: &str = "RFC 9110 7.8: a tunnel once the host has agreed, an exchange like any other if not";
/// The key of RFC 6455 1.3.
const KEY: &str = "Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n";
const INTERIM: &str = "RFC 9110 15.2: interim answers are passed on or consumed, never taken for the final one";

pub(crate) fn cases() -> Vec<Case> {
    [expectations(), interim(), upgrades()].into_iter().flatten().collect()
}

fn expect(name: &'static str, value: &str) -> Case {
    case(name, format!("POST /e HTTP/1.1\r\nHost: wire.test\r\nContent-Length: 5\r\nExpect: {value}\r\n\r\n"))
        .why(EXPECT)
}

fn encouraged() -> Outcome {
    outcome(&[100, 200], Then::Stays, Forwards::Whole(1))
}

fn expectations() -> Vec<Case> {
    let ignored = "RFC 9110 10.1.1: an unknown expectation may be answered 417";
    vec![
        expect("Expect: 100-continue", "100-continue")
            .step(Step::Answered(1))
            .sends("hello")
            .right(encouraged())
            .sees(Sees::Body(b"hello")),
        expect("an expectation is met here", "100-continue")
            .step(Step::Answered(1))
            .sends("hello")
            .why("RFC 9110 10.1.1 lets a balancer answer by itself; ours does, so that slow hosts cost no round trip")
            .note("HAProxy passes it on, which is as right")
            .right(encouraged())
            .sees(Sees::Lacks("expect")),
        expect("Expect: 100-Continue", "100-Continue").step(Step::Answered(1)).sends("hello").right(encouraged()),
        expect("Expect with the body at once", "100-continue").sends("hello").right(encouraged()).right(served()),
        expect("an unknown expectation", "200-ok")
            .sends("hello")
            .why(ignored)
            .right(refused(417))
            .right(outcome(&[417], Then::Stays, Forwards::Nothing))
            .right(served()),
        case("Expect without a body", "GET /e HTTP/1.1\r\nHost: wire.test\r\nExpect: 100-continue\r\n\r\n")
            .why(EXPECT)
            .right(served())
            .right(encouraged()),
        case(
            "Expect in HTTP/1.0",
            "POST /e HTTP/1.0\r\nHost: wire.test\r\nContent-Length: 5\r\nExpect: 100-continue\r\n\r\nhello",
        )
        .why("RFC 9110 10.1.1: no 100 for HTTP/1.0")
        .right(served_last()),
    ]
}

fn interim() -> Vec<Case> {
    let get = |name| case(name, "GET /i HTTP/1.1\r\nHost: wire.test\r\n\r\n").why(INTERIM);
    let ok = "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
    let hints = "HTTP/1.1 103 Early Hints\r\nLink: </x>\r\n\r\n";
    let passed = |status| outcome(&[status, 200], Then::Stays, Forwards::Whole(1));
    vec![
        get("103 from the host").answers(format!("{hints}{ok}")).right(served()).right(passed(103)),
        get("100 from the host, unasked")
            .answers(format!("HTTP/1.1 100 Continue\r\n\r\n{ok}"))
            .right(served())
            .right(passed(100)),
        get("102 from the host")
            .answers(format!("HTTP/1.1 102 Processing\r\n\r\n{ok}"))
            .right(served())
            .right(passed(102)),
        get("103 with a length")
            .answers(format!("HTTP/1.1 103 Early Hints\r\nContent-Length: 2\r\n\r\n{ok}"))
            .right(served())
            .right(passed(103))
            .right(crate::case::failed(502)),
        get("101 from the host, unasked")
            .answers("HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: x\r\n\r\n")
            .right(crate::case::failed(502)),
        case("103 to HTTP/1.0", "GET /i HTTP/1.0\r\nHost: wire.test\r\n\r\n")
            .why("RFC 9110 15.2: none to HTTP/1.0")
            .answers(format!("{hints}{ok}"))
            .right(served_last()),
    ]
}

fn upgrades() -> Vec<Case> {
    let ask = |name, protocol: &str, more: &str| {
        case(
            name,
            format!(
                "GET /u HTTP/1.1\r\nHost: wire.test\r\nConnection: Upgrade{more}\r\nUpgrade: {protocol}\r\n{KEY}\r\n"
            ),
        )
        .why(UPGRADE)
    };
    let tunnel = || outcome(&[101], Then::Either, Forwards::Whole(1));
    let refusal = "HTTP/1.1 426 Upgrade Required\r\nContent-Length: 2\r\nUpgrade: x\r\n\r\nno";
    vec![
        ask("an upgrade", "websocket", "")
            .host(Host::Upgrades)
            .step(Step::Answered(1))
            .sends("ping")
            .step(Step::Tunnelled(b"ping"))
            .sends("pong")
            .step(Step::Tunnelled(b"pingpong"))
            .right(tunnel()),
        ask("an upgrade with bytes right behind it", "websocket", "")
            .host(Host::Upgrades)
            .sends("ping")
            .step(Step::Tunnelled(b"ping"))
            .right(tunnel()),
        ask("an upgrade that the host ignores", "websocket", "").right(served()),
        ask("an upgrade that the host refuses", "websocket", "").answers(refusal).right(outcome(
            &[426],
            Then::Stays,
            Forwards::Whole(1),
        )),
        ask("an upgrade to h2c", "h2c", ", HTTP2-Settings\r\nHTTP2-Settings: AAMAAABkAAQAAP__")
            .why("RFC 9113 3.1: h2c is obsolete; tunnelled, it would hide requests from the balancer")
            .right(served())
            .right(refused(400))
            .sees(Sees::Lacks("upgrade"))
            .sees(Sees::Lacks("http2-settings")),
        case("Upgrade without Connection", "GET /u HTTP/1.1\r\nHost: wire.test\r\nUpgrade: websocket\r\n\r\n")
            .why("RFC 9110 7.8: not an upgrade")
            .right(served()),
        case(
            "an upgrade in HTTP/1.0",
            "GET /u HTTP/1.0\r\nHost: wire.test\r\nConnection: Upgrade\r\nUpgrade: websocket\r\n\r\n",
        )
        .why("RFC 9110 7.8: ignored in HTTP/1.0")
        .right(served_last())
        .sees(Sees::Lacks("upgrade")),
    ]
}
