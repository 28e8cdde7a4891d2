//! Events to come, in the order of their times.
//!
//! A binary heap: arrivals stay outside of it (a stream that is already in order), so it holds what is in flight and a
//! few hundred clocks, and a wheel of times would be slower to turn than this is to sift. Cost of an event: one push and
//! one pop over some hundred entries of 32 bytes.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use outrider_core::Time;

/// Events of one time come in the order in which they were put in, so that equal seeds give equal runs.
#[derive(Debug)]
pub(crate) struct Agenda<E> {
    heap: BinaryHeap<Entry<E>>,
    next: u64,
}

#[derive(Debug)]
struct Entry<E> {
    at: Time,
    number: u64,
    event: E,
}

impl<E> Agenda<E> {
    pub(crate) fn new() -> Agenda<E> {
        Agenda { heap: BinaryHeap::new(), next: 0 }
    }

    /// `event` is to happen at `at`.
    pub(crate) fn put(&mut self, at: Time, event: E) {
        let number = self.next;
        self.next += 1;
        self.heap.push(Entry { at, number, event });
    }

    /// The time of the next event.
    pub(crate) fn next_at(&self) -> Option<Time> {
        self.heap.peek().map(|entry| entry.at)
    }

    /// The next event.
    pub(crate) fn take(&mut self) -> Option<(Time, E)> {
        self.heap.pop().map(|entry| (entry.at, entry.event))
    }
}

impl<E> Entry<E> {
    fn key(&self) -> (Time, u64) {
        (self.at, self.number)
    }
}

impl<E> PartialEq for Entry<E> {
    fn eq(&self, other: &Self) -> bool {
        self.key() == other.key()
    }
}

impl<E> Eq for Entry<E> {}

impl<E> PartialOrd for Entry<E> {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl<E> Ord for Entry<E> {
    /// Turned round: the heap gives its greatest first.
    fn cmp(&self, other: &Self) -> Ordering {
        other.key().cmp(&self.key())
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    proptest! {
        #[test]
        fn events_come_by_time_and_then_as_they_were_put_in(times in prop::collection::vec(0u64..20, 0..200)) {
            let mut agenda = Agenda::new();
            for (number, &at) in times.iter().enumerate() {
                agenda.put(Time::from_nanos(at), number);
            }
            let taken: Vec<(Time, usize)> = std::iter::from_fn(|| agenda.take()).collect();
            prop_assert_eq!(taken.len(), times.len());
            prop_assert!(taken.is_sorted());
        }
    }
}
