//! Clients' own retries, recognised: what failed or was slow is remembered for a while, and who asks for it again tries again.
//!
//! For all cores together, since a client that tries again often comes on a new connection, which is another core's. A
//! table of fixed size (1 MiB) that forgets the oldest: in a storm of thousands a second it remembers the last seconds,
//! which is how soon clients come back. Nothing of a request is kept but its mark and its id.
//!
//! Cost of a request on which nothing is wrong: one load, since while nothing has failed of late nothing is looked up.

use std::sync::Arc;
use std::time::Duration;

use outrider_core::Time;
use outrider_features::RequestMark;

use crate::live::{Recent, Remembered, Since};

/// Times four: 16,384 requests of 64 bytes.
const SETS: usize = 4_096;

/// Requests that may come again. Copies share what is remembered.
#[derive(Clone, Debug)]
pub struct ClientRetries {
    recent: Arc<Recent>,
    /// When anything was last remembered, to a second.
    last: Arc<Since>,
}

/// A request that is being repeated.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Repeated {
    /// How long ago it ended (or came, where it is known by its key).
    pub after: Duration,
    /// Its id, if that has no more than 40 bytes.
    pub request_id: Option<String>,
}

impl ClientRetries {
    /// A request that failed, or was slow, is taken for repeated within this time: more than the longest back-off of the
    /// AWS SDKs (20 s), less than somebody who looks again now and then would wait.
    pub const WINDOW: Duration = Duration::from_secs(30);
    /// An `Idempotency-Key` is taken for repeated within this time, if it is still remembered.
    pub const KEY_WINDOW: Duration = Duration::from_secs(600);

    /// Nothing remembered.
    #[allow(clippy::new_without_default)] // a megabyte is no default
    pub fn new() -> ClientRetries {
        ClientRetries { recent: Arc::new(Recent::new(SETS)), last: Arc::new(Since::never()) }
    }

    /// From now on whoever asks for `mark` repeats the request of this id.
    pub fn remember(&self, mark: RequestMark, request_id: &[u8], now: Time) {
        let mut id = [0; Recent::ID_BYTES];
        if let Some(room) = id.get_mut(..request_id.len()) {
            room.copy_from_slice(request_id);
        }
        self.recent.put(mark.0, &Remembered { at_ms: now.as_millis(), id });
        self.last.note(now);
    }

    /// The request that `mark` repeats, if it was remembered within `window`.
    #[inline]
    pub fn recall(&self, mark: RequestMark, window: Duration, now: Time) -> Option<Repeated> {
        // What was noted to a second may be a second older than it seems.
        if !self.last.is_within(window + Duration::from_secs(1), now) {
            return None;
        }
        let found = self.recent.get(mark.0)?;
        let after = now.since(Time::from_millis(found.at_ms));
        let id = found.id.split(|byte| *byte == 0).next().unwrap_or_default();
        let request_id = String::from_utf8(id.to_vec()).ok().filter(|id| !id.is_empty());
        (after <= window).then_some(Repeated { after, request_id })
    }
}

#[cfg(all(test, not(loom)))]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn at(ms: u64) -> Time {
        Time::from_millis(ms)
    }

    #[test]
    fn a_repeat_is_known_with_its_id_until_it_fades() {
        let retries = ClientRetries::new();
        assert_eq!(retries.recall(RequestMark(5), ClientRetries::WINDOW, at(0)), None);
        retries.remember(RequestMark(5), b"0123456789abcdef0123456789abcdef", at(1_000));
        let repeated = |ms| retries.recall(RequestMark(5), ClientRetries::WINDOW, at(ms));
        let expected =
            Repeated { after: Duration::from_secs(2), request_id: Some("0123456789abcdef0123456789abcdef".to_owned()) };
        assert_eq!(repeated(3_000), Some(expected));
        assert!(repeated(31_000).is_some());
        assert_eq!(repeated(31_001), None);
        assert_eq!(retries.recall(RequestMark(6), ClientRetries::WINDOW, at(3_000)), None);
    }

    #[test]
    fn an_id_that_is_too_long_is_none() {
        let retries = ClientRetries::new();
        for (mark, length, known) in [(1, 40, true), (2, 41, false), (3, 0, false)] {
            retries.remember(RequestMark(mark), "x".repeat(length).as_bytes(), at(0));
            let repeated = retries.recall(RequestMark(mark), ClientRetries::WINDOW, at(0)).unwrap();
            assert_eq!(repeated.request_id.is_some(), known, "{length}");
        }
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]

        /// Whatever is remembered, what is recalled was remembered so; and the newest is.
        #[test]
        fn nothing_is_recalled_that_was_not_remembered(marks in prop::collection::vec(0u64..200_000, 1..2_000)) {
            let retries = ClientRetries::new();
            let mut last = std::collections::BTreeMap::new();
            for (ms, mark) in (0..).zip(marks) {
                retries.remember(RequestMark(mark), format!("{mark}-{ms}").as_bytes(), at(ms));
                last.insert(mark, ms);
                prop_assert!(retries.recall(RequestMark(mark), ClientRetries::WINDOW, at(ms)).is_some());
            }
            for mark in (0..200_000).step_by(37).chain(last.keys().copied()) {
                let is = retries.recall(RequestMark(mark), ClientRetries::WINDOW, at(2_000));
                let is = is.and_then(|repeated| repeated.request_id);
                let said = last.get(&mark).map(|ms| format!("{mark}-{ms}"));
                prop_assert!(is.is_none() || is == said, "{is:?} {said:?}");
            }
        }
    }

    #[test]
    fn the_table_forgets_the_oldest_first() {
        let retries = ClientRetries::new();
        let entries = 4 * SETS as u64;
        for mark in 0..2 * entries {
            retries.remember(RequestMark(mark), b"id", at(mark / 100));
        }
        let now = at(2 * entries / 100);
        let known = |mark: u64| retries.recall(RequestMark(mark), ClientRetries::WINDOW, now).is_some();
        assert!((0..entries).all(|mark| !known(mark)) && (entries..2 * entries).all(known));
    }
}
