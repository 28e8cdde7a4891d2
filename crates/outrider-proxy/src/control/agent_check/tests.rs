use outrider_pilot::{AgentHealth, AgentState};
use tokio::net::TcpListener;

use super::*;

/// An agent that waits for `expect`, says `line` and closes or not.
async fn agent(expect: &'static str, line: Vec<u8>, close: bool) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut received = vec![0; expect.len()];
        stream.read_exact(&mut received).await.unwrap();
        assert_eq!(received, expect.as_bytes());
        let _ = stream.write_all(&line).await;
        if !close {
            let _ = stream.read(&mut [0]).await;
        }
    });
    address
}

fn settings(agent: SocketAddr, send: Option<&str>) -> AgentSettings {
    AgentSettings { port: agent.port(), send: send.map(Into::into), interval: Duration::from_millis(300) }
}

async fn asked(line: impl Into<Vec<u8>>, close: bool) -> Result<AgentReport, String> {
    let agent = agent("", line.into(), close).await;
    ask(agent, &settings(agent, None)).await
}

#[tokio::test]
async fn a_line_is_read_whether_the_agent_closes_or_not() {
    for (line, close) in [("75% drain\r\n", true), ("75% drain\n", false), ("75% drain\r", false)] {
        let said = asked(line, close).await.unwrap();
        assert_eq!(said.weight_percent, Some(75));
        assert_eq!(said.state, Some(AgentState::Drain));
    }
    let unended = asked("maxconn:30", true).await.unwrap();
    assert_eq!(unended.max_connections, Some(30));
}

#[tokio::test]
async fn the_send_string_is_sent_first() {
    let agent = agent("state?\n", b"up\n".to_vec(), true).await;
    let said = ask(agent, &settings(agent, Some("state?\n"))).await.unwrap();
    assert_eq!(said.health, Some(AgentHealth::Up));
}

#[tokio::test]
async fn only_the_first_line_counts() {
    let said = asked("ready\ndown\n", true).await.unwrap();
    assert_eq!(said.state, Some(AgentState::Ready));
}

#[tokio::test]
async fn what_cannot_be_read_is_an_error_in_words() {
    let endless = vec![b'a'; 100_000];
    assert_eq!(asked(endless, true).await.unwrap_err(), "the line does not end");
    assert_eq!(asked(b"\xff\xfe\n".to_vec(), true).await.unwrap_err(), "the line is not text");
    assert_eq!(asked("7", false).await.unwrap_err(), "no line within 300ms");
    assert!(asked("nonsense%\n", true).await.is_err());
}
