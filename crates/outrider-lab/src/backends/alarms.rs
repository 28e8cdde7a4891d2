//! Alarms to within a tenth of a millisecond, from a thread that does nothing but wait for the next.
//!
//! Not the runtime's timers: those count in milliseconds and fire one late on average, as much as a whole cheap request.
//! The kernel's own wait is late by some 60 us, for one wake-up more per answer.

use std::cmp::{Ordering, Reverse};
use std::collections::BinaryHeap;
use std::io;
use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;
use std::time::Instant;

use tokio::sync::oneshot;

/// The clock of all hosts. Dropping it ends its thread; who still waits then never wakes.
#[derive(Debug)]
pub(crate) struct Alarms {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

#[derive(Debug)]
struct State {
    queue: BinaryHeap<Reverse<Alarm>>,
    /// At this length the queue is cleared of those who left, so that they cannot fill it.
    sweep_at: usize,
    ended: bool,
}

#[derive(Debug)]
struct Alarm {
    at: Instant,
    ring: oneshot::Sender<()>,
}

const SWEEP_MIN: usize = 1024;

impl Alarms {
    pub(crate) fn start() -> io::Result<Alarms> {
        let state = State { queue: BinaryHeap::new(), sweep_at: SWEEP_MIN, ended: false };
        let shared = Arc::new(Shared { state: Mutex::new(state), changed: Condvar::new() });
        let ringing = Arc::clone(&shared);
        let thread =
            std::thread::Builder::new().name("lab-alarms".to_owned()).spawn(move || ringing.ring_until_ended())?;
        Ok(Alarms { shared, thread: Some(thread) })
    }

    /// Ends at `at`, at once if that has passed.
    pub(crate) async fn at(&self, at: Instant) {
        if at <= Instant::now() {
            return;
        }
        let (ring, rings) = oneshot::channel();
        self.shared.set(Alarm { at, ring });
        if rings.await.is_err() {
            // The clock has been dropped: there is no later any more.
            std::future::pending::<()>().await;
        }
    }
}

impl Drop for Alarms {
    fn drop(&mut self) {
        self.shared.lock().ended = true;
        self.shared.changed.notify_one();
        if let Some(thread) = self.thread.take() {
            // A panic over there has already been printed.
            let _ = thread.join();
        }
    }
}

impl Shared {
    fn set(&self, alarm: Alarm) {
        let mut state = self.lock();
        if state.queue.len() >= state.sweep_at {
            state.sweep();
        }
        let sooner = state.queue.peek().is_none_or(|Reverse(next)| alarm.at < next.at);
        state.queue.push(Reverse(alarm));
        drop(state);
        if sooner {
            self.changed.notify_one();
        }
    }

    fn ring_until_ended(&self) {
        let mut state = self.lock();
        while !state.ended {
            state.ring_due(Instant::now());
            let next = state.queue.peek().map(|Reverse(next)| next.at);
            state = match next {
                Some(at) => {
                    let left = at.saturating_duration_since(Instant::now());
                    self.changed.wait_timeout(state, left).unwrap_or_else(PoisonError::into_inner).0
                }
                None => self.changed.wait(state).unwrap_or_else(PoisonError::into_inner),
            };
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl State {
    fn ring_due(&mut self, now: Instant) {
        while self.queue.peek().is_some_and(|Reverse(next)| next.at <= now) {
            if let Some(Reverse(alarm)) = self.queue.pop() {
                // Whoever set it may have left.
                let _ = alarm.ring.send(());
            }
        }
    }

    fn sweep(&mut self) {
        self.queue.retain(|Reverse(alarm)| !alarm.ring.is_closed());
        self.sweep_at = (2 * self.queue.len()).max(SWEEP_MIN);
    }
}

impl PartialEq for Alarm {
    fn eq(&self, other: &Alarm) -> bool {
        self.at == other.at
    }
}

impl Eq for Alarm {}

impl PartialOrd for Alarm {
    fn partial_cmp(&self, other: &Alarm) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for Alarm {
    fn cmp(&self, other: &Alarm) -> Ordering {
        self.at.cmp(&other.at)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;
    use tokio::task::JoinSet;

    #[tokio::test]
    async fn alarms_ring_in_their_order_and_never_early() {
        let alarms = Arc::new(Alarms::start().unwrap());
        // Late enough that all of them are set before the first is due.
        let start = Instant::now() + Duration::from_millis(200);
        let mut waiting = JoinSet::new();
        for ms in [30, 5, 20, 0, 10] {
            let alarms = Arc::clone(&alarms);
            waiting.spawn(async move {
                alarms.at(start + Duration::from_millis(ms)).await;
                (ms, start.elapsed())
            });
        }
        let mut rung = Vec::new();
        while let Some(ended) = waiting.join_next().await {
            let (ms, after) = ended.unwrap();
            assert!(after >= Duration::from_millis(ms));
            rung.push(ms);
        }
        assert_eq!(rung, [0, 5, 10, 20, 30]);
    }

    #[tokio::test]
    async fn those_who_leave_do_not_fill_the_queue() {
        let alarms = Alarms::start().unwrap();
        let far = Instant::now() + Duration::from_secs(3_600);
        for _ in 0..10 * SWEEP_MIN {
            let alarm = alarms.at(far);
            tokio::select! {
                biased;
                () = alarm => unreachable!("it is an hour away"),
                () = std::future::ready(()) => {}
            }
        }
        assert!(alarms.shared.lock().queue.len() <= SWEEP_MIN);
    }
}
