//! Time that a host has spent serving: the exact integral of its busy slots, also in the middle of services.
//!
//! A service counts from when it was to begin to when it was to end, as its slot does (`slots.rs`): a late timer is no work.
//! One that a hung host cannot end goes on counting, and one whose client leaves stops there.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

/// The account of one host.
#[derive(Debug, Default)]
pub(super) struct Busy {
    ended: Duration,
    under_way: BTreeMap<u64, Service>,
    next: u64,
}

#[derive(Clone, Copy, Debug)]
struct Service {
    begin: Instant,
    /// When it is to end; `None`: nobody knows.
    end: Option<Instant>,
}

impl Service {
    fn until(self, now: Instant) -> Duration {
        self.end.map_or(now, |end| end.min(now)).saturating_duration_since(self.begin)
    }
}

impl Busy {
    /// A service begins at `begin`, to end at `end`. The answer is its key.
    pub(super) fn begin(&mut self, begin: Instant, end: Instant) -> u64 {
        let key = self.next;
        self.next += 1;
        self.under_way.insert(key, Service { begin, end: Some(end) });
        key
    }

    /// The end of service `key` is not known any more: its host hangs.
    pub(super) fn delay(&mut self, key: u64) {
        if let Some(service) = self.under_way.get_mut(&key) {
            service.end = None;
        }
    }

    /// Service `key` is over, at its planned end or now, whichever was first.
    pub(super) fn end(&mut self, key: u64, now: Instant) {
        if let Some(service) = self.under_way.remove(&key) {
            self.ended += service.until(now);
        }
    }

    /// Time spent serving until `now`, over all slots.
    pub(super) fn until(&self, now: Instant) -> Duration {
        self.ended + self.under_way.values().map(|service| service.until(now)).sum::<Duration>()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn ms(ms: u64) -> Duration {
        Duration::from_millis(ms)
    }

    #[test]
    fn services_count_while_they_last_and_not_beyond_their_plan() {
        let start = Instant::now();
        let mut busy = Busy::default();
        let first = busy.begin(start, start + ms(100));
        let second = busy.begin(start + ms(50), start + ms(150));
        assert_eq!(busy.until(start + ms(75)), ms(75 + 25));
        // A timer 20 ms late changes nothing; a client that leaves early does.
        busy.end(first, start + ms(120));
        busy.end(second, start + ms(130));
        assert_eq!(busy.until(start + ms(500)), ms(100 + 80));
    }

    #[test]
    fn a_service_that_cannot_end_goes_on_counting() {
        let start = Instant::now();
        let mut busy = Busy::default();
        let key = busy.begin(start, start + ms(10));
        busy.delay(key);
        assert_eq!(busy.until(start + ms(300)), ms(300));
        busy.end(key, start + ms(400));
        assert_eq!(busy.until(start + ms(900)), ms(400));
    }

    proptest! {
        #[test]
        fn it_never_goes_back_and_ends_at_the_sum(services in prop::collection::vec((0u64..500, 1u64..300), 0..20)) {
            let start = Instant::now();
            let mut busy = Busy::default();
            let keys: Vec<(u64, u64)> =
                services.iter().map(|&(at, long)| (busy.begin(start + ms(at), start + ms(at + long)), at + long)).collect();
            let seen: Vec<Duration> = (0..90).map(|tick| busy.until(start + ms(tick * 10))).collect();
            prop_assert!(seen.is_sorted());
            keys.iter().for_each(|&(key, end)| busy.end(key, start + ms(end)));
            prop_assert_eq!(busy.until(start + ms(900)), ms(services.iter().map(|&(_, long)| long).sum()));
        }
    }
}
