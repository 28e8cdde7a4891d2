//! What time a balancer takes it to be: the world's, until its clock jumps ahead; and a little less on a core whose clock is
//! behind the others'.

use std::time::Duration;

use outrider_core::Time;

/// The clocks of one balancer.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Clock {
    ahead: Duration,
    lag: Duration,
}

impl Clock {
    /// The time by the thread that judges hosts, when it is `now`.
    pub(crate) fn of_control(self, now: Time) -> Time {
        now + self.ahead
    }

    /// The time by the core that has a request in hand.
    pub(crate) fn of_worker(self, now: Time) -> Time {
        self.of_control(now) - self.lag
    }

    /// All of them jump ahead. They never jump back: they are monotonic.
    pub(crate) fn jump(&mut self, by: Duration) {
        self.ahead += by;
    }

    /// The next request is in the hands of a core that is so far behind.
    pub(crate) fn lag(&mut self, by: Duration) {
        self.lag = by;
    }
}
