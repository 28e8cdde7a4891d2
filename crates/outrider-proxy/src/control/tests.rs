//! The control thread as the rest of the process sees it: real sockets, real files, real time.

mod changes;
mod teaching;
mod values;
mod watching;

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use outrider_features::ClassSettings;
use outrider_pilot::{HealthSettings, HostSpec, HostStatus, Labels, PoolSettings};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::sync::mpsc;

use super::*;
use crate::control::task::Task;
use crate::events::{Events, LineFormat, Memory};
use crate::settings::{Drain, Forwarding, HostSource, Limits, Pool, Timeouts};

/// A folder that is gone after the test.
pub(super) struct Folder(pub(super) PathBuf);

impl Folder {
    pub(super) fn new() -> Folder {
        static NEXT: AtomicUsize = AtomicUsize::new(0);
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let path = std::env::temp_dir().join(format!("outrider-control-{}-{number}", std::process::id()));
        fs::create_dir_all(&path).unwrap();
        Folder(path)
    }

    fn file(&self, text: &str) -> PathBuf {
        let path = self.0.join("hosts");
        self.write(text);
        path
    }

    /// Replaces the file at once, as the documentation asks for.
    fn write(&self, text: &str) {
        let next = self.0.join("hosts.next");
        fs::write(&next, text).unwrap();
        fs::rename(next, self.0.join("hosts")).unwrap();
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One address a line. `break` panics; `wait` has no hosts, once there is a file `go` beside it.
pub(super) fn parse(path: &Path) -> Result<Vec<HostSpec>, String> {
    let text = fs::read_to_string(path).map_err(|error| error.to_string())?;
    if text == "wait" {
        while !path.with_file_name("go").exists() {
            std::thread::yield_now();
        }
        return Ok(Vec::new());
    }
    assert!(text != "break", "as a reader with a fault would");
    let address = |line: &str| line.parse().map_err(|_| format!("{line:?} is no address"));
    text.lines().map(|line| address(line).map(spec)).collect()
}

fn spec(address: SocketAddr) -> HostSpec {
    HostSpec { address, weight: 1, labels: Labels::default() }
}

fn address(port: u16) -> SocketAddr {
    SocketAddr::from(([127, 0, 0, 1], port))
}

fn hosts(ports: impl IntoIterator<Item = u16>) -> Vec<HostSource> {
    ports.into_iter().map(|port| HostSource::Static(spec(address(port)))).collect()
}

/// A pool without health checks.
fn pool(name: &str, sources: Vec<HostSource>) -> Pool {
    let mut settings = PoolSettings::named(name);
    settings.health.enabled = false;
    Pool { settings, sources, values_file: None }
}

/// A pool whose hosts are asked for `/up` every 20 ms.
fn checked(name: &str, sources: Vec<HostSource>) -> Pool {
    let mut pool = pool(name, sources);
    pool.settings.health =
        HealthSettings { path: Some("/up".into()), interval: Duration::from_millis(20), ..HealthSettings::default() };
    pool
}

fn settings(pools: Vec<Pool>) -> Arc<Settings> {
    Arc::new(Settings {
        listeners: Vec::new(),
        pools,
        routes: Vec::new(),
        classes: ClassSettings::default(),
        limits: Limits::default(),
        timeouts: Timeouts::default(),
        forwarding: Forwarding::default(),
        access_log: None,
        link_probes: None,
        workers: 1,
        drain: Drain::default(),
    })
}

/// A control thread under test.
struct Tower {
    shared: Arc<Shared>,
    handle: ControlHandle,
    metrics: Arc<Metrics>,
    lines: Arc<Memory>,
    classes: mpsc::Sender<ClassCounts>,
    lessons: mpsc::Sender<Lessons>,
}

impl Tower {
    fn try_start(pools: Vec<Pool>) -> Result<Tower, ControlError> {
        let (events, lines) = Events::to_memory(LineFormat::Human).unwrap();
        let metrics = Arc::new(Metrics::new(1, Arc::new(events)));
        let (classes, seen) = mpsc::channel(4);
        let (lessons, learnt) = mpsc::channel(4);
        let reports = Reports { classes: seen, lessons: learnt };
        let (shared, handle) = Control::spawn(Clock::start(), settings(pools), reports, parse, Arc::clone(&metrics))?;
        Ok(Tower { shared, handle, metrics, lines, classes, lessons })
    }

    fn start(pools: Vec<Pool>) -> Tower {
        Tower::try_start(pools).unwrap()
    }

    async fn host(&self, pool: &str, host: SocketAddr) -> HostStatus {
        let status = self.handle.status().await.unwrap();
        let pool = status.pools.into_iter().find(|p| p.settings.name == pool).unwrap();
        pool.hosts.into_iter().find(|h| h.address == host).unwrap()
    }

    /// The ports of the hosts that workers may pick in the pool at `position`.
    fn picked_from(&self, position: usize) -> Vec<u16> {
        let published = self.shared.published.load();
        published.snapshot.pools[position].candidates().map(|host| host.address.port()).collect()
    }

    fn said(&self, what: &str) -> bool {
        self.metrics.events.flush();
        self.lines.text().contains(what)
    }
}

/// Waits until `condition` holds; a test that waits in vain fails by name of what it waited for.
async fn until(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let deadline = Instant::now() + Duration::from_secs(10);
    while !condition().await {
        assert!(Instant::now() < deadline, "waited in vain until {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

/// A host whose health a test can set.
struct Backend {
    port: u16,
    status: Arc<AtomicU16>,
    asked: Arc<AtomicUsize>,
    _server: Task,
}

impl Backend {
    async fn start() -> Backend {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (status, asked) = (Arc::new(AtomicU16::new(200)), Arc::new(AtomicUsize::new(0)));
        let backend = (listener, Arc::clone(&status), Arc::clone(&asked));
        Backend {
            port: backend.0.local_addr().unwrap().port(),
            status,
            asked,
            _server: Task::start(async move {
                let (listener, status, asked) = backend;
                while let Ok((mut stream, _)) = listener.accept().await {
                    let mut head = [0; 1024];
                    let _ = stream.read(&mut head).await;
                    asked.fetch_add(1, Ordering::SeqCst);
                    let status = status.load(Ordering::SeqCst);
                    let answer = format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n");
                    let _ = stream.write_all(answer.as_bytes()).await;
                }
            }),
        }
    }

    fn answer(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }

    fn asked(&self) -> usize {
        self.asked.load(Ordering::SeqCst)
    }
}
