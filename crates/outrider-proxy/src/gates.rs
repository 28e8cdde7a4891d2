//! Waiting for a host that is at its connection limit. Only saturation comes here.
//!
//! The count of connections in use is the pilot's (one compare-and-swap per request). Whoever finds it full registers
//! as pending first and looks again, and whoever finishes looks for pending ones after counting down, so that no wake-up
//! is lost whichever comes first.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};

use outrider_pilot::Host;
use tokio::sync::Notify;

/// One queue per saturated host, shared by all workers, first come first served.
#[derive(Debug, Default)]
pub(crate) struct Gates {
    waiting: Mutex<HashMap<usize, Arc<Notify>>>,
}

impl Gates {
    /// The queue of `host`. The caller holds a place in [`outrider_pilot::Waiting`] for as long as it uses it.
    pub(crate) fn queue(&self, host: &Arc<Host>) -> Arc<Notify> {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        Arc::clone(waiting.entry(key(host)).or_default())
    }

    /// A connection of `host` has become free: wakes the one that has waited longest.
    pub(crate) fn release(&self, host: &Arc<Host>) {
        if host.live.pending() > 0 {
            self.queue(host).notify_one();
        } 
    }

    /// Forgets queues that nobody stands in.
    pub(crate) fn sweep(&self) {
        let mut waiting = self.waiting.lock().unwrap_or_else(PoisonError::into_inner);
        waiting.retain(|_, queue| Arc::strong_count(queue) > 1);
    }
}

/// A host's own place in memory tells it from every other for as long as somebody waits for it.
fn key(host: &Arc<Host>) -> usize {
    Arc::as_ptr(host).addr()
}
