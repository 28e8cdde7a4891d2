//! Asks a host's agent how the host feels: HAProxy's agent-check (HAProxy configuration manual, "agent-check").
//!
//! Weight and state come from the host itself here; health checks only see whether it answers.

use std::net::SocketAddr;
use std::time::Duration;

use outrider_pilot::{AgentReport, AgentSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes of an answer's line.
const LINE_BYTES: usize = 512;
/// An agent that takes longer has not answered, even if it is asked less often.
const TIMEOUT_MAX: Duration = Duration::from_secs(5);

/// Asks the agent of `host`. An error says in a few words what was wrong.
pub(super) async fn ask(host: SocketAddr, settings: &AgentSettings) -> Result<AgentReport, String> {
    let limit = settings.interval.min(TIMEOUT_MAX);
    let line =
        timeout(limit, line(host, settings)).await.unwrap_or_else(|_| Err(format!("no line within {limit:?}")))?;
    AgentReport::parse(&line).map_err(|error| error.to_string())
}

async fn line(host: SocketAddr, settings: &AgentSettings) -> Result<String, String> {
    let mut stream =
        TcpStream::connect((host.ip(), settings.port)).await.map_err(|error| format!("connect: {error}"))?;
    if let Some(send) = &settings.send {
        stream.write_all(send.as_bytes()).await.map_err(|error| format!("send: {error}"))?;
    }
    let mut bytes = Vec::with_capacity(LINE_BYTES);
    while !bytes.iter().any(ends_line) {
        let mut rest = (&mut stream).take((LINE_BYTES - bytes.len()) as u64);
        let read = rest.read_buf(&mut bytes).await;
        match read.map_err(|error| format!("read: {error}"))? {
            0 if bytes.len() == LINE_BYTES => return Err("the line does not end".to_owned()),
            0 => break,
            _ => {}
        }
    }
    let line = bytes.split(ends_line).next().unwrap_or_default();
    let text = std::str::from_utf8(line).map_err(|_| "the line is not text".to_owned())?;
    Ok(text.trim().to_owned())
}

fn ends_line(byte: &u8) -> bool {
    matches!(byte, b'\r' | b'\n')
}

#[cfg(test)]
mod tests;
