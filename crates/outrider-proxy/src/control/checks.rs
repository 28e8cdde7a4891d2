//! Who is checked when: a task per host and kind of check, following the hosts as they come and go.
//!
//! The first check of a host comes within a second, so that a host that never worked gets few requests; the ones after
//! it at a phase of its own within the interval, so that neither hosts nor balancers are checked in step.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use outrider_core::Random;
use outrider_pilot::{AgentSettings, HealthSettings, PoolSettings};
use tokio::sync::Semaphore;
use tokio::time::{MissedTickBehavior, interval, sleep};

use super::finding::{Finding, Findings, HostKey};
use super::task::Task;
use super::{agent_check, health_check};

/// Checks under way at a time over all pools. With more dead hosts than this, checks come less often than configured.
const AT_A_TIME: usize = 512;
/// The longest wait for a host's first check.
const FIRST: Duration = Duration::from_secs(1);

/// The checks of every host.
#[derive(Debug)]
pub(super) struct Checks {
    findings: Findings,
    slots: Arc<Semaphore>,
    random: Random,
    pools: HashMap<Arc<str>, HashMap<SocketAddr, Tasks>>,
}

#[derive(Debug)]
struct Tasks {
    agent_fails: bool,
    settings: (HealthSettings, Option<AgentSettings>),
    _health: Option<Task>,
    _agent: Option<Task>,
}

impl Checks {
    /// No checks yet.
    pub(super) fn new(findings: Findings, random: Random) -> Checks {
        Checks { findings, slots: Arc::new(Semaphore::new(AT_A_TIME)), random, pools: HashMap::new() }
    }

    /// From now on `pool` has these hosts and settings: whoever is new is checked, whoever is gone no longer, and a
    /// host whose settings are the same is not disturbed.
    pub(super) fn follow(&mut self, pool: &Arc<str>, settings: &PoolSettings, hosts: &[SocketAddr]) {
        let wanted = (settings.health.clone(), settings.agent.clone());
        let mut before = self.pools.remove(pool).unwrap_or_default();
        let now = hosts.iter().map(|&address| {
            let tasks = match before.remove(&address) {
                Some(tasks) if tasks.settings == wanted => tasks,
                _ => self.start(pool, address, &wanted),
            };
            (address, tasks)
        });
        let now = now.collect();
        self.pools.insert(Arc::clone(pool), now);
    }

    /// Only the pools that `keep` says are still there.
    pub(super) fn retain_pools(&mut self, keep: impl Fn(&str) -> bool) {
        self.pools.retain(|pool, _| keep(pool));
    }

    /// Takes in whether the agent of `host` failed to answer; true if it did not fail the last time.
    pub(super) fn agent_begins_to_fail(&mut self, host: &HostKey, fails: bool) -> bool {
        let tasks = self.pools.get_mut(&host.pool).and_then(|hosts| hosts.get_mut(&host.address));
        tasks.is_some_and(|tasks| !std::mem::replace(&mut tasks.agent_fails, fails) && fails)
    }

    fn start(
        &mut self,
        pool: &Arc<str>,
        address: SocketAddr,
        settings: &(HealthSettings, Option<AgentSettings>),
    ) -> Tasks {
        let host = HostKey { pool: Arc::clone(pool), address };
        let (health, agent) = settings.clone();
        Tasks {
            agent_fails: false,
            settings: settings.clone(),
            _health: health.enabled.then(|| self.start_health(host.clone(), health)),
            _agent: agent.map(|agent| self.start_agent(host.clone(), agent)),
        }
    }

    fn start_health(&mut self, host: HostKey, settings: HealthSettings) -> Task {
        let rhythm = self.rhythm(settings.interval);
        let (slots, findings) = (Arc::clone(&self.slots), self.findings.clone());
        Task::start(rhythm.keep(move || {
            let (slots, findings) = (Arc::clone(&slots), findings.clone());
            let (host, settings) = (host.clone(), settings.clone());
            async move {
                let _slot = slots.acquire().await;
                let result = health_check::check(host.address, &settings).await;
                // Nobody listens only when the owner is gone, and this task with it.
                let _ = findings.send(Finding::Health(host, result)).await;
            }
        }))
    }

    fn start_agent(&mut self, host: HostKey, settings: AgentSettings) -> Task {
        let rhythm = self.rhythm(settings.interval);
        let (slots, findings) = (Arc::clone(&self.slots), self.findings.clone());
        Task::start(rhythm.keep(move || {
            let (slots, findings) = (Arc::clone(&slots), findings.clone());
            let (host, settings) = (host.clone(), settings.clone());
            async move {
                let _slot = slots.acquire().await;
                let result = agent_check::ask(host.address, &settings).await;
                let _ = findings.send(Finding::Agent(host, result)).await;
            }
        }))
    }

    fn rhythm(&mut self, interval: Duration) -> Rhythm {
        Rhythm {
            first: interval.min(FIRST).mul_f64(self.random.unit()),
            phase: interval.mul_f64(self.random.unit()),
            interval,
        }
    }
}

/// When one check is made: soon, then at its own phase of the interval, then every interval.
#[derive(Clone, Copy, Debug)]
struct Rhythm {
    first: Duration,
    phase: Duration,
    interval: Duration,
}

impl Rhythm {
    async fn keep<F: Future<Output = ()>>(self, mut check: impl FnMut() -> F) {
        sleep(self.first).await;
        check().await;
        sleep(self.phase).await;
        let mut ticks = interval(self.interval.max(Duration::from_millis(1)));
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            ticks.tick().await;
            check().await;
        }
    }
}
