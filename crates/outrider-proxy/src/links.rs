//! Probes of links: how long the handshake of a TCP connection to each host takes, a row each in a file that `outrider train
//! degradation` learns from.
//!
//! On a thread of its own, so that what is measured is the link and not the work of the control thread or of a worker. A task per
//! host probes at its own phase of the period; a host has one probe under way at most, all together [`AT_A_TIME`]. Rows are
//! written once a second, beside the probes: a disk that hangs delays rows, never a probe, and what cannot be written is
//! dropped and counted. Hosts are those of every pool, fit or not, as they come and go.

mod file;
mod handshake;
mod phases;
mod rows;

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

use tokio::sync::{Notify, Semaphore, mpsc};
use tokio::time::{Instant, MissedTickBehavior, interval, interval_at, timeout};

use crate::control::Task;
use crate::metrics::Metrics;
use crate::settings::LinkProbes;
use crate::shared::Shared;
use handshake::Handshake;
use phases::Phases;
use rows::Rows;

pub use file::{LinkFile, LinkFileError};

/// Probes under way at a time. With more hosts that do not answer than this in a timeout, each is probed less often than configured.
const AT_A_TIME: usize = 256;
/// How often rows are written, and hosts looked for that came or went.
const ROUND: Duration = Duration::from_secs(1);
/// Probes whose rows have not been made yet; who has more waits, which delays the next probe of the same host.
const QUEUE: usize = 256;
/// How long the end waits for the last rows.
const LAST_ROWS: Duration = Duration::from_millis(500);

/// The probes of the proxy, running or not.
#[derive(Debug)]
pub(crate) struct Links {
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    running: Mutex<Option<Running>>,
}

#[derive(Debug)]
struct Running {
    settings: LinkProbes,
    stop: Arc<Notify>,
    thread: Option<JoinHandle<()>>,
}

/// Makes sure that the file of `wanted` can be appended to.
pub(crate) fn prepare(wanted: Option<&LinkProbes>) -> Result<(), LinkFileError> {
    wanted.map_or(Ok(()), |settings| LinkFile::of(settings).open())
}

impl Links {
    /// Nothing is probed yet.
    pub(crate) fn new(shared: &Arc<Shared>, metrics: &Arc<Metrics>) -> Links {
        Links { shared: Arc::clone(shared), metrics: Arc::clone(metrics), running: Mutex::default() }
    }

    /// Makes sure that the file of `wanted` can be appended to, if it is another than now.
    pub(crate) fn prepare(&self, wanted: Option<&LinkProbes>) -> Result<(), LinkFileError> {
        if self.running().as_ref().map(|running| &running.settings) == wanted { Ok(()) } else { prepare(wanted) }
    }

    /// From now on probes as `wanted` says. What runs as wanted is not disturbed.
    pub(crate) fn switch(&self, wanted: Option<&LinkProbes>) -> io::Result<()> {
        let mut running = self.running();
        if running.as_ref().map(|running| &running.settings) != wanted {
            // One after the other: the cells of the metrics have one writer.
            drop(running.take());
            *running = wanted.map(|settings| self.start(settings)).transpose()?;
        }
        Ok(())
    }

    fn running(&self) -> MutexGuard<'_, Option<Running>> {
        self.running.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn start(&self, settings: &LinkProbes) -> io::Result<Running> {
        let stop = Arc::new(Notify::new());
        let prober = Prober {
            settings: settings.clone(),
            shared: Arc::clone(&self.shared),
            metrics: Arc::clone(&self.metrics),
            followed: Arc::default(),
            phases: Phases::anywhere(),
            tasks: BTreeMap::new(),
        };
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let told = Arc::clone(&stop);
        let run = move || {
            runtime.block_on(prober.probe(&told));
            // Writing to a mount that hangs must not hold up the end.
            runtime.shutdown_background();
        };
        let thread = std::thread::Builder::new().name("outrider-links".to_owned()).spawn(run)?;
        Ok(Running { settings: settings.clone(), stop, thread: Some(thread) })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.stop.notify_one();
        // A thread that panicked has said so itself.
        let _ = self.thread.take().map(JoinHandle::join);
    }
}

/// What runs on the thread.
struct Prober {
    settings: LinkProbes,
    shared: Arc<Shared>,
    metrics: Arc<Metrics>,
    followed: Arc<BTreeSet<SocketAddr>>,
    phases: Phases,
    tasks: BTreeMap<SocketAddr, Task>,
}

impl Prober {
    async fn probe(mut self, stop: &Notify) {
        let (found, mut results) = mpsc::channel(QUEUE);
        let rhythm = Rhythm {
            origin: Instant::now(),
            every: self.settings.every,
            timeout: self.settings.timeout,
            slots: Arc::new(Semaphore::new(AT_A_TIME)),
            found,
        };
        let mut rows = Rows::new(LinkFile::of(&self.settings), Arc::clone(&self.metrics));
        let mut rounds = interval(ROUND);
        rounds.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = rounds.tick() => {
                    self.follow(&rhythm);
                    rows.write();
                }
                Some(probe) = results.recv() => self.take(&probe, &mut rows),
                () = rows.written() => {}
                () = stop.notified() => break,
            }
        }
        while let Ok(probe) = results.try_recv() {
            self.take(&probe, &mut rows);
        }
        self.tasks.clear();
        // Fails only where the disk hangs.
        let _ = timeout(LAST_ROWS, rows.finish()).await;
        self.metrics.links.keep_hosts(|_| false);
    }

    /// Probes the hosts that there are now.
    fn follow(&mut self, rhythm: &Rhythm) {
        let wanted = self.shared.addresses.load_full();
        if Arc::ptr_eq(&wanted, &self.followed) {
            return;
        }
        self.tasks.retain(|address, _| wanted.contains(address));
        self.phases.keep(|address| wanted.contains(address));
        self.metrics.links.keep_hosts(|address| wanted.contains(address));
        for &address in wanted.iter() {
            let phase = rhythm.every.mul_f64(self.phases.of(address));
            self.tasks.entry(address).or_insert_with(|| Task::start(rhythm.clone().keep(address, phase)));
        }
        self.followed = wanted;
    }

    fn take(&self, probe: &Handshake, rows: &mut Rows) {
        let is_followed = self.tasks.contains_key(&probe.host);
        self.metrics.links.probed(probe.result, is_followed.then_some((probe.host, probe.round_trip)));
        rows.add(probe);
    }
}

/// When hosts are probed, and how.
#[derive(Clone)]
struct Rhythm {
    origin: Instant,
    every: Duration,
    timeout: Duration,
    slots: Arc<Semaphore>,
    found: mpsc::Sender<Handshake>,
}

impl Rhythm {
    async fn keep(self, host: SocketAddr, phase: Duration) {
        let first = self.origin + phases::next(phase, self.every, self.origin.elapsed());
        let mut ticks = interval_at(first, self.every);
        // Whoever is late waits for its phase again.
        ticks.set_missed_tick_behavior(MissedTickBehavior::Skip);
        loop {
            ticks.tick().await;
            let slot = self.slots.acquire().await;
            let probe = handshake::measure(host, self.timeout).await;
            drop(slot);
            if self.found.send(probe).await.is_err() {
                return;
            }
        }
    }
}

#[cfg(test)]
mod tests;
