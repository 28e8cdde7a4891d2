//! Where hosts come from: names and files, each watched once however many pools use it.

use std::collections::{HashMap, HashSet};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use outrider_pilot::HostSpec;
use tokio::task::JoinSet;
use tokio::time::{sleep, timeout};

use super::dns::{Known, Names};
use super::finding::{Finding, Findings};
use super::hosts_file::{self, Hosts, ParseHosts, Reading};
use super::task::Task;
use super::{ControlError, SourceStatus};
use crate::settings::{HostSource, Pool, Settings};

/// How long new settings wait for their names. What does not resolve by then starts empty.
const FIRST_LOOKUP: Duration = Duration::from_secs(3);

/// What outside sources are read with.
#[derive(Clone, Debug)]
pub(super) struct Readers {
    pub(super) names: Arc<Names>,
    pub(super) parse: ParseHosts,
}

/// What the sources of new settings say, read before anything is switched.
#[derive(Debug, Default)]
pub(super) struct Prepared {
    names: HashMap<String, (Known, Duration)>,
    files: HashMap<PathBuf, Reading>,
}

impl Prepared {
    /// Reads every hosts file of `settings` and looks up every name that is not in `known` yet.
    ///
    /// # Errors
    /// The first hosts file that is refused.
    pub(super) async fn of(
        settings: &Settings,
        known: &HashSet<String>,
        readers: &Readers,
    ) -> Result<Prepared, ControlError> {
        Ok(Prepared { files: read_files(settings, readers).await?, names: look_up(settings, known, readers).await })
    }
}

async fn read_files(settings: &Settings, readers: &Readers) -> Result<HashMap<PathBuf, Reading>, ControlError> {
    let mut files = HashMap::new();
    for path in files_of(settings) {
        let reading = hosts_file::read(path.clone(), readers.parse).await;
        if let Err(why) = reading.hosts {
            return Err(ControlError::HostsFile { path, why });
        }
        files.insert(path, reading);
    }
    Ok(files)
}

async fn look_up(
    settings: &Settings,
    known: &HashSet<String>,
    readers: &Readers,
) -> HashMap<String, (Known, Duration)> {
    let mut lookups = JoinSet::new();
    for name in names_of(settings).difference(known).cloned() {
        let names = Arc::clone(&readers.names);
        lookups.spawn(async move {
            let mut known = Known::default();
            let wait = match timeout(FIRST_LOOKUP, names.ask(&name)).await {
                Ok(answer) => known.learn(answer),
                Err(_) => known.no_answer_within(FIRST_LOOKUP),
            };
            (name, (known, wait))
        });
    }
    let mut found = HashMap::new();
    while let Some(lookup) = lookups.join_next().await {
        found.extend(lookup);
    }
    found
}

/// The names and files in use, what they say, and the tasks that watch them.
#[derive(Debug)]
pub(super) struct Sources {
    readers: Readers,
    findings: Findings,
    names: HashMap<String, Name>,
    files: HashMap<PathBuf, File>,
}

#[derive(Debug)]
struct Name {
    known: Known,
    _watcher: Task,
}

#[derive(Debug)]
struct File {
    hosts: Vec<HostSpec>,
    failure: Option<String>,
    _watcher: Task,
}

/// How what is known of a name changed.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct NameChange {
    pub(super) addresses: usize,
    pub(super) added: usize,
    pub(super) removed: usize,
    /// Why the lookup failed, if it did.
    pub(super) failure: Option<String>,
    /// Whether the one before had failed too.
    pub(super) failed_before: bool,
}

impl Sources {
    pub(super) fn new(readers: Readers, findings: Findings) -> Sources {
        Sources { readers, findings, names: HashMap::new(), files: HashMap::new() }
    }

    /// The names that are watched.
    pub(super) fn known_names(&self) -> HashSet<String> {
        self.names.keys().cloned().collect()
    }

    /// From now on the sources of `settings`: new ones are watched, those no longer named are left. Returns what the
    /// first lookups of new names gave.
    pub(super) fn adopt(&mut self, settings: &Settings, prepared: Prepared) -> Vec<(String, NameChange)> {
        let wanted = names_of(settings);
        self.names.retain(|name, _| wanted.contains(name));
        let watch = |(path, reading): (PathBuf, Reading)| (path.clone(), self.watch_file(path, reading));
        self.files = prepared.files.into_iter().map(watch).collect();
        let mut first = Vec::new();
        for (name, (known, wait)) in prepared.names {
            let _watcher = watch_name(name.clone(), known.clone(), wait, self);
            self.names.insert(name.clone(), Name { known: Known::default(), _watcher });
            first.extend(self.learn_name(&name, known).map(|change| (name, change)));
        }
        first
    }

