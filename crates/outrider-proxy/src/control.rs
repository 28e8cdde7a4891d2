//! The control plane: one thread that owns every pool's verdicts and publishes what the workers read.
//!
//! One owner instead of locks: health checks, DNS, hosts files, agents, class counts and the admin API all end here as
//! messages, so that hosts, routes and classes change together, in one publication. The watchers only look
//! (`health_check`, `agent_check`, `dns`, `hosts_file`); `sources` and `checks` say what is watched; `fleet` decides by
//! way of the pilot; `publisher` swaps. Nothing here is on the path of a request, and if this thread dies the workers go
//! on with the last publication.

mod agent_check;
mod checks;
mod classes;
mod dns;
mod finding;
mod fleet;
mod handle;
mod health_check;
mod hosts_file;
mod member;
mod publisher;
mod sources;
mod task;
mod tell;
mod values_file;

use std::hash::{BuildHasher, Hasher, RandomState};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;
use std::time::Duration;

use outrider_core::{ClassKey, Random};
use outrider_pilot::{Host, Outcome};
use tokio::sync::{Notify, mpsc};
use tokio::time::{MissedTickBehavior, interval};

use crate::events::InternalFault;
use crate::metrics::Metrics;
use crate::settings::Settings;
use crate::shared::{Clock, Shared};
use dns::Names;
use finding::Finding;
use fleet::Fleet;
use handle::Command;
use sources::Readers;

pub use handle::{ControlError, ControlHandle, PoolPrints, PoolStatus, SourceStatus, Status};
pub use hosts_file::ParseHosts;

pub(crate) use health_check::is_loop;
pub(crate) use task::Task;

/// How often pools are judged and changes published.
const TICK: Duration = Duration::from_millis(100);

/// What a worker saw of the classes since it last said so.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClassCounts {
    /// Key, name and successful requests. Bounded by the worker.
    pub counts: Vec<(ClassKey, String, u64)>,
}

/// What came of exchanges that have ended at a worker.
#[derive(Clone, Debug, Default)]
pub struct Lessons {
    /// The host of each exchange, and what there is to learn. Bounded by the worker.
    pub outcomes: Vec<(Arc<Host>, Outcome)>,
}

/// What workers report.
#[derive(Debug)]
pub struct Reports {
    /// What they saw of the classes.
    pub classes: mpsc::Receiver<ClassCounts>,
    /// What came of exchanges.
    pub lessons: mpsc::Receiver<Lessons>,
}

/// Starts the control thread.
#[derive(Debug)]
pub struct Control;

impl Control {
    /// Starts the thread `outrider-control` and waits for the first publication: hosts files are read, names are looked
    /// up once, for three seconds at most. A name that does not resolve has no hosts yet.
    ///
    /// # Errors
    /// If the thread cannot be started, a hosts file is refused, or the settings contradict themselves.
    pub fn spawn(
        clock: Clock,
        settings: Arc<Settings>,
        reports: Reports,
        parse_hosts: ParseHosts,
        metrics: Arc<Metrics>,
    ) -> Result<(Arc<Shared>, ControlHandle), ControlError> {
        let (commands, inbox) = mpsc::channel(handle::QUEUE);
        let stop = Arc::new(Notify::new());
        let handle = ControlHandle::new(commands, Arc::clone(&stop));
        let (started, first) = std::sync::mpsc::sync_channel(1);
        let thread = Thread { clock, inbox, reports, stop, metrics, parse_hosts };
        std::thread::Builder::new().name("outrider-control".into()).spawn(move || thread.run(settings, &started))?;
        let shared = first.recv().unwrap_or(Err(ControlError::Gone))?;
        Ok((shared, handle))
    }
}

type Started = std::sync::mpsc::SyncSender<Result<Arc<Shared>, ControlError>>;

struct Thread {
    clock: Clock,
    inbox: mpsc::Receiver<Command>,
    reports: Reports,
    stop: Arc<Notify>,
    metrics: Arc<Metrics>,
    parse_hosts: ParseHosts,
}

impl Thread {
    fn run(self, settings: Arc<Settings>, started: &Started) {
        let metrics = Arc::clone(&self.metrics);
        let served = catch_unwind(AssertUnwindSafe(|| self.serve(settings, started)));
        if served.is_err() {
            metrics.events.emit(&InternalFault {
                what: "the control thread broke; hosts and verdicts stay as they are".to_owned(),
            });
        }
    }

    fn serve(self, settings: Arc<Settings>, started: &Started) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
        match runtime {
            Ok(runtime) => {
                runtime.block_on(self.control(settings, started));
                // A hosts file on a mount that hangs must not hold up the end.
                runtime.shutdown_background();
            }
            Err(error) => drop(started.send(Err(error.into()))),
        }
    }

    async fn control(mut self, settings: Arc<Settings>, started: &Started) {
        let (findings, mut found) = mpsc::channel(finding::QUEUE);
        let readers = Readers { names: Arc::new(Names::system()), parse: self.parse_hosts };
        let metrics = Arc::clone(&self.metrics);
        let random = Random::new(entropy());
        let fleet = Fleet::start(settings, self.clock, metrics, readers, findings, random).await;
        let mut fleet = match fleet {
            Ok(fleet) => fleet,
            Err(error) => return drop(started.send(Err(error))),
        };
        if started.send(Ok(fleet.shared())).is_ok() {
            self.attend(&mut fleet, &mut found).await;
            fleet.end();
        }
    }

    /// Until told to stop, or until nobody is left who could tell.
    async fn attend(&mut self, fleet: &mut Fleet, found: &mut mpsc::Receiver<Finding>) {
        let mut ticks = interval(TICK);
        ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            tokio::select! {
                _ = ticks.tick() => fleet.tick(),
                () = self.stop.notified() => return,
                command = self.inbox.recv() => match command {
                    Some(command) => fleet.obey(command),
                    None => return,
                },
                Some(finding) = found.recv() => fleet.learn(finding),
                Some(counts) = self.reports.classes.recv() => fleet.count(&counts),
                Some(lessons) = self.reports.lessons.recv() => fleet.study(&lessons),
            }
        }
    }
}

/// A seed that differs from process to process: balancers started together must not check hosts in step.
fn entropy() -> u64 {
    RandomState::new().build_hasher().finish()
}

#[cfg(test)]
mod tests;
