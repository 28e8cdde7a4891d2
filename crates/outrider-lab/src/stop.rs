//! One flag that ends everything: Ctrl-C, SIGTERM, or a test that has seen enough.

use std::future::{Future, poll_fn};
use std::io;
use std::sync::Arc;
use std::task::Poll;

use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::watch;

/// A flag that is raised once. Clones share it.
#[derive(Clone, Debug)]
pub struct Stop {
    raised: Arc<watch::Sender<bool>>,
    /// A flag whose raising counts as this one's.
    trunk: Option<Box<Stop>>,
}

impl Default for Stop {
    fn default() -> Stop {
        Stop::new()
    }
}

impl Stop {
    /// A flag that is down.
    pub fn new() -> Stop {
        Stop { raised: Arc::new(watch::Sender::new(false)), trunk: None }
    }

    /// A flag that is raised when this one is, or by itself.
    pub fn branch(&self) -> Stop {
        Stop { trunk: Some(Box::new(self.clone())), ..Stop::new() }
    }

    /// A flag that SIGINT, SIGTERM and SIGHUP (the terminal is gone) raise. The listener is a thread of its own, so that blocking code is stopped too.
    ///
    /// # Errors
    /// When the process cannot listen for signals.
    pub fn on_signals() -> io::Result<Stop> {
        let stop = Stop::new();
        let raised = stop.clone();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_io().build()?;
        let guard = runtime.enter();
        let mut interrupt = signal(SignalKind::interrupt())?;
        let mut terminate = signal(SignalKind::terminate())?;
        let mut hangup = signal(SignalKind::hangup())?;
        drop(guard);
        std::thread::Builder::new().name("lab-signals".to_owned()).spawn(move || {
            runtime.block_on(async {
                tokio::select! {
                    _ = interrupt.recv() => {}
                    _ = terminate.recv() => {}
                    _ = hangup.recv() => {}
                }
                raised.stop();
            });
        })?;
        Ok(stop)
    }

    /// Raises the flag.
    pub fn stop(&self) {
        self.raised.send_replace(true);
    }

    /// Whether it has been raised.
    pub fn is_stopped(&self) -> bool {
        *self.raised.borrow() || self.trunk.as_ref().is_some_and(|trunk| trunk.is_stopped())
    }

    /// Ends once it is raised.
    pub async fn stopped(&self) {
        let mut flags = vec![self];
        while let Some(trunk) = flags.last().and_then(|flag| flag.trunk.as_deref()) {
            flags.push(trunk);
        }
        let mut waits: Vec<_> = flags.into_iter().map(|flag| Box::pin(flag.own())).collect();
        poll_fn(|context| {
            if waits.iter_mut().any(|wait| wait.as_mut().poll(context).is_ready()) {
                Poll::Ready(())
            } else {
                Poll::Pending
            }
        })
        .await;
    }

    async fn own(&self) {
        // The sender lives in self: the wait cannot fail.
        let _ = self.raised.subscribe().wait_for(|&raised| raised).await;
    }

    /// Blocks the thread until it is raised.
    ///
    /// # Errors
    /// When no runtime can be made to wait on.
    pub fn wait(&self) -> io::Result<()> {
        let runtime = tokio::runtime::Builder::new_current_thread().build()?;
        runtime.block_on(self.stopped());
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_raised_flag_ends_every_wait() {
        let stop = Stop::new();
        assert!(!stop.is_stopped());
        let waiter = std::thread::spawn({
            let stop = stop.clone();
            move || stop.wait()
        });
        stop.stop();
        waiter.join().unwrap().unwrap();
        assert!(stop.is_stopped());
    }

    #[test]
    fn a_branch_is_raised_with_its_trunk_or_alone() {
        let trunk = Stop::new();
        let (alone, with) = (trunk.branch(), trunk.branch().branch());
        alone.stop();
        assert!(alone.is_stopped() && !trunk.is_stopped() && !with.is_stopped());
        let waiter = std::thread::spawn({
            let with = with.clone();
            move || with.wait()
        });
        trunk.stop();
        waiter.join().unwrap().unwrap();
        assert!(with.is_stopped());
    }
}
