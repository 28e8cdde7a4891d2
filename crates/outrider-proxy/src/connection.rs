//! One client connection: hyper reads and writes it, we mind how long it takes.

use std::convert::Infallible;
use std::future::{Future, poll_fn};
use std::net::{IpAddr, SocketAddr};
use std::pin::{Pin, pin};
use std::rc::Rc;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use http::HeaderValue;
use hyper::Request;
use hyper::body::Incoming;
use hyper::server::conn::http1::{self, UpgradeableConnection};
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use outrider_core::Time;
use tokio::io::AsyncWriteExt;
use tokio::net::TcpStream;
use tokio::time::{Instant, Sleep};

use crate::activity::{Activity, Allowance, Phase};
use crate::errors::ProxyError;
use crate::forward;
use crate::settings::Settings;
use crate::socket::Socket;
use crate::tracked::Tracked;
use crate::worker::{Place, Worker};

/// hyper keeps that many headers without an allocation, and refuses more unless told otherwise.
pub(crate) const HYPER_MAX_HEADERS: usize = 100;
/// When nothing is due, the timer looks again after this long.
const A_WHILE: Duration = Duration::from_secs(5);
/// The most that hyper buffers for one direction of one connection.
const BUFFER: usize = 128 * 1024;

/// What the requests of a connection have in common.
#[derive(Debug)]
pub(crate) struct ClientConnection {
    pub(crate) worker: Rc<Worker>,
    _place: Place,
    /// The other end, without its port.
    pub(crate) peer: IpAddr,
    /// The same, as a header says it.
    pub(crate) peer_text: HeaderValue,
    /// Our end.
    pub(crate) local: IpAddr,
    pub(crate) activity: Arc<Activity>,
}

impl ClientConnection {
    /// Whether the next answer is the last on this connection.
    pub(crate) fn is_closing(&self) -> bool {
        self.worker.shared.is_draining()
    }
}

/// Serves `stream` until it closes.
pub(crate) async fn serve(place: Place, stream: TcpStream, peer: SocketAddr) {
    let Ok(local) = stream.local_addr() else { return };
    // Without it an answer in two writes may wait for the client's delayed acknowledgement.
    let _ = stream.set_nodelay(true);
    let worker = Rc::clone(place.worker());
    worker.metrics.connections_accepted.add(1);
    let peer = peer.ip().to_canonical();
    let connection = Rc::new(ClientConnection {
        activity: Arc::new(Activity::new(worker.shared.clock)),
        worker,
        _place: place,
        peer,
        peer_text: HeaderValue::try_from(peer.to_string()).expect("an address is a header value"),
        local: local.ip().to_canonical(),
    });
    run(&connection, stream).await;
}

async fn run(connection: &Rc<ClientConnection>, stream: TcpStream) {
    let settings = Arc::clone(&connection.worker.shared.published.load().settings);
    let settings = &*settings;
    let io = TokioIo::new(Tracked::new(Socket::new(stream), Arc::clone(&connection.activity)));
    let service = service_fn(|request: Request<Incoming>| {
        let connection = Rc::clone(connection);
        async move { Ok::<_, Infallible>(forward::serve(&connection, request).await) }
    });
    let mut served = builder(settings).serve_connection(io, service).with_upgrades();
    let end = mind(connection, settings, Pin::new(&mut served)).await;
    let metrics = &connection.worker.metrics;
    match end {
        End::Closed(Err(error)) if error.is_parse() => metrics.parse_errors.add(1),
        End::Overdue(Phase::Head) => {
            if let Some(parts) = served.into_parts() {
                metrics.own_errors.add(ProxyError::HeadTimeout.cause(), 1);
                say_too_late(parts.io.into_inner(), &settings.forwarding.name).await;
            }
        }
        End::Closed(_) | End::Overdue(_) => {}
    }
}

/// The head did not come in time; hyper has nothing to say about that.
async fn say_too_late(mut stream: Tracked, name: &str) {
    let text = ProxyError::HeadTimeout.raw(name);
    let say = async {
        stream.write_all(&text).await?;
        stream.shutdown().await
    };
    // A client that does not read either is not waited for.
    let _ = tokio::time::timeout(Duration::from_secs(1), say).await;
}

