//! Uneven hosts on real sockets, all in one process and on one thread (and one that rings their alarms).
//!
//! A host's service is a timer, never burnt CPU: hosts that share cores are no different from each other, however unlike
//! they are meant to be. Each has bounded parallelism and one FIFO queue, speeds by class, luck from a seed, and faults.

pub(crate) mod alarms;
mod busy;
mod counts;
pub(crate) mod door;
mod host;
mod keeper;
mod orca;
mod service;
pub(crate) mod slots;
mod spec;

use std::io;
use std::net::SocketAddr;
use std::sync::{Arc, mpsc};
use std::thread::JoinHandle;
use std::time::Duration;

use bytes::Bytes;
use thiserror::Error;
use tokio::runtime::Runtime;
use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::oneshot;
use tokio::task::JoinSet;

use alarms::Alarms;
use door::Door;
use host::Host;
use keeper::{Keeper, Order};

pub use counts::{HostCounts, TimerLag};
pub use service::SERVED_BY;
pub use spec::{BackendsSpec, SpecError};

use outrider_workload::{Fault, ScriptedFault};

/// Hosts that run. Dropping it ends them and their connections.
#[derive(Debug)]
pub struct Backends {
    spec: Arc<BackendsSpec>,
    hosts: Vec<Running>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Running {
    host: Arc<Host>,
    address: SocketAddr,
    orders: UnboundedSender<Order>,
}

/// Why hosts could not start.
#[derive(Debug, Error)]
pub enum BackendsError {
    /// They cannot be as described.
    #[error(transparent)]
    Spec(#[from] SpecError),
    /// An address cannot be listened on.
    #[error("host {host} cannot listen on {address}: {source}")]
    Listen {
        /// Which host.
        host: usize,
        /// Where.
        address: SocketAddr,
        /// Why not.
        source: io::Error,
    },
    /// The system gave no runtime or thread.
    #[error("the hosts' thread cannot start: {0}")]
    Thread(#[from] io::Error),
}

/// How long a fault may take until it stands before the caller goes on without knowing.
const FAULT_PATIENCE: Duration = Duration::from_secs(5);

impl Backends {
    /// Starts all hosts of `spec`; on return they listen.
    ///
    /// # Errors
    /// When the description makes no sense, an address is taken, or the system refuses a thread.
    pub fn start(spec: BackendsSpec) -> Result<Backends, BackendsError> {
        spec.check()?;
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().enable_time().build()?;
        let spec = Arc::new(spec);
        let (hosts, keepers) = open_all(&spec, &runtime)?;
        let (stop, stopped) = oneshot::channel();
        let script = script(&spec.faults, &hosts);
        let thread = std::thread::Builder::new()
            .name("lab-backends".to_owned())
            .spawn(move || runtime.block_on(run(keepers, script, stopped)))?;
        Ok(Backends { spec, hosts, stop: Some(stop), thread: Some(thread) })
    }

    /// What they are.
    pub fn spec(&self) -> &BackendsSpec {
        &self.spec
    }

    /// Where they listen, in their order.
    pub fn addresses(&self) -> Vec<SocketAddr> {
        self.hosts.iter().map(|h| h.address).collect()
    }

    /// The name of each, as answers carry it in [`SERVED_BY`].
    pub fn names(&self) -> Vec<String> {
        let name = |h: &Running| String::from_utf8_lossy(h.host.name.as_bytes()).into_owned();
        self.hosts.iter().map(name).collect()
    }

    /// Sets what is wrong with host `host` (from 0) until the next order; returns when it stands. An index beyond the
    /// fleet does nothing.
    pub fn set_fault(&self, host: usize, fault: Fault) {
        let Some(running) = self.hosts.get(host) else {
            return;
        };
        let (done, stands) = mpsc::channel();
        let done = Some(done);
        if running.orders.send(Order { fault, done }).is_ok() {
            let _ = stands.recv_timeout(FAULT_PATIENCE);
        }
    }

    /// What has happened at host `host` so far; nothing for an index beyond the fleet.
    pub fn counts(&self, host: usize) -> HostCounts {
        let running = self.hosts.get(host);
        running.map_or_else(HostCounts::default, |h| h.host.counts())
    }

    /// How late timers fired so far, over all hosts.
    pub fn timer_lag(&self) -> TimerLag {
        let lags = self.hosts.iter().map(|h| h.host.timer_lag());
        lags.fold(TimerLag::default(), TimerLag::merge)
    }

    /// From now on all luck is that of `seed`, and neighbours begin anew: what makes two runs comparable.
    pub fn begin_round(&self, seed: u64) {
        for running in &self.hosts {
            running.host.reseed(seed);
        }
    }

    /// Ends all hosts and waits until they are gone.
    pub fn shutdown(self) {
        drop(self);
    }
}

impl Drop for Backends {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            // A panic over there has already been printed.
            let _ = thread.join();
        }
    }
}

type Kept = (Keeper, UnboundedReceiver<Order>);

fn open_all(spec: &Arc<BackendsSpec>, runtime: &Runtime) -> Result<(Vec<Running>, Vec<Kept>), BackendsError> {
    let _context = runtime.enter();
    let body = Bytes::from(vec![b'x'; spec.response_bytes]);
    let alarms = Arc::new(Alarms::start()?);
    let mut hosts = Vec::new();
    let mut keepers = Vec::new();
    for index in 0..spec.fleet.hosts.len() {
        let address = spec.address(index);
        let door = Door::open(address).map_err(|source| BackendsError::Listen { host: index, address, source })?;
        let host = Arc::new(Host::new(index, spec, Arc::clone(&alarms)));
        let (orders, inbox) = unbounded_channel();
        hosts.push(Running { host: Arc::clone(&host), address: door.address(), orders });
        keepers.push((Keeper::new(host, door, body.clone()), inbox));
    }
    Ok((hosts, keepers))
}

/// Each line of the script with the inbox of the host it is about.
fn script(faults: &[ScriptedFault], hosts: &[Running]) -> Vec<(ScriptedFault, UnboundedSender<Order>)> {
    let line = |line: &ScriptedFault| (*line, hosts[line.host].orders.clone());
    faults.iter().map(line).collect()
}

async fn run(keepers: Vec<Kept>, script: Vec<(ScriptedFault, UnboundedSender<Order>)>, stopped: oneshot::Receiver<()>) {
    let mut tasks = JoinSet::new();
    for (keeper, orders) in keepers {
        tasks.spawn(async move {
            keeper.run(orders).await;
        });
    }
    for (line, orders) in script {
        tasks.spawn(play(line, orders));
    }
    // Dropped or sent, it means the same.
    let _ = stopped.await;
}

/// Plays one line of the script. The inbox lives as long as the host: sends cannot fail before the end.
async fn play(line: ScriptedFault, orders: UnboundedSender<Order>) {
    let order = |fault| Order { fault, done: None };
    tokio::time::sleep(line.at).await;
    let _ = orders.send(order(line.fault));
    if let Some(lasts) = line.lasts {
        tokio::time::sleep(lasts).await;
        let _ = orders.send(order(Fault::None));
    }
}
