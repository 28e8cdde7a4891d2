//! The sockets of one host: accepts, converses, and carries out what faults command.

use std::convert::Infallible;
use std::sync::{Arc, mpsc};
use std::time::Duration;

use bytes::Bytes;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use socket2::SockRef;
use tokio::net::TcpStream;
use tokio::sync::mpsc::UnboundedReceiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep_until};

use super::door::Door;
use super::host::{Condition, Host};
use super::service::answer;
use outrider_workload::Fault;

/// A fault to set; `done` is told once it stands.
#[derive(Debug)]
pub(super) struct Order {
    pub(super) fault: Fault,
    pub(super) done: Option<mpsc::Sender<()>>,
}

/// Looks after one host for as long as it is polled.
pub(super) struct Keeper {
    host: Arc<Host>,
    door: Door,
    body: Bytes,
    flap: Option<Flap>,
    connections: JoinSet<()>,
}

/// A host that comes and goes.
#[derive(Clone, Copy)]
struct Flap {
    half: Duration,
    next: Instant,
}

impl Keeper {
    pub(super) fn new(host: Arc<Host>, door: Door, body: Bytes) -> Keeper {
        Keeper { host, door, body, flap: None, connections: JoinSet::new() }
    }

    pub(super) async fn run(mut self, mut orders: UnboundedReceiver<Order>) -> Infallible {
        loop {
            tokio::select! {
                Some(order) = orders.recv() => self.obey(order).await,
                stream = self.door.accept() => self.welcome(stream),
                () = next_turn(self.flap) => self.turn().await,
                Some(_) = self.connections.join_next() => {}
            }
        }
    }

    async fn obey(&mut self, order: Order) {
        self.flap = None;
        let condition = match order.fault {
            Fault::None => Condition::Serving { slow: 1.0 },
            Fault::Slow(slow) => Condition::Serving { slow },
            Fault::Hang => Condition::Hung,
            Fault::FailFast => Condition::FailingFast,
            Fault::Refuse => Condition::Closed { reset: true },
            Fault::Die => Condition::Closed { reset: false },
            Fault::Flap(period) => {
                let half = period / 2;
                let next = Instant::now() + half;
                self.flap = Some(Flap { half, next });
                Condition::Closed { reset: true }
            }
        };
        self.enter(condition).await;
        if let Some(done) = order.done {
            // Nobody waiting any more is no harm.
            let _ = done.send(());
        }
    }

    async fn enter(&mut self, condition: Condition) {
        let closed = matches!(condition, Condition::Closed { .. });
        if closed {
            self.door.shut();
        }
        self.host.condition.send_replace(condition);
        if closed {
            // Every connection sees the condition and ends by itself.
            while self.connections.join_next().await.is_some() {}
        } else {
            self.door.reopen().await;
        }
    }

    /// The other half of a flapping host's period begins.
    async fn turn(&mut self) {
        if let Some(flap) = &mut self.flap {
            flap.next += flap.half;
        }
        let now = *self.host.condition.borrow();
        let other = match now {
            Condition::Closed { .. } => Condition::Serving { slow: 1.0 },
            _ => Condition::Closed { reset: true },
        };
        self.enter(other).await;
    }

    fn welcome(&mut self, stream: TcpStream) {
        // A small answer must not wait for the acknowledgement of the one before.
        let _ = stream.set_nodelay(true);
        let (host, body) = (Arc::clone(&self.host), self.body.clone());
        self.connections.spawn(converse(host, body, stream));
    }
}

async fn next_turn(flap: Option<Flap>) {
    match flap {
        Some(flap) => sleep_until(flap.next).await,
        None => std::future::pending().await,
    }
}

async fn converse(host: Arc<Host>, body: Bytes, stream: TcpStream) {
    let mut condition = host.condition.subscribe();
    let service = service_fn(|request| answer(Arc::clone(&host), body.clone(), request));
    let mut connection = http1::Builder::new().serve_connection(TokioIo::new(stream), service);
    let closed = tokio::select! {
        _ = &mut connection => return,
        closed = condition.wait_for(|c| matches!(c, Condition::Closed { .. })) => closed.map(|c| *c),
    };
    if let Ok(Condition::Closed { reset: true }) = closed {
        let stream = connection.into_parts().io.into_inner();
        // A lingering time of zero makes the close a reset.
        let _ = SockRef::from(&stream).set_linger(Some(Duration::ZERO));
    }
}
