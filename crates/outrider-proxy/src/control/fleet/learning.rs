//! Taking in what watchers find. What changes by it is published at the next tick: a burst of findings is one
//! publication.

use std::path::Path;

use outrider_pilot::AgentReport;

use super::Fleet;
use crate::control::dns::Known;
use crate::control::finding::{Finding, HostKey};
use crate::control::hosts_file::Hosts;
use crate::control::sources::NameChange;
use crate::control::tell;
use crate::settings::HostSource;

impl Fleet {
    /// Takes in one finding. One about a host, name or file that is no longer used is dropped.
    pub(in crate::control) fn learn(&mut self, finding: Finding) {
        match finding {
            Finding::Health(host, result) => self.learn_health(&host, result),
            Finding::Agent(host, answer) => self.learn_agent(&host, answer),
            Finding::Name(name, known) => self.learn_name(&name, known),
            Finding::File(path, hosts) => self.learn_file(&path, hosts),
            Finding::ValuesRead(pool, bytes) => self.learn_values(&pool, bytes),
            Finding::ValuesWritten(pool, result) => self.learn_written(&pool, result),
            Finding::Prepared { settings, prepared, reply } => self.apply(settings, prepared, reply),
        }
    }

    fn learn_health(&mut self, host: &HostKey, result: Result<(), String>) {
        let counts = &self.metrics.control;
        counts.health_checks.add(1);
        counts.health_check_failures.add(u64::from(result.is_err()));
        let now = self.clock.now();
        if let Some(member) = self.member(&host.pool) {
            member.pool.health_checked(host.address, result, now);
        }
    }

    fn learn_agent(&mut self, host: &HostKey, answer: Result<AgentReport, String>) {
        let counts = &self.metrics.control;
        counts.agent_checks.add(1);
        counts.agent_check_failures.add(u64::from(answer.is_err()));
        let begins = self.checks.agent_begins_to_fail(host, answer.is_err());
        if let (true, Err(why)) = (begins, &answer) {
            tell::agent_failed(&self.metrics.events, host, why);
        }
        let now = self.clock.now();
        if let (Some(member), Ok(report)) = (self.member(&host.pool), answer) {
            member.pool.agent_reported(host.address, report, now);
        }
    }

    fn learn_name(&mut self, name: &str, known: Known) {
        let Some(change) = self.sources.learn_name(name, known) else {
            return;
        };
        self.tell_name(name, &change);
        if change.added + change.removed > 0 {
            self.renew_hosts(|pool| pool.sources.iter().any(|source| is_name(source, name)));
        }
    }

    /// Counts a lookup and says what it changed.
    pub(super) fn tell_name(&self, name: &str, change: &NameChange) {
        let counts = &self.metrics.control;
        counts.dns_lookups.add(1);
        counts.dns_failures.add(u64::from(change.failure.is_some()));
        tell::name(&self.metrics.events, name, change);
    }

    fn learn_file(&mut self, path: &Path, hosts: Hosts) {
        let failure = hosts.as_ref().err().cloned();
        let Some(in_use) = self.sources.learn_file(path, hosts) else {
            return;
        };
        tell::hosts_file(&self.metrics.events, path, in_use, failure);
        self.renew_hosts(|pool| pool.sources.iter().any(|source| is_file(source, path)));
    }
}

fn is_name(source: &HostSource, name: &str) -> bool {
    matches!(source, HostSource::Dns { name: n, .. } if n == name)
}

fn is_file(source: &HostSource, path: &Path) -> bool {
    matches!(source, HostSource::File { path: p } if p == path)
}
