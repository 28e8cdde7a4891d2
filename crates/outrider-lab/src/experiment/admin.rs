//! What Outrider says of its hosts, asked for on one connection that is kept.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use bytes::Bytes;
use http::Request;
use http::header::HOST;
use http_body_util::{BodyExt, Empty, Limited};
use hyper::client::conn::http1::{self, SendRequest};
use hyper_util::rt::TokioIo;
use serde::Deserialize;
use tokio::net::TcpStream;

/// An admin API that takes longer is not waited for: the sample then goes without.
const PATIENCE: Duration = Duration::from_millis(500);
/// No answer is longer.
const BYTES_MAX: usize = 4 << 20;

/// Asks one admin API. To be used on a runtime with a [`tokio::task::LocalSet`] around it.
pub(crate) struct Admin {
    address: SocketAddr,
    connection: Option<SendRequest<Empty<Bytes>>>,
}

#[derive(Deserialize)]
struct Hosts {
    hosts: Vec<HostSaid>,
}

#[derive(Deserialize)]
struct HostSaid {
    address: SocketAddr,
    picks_total: u64,
}

impl Admin {
    pub(crate) fn at(address: SocketAddr) -> Admin {
        Admin { address, connection: None }
    }

    /// How often each host has been picked so far; `None` if it does not say.
    pub(super) async fn picks(&mut self) -> Option<BTreeMap<SocketAddr, u64>> {
        let body = tokio::time::timeout(PATIENCE, self.get("/api/v1/hosts")).await.ok().flatten();
        if body.is_none() {
            self.connection = None;
        }
        let said: Hosts = serde_json::from_slice(&body?).ok()?;
        Some(said.hosts.into_iter().map(|host| (host.address, host.picks_total)).collect())
    }

    /// What it answers to a GET of `path`, if that is JSON and comes in time.
    pub(crate) async fn json(&mut self, path: &str) -> Option<serde_json::Value> {
        let body = tokio::time::timeout(PATIENCE, self.get(path)).await.ok().flatten()?;
        serde_json::from_slice(&body).ok()
    }

    async fn get(&mut self, path: &str) -> Option<Bytes> {
        let address = self.address;
        let connection = self.connected().await?;
        let request = Request::get(path).header(HOST, address.to_string()).body(Empty::new()).ok()?;
        let response = connection.send_request(request).await.ok()?;
        let body = Limited::new(response.into_body(), BYTES_MAX).collect().await.ok()?;
        Some(body.to_bytes())
    }

    async fn connected(&mut self) -> Option<&mut SendRequest<Empty<Bytes>>> {
        let mut kept = self.connection.take();
        if let Some(connection) = &mut kept
            && connection.ready().await.is_err()
        {
            kept = None;
        }
        let connection = match kept {
            Some(connection) => connection,
            None => self.open().await?,
        };
        Some(self.connection.insert(connection))
    }

    async fn open(&self) -> Option<SendRequest<Empty<Bytes>>> {
        let stream = TcpStream::connect(self.address).await.ok()?;
        let (sender, connection) = http1::handshake(TokioIo::new(stream)).await.ok()?;
        // What breaks is told to the request that was on it.
        tokio::task::spawn_local(connection);
        Some(sender)
    }
}
