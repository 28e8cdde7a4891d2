//! The proxy as a whole: starts its threads, changes what they do, lets them leave.

mod start_error;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use tokio::sync::mpsc;
use tokio::time::{Instant, timeout_at};

use crate::access_log::{self, LogHandle};
use crate::closing::Closing;
use crate::control::{Control, ControlHandle, ParseHosts, Reports};
use crate::events::{Events, InternalFault};
use crate::links::{self, Links};
use crate::listener;
use crate::metrics::Metrics;
use crate::settings::{AccessLog, LogTarget, Settings};
use crate::shared::{Clock, Shared};
use crate::worker::{self, Crew, Order, Start, WorkerHandle};

pub use start_error::ProxyStartError;

/// Reports of classes that may wait for the control thread.
const CLASS_REPORTS: usize = 64;
/// Lessons that may wait for it: some 16,000 outcomes, which take it less than a tick.
const LESSONS: usize = 64;
/// How often a leaving proxy looks whether it is empty.
const LOOK: Duration = Duration::from_millis(20);
/// How long a leaving proxy waits for a writer of the access log that does not get on.
const LOG_FINISH: Duration = Duration::from_secs(1);

/// What the proxy is started with besides its settings.
#[derive(Clone, Debug)]
pub struct StartOptions {
    /// Reads a hosts file.
    pub parse_hosts: ParseHosts,
    /// Seed of all that is drawn at random.
    pub seed: u64,
    /// Join the listening sockets of another process that is about to leave.
    pub take_over: bool,
}

/// A running proxy.
#[derive(Debug)]
pub struct Proxy {
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    control: ControlHandle,
    workers: Vec<WorkerHandle>,
    crew: Arc<Crew>,
    current: Mutex<Current>,
    closing: Arc<Closing>,
    links: Links,
    take_over: bool,
}

/// What was applied last.
#[derive(Debug)]
struct Current {
    /// Each listener as configured, and as bound.
    listeners: Vec<(SocketAddr, SocketAddr)>,
    access_log: Option<AccessLog>,
    log: Option<LogHandle>,
}

/// The sockets of one new listener, one for each worker.
struct Bound {
    configured: SocketAddr,
    address: SocketAddr,
    sockets: Vec<std::net::TcpListener>,
}

impl Proxy {
    /// Binds, reads hosts, starts all threads. Connections are accepted once it returns.
    ///
    /// # Errors
    /// If an address, a file or a thread is not to be had; nothing is left running then.
    pub fn start(
        settings: Arc<Settings>,
        events: Arc<Events>,
        options: &StartOptions,
    ) -> Result<Proxy, ProxyStartError> {
        let count = settings.workers;
        let bound = bind_all(settings.listeners.iter().map(|l| l.address), count, options.take_over, Vec::new())?;
        let log = settings.access_log.as_ref().map(|target| open_log(target, &events)).transpose()?;
        links::prepare(settings.link_probes.as_ref())?;
        let metrics = Arc::new(Metrics::new(count, events));
        let (classes, seen) = mpsc::channel(CLASS_REPORTS);
        let (lessons, learnt) = mpsc::channel(LESSONS);
        let reports = Reports { classes: seen, lessons: learnt };
        let (access_log, link_probes) = (settings.access_log.clone(), settings.link_probes.clone());
        let (shared, control) =
            Control::spawn(Clock::start(), settings, reports, options.parse_hosts, Arc::clone(&metrics))?;
        let start = Start {
            shared: Arc::clone(&shared),
            metrics: Arc::clone(&metrics),
            access_log: log.clone(),
            classes,
            lessons,
            seed: options.seed,
        };
        let (workers, crew) = worker::start(count, &start)?;
        let links = Links::new(&shared, &metrics);
        links.switch(link_probes.as_ref())?;
        let proxy = Proxy {
            shared,
            metrics,
            control,
            workers,
            crew,
            current: Mutex::new(Current { listeners: Vec::new(), access_log, log }),
            closing: Arc::default(),
            links,
            take_over: options.take_over,
        };
        proxy.listen(bound);
        Ok(proxy)
    }

