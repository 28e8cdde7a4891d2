//! The way between balancers and hosts.

use std::time::Duration;

use outrider_core::Random;
use outrider_workload::Law;

/// Every message takes a time of its own; with a law that varies, one may overtake another.
#[derive(Debug)]
pub(super) struct Network {
    delay_ms: Law,
    random: Random,
}

impl Network {
    pub(super) fn new(delay_ms: Law, random: Random) -> Network {
        Network { delay_ms, random }
    }

    /// How long the next message takes.
    pub(super) fn delay(&mut self) -> Duration {
        let ms = self.delay_ms.sample(&mut self.random);
        Duration::try_from_secs_f64(ms / 1e3).unwrap_or(Duration::MAX)
    }
}
