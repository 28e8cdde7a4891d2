//! A recording in the length and at the rate that a run asks for.
//!
//! A run takes as many arrivals as its rate and length call for, in a stretch that begins somewhere in the recording, and
//! stretches their gaps so that they fill the run: bursts and lulls stay, the mean rate is exactly what was asked for. A
//! recording with fewer arrivals than that is block-bootstrapped (Kuensch 1989, circular: Politis and Romano 1992): blocks
//! of a tenth of it, from places drawn at random, one after the other.

use std::sync::Arc;
use std::time::Duration;

use outrider_core::Random;

use super::{Asked, Trace};

/// Beyond so many arrivals a stretch has the mean of the whole closely enough.
const COUNTED_MAX: usize = 1_000_000;
/// Blocks of a bootstrapped trace: so many make its length.
const BLOCKS: usize = 10;

/// A replay, without end.
#[derive(Clone, Debug)]
pub(crate) struct Replay {
    walk: Walk,
    stretch: f64,
    at_s: f64,
}

impl Replay {
    /// Arrivals of `trace` at `rate_per_s` on average over `length`; `random` draws where it begins.
    pub(crate) fn new(trace: Arc<Trace>, rate_per_s: f64, length: Duration, random: Random) -> Replay {
        let length_s = length.as_secs_f64();
        let wanted = count(rate_per_s * length_s);
        let block = if wanted <= trace.arrivals() { usize::MAX } else { (trace.arrivals() / BLOCKS).max(1) };
        let whole = 1.0 / rate_per_s * trace.rate_per_s();
        let walk = Walk { trace, random, block, left: 0, next: 0 };
        let own = (wanted <= COUNTED_MAX)
            .then(|| length_s / walk.clone().take(wanted).map(|index| walk.trace.gaps_s[index]).sum::<f64>());
        // A stretch without any length, as in a trace of whole seconds, goes by the mean of all.
        let stretch = own.filter(|stretch| stretch.is_finite() && *stretch > 0.0).unwrap_or(whole);
        Replay { walk, stretch, at_s: 0.0 }
    }
}

/// One arrival of a replay.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Replayed {
    /// Since the run's beginning, s.
    pub(crate) at_s: f64,
    pub(crate) size: Option<f64>,
    pub(crate) asked: Option<Asked>,
}

impl Iterator for Replay {
    type Item = Replayed;

    fn next(&mut self) -> Option<Replayed> {
        let index = self.walk.next()?;
        let trace = &self.walk.trace;
        let at_s = self.at_s;
        self.at_s += trace.gaps_s[index] * self.stretch;
        Some(Replayed { at_s, size: trace.sizes.get(index).copied(), asked: trace.asked.get(index).copied() })
    }
}

/// Which arrival of the recording comes next, block by block.
#[derive(Clone, Debug)]
struct Walk {
    trace: Arc<Trace>,
    random: Random,
    block: usize,
    left: usize,
    next: usize,
}

impl Iterator for Walk {
    type Item = usize;

    fn next(&mut self) -> Option<usize> {
        if self.left == 0 {
            self.next = self.random.below(self.trace.arrivals());
            self.left = self.block;
        }
        let index = self.next;
        self.left -= 1;
        self.next = (index + 1) % self.trace.arrivals();
        Some(index)
    }
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "float to integer casts saturate, which is what is wanted"
)]
fn count(arrivals: f64) -> usize {
    (arrivals.round() as usize).max(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::TraceRow;
    use proptest::prelude::*;

    fn row(at_s: f64, size: Option<f64>) -> TraceRow {
        TraceRow { at_s, size }
    }

    fn replay(trace: &Trace, rate_per_s: f64, length_s: u64, seed: u64) -> Vec<Replayed> {
        let length = Duration::from_secs(length_s);
        let all = Replay::new(Arc::new(trace.clone()), rate_per_s, length, Random::new(seed));
        all.take_while(|one| one.at_s < length_s as f64 * (1.0 - 1e-9)).collect()
    }

    #[test]
    fn a_stretch_keeps_its_gaps_and_sizes_in_proportion() {
        // Gaps 1, 3, 2, and 2 back to the first; sizes 1, 2, 4, 1 over their mean 2.
        let rows = [row(10.0, Some(1.0)), row(11.0, Some(2.0)), row(14.0, Some(4.0)), row(16.0, Some(1.0))];
        let trace = Trace::new(rows.to_vec()).unwrap();
        assert!((trace.rate_per_s() - 0.5).abs() < 1e-12);
        let whole = replay(&trace, 0.5, 8, 3);
        assert_eq!(whole.len(), 4);
        let mut sizes: Vec<f64> = whole.iter().filter_map(|one| one.size).collect();
        sizes.sort_by(f64::total_cmp);
        assert_eq!(sizes, [0.5, 0.5, 1.0, 2.0]);
    }

    proptest! {
        #[test]
        fn a_replay_has_the_rate_that_was_asked_for(
            gaps in prop::collection::vec(0.001..10.0f64, 2..200), rate in 0.5..50.0f64, length in 5u64..60, seed: u64,
        ) {
            let rows = gaps.iter().scan(0.0, |at, gap| { *at += gap; Some(row(*at, Some(*gap))) });
            let trace = Trace::new(rows.collect()).unwrap();
            let all = replay(&trace, rate, length, seed);
            prop_assert_eq!(all.len(), count(rate * length as f64));
            prop_assert!(all.windows(2).all(|w| w[0].at_s <= w[1].at_s));
            prop_assert_eq!(all, replay(&trace, rate, length, seed));
        }
    }
}
