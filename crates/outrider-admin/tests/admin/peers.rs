//! Peers that mean no good, or cannot.

use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;

use crate::world::{TOKEN, World};

#[tokio::test]
async fn a_page_that_resolves_its_own_name_to_us_is_refused() {
    let world = World::start().await;
    let evil = "Host: evil.example";
    for path in ["/", "/metrics", "/api/v1/hosts", "/api/v1/config"] {
        let refused = world.ask("GET", path, &[evil], "").await;
        assert_eq!(refused.status, 421, "{path}");
        assert!(refused.has("content-type: application/problem+json"));
    }
    let bearer = format!("Authorization: Bearer {TOKEN}");
    assert_eq!(world.ask("GET", "/metrics", &[evil, &bearer], "").await.status, 200);
    for path in ["/healthz", "/readyz"] {
        assert_eq!(world.ask("GET", path, &[evil], "").await.status, 200, "probes may use any name");
    }
    for host in ["Host: localhost", "Host: [::1]:9901", "Host: 10.0.0.7:9901"] {
        assert_eq!(world.ask("GET", "/metrics", &[host], "").await.status, 200, "{host}");
    }
}

#[tokio::test]
async fn nobody_may_read_an_answer_from_another_origin() {
    let world = World::start().await;
    let answer = world.ask("GET", "/api/v1/hosts", &["Origin: http://evil.example"], "").await;
    assert!(!answer.head.to_lowercase().contains("access-control-allow-origin"), "{answer:?}");
    let preflight = world.ask("OPTIONS", "/api/v1/hosts/api/127.0.0.1:1/drain", &[], "").await;
    assert_eq!(preflight.status, 405);
}

#[tokio::test]
async fn bytes_that_are_no_request_end_the_connection_and_nothing_else() {
    let world = World::start().await;
    let long = format!("GET / HTTP/1.1\r\nHost: localhost\r\nX: {}\r\n\r\n", "x".repeat(100_000));
    let many = format!("GET / HTTP/1.1\r\nHost: localhost\r\n{}\r\n", "X: 1\r\n".repeat(200));
    for bytes in [
        b"\x16\x03\x01\x02\x00\x01\x00".as_slice(),
        b"\0\0\0\0\r\n\r\n",
        b"GET\r\n\r\n",
        b"GET / HTTP/9.9\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: localhost\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n",
        long.as_bytes(),
        many.as_bytes(),
    ] {
        let answer = world.raw(bytes).await;
        assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
    }
    assert_eq!(world.get("/healthz").await.status, 200);
}

#[tokio::test]
async fn a_connection_carries_one_request() {
    let world = World::start().await;
    let twice = "GET /healthz HTTP/1.1\r\nHost: localhost\r\n\r\n".repeat(2);
    let answer = world.raw(twice.as_bytes()).await;
    assert_eq!(answer.matches("HTTP/1.1 200").count(), 1, "{answer}");
    assert!(answer.to_lowercase().contains("connection: close"));
}

#[tokio::test]
async fn peers_that_stall_leave_room_for_others() {
    let world = World::start().await;
    let mut stalled = Vec::new();
    for _ in 0..63 {
        let mut stream = TcpStream::connect(world.address).await.unwrap();
        stream.write_all(b"GET /healthz HTT").await.unwrap();
        stalled.push(stream);
    }
    assert_eq!(world.get("/healthz").await.status, 200);
    drop(stalled);
}
