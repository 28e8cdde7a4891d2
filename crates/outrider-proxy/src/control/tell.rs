//! Turns what the pilot and the watchers report into events.

use std::path::Path;

use outrider_features::ClassTable;
use outrider_pilot::{HostEvent, Shedding};

use super::finding::HostKey;
use super::sources::NameChange;
use crate::events::{
    AgentFailed, AgentReported, DnsChanged, DnsFailed, Events, FallbackEnded, FallbackStarted, HostEjected,
    HostHealthy, HostOnTrial, HostReturned, HostUnhealthy, HostsFileApplied, HostsFileRefused, PanicEnded,
    PanicStarted, SheddingEnded, SheddingStarted,
};

/// A verdict about a host or a pool.
pub(super) fn host_event(events: &Events, pool: &str, classes: &ClassTable, event: HostEvent) {
    let pool = pool.to_owned();
    match event {
        HostEvent::Ejected { address, why, length } => {
            let (why, for_s) = (why.to_string(), length.as_secs_f64());
            events.emit(&HostEjected { pool, host: address, why, for_s });
        }
        HostEvent::TrialStarted { address } => events.emit(&HostOnTrial { pool, host: address }),
        HostEvent::Returned { address } => events.emit(&HostReturned { pool, host: address }),
        HostEvent::Unhealthy { address, why } => events.emit(&HostUnhealthy { pool, host: address, why }),
        HostEvent::Healthy { address } => events.emit(&HostHealthy { pool, host: address }),
        HostEvent::AgentReported { address, report } => {
            events.emit(&AgentReported { pool, host: address, report: report.to_string() });
        }
        HostEvent::Panic { on: true, fit, total } => events.emit(&PanicStarted { pool, fit, hosts: total }),
        HostEvent::Panic { on: false, .. } => events.emit(&PanicEnded { pool }),
        HostEvent::Fallback { doubt } => {
            events.emit(&FallbackStarted { pool, reason: doubt.name().to_owned(), why: doubt.to_string() });
        }
        HostEvent::FallbackEnded { length } => events.emit(&FallbackEnded { pool, for_s: length.as_secs_f64() }),
        HostEvent::Shedding(Shedding { class, requests, accepts, .. }) => {
            let class = classes.name(class).to_owned();
            events.emit(&SheddingStarted { pool, class, requests, accepted: accepts });
        }
        HostEvent::SheddingEnded { class, length } => {
            let class = classes.name(class).to_owned();
            events.emit(&SheddingEnded { pool, class, for_s: length.as_secs() });
        }
    }
}

/// An agent that has ceased to answer.
pub(super) fn agent_failed(events: &Events, host: &HostKey, why: &str) {
    events.emit(&AgentFailed { pool: host.pool.to_string(), host: host.address, why: why.to_owned() });
}

/// What a lookup changed.
pub(super) fn name(events: &Events, name: &str, change: &NameChange) {
    let name = name.to_owned();
    let &NameChange { addresses, added, removed, .. } = change;
    if let (Some(why), false) = (&change.failure, change.failed_before) {
        events.emit(&DnsFailed { name: name.clone(), why: why.clone(), kept: addresses });
    }
    if added + removed > 0 {
        events.emit(&DnsChanged { name, addresses, added, removed });
    }
}

/// What a hosts file says now: `hosts` are in use, because it says so or because it was refused for `failure`.
pub(super) fn hosts_file(events: &Events, path: &Path, hosts: usize, failure: Option<String>) {
    let path = path.display().to_string();
    match failure {
        Some(why) => events.emit(&HostsFileRefused { path, why, kept: hosts }),
        None => events.emit(&HostsFileApplied { path, hosts }),
    }
}
