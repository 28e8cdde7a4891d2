//! One probe of one host: a GET, answered at once with the host's load.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{HeaderMap, Request, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use outrider_features::orca;
use outrider_pilot::ProbeAnswer;
use std::time::Duration;
use tokio::net::TcpStream;
use tokio::task::{AbortHandle, spawn_local};

/// Bytes of a response head; a host that sends more has failed.
const HEAD_BYTES: usize = 16 * 1024;
/// Bytes of a body that are read, so that the connection can be used again; a longer one closes it.
const BODY_BYTES: usize = 16 * 1024;

const USER_AGENT: &str = concat!("outrider-probe/", env!("CARGO_PKG_VERSION"));
/// Named metric: requests in flight.
const RIF: &str = "rif";
/// Named metric: median of recent latencies at or near that number, in milliseconds.
const LATENCY_MS: &str = "latency_ms";

/// Why a probe says nothing.
#[derive(Debug, thiserror::Error)]
pub(super) enum ProbeError {
    #[error("connect: {0}")]
    Connect(#[from] std::io::Error),
    #[error(transparent)]
    Http(#[from] hyper::Error),
    #[error("the probe itself is not valid: {0}")]
    Request(#[from] http::Error),
    #[error("status {0}")]
    Status(u16),
    #[error("its load report cannot be read: {0}")]
    Orca(#[from] orca::OrcaError),
    #[error("no load report with `named_metrics.rif`")]
    NoLoad,
}

/// A connection that probes use, one at a time. Closed when dropped, whatever it is doing.
#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<Empty<Bytes>>,
    task: AbortHandle,
}

impl Drop for Line {
    fn drop(&mut self) {
        self.task.abort();
    }
}

impl Line {
    async fn open(address: SocketAddr) -> Result<Line, ProbeError> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        let mut builder = http1::Builder::new();
        let (sender, connection) = builder.max_buf_size(HEAD_BYTES).handshake(TokioIo::new(stream)).await?;
        let task = spawn_local(async move {
            // Whoever awaits the answer is told of the error too.
            let _ = connection.await;
        });
        Ok(Line { sender, task: task.abort_handle() })
    }

    async fn get(
        &mut self,
        address: SocketAddr,
        path: &str,
        host: Option<&str>,
    ) -> Result<http::Response<Incoming>, ProbeError> {
        let host = host.map_or_else(|| address.to_string(), str::to_owned);
        let request = Request::get(path)
            .header(header::HOST, host)
            .header(header::USER_AGENT, USER_AGENT)
            .header(header::ACCEPT, "*/*")
            .body(Empty::new())?;
        Ok(self.sender.send_request(request).await?)
    }
}

/// What the host at `address` says of its load, on `kept` if that still works, and the connection if it can be used
/// again.
pub(super) async fn ask(
    kept: Option<Line>,
    address: SocketAddr,
    path: &str,
    host: Option<String>,
) -> Result<(ProbeAnswer, Option<Line>), ProbeError> {
    let (mut line, response) = match kept.filter(|line| line.sender.is_ready()) {
        None => on_a_new_line(address, path, host.as_deref()).await?,
        Some(mut line) => match line.get(address, path, host.as_deref()).await {
            Ok(response) => (line, response),
            // The host was free to close it while it rested.
            Err(_) => on_a_new_line(address, path, host.as_deref()).await?,
        },
    };
    let status = response.status();
    if !status.is_success() {
        return Err(ProbeError::Status(status.as_u16()));
    }
    let answer = read(response.headers())?;
    let is_whole = drain(response.into_body()).await && line.sender.ready().await.is_ok();
    Ok((answer, is_whole.then_some(line)))
}

async fn on_a_new_line(
    address: SocketAddr,
    path: &str,
    host: Option<&str>,
) -> Result<(Line, http::Response<Incoming>), ProbeError> {
    let mut line = Line::open(address).await?;
    let response = line.get(address, path, host).await?;
    Ok((line, response))
}

fn read(headers: &HeaderMap) -> Result<ProbeAnswer, ProbeError> {
    let fields = [orca::HEADER, orca::HEADER_BIN].into_iter().flat_map(|name| {
        let values = headers.get_all(name).iter();
        values.map(move |value| (name, value.as_bytes()))
    });
    let report = orca::from_fields(fields)?.ok_or(ProbeError::NoLoad)?;
    let in_flight = report.named(RIF).filter(|rif| *rif >= 0.0).ok_or(ProbeError::NoLoad)?;
    let latency = report.named(LATENCY_MS).and_then(|ms| Duration::try_from_secs_f64(ms / 1e3).ok());
    // ORCA's 0 may mean unknown; taken for a latency it would beat every one that was measured.
    Ok(ProbeAnswer { in_flight, latency: latency.filter(|latency| !latency.is_zero()) })
}

/// Reads a body to its end; whether that came within bounds.
async fn drain(mut body: Incoming) -> bool {
    let mut read = 0;
    while let Some(frame) = body.frame().await {
        let Ok(frame) = frame else { return false };
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > BODY_BYTES {
            return false;
        }
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn said(value: &'static str) -> Result<ProbeAnswer, ProbeError> {
        read(&HeaderMap::from_iter([(orca::HEADER.parse().unwrap(), value.parse().unwrap())]))
    }

    #[test]
    fn in_flight_must_be_said_and_a_latency_may() {
        let answer = said("TEXT named_metrics.rif=4, named_metrics.latency_ms=12.5").unwrap();
        assert_eq!(answer, ProbeAnswer { in_flight: 4.0, latency: Some(Duration::from_micros(12_500)) });
        assert_eq!(said("JSON {\"named_metrics\": {\"rif\": 0}}").unwrap().latency, None);
        assert_eq!(said("TEXT named_metrics.rif=1, named_metrics.latency_ms=-3").unwrap().latency, None);
        assert_eq!(said("TEXT named_metrics.rif=1, named_metrics.latency_ms=0").unwrap().latency, None);
        assert!(matches!(said("TEXT cpu_utilization=0.4"), Err(ProbeError::NoLoad)));
        assert!(matches!(said("TEXT named_metrics.rif=-1"), Err(ProbeError::NoLoad)));
        assert!(matches!(said("rif=1"), Err(ProbeError::Orca(_))));
        assert!(matches!(read(&HeaderMap::new()), Err(ProbeError::NoLoad)));
    }
}
