//! What clients try again, as the access log and the metrics tell it.

use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};

use crate::client::Client;
use crate::host::{Fault, Host};
use crate::rig::Rig;

/// The lines of the log, once there are so many.
fn lines(rig: &Rig, count: usize) -> Vec<Value> {
    let deadline = Instant::now() + Duration::from_secs(20);
    loop {
        let lines = rig.access_log();
        if lines.len() >= count {
            return lines;
        }
        assert!(Instant::now() < deadline, "only {} lines", lines.len());
        thread::sleep(Duration::from_millis(5));
    }
}

/// What a line says of this: which try it is, how it was known, and the place of the line that it repeats.
fn told(lines: &[Value]) -> Vec<Value> {
    let place = |id: &Value| lines.iter().position(|line| line["request_id"] == *id);
    lines.iter().map(|line| json!([line["client_attempt"], line["client_retry"], place(&line["repeats"])])).collect()
}

#[test]
fn retries_of_clients_are_told_with_what_they_repeat() {
    let host = Host::start();
    host.fail(Fault::RejectsBad);
    let rig = Rig::logging(&[host.address], ", retry: { max: 0 }, ejection: { enabled: false }");
    let table: [(&str, &str, &[&str], Value); 13] = [
        ("GET", "/bad?a", &[], json!([null, null, null])),
        ("GET", "/bad?a", &[], json!([null, "same_request", 0])),
        ("GET", "/bad?a", &[], json!([null, "same_request", 1])),
        ("GET", "/bad?b", &[], json!([null, null, null])),
        ("GET", "/bad?b", &["User-Agent: another"], json!([null, null, null])),
        ("GET", "/good", &[], json!([null, null, null])),
        ("GET", "/good", &[], json!([null, null, null])),
        ("POST", "/good", &["Idempotency-Key: k-1"], json!([null, null, null])),
        ("POST", "/good", &["Idempotency-Key: k-1", "User-Agent: another"], json!([null, "idempotency_key", 7])),
        ("GET", "/good", &["amz-sdk-request: attempt=1; max=3"], json!([1, null, null])),
        ("GET", "/good", &["amz-sdk-request: attempt=2; max=3"], json!([2, "aws_sdk", null])),
        ("GET", "/good", &["grpc-previous-rpc-attempts: 2"], json!([3, "grpc", null])),
        ("GET", "/good", &["x-envoy-attempt-count: 99999999999"], json!([null, null, null])),
    ];
    for (nth, (method, target, head, _)) in table.iter().enumerate() {
        // Each on a connection of its own, as of clients that have been disappointed.
        Client::connect(rig.balancer.address).ask(method, target, head);
        lines(&rig, nth + 1);
    }
    let expected: Vec<Value> = table.iter().map(|(.., expected)| expected.clone()).collect();
    assert_eq!(told(&lines(&rig, table.len())), expected);
    assert_eq!(rig.metric("outrider_client_retries_total"), 5.0);
}
