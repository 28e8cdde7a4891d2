//! One worker: a thread, a single-threaded runtime, and all that its requests share.

mod listening;

use std::cell::RefCell;
use std::collections::HashMap;
use std::io;
use std::net::{SocketAddr, TcpListener};
use std::rc::Rc;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::thread;
use std::time::Duration;

use outrider_core::Random;
use outrider_pilot::Picker;
use tokio::net::TcpStream;
use tokio::runtime::{Builder, LocalOptions};
use tokio::sync::{Notify, mpsc};
use tokio::task::spawn_local;
use tokio::time::{MissedTickBehavior, interval};

use crate::access_log::LogHandle;
use crate::closing::OpenSocket;
use crate::connection;
use crate::control::{ClassCounts, Lessons};
use crate::events::{AcceptFailed, Events};
use crate::gates::Gates;
use crate::lessons::Outbox;
use crate::metrics::{POOL_SLOTS, WorkerMetrics};
use crate::probing::Probing;
use crate::shared::Shared;
use crate::tally::Tally;
use crate::upstream::Upstreams;
use listening::Listening;

/// How often idle connections to hosts are looked through.
const SWEEP: Duration = Duration::from_millis(500);
/// A connection moves to a worker that has fewer by at least this many, so that a few long-lived clients spread out.
const IMBALANCE: usize = 2;

/// What the requests of one worker share. Never leaves its thread.
#[derive(Debug)]
pub(crate) struct Worker {
    index: usize,
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<WorkerMetrics>,
    events: Arc<Events>,
    pub(crate) picker: RefCell<Picker>,
    pub(crate) upstreams: Rc<Upstreams>,
    pub(crate) probing: Probing,
    pub(crate) gates: Arc<Gates>,
    pub(crate) tally: RefCell<Tally>,
    pub(crate) outbox: Outbox,
    pub(crate) access_log: RefCell<Option<LogHandle>>,
    crew: Arc<Crew>,
    drain: Notify,
}

/// What the workers know of one another.
#[derive(Debug)]
pub(crate) struct Crew {
    /// Client connections open at each worker.
    open: Vec<AtomicUsize>,
    /// Hands a connection to a worker that has fewer.
    hand_over: Vec<mpsc::Sender<(std::net::TcpStream, SocketAddr)>>,
    /// A connection has closed while the limit was reached.
    room: Notify,
}

impl Crew {
    /// Client connections open, over all workers.
    pub(crate) fn total(&self) -> usize {
        self.open.iter().map(|open| open.load(Ordering::Relaxed)).sum()
    }

    /// The worker with the fewest connections, if it has clearly fewer than `index`.
    fn emptier_than(&self, index: usize) -> Option<usize> {
        let mine = self.open[index].load(Ordering::Relaxed);
        let loads = self.open.iter().map(|open| open.load(Ordering::Relaxed)).enumerate();
        let (other, least) = loads.min_by_key(|&(_, load)| load)?;
        (least + IMBALANCE <= mine).then_some(other)
    }
}

/// What a worker can be told.
#[derive(Debug)]
pub(crate) enum Order {
    /// Accept on one more socket, bound to this address; the guard says until when it is open.
    Listen(SocketAddr, TcpListener, OpenSocket),
    /// Close the sockets of this address without losing a connection.
    Unlisten(SocketAddr),
    /// Write the access log here from now on.
    LogTo(Option<LogHandle>),
    /// Leave: close all listeners, then each connection after its answer.
    Drain,
    /// End now.
    Stop,
}

/// A worker's thread and how to reach it.
#[derive(Debug)]
pub(crate) struct WorkerHandle {
    pub(crate) orders: mpsc::UnboundedSender<Order>,
    pub(crate) thread: thread::JoinHandle<()>,
}