    /// The addresses that are listened on.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.current().listeners.iter().map(|&(_, address)| address).collect()
    }

    /// What the threads share.
    pub fn shared(&self) -> &Arc<Shared> {
        &self.shared
    }

    /// What is counted.
    pub fn metrics(&self) -> &Arc<Metrics> {
        &self.metrics
    }

    /// The control thread.
    pub fn control(&self) -> &ControlHandle {
        &self.control
    }

    /// Replaces all settings, or none of them.
    ///
    /// # Errors
    /// If something new is not to be had; everything goes on as before then.
    pub async fn apply(&self, settings: Arc<Settings>) -> Result<(), ProxyStartError> {
        if settings.workers != self.workers.len() {
            return Err(ProxyStartError::Workers { now: self.workers.len(), wanted: settings.workers });
        }
        let wanted: Vec<SocketAddr> = settings.listeners.iter().map(|l| l.address).collect();
        let kept: Vec<SocketAddr> = self.current().listeners.iter().map(|&(configured, _)| configured).collect();
        let new = wanted.iter().copied().filter(|address| !kept.contains(address));
        let bound = bind_all(new, self.workers.len(), self.take_over, self.held())?;
        let new_log = self.changed_log(&settings)?;
        self.links.prepare(settings.link_probes.as_ref())?;
        self.control.apply(Arc::clone(&settings)).await?;
        if let Some((access_log, log)) = new_log {
            self.log_to(access_log, log);
        }
        if let Err(why) = self.links.switch(settings.link_probes.as_ref()) {
            self.metrics.events.emit(&InternalFault { what: format!("links are not probed: {why}") });
        }
        self.listen(bound);
        self.unlisten_all_but(&wanted);
        Ok(())
    }

    /// Opens the access log again under its name.
    pub fn reopen_logs(&self) {
        if let Some(log) = &self.current().log {
            log.reopen();
        }
    }

    /// Leaves: listeners close with empty queues, each connection after its answer, all else after `drain.timeout`.
    /// Returns whether everything ended by itself.
    pub async fn drain(self) -> bool {
        let drain = self.shared.published.load().settings.drain.clone();
        self.shared.start_draining();
        self.order(|| Order::Drain);
        let deadline = Instant::now() + drain.timeout;
        // Listeners accept for a moment more. A socket that is not closed in time is cut like everything else.
        let closed = timeout_at(deadline, self.closing.closed()).await.is_ok();
        while self.crew.total() > 0 && Instant::now() < deadline {
            tokio::time::sleep(LOOK).await;
        }
        let empty = closed && self.crew.total() == 0;
        self.stop();
        empty
    }

    /// Ends now, whatever is under way.
    pub fn stop(self) {
        self.order(|| Order::Stop);
        for worker in self.workers {
            // A worker that panicked has said so on its own thread.
            let _ = worker.thread.join();
        }
        drop(self.links);
        self.control.shutdown();
        let current = self.current.into_inner().unwrap_or_else(PoisonError::into_inner);
        if let Some(log) = current.log {
            log.finish(LOG_FINISH);
        }
    }

    fn current(&self) -> std::sync::MutexGuard<'_, Current> {
        self.current.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The addresses that our own sockets are bound to, those included that are about to close.
    fn held(&self) -> Vec<SocketAddr> {
        self.closing.addresses().clone()
    }

    fn order(&self, order: impl Fn() -> Order) {
        for worker in &self.workers {
            // A worker that is gone needs no orders.
            let _ = worker.orders.send(order());
        }
    }

    fn listen(&self, bound: Vec<Bound>) {
        for Bound { configured, address, sockets } in bound {
            for (worker, socket) in self.workers.iter().zip(sockets) {
                let _ = worker.orders.send(Order::Listen(address, socket, self.closing.open(address)));
            }
            self.current().listeners.push((configured, address));
        }
    }

    fn unlisten_all_but(&self, wanted: &[SocketAddr]) {
        let mut current = self.current();
        let (kept, gone) = current.listeners.iter().partition(|(configured, _)| wanted.contains(configured));
        current.listeners = kept;
        let gone: Vec<(SocketAddr, SocketAddr)> = gone;
        for (_, address) in gone {
            self.order(|| Order::Unlisten(address));
        }
    }

    /// The new access log, if it is another than the present one.
    #[expect(clippy::type_complexity, reason = "where to, and the handle")]
    fn changed_log(
        &self,
        settings: &Settings,
    ) -> Result<Option<(Option<AccessLog>, Option<LogHandle>)>, ProxyStartError> {
        if self.current().access_log == settings.access_log {
            return Ok(None);
        }
        let open = |target| open_log(target, &self.metrics.events);
        let log = settings.access_log.as_ref().map(open).transpose()?;
        Ok(Some((settings.access_log.clone(), log)))
    }

    fn log_to(&self, access_log: Option<AccessLog>, log: Option<LogHandle>) {
        self.order(|| Order::LogTo(log.clone()));
        let mut current = self.current();
        current.access_log = access_log;
        current.log = log;
    }
}

/// Binds each of `addresses`; `ours` are those that are bound already.
fn bind_all(
    addresses: impl Iterator<Item = SocketAddr>,
    count: usize,
    take_over: bool,
    mut ours: Vec<SocketAddr>,
) -> Result<Vec<Bound>, ProxyStartError> {
    addresses
        .map(|configured| {
            let listen = |source| ProxyStartError::Listen { address: configured, source };
            let sockets = listener::bind(configured, count, take_over, &ours).map_err(listen)?;
            let address = sockets[0].local_addr().map_err(listen)?;
            ours.push(address);
            Ok(Bound { configured, address, sockets })
        })
        .collect()
}

fn open_log(log: &AccessLog, events: &Arc<Events>) -> Result<LogHandle, ProxyStartError> {
    access_log::open(&log.to, events).map_err(|source| ProxyStartError::AccessLog {
        path: match &log.to {
            LogTarget::Stdout => "standard output".to_owned(),
            LogTarget::File(path) => path.display().to_string(),
        },
        source,
    })
}

#[cfg(test)]
mod tests;
