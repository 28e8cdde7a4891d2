//! Accepts, within limits that keep a bad peer from harming anybody but itself.
//!
//! One request a connection: scrapers and people come seldom, and a connection that may live for one exchange and thirty
//! seconds needs no other guard against those that never end.

use std::convert::Infallible;
use std::io;
use std::net::TcpListener;
use std::sync::Arc;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use outrider_proxy::events::AcceptFailed;
use tokio::net::TcpStream;
use tokio::sync::Semaphore;
use tokio::time::{sleep, timeout};

use crate::{AdminState, routes};

/// Connections at a time; more wait in the accept queue.
const CONNECTIONS: usize = 64;
/// Bytes of a request head.
const HEAD_BYTES: usize = 16 * 1024;
/// Fields of a request head.
const HEADERS: usize = 64;
/// For a whole head to arrive.
const HEAD_TIMEOUT: Duration = Duration::from_secs(5);
/// For a connection to live.
const CONNECTION_TIMEOUT: Duration = Duration::from_secs(30);
/// How long to wait when the system has no more descriptors.
const BREATHER: Duration = Duration::from_millis(100);

/// Serves the admin API on `listener` until it is dropped.
///
/// # Errors
/// If the listener cannot be used in a runtime.
pub async fn serve(listener: TcpListener, state: AdminState) -> io::Result<()> {
    listener.set_nonblocking(true)?;
    let listener = tokio::net::TcpListener::from_std(listener)?;
    let address = listener.local_addr()?;
    let state = Arc::new(state);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    loop {
        let place = Arc::clone(&places).acquire_owned().await.map_err(io::Error::other)?;
        match listener.accept().await {
            Ok((stream, _)) => {
                let state = Arc::clone(&state);
                tokio::spawn(async move {
                    // A peer that is too slow is cut off; there is nobody left to tell.
                    let _ = timeout(CONNECTION_TIMEOUT, answer(stream, state)).await;
                    drop(place);
                });
            }
            Err(error) => {
                let why = error.to_string();
                state.metrics.events.emit(&AcceptFailed { address, why });
                sleep(BREATHER).await;
            }
        }
    }
}

async fn answer(stream: TcpStream, state: Arc<AdminState>) {
    let service = service_fn(move |request| {
        let state = Arc::clone(&state);
        async move { Ok::<_, Infallible>(routes::answer(request, &state).await) }
    });
    let connection = http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(HEAD_TIMEOUT)
        .max_buf_size(HEAD_BYTES)
        .max_headers(HEADERS)
        .keep_alive(false)
        .serve_connection(TokioIo::new(stream), service);
    // A broken connection concerns its peer alone.
    let _ = connection.await;
}
