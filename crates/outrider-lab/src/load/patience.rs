//! How long a user waits, and what they do then: real clients time out and try again, and a load without that hides what
//! retries do to a system that is short of capacity.

use std::time::Duration;

use outrider_core::Random;
use outrider_workload::span;
use serde::{Deserialize, Serialize};

use super::record::Outcome;

/// A user's patience. Left out, a user waits 30 s and tries once; with retries, they back off as the AWS SDKs do: a random
/// part ("full jitter") of 50 ms, doubled each time, at most 20 s.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Patience {
    /// A try without a whole answer this long after it was due has failed: its connection is closed. The first try is due
    /// when it was scheduled, another after its back-off.
    #[serde(with = "span")]
    pub timeout: Duration,
    /// Further tries, at most 254.
    pub retries: u8,
    /// What is tried again.
    pub on: Vec<Failure>,
    /// The chance, 0 to 1, that a user gives up after a try that failed though another would be allowed: not all are the same.
    pub gives_up: f64,
    /// The longest wait before the second try; each further one doubles it.
    #[serde(with = "span")]
    pub backoff: Duration,
    /// The longest wait there is.
    #[serde(with = "span")]
    pub backoff_max: Duration,
    /// Whether a wait is drawn evenly between nothing and its longest, instead of being that.
    pub jitter: bool,
    /// Whether tries are told apart by `amz-sdk-request: attempt=N; max=M`, so that a balancer can know them.
    pub tell: bool,
}

/// A reason to try again.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Failure {
    /// No whole answer in time.
    Timeouts,
    /// An answer of 429, or of 500 and more.
    Errors,
    /// No connection, or one that broke.
    Broken,
}

impl Default for Patience {
    fn default() -> Patience {
        Patience {
            timeout: Duration::from_secs(30),
            retries: 0,
            on: vec![Failure::Timeouts, Failure::Errors, Failure::Broken],
            gives_up: 0.0,
            backoff: Duration::from_millis(50),
            backoff_max: Duration::from_secs(20),
            jitter: true,
            tell: false,
        }
    }
}

impl Patience {
    /// One try of at most `timeout`.
    pub fn once(timeout: Duration) -> Patience {
        Patience { timeout, ..Patience::default() }
    }

    /// Tries in all, at most.
    pub fn tries_max(&self) -> u8 {
        self.retries.saturating_add(1)
    }

    /// Whether a user whose try number `tries` (from 1) ended so tries again.
    pub(super) fn goes_on(&self, tries: u8, outcome: Outcome, luck: &mut Random) -> bool {
        let may_help = failure(outcome).is_some_and(|failure| self.on.contains(&failure));
        tries < self.tries_max() && may_help && (self.gives_up == 0.0 || !luck.chance(self.gives_up))
    }

    /// The wait after try number `tries` (from 1).
    pub(super) fn wait(&self, tries: u8, random: &mut Random) -> Duration {
        let doubled = 2f64.powi(i32::from(tries) - 1);
        let longest_s = (self.backoff.as_secs_f64() * doubled).min(self.backoff_max.as_secs_f64());
        let part = if self.jitter { random.unit() } else { 1.0 };
        Duration::from_secs_f64(longest_s * part)
    }
}

fn failure(outcome: Outcome) -> Option<Failure> {
    match outcome {
        Outcome::TimedOut => Some(Failure::Timeouts),
        Outcome::Answered(429 | 500..) => Some(Failure::Errors),
        Outcome::Answered(_) => None,
        Outcome::NotConnected | Outcome::Broken => Some(Failure::Broken),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn only_what_may_help_is_tried_again_and_not_for_ever() {
        let (patience, mut luck) = (Patience { retries: 2, ..Patience::default() }, Random::new(1));
        for (outcome, again) in [
            (Outcome::TimedOut, true),
            (Outcome::Answered(429), true),
            (Outcome::Answered(503), true),
            (Outcome::Broken, true),
            (Outcome::NotConnected, true),
            (Outcome::Answered(404), false),
            (Outcome::Answered(200), false),
        ] {
            assert_eq!(patience.goes_on(2, outcome, &mut luck), again, "{outcome:?}");
            assert!(!patience.goes_on(3, outcome, &mut luck));
        }
        let only = Patience { on: vec![Failure::Timeouts], ..patience };
        assert!(only.goes_on(1, Outcome::TimedOut, &mut luck) && !only.goes_on(1, Outcome::Answered(503), &mut luck));
    }

    #[test]
    fn so_many_users_give_up() {
        let patience = Patience { retries: 3, gives_up: 0.3, ..Patience::default() };
        let goes_on = |seed: &u64| patience.goes_on(1, Outcome::TimedOut, &mut Random::new(*seed));
        let gone_on = (0..2_000).filter(goes_on).count();
        assert!((1_340..1_460).contains(&gone_on), "{gone_on}, expected 1400 and three deviations");
    }

    #[test]
    fn patience_is_written_with_its_units() {
        let read: Patience = serde_json::from_str(r#"{"timeout": "1s", "retries": 3, "on": ["timeouts"]}"#).unwrap();
        let expected = Patience { retries: 3, on: vec![Failure::Timeouts], ..Patience::once(Duration::from_secs(1)) };
        assert_eq!(read, expected);
        assert!(serde_json::from_str::<Patience>(r#"{"timeout": 1}"#).is_err());
    }

    proptest! {
        #[test]
        fn waits_double_up_to_their_bound(tries in 1u8..=254, seed: u64) {
            let patience = Patience::default();
            let longest = Patience { jitter: false, ..Patience::default() };
            let mut random = Random::new(seed);
            let bound = longest.wait(tries, &mut random);
            prop_assert!(patience.wait(tries, &mut random) <= bound && bound <= patience.backoff_max);
            prop_assert_eq!(bound, (patience.backoff * 2u32.saturating_pow(u32::from(tries) - 1)).min(patience.backoff_max));
        }
    }
}
