//! Probes of one worker: which are under way, and the connections they keep.
//!
//! A probe never delays a request: it is a task of its own, started after the pick that paid for it. At most one is under
//! way per host, so a host that hangs is asked once per timeout, and [`UNDER_WAY_MAX`] in all; what would be one more
//! is not sent. A probe that fails leaves nothing behind but a count: the rule goes by those that were answered.
//!
//! Why connections of their own: a probe must be answered while the host is busy, and one that waited in line behind
//! requests, or took a place of the host's limit, would measure us. They are kept between probes, for opening one costs
//! more than the probe; a host that leaves gets no more probes, so its connection goes with the next sweep.

mod ask;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;
use std::sync::Arc;
use std::time::{Duration, Instant};

use outrider_pilot::{Host, Picker, PoolSettings, PoolView};
use tokio::task::spawn_local;
use tokio::time::timeout;

use crate::worker::Worker;
use ask::Line;

/// Probes under way at a time, over all hosts, besides those on kept connections.
const UNDER_WAY_MAX: usize = 1_024;
/// Connections kept, under way or not. In a fleet of more hosts the others are opened for each probe, as a host is then probed rarely.
const KEPT_MAX: usize = 256;
/// An unused connection is kept for this long.
const KEEP: Duration = Duration::from_secs(4);

/// The probes of one worker. By the identity of the host: one address in two pools is two hosts.
#[derive(Debug, Default)]
pub(crate) struct Probing {
    hosts: RefCell<HashMap<*const Host, State>>,
}

#[derive(Debug)]
enum State {
    UnderWay,
    /// Its host, so that no other can come to lie at its address.
    Kept {
        line: Line,
        since: Instant,
        _host: Arc<Host>,
    },
}

impl Probing {
    /// Takes note of a probe of `host`, with the connection that is kept for it; `None`: no probe now.
    fn begin(&self, host: &Arc<Host>) -> Option<Option<Line>> {
        let mut hosts = self.hosts.borrow_mut();
        let is_full = hosts.len() >= UNDER_WAY_MAX + KEPT_MAX;
        match hosts.insert(Arc::as_ptr(host), State::UnderWay) {
            Some(State::UnderWay) => None,
            Some(State::Kept { line, .. }) => Some(Some(line)),
            None if is_full => {
                hosts.remove(&Arc::as_ptr(host));
                None
            }
            None => Some(None),
        }
    }

    /// The probe of `host` is over.
    fn end(&self, host: &Arc<Host>, line: Option<Line>) {
        let mut hosts = self.hosts.borrow_mut();
        hosts.remove(&Arc::as_ptr(host));
        if let Some(line) = line.filter(|_| hosts.len() < KEPT_MAX) {
            let kept = State::Kept { line, since: Instant::now(), _host: Arc::clone(host) };
            hosts.insert(Arc::as_ptr(host), kept);
        }
    }

    /// Closes connections that were not used for long.
    pub(crate) fn sweep(&self) {
        let is_used = |state: &State| !matches!(state, State::Kept { since, .. } if since.elapsed() > KEEP);
        self.hosts.borrow_mut().retain(|_, state| is_used(state));
    }

    /// Closes every connection that no probe is using.
    pub(crate) fn clear(&self) {
        self.hosts.borrow_mut().retain(|_, state| matches!(state, State::UnderWay));
    }
}

/// Sends the probes that the last pick wants. `position` is that of the pool in the snapshot.
#[inline]
pub(crate) fn send_wanted(worker: &Rc<Worker>, view: &PoolView, position: usize, picker: &mut Picker) {
    while let Some(host) = picker.next_probe() {
        send(worker, view.settings(), position, host);
    }
}

fn send(worker: &Rc<Worker>, settings: &PoolSettings, position: usize, host: Arc<Host>) {
    let Some(path) = settings.probe.path.clone() else { return };
    let Some(kept) = worker.probing.begin(&host) else { return };
    let (named, allowed, worker) = (settings.probe.host.clone(), settings.probe.timeout, Rc::clone(worker));
    worker.metrics.pool(position).probes_sent.add(1);
    spawn_local(async move {
        let began = Instant::now();
        let asked = ask::ask(kept, host.address, &path, named);
        let line = match timeout(allowed, asked).await {
            Ok(Ok((answer, line))) => {
                worker.metrics.probe_duration.observe(began.elapsed());
                worker.metrics.pool(position).probes_answered.add(1);
                worker.picker.borrow_mut().probed(&host, answer, worker.shared.clock.now());
                line
            }
            Ok(Err(_)) | Err(_) => {
                worker.metrics.pool(position).probes_failed.add(1);
                None
            }
        };
        worker.probing.end(&host, line);
    });
}
