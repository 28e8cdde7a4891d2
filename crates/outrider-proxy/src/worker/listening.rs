//! A listening socket of one worker: accepts for ever, and closes without losing a connection.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::time::Duration;

use tokio::net::TcpStream;
use tokio::sync::Notify;
use tokio::task::spawn_local;

use super::Worker;
use crate::closing::OpenSocket;
use crate::listener;

/// How long a closing listener lets handshakes end that had begun.
const LINGER: Duration = Duration::from_millis(50);

/// A socket that is accepted on; closes without losing a connection when dropped.
pub(super) struct Listening(Rc<Notify>);

impl Drop for Listening {
    fn drop(&mut self) {
        self.0.notify_one();
    }
}

impl Listening {
    pub(super) fn start(
        worker: &Rc<Worker>,
        address: SocketAddr,
        socket: TcpListener,
        open: OpenSocket,
    ) -> io::Result<Listening> {
        let socket = tokio::net::TcpListener::from_std(socket)?;
        let stop = Rc::new(Notify::new());
        let (worker, stopped) = (Rc::clone(worker), Rc::clone(&stop));
        spawn_local(async move {
            accept_until(worker, address, socket, stopped).await;
            drop(open);
        });
        Ok(Listening(stop))
    }
}

async fn accept_until(worker: Rc<Worker>, address: SocketAddr, socket: tokio::net::TcpListener, stop: Rc<Notify>) {
    tokio::select! {
        () = stop.notified() => {}
        () = accept(&worker, address, &socket) => {}
    }
    close(&worker, address, socket).await;
}

/// Accepts for ever. An error of one connection is that connection's; an error of ours (no descriptors left) passes.
async fn accept(worker: &Rc<Worker>, address: SocketAddr, socket: &tokio::net::TcpListener) {
    loop {
        worker.room().await;
        match socket.accept().await {
            Ok((stream, peer)) => worker.accepted(stream, peer),
            Err(why) => {
                worker.accept_failed(address, &why);
                tokio::time::sleep(Duration::from_millis(20)).await;
            }
        }
    }
}

/// Closes a listener with an empty queue: no new handshakes, those begun may end, then all that wait are accepted.
async fn close(worker: &Rc<Worker>, address: SocketAddr, socket: tokio::net::TcpListener) {
    let _ = listener::refuse_handshakes(&socket);
    let _ = tokio::time::timeout(LINGER, accept(worker, address, &socket)).await;
    let Ok(socket) = socket.into_std() else { return };
    loop {
        match socket.accept() {
            Ok((stream, peer)) => {
                if stream.set_nonblocking(true).is_ok()
                    && let Ok(stream) = TcpStream::from_std(stream)
                {
                    worker.accepted(stream, peer);
                }
            }
            // That client has left already; the next may not have.
            Err(error) if matches!(error.kind(), io::ErrorKind::ConnectionAborted | io::ErrorKind::Interrupted) => {}
            Err(_) => break,
        }
    }
}
