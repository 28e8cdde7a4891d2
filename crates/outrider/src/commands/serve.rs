//! `outrider serve`: balances, until it is told to leave.
//!
//! Signals: SIGTERM and SIGINT drain (a second one ends at once), SIGHUP reads the configuration again and opens the access
//! log anew. A configuration file that changes is applied by itself once it has come to rest.

use std::io;
use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;
use std::time::Duration;

use arc_swap::ArcSwap;
use clap::{Args, ValueEnum};
use outrider_admin::AdminState;
use outrider_proxy::events::{ConfigRefused, DrainFinished, DrainStarted, Events, LineFormat};
use outrider_proxy::{Proxy, ProxyStartError, StartOptions};
use serde_json::Value;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio::time::{MissedTickBehavior, interval};

use crate::commands::terminal;
use crate::config::{self, Config, FileWatch, Surroundings, parse_hosts_file};
use crate::descriptors;

/// How often the configuration file is looked at.
const POLL: Duration = Duration::from_secs(1);

/// Balances.
#[derive(Debug, Args)]
pub(super) struct Serve {
    /// The configuration
    #[arg(short, long, value_name = "FILE", default_value = "outrider.yaml")]
    config: PathBuf,
    /// How events are written to the standard error stream
    #[arg(long, value_enum, default_value_t = Format::Human)]
    events: Format,
    /// Join the listening sockets of an Outrider that is about to leave
    #[arg(long)]
    take_over: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Human,
    Json,
}