/// What every worker is started with.
pub(crate) struct Start {
    pub(crate) shared: Arc<Shared>,
    pub(crate) metrics: Arc<crate::metrics::Metrics>,
    pub(crate) access_log: Option<LogHandle>,
    pub(crate) classes: mpsc::Sender<ClassCounts>,
    pub(crate) lessons: mpsc::Sender<Lessons>,
    pub(crate) seed: u64,
}

/// Starts `count` workers that know each other.
pub(crate) fn start(count: usize, start: &Start) -> io::Result<(Vec<WorkerHandle>, Arc<Crew>)> {
    let (hand_over, taken): (Vec<_>, Vec<_>) = (0..count).map(|_| mpsc::channel(1024)).unzip();
    let crew =
        Arc::new(Crew { open: (0..count).map(|_| AtomicUsize::new(0)).collect(), hand_over, room: Notify::new() });
    let gates = Arc::new(Gates::default());
    let workers = taken
        .into_iter()
        .enumerate()
        .map(|(index, taken)| spawn(index, start, &crew, &gates, taken))
        .collect::<io::Result<_>>()?;
    Ok((workers, crew))
}

fn spawn(
    index: usize,
    start: &Start,
    crew: &Arc<Crew>,
    gates: &Arc<Gates>,
    taken: mpsc::Receiver<(std::net::TcpStream, SocketAddr)>,
) -> io::Result<WorkerHandle> {
    let (orders, received) = mpsc::unbounded_channel();
    let runtime = Builder::new_current_thread().enable_all().build_local(LocalOptions::default());
    drop(runtime?); // Says now, on the caller's thread, if the system lacks what a runtime needs.
    let (shared, metrics) = (Arc::clone(&start.shared), start.metrics.worker(index));
    let events = Arc::clone(&start.metrics.events);
    let (crew, gates, access_log) = (Arc::clone(crew), Arc::clone(gates), start.access_log.clone());
    let (classes, lessons, seed) = (start.classes.clone(), start.lessons.clone(), start.seed);
    let thread = thread::Builder::new().name(format!("outrider-{index}")).spawn(move || {
        let runtime = Builder::new_current_thread()
            .enable_all()
            .build_local(LocalOptions::default())
            .expect("a runtime like it was built a moment ago");
        let worker = Rc::new(Worker {
            index,
            shared,
            metrics,
            events,
            picker: RefCell::new(Picker::new(Random::stream(seed, index as u64))),
            upstreams: Rc::default(),
            probing: Probing::default(),
            gates,
            tally: RefCell::default(),
            outbox: Outbox::new(lessons),
            access_log: RefCell::new(access_log),
            crew,
            drain: Notify::new(),
        });
        runtime.block_on(worker.run(received, taken, classes));
    })?;
    Ok(WorkerHandle { orders, thread })
}

impl Worker {
    async fn run(
        self: Rc<Self>,
        mut orders: mpsc::UnboundedReceiver<Order>,
        taken: mpsc::Receiver<(std::net::TcpStream, SocketAddr)>,
        classes: mpsc::Sender<ClassCounts>,
    ) {
        spawn_local(Rc::clone(&self).take_over(taken));
        spawn_local(Rc::clone(&self).keep_house(classes));
        let mut listening = HashMap::<SocketAddr, Listening>::new();
        while let Some(order) = orders.recv().await {
            match order {
                Order::Listen(address, socket, open) => match Listening::start(&self, address, socket, open) {
                    Ok(accepting) => drop(listening.insert(address, accepting)),
                    Err(why) => self.accept_failed(address, &why),
                },
                Order::Unlisten(address) => drop(listening.remove(&address)),
                Order::LogTo(log) => *self.access_log.borrow_mut() = log,
                Order::Drain => {
                    listening.clear();
                    self.drain.notify_waiters();
                    self.upstreams.clear();
                    self.probing.clear();
                }
                Order::Stop => return,
            }
        }
    }

    /// Ends when the process begins to leave.
    pub(crate) async fn draining(&self) {
        let notified = self.drain.notified();
        if !self.shared.is_draining() {
            notified.await;
        }
    }

