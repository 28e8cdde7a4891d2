//! The door through which a person breaks and mends simulated hosts: HTTP on loopback, one line of the grammar of faults at a
//! time.

use std::convert::Infallible;
use std::io;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::thread::JoinHandle;

use bytes::Bytes;
use http::header::HOST;
use http::{Method, Request, Response, StatusCode};
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use thiserror::Error;
use tokio::net::TcpListener;
use tokio::runtime::Builder;
use tokio::task::LocalSet;

use crate::backends::Backends;
use crate::{Fault, ScriptedFault, Stop};

/// Where it is, if nobody else is there.
pub(crate) const USUAL: SocketAddr = SocketAddr::new(IpAddr::V4(Ipv4Addr::LOCALHOST), 9_909);
/// A line is no longer.
const LINE_BYTES_MAX: usize = 1_024;

/// Why the door cannot be opened.
#[derive(Debug, Error)]
#[error("the door for faults cannot be opened: {0}")]
pub struct DoorError(#[from] io::Error);

/// The open door. Dropping it closes it.
pub(super) struct Door {
    address: SocketAddr,
    closed: Stop,
    thread: Option<JoinHandle<()>>,
}

impl Door {
    /// Opens it before `backends`.
    pub(super) fn open(backends: Arc<Backends>) -> Result<Door, DoorError> {
        let runtime = Builder::new_current_thread().enable_io().enable_time().build()?;
        let listener = runtime.block_on(async {
            match TcpListener::bind(USUAL).await {
                Ok(listener) => Ok(listener),
                Err(_) => TcpListener::bind(SocketAddr::new(USUAL.ip(), 0)).await,
            }
        })?;
        let (address, closed) = (listener.local_addr()?, Stop::new());
        let until = closed.clone();
        let thread = std::thread::Builder::new().name("lab-door".to_owned()).spawn(move || {
            LocalSet::new().block_on(&runtime, async {
                tokio::select! {
                    _ = keep(listener, backends) => {}
                    () = until.stopped() => {}
                }
            });
        })?;
        Ok(Door { address, closed, thread: Some(thread) })
    }

    pub(super) fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Drop for Door {
    fn drop(&mut self) {
        self.closed.stop();
        if let Some(thread) = self.thread.take() {
            // A panic over there has already been printed.
            let _ = thread.join();
        }
    }
}

async fn keep(listener: TcpListener, backends: Arc<Backends>) -> Infallible {
    loop {
        let Ok((stream, _)) = listener.accept().await else {
            tokio::task::yield_now().await;
            continue;
        };
        let backends = Arc::clone(&backends);
        tokio::task::spawn_local(async move {
            let service = service_fn(|request| answer(Arc::clone(&backends), request));
            // One who leaves early has missed the answer, nothing else.
            let _ = http1::Builder::new().keep_alive(false).serve_connection(TokioIo::new(stream), service).await;
        });
    }
}

async fn answer(backends: Arc<Backends>, request: Request<Incoming>) -> Result<Response<Full<Bytes>>, Infallible> {
    let (status, mut text) = match asked(&backends, request).await {
        Ok(text) => (StatusCode::OK, text),
        Err(why) => (StatusCode::BAD_REQUEST, why),
    };
    text.push('\n');
    let mut response = Response::new(Full::new(Bytes::from(text)));
    *response.status_mut() = status;
    Ok(response)
}

async fn asked(backends: &Arc<Backends>, request: Request<Incoming>) -> Result<String, String> {
    // A page in a browser can be made to come here under a name of its own, but cannot choose this header.
    let host = request.headers().get(HOST).and_then(|host| host.to_str().ok()).unwrap_or_default();
    if host.parse::<SocketAddr>().is_err() && !host.starts_with("localhost:") {
        return Err("ask for this address by its IP or as localhost".to_owned());
    }
    if request.method() != Method::POST || request.uri().path() != "/fault" {
        return Err("POST /fault with a line such as host=3,kind=hang,for=10s".to_owned());
    }
    let body = Limited::new(request.into_body(), LINE_BYTES_MAX).collect().await;
    let body = body.map_err(|_| format!("a line has at most {LINE_BYTES_MAX} bytes"))?.to_bytes();
    let line = String::from_utf8_lossy(&body);
    let fault: ScriptedFault = line.trim().parse().map_err(|error: outrider_workload::FaultError| error.to_string())?;
    play(backends, fault)
}

/// Does it now; heals it later, if it is to last.
fn play(backends: &Arc<Backends>, line: ScriptedFault) -> Result<String, String> {
    let names = backends.names();
    let name = names
        .get(line.host)
        .ok_or_else(|| format!("there is no host {}: they are 0 to {}", line.host, names.len() - 1))?;
    backends.set_fault(line.host, line.fault);
    if let Some(lasts) = line.lasts {
        let backends = Arc::clone(backends);
        tokio::task::spawn_local(async move {
            tokio::time::sleep(lasts).await;
            backends.set_fault(line.host, Fault::None);
        });
    }
    let lasts = line.lasts.map_or_else(String::new, |lasts| format!(" for {lasts:?}"));
    Ok(format!("{name}: {}{lasts}", line.fault))
}