/// Why serving did not begin.
#[derive(Debug, thiserror::Error)]
enum ServeError {
    #[error(
        "the admin API cannot listen on {address}: {source}; is another Outrider running? admin.address in the configuration chooses another"
    )]
    Admin { address: SocketAddr, source: io::Error },
    #[error(transparent)]
    Start(#[from] ProxyStartError),
    #[error("the system refuses what serving needs: {0}")]
    System(#[from] io::Error),
}

impl Serve {
    pub(super) fn run(self) -> io::Result<ExitCode> {
        let (config, bytes) = match self.load() {
            Ok(loaded) => loaded,
            Err(report) => {
                terminal::complain(&report.render(terminal::colour()));
                return Ok(ExitCode::FAILURE);
            }
        };
        match self.serve(config, &bytes) {
            Ok(code) => Ok(code),
            Err(error) => {
                terminal::complain(&error.to_string());
                Ok(ExitCode::FAILURE)
            }
        }
    }

    /// The configuration, and the bytes that it was read from.
    fn load(&self) -> Result<(Config, Vec<u8>), config::Report> {
        let bytes = config::read_bytes(&self.config)?;
        let config = config::parse(&self.config, &bytes, &Surroundings::of(&self.config))?;
        Ok((config, bytes))
    }

    fn serve(&self, config: Config, bytes: &[u8]) -> Result<ExitCode, ServeError> {
        descriptors::raise_limit();
        let admin = listen_admin(config.admin.address)?;
        let events = Arc::new(Events::to_stderr(self.events.into())?);
        let options = StartOptions { parse_hosts: parse_hosts_file, seed: seed(), take_over: self.take_over };
        let proxy = Proxy::start(Arc::new(config.settings.clone()), Arc::clone(&events), &options)?;
        announce(&proxy, admin.local_addr()?);
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let run = Run {
            watch: FileWatch::new(&self.config, bytes),
            path: self.config.clone(),
            effective: Arc::new(ArcSwap::from_pointee(config.effective.clone())),
            applied: config,
            proxy,
            events: Arc::clone(&events),
        };
        let code = runtime.block_on(run.until_told_to_leave(admin))?;
        events.flush();
        Ok(code)
    }
}

impl From<Format> for LineFormat {
    fn from(format: Format) -> LineFormat {
        match format {
            Format::Human => LineFormat::Human,
            Format::Json => LineFormat::Json,
        }
    }
}

fn listen_admin(address: SocketAddr) -> Result<TcpListener, ServeError> {
    TcpListener::bind(address).map_err(|source| ServeError::Admin { address, source })
}

/// Says where the process listens, in a form that scripts may read.
fn announce(proxy: &Proxy, admin: SocketAddr) {
    for address in proxy.addresses() {
        terminal::complain(&format!("outrider: listening on {address}"));
    }
    terminal::complain(&format!("outrider: admin on {admin}"));
    terminal::complain("outrider: ready");
}

/// Luck that differs from run to run, and from one balancer to the next.
fn seed() -> u64 {
    use std::hash::{BuildHasher, RandomState};
    RandomState::new().hash_one(std::process::id())
}

/// A process that serves.
struct Run {
    path: PathBuf,
    watch: FileWatch,
    applied: Config,
    effective: Arc<ArcSwap<Value>>,
    proxy: Proxy,
    events: Arc<Events>,
}

impl Run {
    async fn until_told_to_leave(mut self, admin: TcpListener) -> io::Result<ExitCode> {
        let mut stop = Stop::new()?;
        let mut reload = signal(SignalKind::hangup())?;
        let admin = tokio::spawn(outrider_admin::serve(admin, self.admin_state()));
        let mut poll = interval(POLL);
        poll.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                () = stop.told() => break,
                _ = reload.recv() => {
                    self.proxy.reopen_logs();
                    match config::read_bytes(&self.path) {
                        Ok(bytes) => {
                            self.apply(&bytes).await;
                            self.watch.applied(&bytes);
                        }
                        Err(report) => self.refuse(report.render(false)),
                    }
                }
                _ = poll.tick() => {
                    if let Some(bytes) = self.watch.poll() {
                        self.apply(&bytes).await;
                    }
                }
            }
        }
        let code = self.leave(stop).await;
        admin.abort();
        Ok(code)
    }

    fn admin_state(&self) -> AdminState {
        AdminState {
            shared: Arc::clone(self.proxy.shared()),
            control: self.proxy.control().clone(),
            metrics: Arc::clone(self.proxy.metrics()),
            token: self.applied.admin.token.as_ref().map(|token| token.reveal().to_owned()),
            config: Arc::clone(&self.effective),
        }
    }

    /// Applies a configuration, whole or not at all.
    async fn apply(&mut self, bytes: &[u8]) {
        let config = match config::parse(&self.path, bytes, &Surroundings::of(&self.path)) {
            Ok(config) => config,
            Err(report) => return self.refuse(format!("\n{}", report.render(false))),
        };
        if config.admin != self.applied.admin {
            return self
                .refuse("the admin API's address and token are fixed at start; restart to change them".to_owned());
        }
        match self.proxy.apply(Arc::new(config.settings.clone())).await {
            Ok(()) => {
                self.effective.store(Arc::new(config.effective.clone()));
                self.applied = config;
            }
            // The control thread has said so itself.
            Err(ProxyStartError::Control(_)) => {}
            Err(error) => self.refuse(error.to_string()),
        }
    }

    fn refuse(&self, why: String) {
        self.events.emit(&ConfigRefused { why });
    }

    /// Drains; a second signal ends at once.
    async fn leave(self, mut stop: Stop) -> ExitCode {
        let timeout_s = self.applied.settings.drain.timeout.as_secs_f64();
        let metrics = Arc::clone(self.proxy.metrics());
        let in_flight = || metrics.gauge(|worker| &worker.requests_in_flight);
        self.events.emit(&DrainStarted { requests: in_flight(), timeout_s });
        let drained = tokio::select! {
            drained = self.proxy.drain() => drained,
            () = stop.told() => false,
        };
        let cut = if drained { 0 } else { in_flight() };
        self.events.emit(&DrainFinished { cut });
        ExitCode::SUCCESS
    }
}

/// The signals that ask to leave.
struct Stop {
    terminate: Signal,
    interrupt: Signal,
}

impl Stop {
    fn new() -> io::Result<Stop> {
        Ok(Stop { terminate: signal(SignalKind::terminate())?, interrupt: signal(SignalKind::interrupt())? })
    }

    async fn told(&mut self) {
        tokio::select! {
            _ = self.terminate.recv() => {}
            _ = self.interrupt.recv() => {}
        }
    }
}
