//! Waiting for a host that is at its connection limit. Only saturation comes here.
//!
//! The count of connections in use is the pilot's (one compare-and-swap per request). Whoever finds it full registers
//! as pending and takes a place in the host's line first and looks then, and whoever finishes looks for pending ones
//! after counting down and calls one out of the line: so that no wake-up is lost whichever comes first. Each place has a
//! call of its own, where one `Notify` for all would keep two calls that nobody listens to yet as one.
//!
//! The order is first come, first served among those in the line: the first one is called, and one that was called and
//! found the place taken stays where it stood. What leaves the line calls the next, so that nobody stands there while
//! there is room. The order is not strict: a request that never entered the line (it found room, see
//! [`HostLive::pending`]) and one whose tenth of a second is over may be quicker than the one that was called.
//!
//! [`HostLive::pending`]: outrider_pilot::HostLive::pending

use std::collections::{BTreeMap, HashMap};
use std::ops::ControlFlow;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use outrider_pilot::{Host, Waiting};
use tokio::sync::Notify;
use tokio::time::timeout;

/// Everyone in a line looks this often without being called: nobody calls when a limit is raised or a host suspended.
const LOOK: Duration = Duration::from_millis(100);

/// One line per saturated host, shared by all workers.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    lines: Mutex<HashMap<usize, Line>>,
}

/// Those who wait for one host, by their number.
#[derive(Debug, Default)]
struct Line {
    next_number: u64,
    standing: BTreeMap<u64, Standing>,
}

#[derive(Debug, Default)]
struct Standing {
    call: Arc<Notify>,
    /// It was called and has not looked since.
    called: bool,
}

impl Line {
    /// Calls the first that has not been called yet.
    fn call_next(&mut self) {
        if let Some(next) = self.standing.values_mut().find(|next| !next.called) {
            next.called = true;
            next.call.notify_one();
        }
    }

    fn first(&self) -> Option<u64> {
        self.standing.first_key_value().map(|(&number, _)| number)
    }
}

impl Gates {
    /// Waits until `look` breaks: with a place on `host`, or because it gives up. `look` is asked at once if nobody
    /// else waits, then whenever a place may be free, and every tenth of a second. Dropping the future gives the place
    /// in the line up.
    pub(crate) async fn wait<T>(&self, host: &Arc<Host>, mut look: impl FnMut() -> ControlFlow<T>) -> T {
        let _pending = Waiting::begin(host);
        let place = self.queue(host);
        if place.is_first()
            && let ControlFlow::Break(found) = look()
        {
            return found;
        }
        loop {
            place.notified().await;
            if let ControlFlow::Break(found) = look() {
                return found;
            }
        }
    }

    /// A place at the end of the line of `host`. The caller holds a [`Waiting`] for at least as long.
    fn queue(&self, host: &Arc<Host>) -> Queued<'_> {
        let key = key(host);
        let call = Arc::default();
        let standing = Standing { call: Arc::clone(&call), called: false };
        let mut lines = self.lines();
        let line = lines.entry(key).or_default();
        let number = line.next_number;
        line.next_number += 1;
        line.standing.insert(number, standing);
        Queued { gates: self, key, number, call }
    }

    /// A connection of `host` has become free: calls the one that has waited longest and was not called yet.
    pub(crate) fn release(&self, host: &Arc<Host>) {
        if host.live.pending() > 0
            && let Some(line) = self.lines().get_mut(&key(host))
        {
            line.call_next();
        }
    }

    /// Forgets lines that nobody stands in. They are not forgotten at once, since a host at its limit stays near it.
    pub(crate) fn sweep(&self) {
        self.lines().retain(|_, line| !line.standing.is_empty());
    }

    fn lines(&self) -> MutexGuard<'_, HashMap<usize, Line>> {
        self.lines.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A host's own place in memory tells it from every other for as long as somebody waits for it.
fn key(host: &Arc<Host>) -> usize {
    Arc::as_ptr(host).addr()
}

/// A place in a line. Dropped, it is given up, and a call that it has not used goes to the next.
#[derive(Debug)]
struct Queued<'a> {
    gates: &'a Gates,
    key: usize,
    number: u64,
    call: Arc<Notify>,
}

impl Queued<'_> {
    /// Waits to be called, for a tenth of a second at most. Calls from now on count anew, so whoever looks after this
    /// misses none.
    async fn notified(&self) {
        let _ = timeout(LOOK, self.call.notified()).await;
        let mut lines = self.gates.lines();
        if let Some(standing) = lines.get_mut(&self.key).and_then(|line| line.standing.get_mut(&self.number)) {
            standing.called = false;
        }
    }

    fn is_first(&self) -> bool {
        self.gates.lines().get(&self.key).and_then(Line::first) == Some(self.number)
    }
}

impl Drop for Queued<'_> {
    fn drop(&mut self) {
        let mut lines = self.gates.lines();
        let Some(line) = lines.get_mut(&self.key) else { return };
        let was_first = line.first() == Some(self.number);
        let was_called = line.standing.remove(&self.number).is_some_and(|standing| standing.called);
        if was_first || was_called {
            line.call_next();
        }
    }
}

#[cfg(test)]
mod tests;
