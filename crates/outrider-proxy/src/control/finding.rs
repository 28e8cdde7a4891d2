//! What the watchers tell the owner.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;

use outrider_pilot::AgentReport;
use tokio::sync::{mpsc, oneshot};

use super::ControlError;
use super::dns::Known;
use super::hosts_file::Hosts;
use super::sources::Prepared;
use crate::settings::Settings;

/// One thing that a watcher found out. Watchers only look; the owner alone acts.
#[derive(Debug)]
pub(super) enum Finding {
    /// A name was looked up.
    Name(String, Known),
    /// A hosts file says something else than before.
    File(PathBuf, Hosts),
    /// A host was checked.
    Health(HostKey, Result<(), String>),
    /// A host's agent was asked.
    Agent(HostKey, Result<AgentReport, String>),
    /// The file of what a pool has learnt was read; nothing if there is none.
    ValuesRead(Arc<str>, Result<Vec<u8>, String>),
    /// The same was written.
    ValuesWritten(Arc<str>, Result<(), String>),
    /// Everything that can fail about new settings has been tried.
    Prepared {
        /// The new settings.
        settings: Arc<Settings>,
        /// What their sources say, or why they are refused.
        prepared: Result<Prepared, ControlError>,
        /// Who waits for the outcome.
        reply: oneshot::Sender<Result<(), ControlError>>,
    },
}

/// One host of one pool.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) struct HostKey {
    pub(super) pool: Arc<str>,
    pub(super) address: SocketAddr,
}

/// Findings that may wait for the owner; a watcher that finds more waits itself.
pub(super) const QUEUE: usize = 1024;

/// Where watchers put what they find.
pub(super) type Findings = mpsc::Sender<Finding>;