    /// Takes in what was looked up. None if the name is no longer used.
    pub(super) fn learn_name(&mut self, name: &str, known: Known) -> Option<NameChange> {
        let entry = self.names.get_mut(name)?;
        let before: HashSet<_> = entry.known.addresses().into_iter().collect();
        let after: HashSet<_> = known.addresses().into_iter().collect();
        let change = NameChange {
            addresses: after.len(),
            added: after.difference(&before).count(),
            removed: before.difference(&after).count(),
            failure: known.failure.clone(),
            failed_before: entry.known.failure.is_some(),
        };
        entry.known = known;
        Some(change)
    }

    /// Takes in what a hosts file says; a refused one keeps its hosts. How many hosts are in use now, or None if the
    /// file is no longer used.
    pub(super) fn learn_file(&mut self, path: &Path, hosts: Hosts) -> Option<usize> {
        let file = self.files.get_mut(path)?;
        match hosts {
            Ok(hosts) => {
                file.hosts = hosts;
                file.failure = None;
            }
            Err(why) => file.failure = Some(why),
        }
        Some(file.hosts.len())
    }

    /// The hosts of `pool` now. An address that several sources list is one host, as the first of them says.
    pub(super) fn hosts(&self, pool: &Pool) -> Vec<HostSpec> {
        let mut seen = HashSet::new();
        pool.sources.iter().flat_map(|source| self.hosts_of(source)).filter(|spec| seen.insert(spec.address)).collect()
    }

    fn hosts_of(&self, source: &HostSource) -> Vec<HostSpec> {
        match source {
            HostSource::Static(spec) => vec![spec.clone()],
            HostSource::File { path } => self.files.get(path).map_or(Vec::new(), |f| f.hosts.clone()),
            HostSource::Dns { name, port, weight, labels } => self
                .names
                .get(name)
                .map_or(Vec::new(), |name| name.known.addresses())
                .into_iter()
                .map(|ip| HostSpec { address: SocketAddr::new(ip, *port), weight: *weight, labels: labels.clone() })
                .collect(),
        }
    }

    /// How the outside sources of `pool` are.
    pub(super) fn status(&self, pool: &Pool) -> Vec<SourceStatus> {
        let status = |source: &HostSource| {
            let (kind, name, failure) = match source {
                HostSource::Static(_) => return None,
                HostSource::File { path } => {
                    let failure = self.files.get(path).and_then(|file| file.failure.clone());
                    ("file", path.display().to_string(), failure)
                }
                HostSource::Dns { name, .. } => {
                    let failure = self.names.get(name).and_then(|name| name.known.failure.clone());
                    ("dns", name.clone(), failure)
                }
            };
            let hosts = self.hosts_of(source).len();
            Some(SourceStatus { kind, name, hosts, failure })
        };
        pool.sources.iter().filter_map(status).collect()
    }

    fn watch_file(&self, path: PathBuf, reading: Reading) -> File {
        let hosts = reading.hosts.clone().unwrap_or_default();
        let watcher = hosts_file::watch(path, self.readers.parse, reading, self.findings.clone());
        File { hosts, failure: None, _watcher: Task::start(watcher) }
    }
}

fn watch_name(name: String, mut known: Known, first_wait: Duration, sources: &Sources) -> Task {
    let (names, findings) = (Arc::clone(&sources.readers.names), sources.findings.clone());
    Task::start(async move {
        let mut wait = first_wait;
        loop {
            sleep(wait).await;
            wait = known.learn(names.ask(&name).await);
            let finding = Finding::Name(name.clone(), known.clone());
            if findings.send(finding).await.is_err() {
                return;
            }
        }
    })
}

fn names_of(settings: &Settings) -> HashSet<String> {
    sources_of(settings)
        .filter_map(|source| match source {
            HostSource::Dns { name, .. } => Some(name.clone()),
            _ => None,
        })
        .collect()
}

fn files_of(settings: &Settings) -> HashSet<PathBuf> {
    sources_of(settings)
        .filter_map(|source| match source {
            HostSource::File { path } => Some(path.clone()),
            _ => None,
        })
        .collect()
}

fn sources_of(settings: &Settings) -> impl Iterator<Item = &HostSource> {
    settings.pools.iter().flat_map(|pool| &pool.sources)
}
