//! How the rest of the process talks to the control thread: a bounded queue of commands, each with its reply.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use outrider_features::ClassStatus;
use outrider_features::fingerprint::CellPrint;
use outrider_pilot::{HostStatus, PoolSettings, PredictionStatus, Shedding};
use tokio::sync::{Notify, mpsc, oneshot};

use crate::settings::Settings;

/// Commands that may wait; who sends more waits.
pub(super) const QUEUE: usize = 64;

/// Why the control thread did not do what it was told.
#[derive(Debug, thiserror::Error)]
pub enum ControlError {
    /// The thread or its runtime could not be started.
    #[error("the control thread cannot be started: {0}")]
    Start(#[from] std::io::Error),
    /// A hosts file was refused, and the settings with it.
    #[error("hosts file {}: {why}", path.display())]
    HostsFile {
        /// The file.
        path: PathBuf,
        /// What is wrong with it.
        why: String,
    },
    /// Settings that contradict themselves.
    #[error("the settings are not consistent: {0}")]
    Inconsistent(String),
    /// Other settings are being applied at this moment.
    #[error("other settings are being applied at this moment; try again")]
    Busy,
    /// There is no such pool.
    #[error("there is no pool {0:?}")]
    UnknownPool(String),
    /// The pool has no such host.
    #[error("pool {pool:?} has no host {host}")]
    UnknownHost {
        /// The pool.
        pool: String,
        /// The host.
        host: SocketAddr,
    },
    /// The control thread has ended.
    #[error("the control thread has ended")]
    Gone,
}

/// How the fleet is, as the control thread sees it.
#[derive(Clone, Debug)]
pub struct Status {
    /// The number of the snapshot in use.
    pub epoch: u64,
    /// Every pool, in the order of the configuration.
    pub pools: Vec<PoolStatus>,
    /// Every class, "other" first.
    pub classes: Vec<ClassStatus>,
}

/// How one pool is.
#[derive(Clone, Debug)]
pub struct PoolStatus {
    /// What it was told.
    pub settings: PoolSettings,
    /// Whether too few of its hosts are fit, so that all are used.
    pub panic: bool,
    /// Requests and retries that its retry budget counts now.
    pub retry_budget: (u64, u64),
    /// The classes that its storm guard sheds, by name.
    pub shedding: Vec<(String, Shedding)>,
    /// How it predicts; none if it does not.
    pub prediction: Option<PredictionStatus>,
    /// Its hosts.
    pub hosts: Vec<HostStatus>,
    /// Where they come from, as far as that is outside the configuration.
    pub sources: Vec<SourceStatus>,
}

/// What is known of the hosts of one pool that predicts.
#[derive(Clone, Debug)]
pub struct PoolPrints {
    /// The pool.
    pub pool: String,
    /// Names of classes, and what is known of each on each host.
    pub prints: Vec<(String, CellPrint)>,
}

/// How a source of hosts is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SourceStatus {
    /// `dns` or `file`.
    pub kind: &'static str,
    /// The name or the path.
    pub name: String,
    /// Hosts that it gives now.
    pub hosts: usize,
    /// Why it could not be read the last time, if so.
    pub failure: Option<String>,
}

pub(super) type Reply<T> = oneshot::Sender<Result<T, ControlError>>;

#[derive(Debug)]
pub(super) enum Command {
    Apply(Arc<Settings>, Reply<()>),
    SetDrained(String, SocketAddr, bool, Reply<()>),
    SetWeight(String, SocketAddr, Option<u32>, Reply<()>),
    Status(Reply<Status>),
    Fingerprints(Reply<Vec<PoolPrints>>),
}

/// Talks to the control thread. When the last handle is gone, the thread ends.
#[derive(Clone, Debug)]
pub struct ControlHandle {
    commands: mpsc::Sender<Command>,
    stop: Arc<Notify>,
}

impl ControlHandle {
    pub(super) fn new(commands: mpsc::Sender<Command>, stop: Arc<Notify>) -> ControlHandle {
        ControlHandle { commands, stop }
    }

    /// Replaces pools, routes and classes, whole or not at all; says so in an event either way. Pools and hosts that
    /// stay keep their live counters.
    ///
    /// # Errors
    /// If a hosts file is refused, the settings contradict themselves, or others are being applied.
    pub async fn apply(&self, settings: Arc<Settings>) -> Result<(), ControlError> {
        self.ask(|reply| Command::Apply(settings, reply)).await
    }

    /// Sets whether a host takes no new requests. Holds until it is set again or the pool is gone.
    ///
    /// # Errors
    /// If there is no such pool or host.
    pub async fn set_drained(&self, pool: &str, host: SocketAddr, drained: bool) -> Result<(), ControlError> {
        let pool = pool.to_owned();
        self.ask(|reply| Command::SetDrained(pool, host, drained, reply)).await
    }

    /// Sets a host's weight, or sets it back to the configured one.
    ///
    /// # Errors
    /// If there is no such pool or host.
    pub async fn set_weight(&self, pool: &str, host: SocketAddr, weight: Option<u32>) -> Result<(), ControlError> {
        let pool = pool.to_owned();
        self.ask(|reply| Command::SetWeight(pool, host, weight, reply)).await
    }

    /// How the fleet is now.
    ///
    /// # Errors
    /// If the control thread has ended.
    pub async fn status(&self) -> Result<Status, ControlError> {
        self.ask(Command::Status).await
    }

    /// What is known of the hosts of pools that predict.
    ///
    /// # Errors
    /// If the control thread has ended.
    pub async fn fingerprints(&self) -> Result<Vec<PoolPrints>, ControlError> {
        self.ask(Command::Fingerprints).await
    }

    /// Whether the control thread runs. Without it hosts and verdicts stay as they are for ever.
    pub fn is_running(&self) -> bool {
        !self.commands.is_closed()
    }

    /// Ends the control thread; what is published stays.
    pub fn shutdown(&self) {
        self.stop.notify_one();
    }

    async fn ask<T>(&self, command: impl FnOnce(Reply<T>) -> Command) -> Result<T, ControlError> {
        let (reply, answer) = oneshot::channel();
        let sent = self.commands.send(command(reply)).await;
        sent.map_err(|_| ControlError::Gone)?;
        answer.await.unwrap_or(Err(ControlError::Gone))
    }
}
