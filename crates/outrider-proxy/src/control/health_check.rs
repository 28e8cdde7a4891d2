//! One active health check of one host: an HTTP GET, or whether a connection opens.
//!
//! Each check has a connection of its own, told to close and closed whatever the host does: a synchronous server has as
//! many workers as connections, and a kept one would hold a worker that requests need. Checking on the pooled
//! connections of the data plane would not see a host that accepts no new ones.

use std::net::SocketAddr;

use bytes::Bytes;
use http::{Request, header};
use http_body_util::{BodyExt, Empty};
use hyper::body::Incoming;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use outrider_pilot::HealthSettings;
use tokio::net::TcpStream;
use tokio::time::timeout;

/// Bytes of a response head; a host that sends more has failed.
const HEAD_BYTES: usize = 16 * 1024;
/// Bytes of a body that are read, so that the host can finish and is not reset in the middle; then it is.
const BODY_BYTES: usize = 64 * 1024;

const USER_AGENT: &str = concat!("outrider-health/", env!("CARGO_PKG_VERSION"));

/// Checks the host at `address`. An error says in a few words what was wrong.
pub(super) async fn check(address: SocketAddr, settings: &HealthSettings) -> Result<(), String> {
    let checked = async {
        let stream = TcpStream::connect(address).await.map_err(|error| format!("connect: {error}"))?;
        if is_loop(&stream) {
            return Err("connect: nobody listens".to_owned());
        }
        match &settings.path {
            Some(path) => judge(get(stream, address, path, settings).await?, settings),
            None => Ok(()),
        }
    };
    timeout(settings.timeout, checked).await.unwrap_or_else(|_| Err(format!("no answer within {:?}", settings.timeout)))
}

/// Whether a connection leads to itself: without a listener on an ephemeral port of this machine, the system may choose
/// that very port for our end.
pub(crate) fn is_loop(stream: &TcpStream) -> bool {
    matches!((stream.local_addr(), stream.peer_addr()), (Ok(local), Ok(peer)) if local == peer)
}

fn judge(status: u16, settings: &HealthSettings) -> Result<(), String> {
    let (least, most) = settings.statuses;
    if (least..=most).contains(&status) {
        return Ok(());
    }
    Err(format!("status {status}"))
}

async fn get(stream: TcpStream, address: SocketAddr, path: &str, settings: &HealthSettings) -> Result<u16, String> {
    let request = request(address, path, settings)?;
    let (mut sender, connection) = http1::Builder::new()
        .max_buf_size(HEAD_BYTES)
        .handshake::<_, Empty<Bytes>>(TokioIo::new(stream))
        .await
        .map_err(|error| in_words(&error))?;
    let exchange = async {
        let answer = sender.send_request(request).await.map_err(|error| in_words(&error))?;
        let status = answer.status().as_u16();
        read_some(answer.into_body()).await;
        Ok(status)
    };
    let mut exchange = std::pin::pin!(exchange);
    // The connection lives in this future: whichever way the check ends, it is closed.
    tokio::select! {
        biased;
        status = &mut exchange => status,
        _ = connection => exchange.await,
    }
}

fn request(address: SocketAddr, path: &str, settings: &HealthSettings) -> Result<Request<Empty<Bytes>>, String> {
    let host = settings.host.clone().unwrap_or_else(|| address.to_string());
    Request::get(path)
        .header(header::HOST, host)
        .header(header::USER_AGENT, USER_AGENT)
        .header(header::ACCEPT, "*/*")
        .header(header::CONNECTION, "close")
        .body(Empty::new())
        .map_err(|error| format!("the check itself is not valid: {error}"))
}

/// The verdict stands with the status; a body that breaks or is too long does not change it.
async fn read_some(mut body: Incoming) {
    let mut read = 0;
    while let Some(Ok(frame)) = body.frame().await {
        read += frame.data_ref().map_or(0, Bytes::len);
        if read > BODY_BYTES {
            return;
        }
    }
}

fn in_words(error: &hyper::Error) -> String {
    match std::error::Error::source(error) {
        Some(source) => format!("{error}: {source}"),
        None => error.to_string(),
    }
}

#[cfg(test)]
mod tests;