fn builder(settings: &Settings) -> http1::Builder {
    let mut builder = http1::Builder::new();
    // `mind` keeps the time; hyper's own timer would also close idle connections.
    builder.header_read_timeout(None);
    builder.max_header_size(settings.limits.head_bytes);
    builder.max_buf_size(BUFFER.max(settings.limits.head_bytes));
    if settings.limits.headers != HYPER_MAX_HEADERS {
        builder.max_headers(settings.limits.headers);
    }
    builder
}

/// How a connection ended.
enum End {
    /// By itself.
    Closed(hyper::Result<()>),
    /// This phase took too long.
    Overdue(Phase),
}

/// Drives the connection and its one timer; ends an idle connection when the process leaves.
async fn mind<S>(
    connection: &ClientConnection,
    settings: &Settings,
    mut served: Pin<&mut UpgradeableConnection<TokioIo<Tracked>, S>>,
) -> End
where
    S: hyper::service::HttpService<Incoming, ResBody = crate::body::ResponseBody>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let timeouts = &settings.timeouts;
    let mut allowance = Allowance { keep_alive: timeouts.keep_alive, head: timeouts.head, idle: timeouts.idle };
    let mut drain = pin!(connection.worker.draining());
    let mut asked = false;
    let mut watch = Watch::new(connection, timeouts.head.min(timeouts.keep_alive));
    poll_fn(|cx| {
        if let Poll::Ready(result) = served.as_mut().poll(cx) {
            return Poll::Ready(End::Closed(result));
        }
        if !asked {
            // Once is enough: from then on this task is woken when the process begins to leave.
            asked = true;
            let _ = drain.as_mut().poll(cx);
        }
        if connection.is_closing() {
            allowance.keep_alive = settings.drain.idle;
        }
        loop {
            let Poll::Ready(phase) = watch.poll_overdue(cx, &allowance) else { return Poll::Pending };
            if phase != Phase::Idle {
                connection.activity.time_out();
                return Poll::Ready(End::Overdue(phase));
            }
            // Nothing is under way: hyper closes cleanly, if the client lets it.
            connection.activity.enter(Phase::Closing);
            served.as_mut().graceful_shutdown();
            if let Poll::Ready(result) = served.as_mut().poll(cx) {
                return Poll::Ready(End::Closed(result));
            }
        }
    })
    .await
}

/// The lazy timer of one connection.
struct Watch<'a> {
    connection: &'a ClientConnection,
    sleep: Pin<Box<Sleep>>,
    /// The deadline for which the timer was set.
    due: Time,
}

impl<'a> Watch<'a> {
    fn new(connection: &'a ClientConnection, first: Duration) -> Watch<'a> {
        let due = connection.worker.shared.clock.now() + first;
        Watch { connection, sleep: Box::pin(tokio::time::sleep(first)), due }
    }

    /// Ready with the phase that has taken too long.
    fn poll_overdue(&mut self, cx: &mut Context<'_>, allowance: &Allowance) -> Poll<Phase> {
        let activity = Arc::clone(&self.connection.activity);
        if let Some(due) = activity.deadline(allowance)
            && due < self.due
        {
            self.set(due);
        }
        while self.sleep.as_mut().poll(cx).is_ready() {
            let now = self.connection.worker.shared.clock.now();
            match activity.deadline(allowance) {
                Some(due) if due <= now => return Poll::Ready(activity.phase()),
                Some(due) => self.set(due),
                None => self.set(now + A_WHILE),
            }
        }
        Poll::Pending
    }

    fn set(&mut self, due: Time) {
        // The timer wheel counts whole milliseconds: a hair late is better than a hair early, which would spin.
        let left = due.since(self.connection.worker.shared.clock.now()) + Duration::from_millis(1);
        self.due = due;
        self.sleep.as_mut().reset(Instant::now() + left);
    }
}
