use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;

use super::*;

fn settings(path: Option<&str>) -> HealthSettings {
    HealthSettings { path: path.map(Into::into), timeout: Duration::from_millis(300), ..HealthSettings::default() }
}

/// A host that answers `answer` to the first head and then waits until it is left; gives back what it was sent.
async fn host(answer: Vec<u8>) -> (SocketAddr, JoinHandle<String>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let task = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut received = Vec::new();
        let mut buffer = [0; 4096];
        while !received.ends_with(b"\r\n\r\n") {
            match stream.read(&mut buffer).await {
                Ok(0) | Err(_) => return String::from_utf8_lossy(&received).into_owned(),
                Ok(n) => received.extend_from_slice(&buffer[..n]),
            }
        }
        let _ = stream.write_all(&answer).await;
        // Returns only when the checker has closed: that is the law of the last line of every test.
        while matches!(stream.read(&mut buffer).await, Ok(n) if n > 0) {}
        String::from_utf8_lossy(&received).into_owned()
    });
    (address, task)
}

async fn outcome(answer: impl Into<Vec<u8>>) -> Result<(), String> {
    let (address, host) = host(answer.into()).await;
    let result = check(address, &settings(Some("/up"))).await;
    host.await.unwrap();
    result
}

#[tokio::test]
async fn the_request_says_who_asks_and_that_it_will_close() {
    let (address, host) = host(b"HTTP/1.1 204 No Content\r\n\r\n".to_vec()).await;
    check(address, &settings(Some("/up?deep=1"))).await.unwrap();
    let head = host.await.unwrap().to_lowercase();
    assert!(head.starts_with("get /up?deep=1 http/1.1\r\n"), "{head}");
    assert!(head.contains(&format!("\r\nhost: {address}\r\n")), "{head}");
    assert!(head.contains("\r\nconnection: close\r\n"), "{head}");
    assert!(head.contains("\r\nuser-agent: outrider-health/"), "{head}");
}

#[tokio::test]
async fn the_status_is_the_verdict_and_the_connection_is_closed_after_any() {
    let ok = "HTTP/1.1 200 OK\r\n";
    let table = [
        (format!("{ok}Content-Length: 2\r\n\r\nok"), true),
        ("HTTP/1.1 302 Found\r\nLocation: /\r\nContent-Length: 0\r\n\r\n".into(), true),
        (format!("{ok}Content-Length: 100\r\n\r\nshort"), false),
        (format!("{ok}Connection: keep-alive\r\nContent-Length: 0\r\n\r\n"), true),
        (format!("{ok}Content-Length: 1000000\r\n\r\n{}", "x".repeat(200_000)), true),
        ("HTTP/1.1 503 No\r\nContent-Length: 0\r\n\r\n".into(), false),
        ("HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n".into(), false),
        ("SSH-2.0-OpenSSH_9.2\r\n".into(), false),
        (format!("{ok}X: {}\r\n\r\n", "x".repeat(100_000)), false),
        (String::new(), false),
    ];
    for (answer, healthy) in table {
        let result = outcome(answer.clone()).await;
        let shown: String = answer.chars().take(60).collect();
        assert_eq!(result.is_ok(), healthy, "{shown:?}: {result:?}");
    }
}

#[tokio::test]
async fn a_host_that_says_nothing_has_failed_in_time() {
    let (address, host) = host(Vec::new()).await;
    let why = check(address, &settings(Some("/up"))).await.unwrap_err();
    assert_eq!(why, "no answer within 300ms");
    host.await.unwrap();
}

#[tokio::test]
async fn without_a_path_a_connection_is_enough_and_is_closed() {
    let (address, host) = host(Vec::new()).await;
    check(address, &settings(None)).await.unwrap();
    assert_eq!(host.await.unwrap(), "");
}

#[tokio::test]
async fn a_refused_connection_is_told() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let why = check(address, &settings(None)).await.unwrap_err();
    assert!(why.starts_with("connect: "), "{why}");
}

#[tokio::test]
async fn a_connection_to_oneself_is_nobody_listening() {
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let own = socket.local_addr().unwrap();
    let stream = socket.connect(own).await.unwrap();
    assert!(is_loop(&stream));
}
