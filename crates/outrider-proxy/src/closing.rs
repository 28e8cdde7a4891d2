//! Which listening sockets are open, over all workers: so that whoever leaves knows when the last one is closed.
//!
//! A guard per socket counts, because a worker may close one late (handshakes that had begun may end first), or end
//! without a word.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::Notify;

/// The listening sockets of one proxy that are open.
#[derive(Debug, Default)]
pub(crate) struct Closing {
    /// One entry per socket.
    open: Mutex<Vec<SocketAddr>>,
    none_left: Notify,
}

impl Closing {
    /// A socket bound to `address` is open for as long as the guard lives.
    pub(crate) fn open(self: &Arc<Self>, address: SocketAddr) -> OpenSocket {
        self.addresses().push(address);
        OpenSocket { closing: Arc::clone(self), address }
    }

    /// Ends as soon as no socket is open.
    pub(crate) async fn closed(&self) {
        loop {
            // Before the look: `notify_waiters` reaches whoever has created this by then.
            let none_left = self.none_left.notified();
            if self.addresses().is_empty() {
                return;
            }
            none_left.await;
        }
    }

    /// The address of each open socket, those included that are about to close.
    pub(crate) fn addresses(&self) -> MutexGuard<'_, Vec<SocketAddr>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A listening socket that is open. Dropped when it is closed, and when all that it had accepted is counted.
#[must_use = "a socket counts as open only while this lives"]
#[derive(Debug)]
pub(crate) struct OpenSocket {
    closing: Arc<Closing>,
    address: SocketAddr,
}

impl Drop for OpenSocket {
    fn drop(&mut self) {
        let mut open = self.closing.addresses();
        if let Some(position) = open.iter().position(|address| *address == self.address) {
            open.swap_remove(position);
        }
        if open.is_empty() {
            self.closing.none_left.notify_waiters();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::pin::pin;
    use std::task::{Context, Poll, Waker};

    use super::*;

    #[test]
    fn it_is_closed_when_the_last_socket_is() {
        let closing = Arc::new(Closing::default());
        let address = "127.0.0.1:80".parse().unwrap();
        let (one, other) = (closing.open(address), closing.open(address));
        let mut context = Context::from_waker(Waker::noop());
        let mut closed = pin!(closing.closed());
        assert_eq!(closed.as_mut().poll(&mut context), Poll::Pending);
        drop(one);
        assert_eq!(closed.as_mut().poll(&mut context), Poll::Pending);
        assert_eq!(*closing.addresses(), [address]);
        drop(other);
        assert_eq!(closed.as_mut().poll(&mut context), Poll::Ready(()));
    }

    #[test]
    fn a_socket_that_closes_on_another_thread_wakes_whoever_waits() {
        let closing = Arc::new(Closing::default());
        let sockets: Vec<OpenSocket> = (1..=100).map(|port| closing.open(([127, 0, 0, 1], port).into())).collect();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let closes = std::thread::spawn(move || drop(sockets));
        runtime.block_on(closing.closed());
        closes.join().unwrap();
        assert!(closing.addresses().is_empty());
    }
}
