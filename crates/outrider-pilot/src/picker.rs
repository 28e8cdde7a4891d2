//! What one core keeps to itself between picks. What cores share about a host is in `live.rs`; what only one of them
//! needs lives here, so that a pick touches no line that another core writes.

use outrider_core::Random;

/// One core's state of picks: in the proxy one per worker, in the simulator one per balancer.
#[derive(Debug)]
pub struct Picker {
    random: Random,
}

impl Picker {
    /// A picker without memory that draws from `random`.
    pub fn new(random: Random) -> Picker {
        Picker { random }
    }

    /// Its stream of luck.
    #[inline]
    pub fn random(&mut self) -> &mut Random {
        &mut self.random
    }
}