    /// Serves what other workers hand over.
    async fn take_over(self: Rc<Self>, mut taken: mpsc::Receiver<(std::net::TcpStream, SocketAddr)>) {
        while let Some((stream, peer)) = taken.recv().await {
            match TcpStream::from_std(stream) {
                Ok(stream) => self.serve(stream, peer),
                Err(_) => drop(Place::taken(&self)),
            }
        }
    }

    /// Every half second: closes idle connections to hosts, and drops probes that nobody goes by. Every second: reports the classes seen.
    async fn keep_house(self: Rc<Self>, classes: mpsc::Sender<ClassCounts>) {
        let mut tick = interval(SWEEP);
        tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
        for round in 0u64.. {
            tick.tick().await;
            let keep_at_rest = self.shared.published.load().settings.limits.idle_per_host;
            self.upstreams.sweep(keep_at_rest);
            self.sweep_probes();
            if round.is_multiple_of(2) {
                if let Some(counts) = self.tally.borrow_mut().take() {
                    // A control thread that is a second behind loses a second of counts, no request.
                    let _ = classes.try_send(counts);
                }
                self.gates.sweep();
            }
        }
    }

    fn sweep_probes(&self) {
        self.probing.sweep();
        let mut picker = self.picker.borrow_mut();
        picker.sweep(self.shared.clock.now());
        let published = self.shared.published.load();
        for (position, view) in published.snapshot.pools.iter().enumerate().take(POOL_SLOTS) {
            let mut pools = picker.probe_pools();
            let kept = pools.find(|(name, _)| *name == view.name()).map_or(0, |(_, kept)| kept);
            self.metrics.pool(position).probes_kept.set(kept as u64);
        }
    }

    /// A new connection: here, or at a worker that has clearly fewer.
    fn accepted(self: &Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        let Some(other) = self.crew.emptier_than(self.index) else {
            self.enter(self.index);
            return self.serve(stream, peer);
        };
        let Ok(stream) = stream.into_std() else { return };
        self.enter(other);
        if let Err(refused) = self.crew.hand_over[other].try_send((stream, peer)) {
            self.crew.open[other].fetch_sub(1, Ordering::Relaxed);
            self.enter(self.index);
            let (stream, peer) = refused.into_inner();
            match TcpStream::from_std(stream) {
                Ok(stream) => self.serve(stream, peer),
                Err(_) => drop(Place::taken(self)),
            }
        }
    }

    fn enter(&self, worker: usize) {
        self.crew.open[worker].fetch_add(1, Ordering::Relaxed);
    }

    fn serve(self: &Rc<Self>, stream: TcpStream, peer: SocketAddr) {
        spawn_local(connection::serve(Place::taken(self), stream, peer));
    }

    fn accept_failed(&self, address: SocketAddr, why: &io::Error) {
        self.events.emit(&AcceptFailed { address, why: why.to_string() });
    }

    /// Waits until the number of connections is below the limit.
    async fn room(&self) {
        loop {
            let freed = self.crew.room.notified();
            if self.crew.total() < self.shared.published.load().settings.limits.connections {
                return;
            }
            // A second's sleep besides, for a limit that was raised meanwhile.
            let _ = tokio::time::timeout(Duration::from_secs(1), freed).await;
        }
    }
}

/// A client connection's place among those that are open, given up when dropped, however the connection ends. A tunnel
/// keeps it.
#[derive(Debug)]
pub(crate) struct Place(Rc<Worker>);

impl Place {
    /// The place that was counted when the connection was accepted.
    fn taken(worker: &Rc<Worker>) -> Place {
        worker.metrics.connections_open.add(1);
        Place(Rc::clone(worker))
    }

    pub(crate) fn worker(&self) -> &Rc<Worker> {
        &self.0
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let worker = &self.0;
        worker.metrics.connections_open.sub(1);
        worker.crew.open[worker.index].fetch_sub(1, Ordering::Relaxed);
        worker.crew.room.notify_waiters();
    }
}
