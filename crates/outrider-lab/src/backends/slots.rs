//! Bounded parallelism with one FIFO queue in front: the part of a host that makes waiting real.
//!
//! Not a semaphore: a timer fires late, on a busy machine by milliseconds, and if the next request began only then, every
//! busy period would be stretched and the load raised. Here a slot is handed over with the time at which it *was to
//! become* free, and the next service counts from there: timer lateness shows in single answers but never adds up.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, PoisonError};

use tokio::sync::oneshot;
use tokio::time::Instant;

/// The slots of one host.
#[derive(Debug)]
pub(crate) struct Slots(Mutex<State>);

#[derive(Debug)]
struct State {
    free: usize,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    since: Instant,
    handover: oneshot::Sender<Slot>,
}

/// One slot in use. Dropped, as when a client leaves, it is free from that moment.
#[derive(Debug)]
pub(crate) struct Slot {
    /// None once it has been given on.
    slots: Option<Arc<Slots>>,
    /// When its request's service begins: never before the request came, never before the slot became free.
    pub(crate) begin: Instant,
}

impl Slots {
    pub(crate) fn new(parallelism: usize) -> Arc<Slots> {
        Arc::new(Slots(Mutex::new(State { free: parallelism, waiting: VecDeque::new() })))
    }

    /// Takes a slot, waiting behind all who came before.
    pub(crate) async fn take(self: &Arc<Slots>) -> Slot {
        match self.enter() {
            Ok(slot) => slot,
            Err(turn) => turn.await.expect("the slots outlive those who wait for them"),
        }
    }

    fn enter(self: &Arc<Slots>) -> Result<Slot, oneshot::Receiver<Slot>> {
        let now = Instant::now();
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if state.free > 0 {
            state.free -= 1;
            return Ok(self.slot(now));
        }
        let (handover, turn) = oneshot::channel();
        let since = now;
        state.waiting.push_back(Waiter { since, handover });
        Err(turn)
    }

    fn slot(self: &Arc<Slots>, begin: Instant) -> Slot {
        Slot { slots: Some(Arc::clone(self)), begin }
    }

    /// Gives a slot that became free at `at` to the first who still waits. One who left is passed over.
    fn give_on(self: &Arc<Slots>, at: Instant) {
        while let Some(waiter) = self.next_waiter() {
            match waiter.handover.send(self.slot(at.max(waiter.since))) {
                Ok(()) => return,
                Err(mut refused) => refused.slots = None,
            }
        }
    }

    /// The first who waits; none = the slot has been counted as free.
    fn next_waiter(&self) -> Option<Waiter> {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let next = state.waiting.pop_front();
        if next.is_none() {
            state.free += 1;
        }
        next
    }
}

impl Slot {
    /// The service is over; it was to end at `at`.
    pub(crate) fn end(mut self, at: Instant) {
        if let Some(slots) = self.slots.take() {
            slots.give_on(at);
        }
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        if let Some(slots) = self.slots.take() {
            slots.give_on(Instant::now());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::time::Duration;

    fn free(slots: &Slots) -> usize {
        slots.0.lock().unwrap().free
    }

    #[tokio::test]
    async fn those_who_wait_are_served_in_order_from_the_planned_end() {
        let slots = Slots::new(1);
        let first = slots.take().await;
        let second = slots.enter().unwrap_err();
        let third = slots.enter().unwrap_err();
        // Planned ends count, even if they lie apart from the moment of the call.
        let planned = Instant::now() + Duration::from_secs(5);
        first.end(planned);
        let second = second.await.unwrap();
        assert_eq!(second.begin, planned);
        second.end(planned + Duration::from_secs(1));
        assert_eq!(third.await.unwrap().begin, planned + Duration::from_secs(1));
        assert_eq!(free(&slots), 1);
    }

    #[tokio::test]
    async fn nobody_begins_before_they_came() {
        let slots = Slots::new(1);
        let first = slots.take().await;
        let second = slots.enter().unwrap_err();
        let came = Instant::now();
        first.end(came.checked_sub(Duration::from_millis(50)).unwrap());
        let begin = second.await.unwrap().begin;
        assert!(begin <= came && came - begin < Duration::from_millis(50));
    }

    #[tokio::test]
    async fn those_who_left_are_passed_over_and_no_slot_is_lost() {
        let slots = Slots::new(2);
        let (a, b) = (slots.take().await, slots.take().await);
        let left = slots.enter().unwrap_err();
        let stays = slots.enter().unwrap_err();
        drop(left);
        drop(a);
        let c = stays.await.unwrap();
        let leaves_with_its_slot = slots.enter().unwrap_err();
        drop(b);
        drop(leaves_with_its_slot);
        drop(c);
        assert_eq!(free(&slots), 2);
    }
}
