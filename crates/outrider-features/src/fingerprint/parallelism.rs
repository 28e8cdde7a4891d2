//! How many requests a host serves at a time, read off its answers: up to that many in flight they take what they take,
//! beyond it they wait.
//!
//! Per number in flight at dispatch (one bin each up to 31, four per octave beyond) the mean of ln(response / predicted
//! service) is kept. It is flat below the parallelism and rises from there on, with a jump where the queue is made of
//! dearer requests than the one that waits. The estimate is the change point that leaves least squared error between a
//! constant before it and a line in ln(n + 1) after it (both a FIFO host and one that shares its processors stretch a
//! request of the mean kind to (n + 1)/c; Kleinrock, "Queueing Systems II", 4.4). Where no rise is seen yet, the host
//! serves at least as many as it was seen to hold.
//!
//! Memory: 52 bins of 12 bytes. An estimate is one pass over them.

const EXACT: u32 = 32;
const BINS: usize = 52;
/// A bin forgets like an average over so many requests.
const BIN_MEMORY: f32 = 500.0;
/// A bin counts with so many requests.
const BIN_MIN: f32 = 4.0;
/// A rise is one by at least so much in ln(response / service), and by so many standard errors.
const RISE_MIN: f64 = 0.1;
const RISE_ERRORS: f64 = 4.0;
/// Answers off by more than e^3 = 20 times do not count as further off.
const LOG_MAX: f64 = 3.0;

/// How many requests a host serves at a time.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Slots {
    /// At least 1.
    pub count: u32,
    /// Whether requests beyond it were seen to wait. If not, it may be more.
    pub is_seen: bool,
}

#[derive(Clone, Copy, Debug, Default)]
struct Bin {
    weight: f32,
    mean: f32,
    square: f32,
}

/// The estimate is made anew after so many answers.
const ESTIMATE_EVERY: u32 = 16;

/// What answers have told of one host, or of hosts of one kind, and the last estimate made of it.
#[derive(Clone, Debug, Default)]
pub(crate) struct Serving {
    parallelism: Parallelism,
    answers: u32,
    slots: Option<Slots>,
}

impl Serving {
    /// A request that found `in_flight` others took `ratio` times what it takes where it does not wait.
    pub(crate) fn observe(&mut self, in_flight: u32, ratio: f64) {
        self.parallelism.observe(in_flight, ratio);
        self.answers = self.answers.wrapping_add(1);
        if self.answers.is_multiple_of(ESTIMATE_EVERY) {
            self.slots = self.parallelism.slots();
        }
    }

    /// The last estimate, if there was one.
    pub(crate) fn slots(&self) -> Option<Slots> {
        self.slots
    }
}

/// Means of what answers have told.
#[derive(Clone, Debug)]
pub(crate) struct Parallelism(Box<[Bin; BINS]>);

impl Default for Parallelism {
    fn default() -> Self {
        Parallelism(Box::new([Bin::default(); BINS]))
    }
}

/// Decayed sums over bins, for a line through their means.
#[derive(Clone, Copy, Debug, Default)]
struct Sums {
    w: f64,
    z: f64,
    zz: f64,
    y: f64,
    zy: f64,
    yy: f64,
}

impl Parallelism {
    /// A request that found `in_flight` others took `ratio` times what it takes where it does not wait.
    #[allow(clippy::cast_possible_truncation)] // 24 bits are enough
    pub(crate) fn observe(&mut self, in_flight: u32, ratio: f64) {
        let log = ratio.max(1e-9).ln().clamp(-LOG_MAX, LOG_MAX) as f32;
        let bin = &mut self.0[bin(in_flight)];
        bin.weight = (bin.weight + 1.0).min(BIN_MEMORY);
        let share = 1.0 / bin.weight;
        bin.mean += share * (log - bin.mean);
        bin.square += share * (log * log - bin.square);
    }

    /// The best estimate; `None` before anything was seen.
    pub(crate) fn slots(&self) -> Option<Slots> {
        let last = self.0.iter().rposition(|bin| bin.weight >= BIN_MIN)?;
        let all = Sums::of(&self.0[..=last], 0);
        let (mut best, mut least) = (last + 1, all.flat_error());
        let mut below = Sums::default();
        for change in 1..=last {
            below = below.plus(&self.0[change - 1], change - 1);
            let error = below.flat_error() + all.minus(&below).line_error();
            // The later one where two explain as much.
            if error <= least && self.is_high(change, &below) && self.rises_at(change, last, &below) {
                (best, least) = (change, error);
            }
        }
        Some(Slots { count: edge(best.min(BINS - 1)), is_seen: best <= last })
    }

    /// Whether the bin lies above those before it. (That of a few requests may lie anywhere.) Without this a faint trend below the parallelism,
    /// of bins that were seen often, would outweigh the jump to bins that were seen seldom.
    fn is_high(&self, at: usize, below: &Sums) -> bool {
        let bin = &self.0[at];
        bin.weight < BIN_MIN || f64::from(bin.mean) >= below.y / below.w + RISE_MIN
    }

    /// Whether the bins from `change` on lie above those before it, by more than chance.
    fn rises_at(&self, change: usize, last: usize, below: &Sums) -> bool {
        let above = Sums::of(&self.0[change..=last], change);
        let rise = above.y / above.w - below.y / below.w;
        let variance: f64 = self.0[..=last].iter().map(Bin::squares).sum::<f64>() / (above.w + below.w);
        rise >= RISE_MIN.max(RISE_ERRORS * (variance / above.w + variance / below.w).sqrt())
    }
}

impl Bin {
    /// Weighted squares around the bin's own mean.
    fn squares(&self) -> f64 {
        f64::from(self.weight) * f64::from(self.square - self.mean * self.mean).max(0.0)
    }
}

impl Sums {
    fn of(bins: &[Bin], first: usize) -> Sums {
        bins.iter().enumerate().fold(Sums::default(), |sums, (nth, bin)| sums.plus(bin, first + nth))
    }

    fn plus(self, bin: &Bin, at: usize) -> Sums {
        let (w, y) = (f64::from(bin.weight), f64::from(bin.mean));
        let z = f64::from(edge(at) + 1).ln();
        Sums {
            w: self.w + w,
            z: self.z + w * z,
            zz: self.zz + w * z * z,
            y: self.y + w * y,
            zy: self.zy + w * z * y,
            yy: self.yy + w * y * y,
        }
    }

    fn minus(self, other: &Sums) -> Sums {
        Sums {
            w: self.w - other.w,
            z: self.z - other.z,
            zz: self.zz - other.zz,
            y: self.y - other.y,
            zy: self.zy - other.zy,
            yy: self.yy - other.yy,
        }
    }

    /// Squared error around the mean.
    fn flat_error(&self) -> f64 {
        if self.w > 0.0 { (self.yy - self.y * self.y / self.w).max(0.0) } else { 0.0 }
    }

    /// Squared error around the best line that does not fall.
    fn line_error(&self) -> f64 {
        let (szz, szy) = (self.zz - self.z * self.z / self.w, self.zy - self.z * self.y / self.w);
        let explained = if szz > 1e-9 && szy > 0.0 { szy * szy / szz } else { 0.0 };
        (self.flat_error() - explained).max(0.0)
    }
}

/// The bin of a number in flight.
fn bin(in_flight: u32) -> usize {
    (0..BINS).rev().find(|&at| edge(at) <= in_flight).unwrap_or(0)
}

/// The least number in flight of a bin.
fn edge(bin: usize) -> u32 {
    let bin = u32::try_from(bin).unwrap_or(u32::MAX);
    match bin.checked_sub(EXACT) {
        None => bin,
        Some(beyond) => (EXACT << (beyond / 4)) / 4 * (4 + beyond % 4),
    }
}

#[cfg(test)]
mod tests {
    use outrider_core::Random;
    use proptest::prelude::*;

    use super::*;

    /// What `samples` answers at 1 to `most` in flight tell of a host that serves `slots` at a time, where waiting
    /// requests wait for ones `dearness` times as dear.
    fn told(slots: u32, most: u32, dearness: f64, samples: u32, seed: u64) -> Slots {
        let (mut parallelism, mut random) = (Parallelism::default(), Random::new(seed));
        for _ in 0..samples {
            let in_flight = u32::try_from(random.below(most as usize)).unwrap();
            let noise = ((random.unit() + random.unit() + random.unit() - 1.5) * 0.8).exp();
            let queued = (in_flight + 1).saturating_sub(slots);
            let waits = dearness * f64::from(queued) / f64::from(slots) * 2.0 * random.unit();
            parallelism.observe(in_flight, noise + waits);
        }
        parallelism.slots().unwrap()
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]
        #[test]
        fn a_kink_is_found_to_one_and_an_eighth(slots in 1u32..12, dearness in 1.0..4.0f64, seed: u64) {
            let told = told(slots, 2 * slots + 6, dearness, 400 * slots, seed);
            prop_assert!(told.is_seen && told.count.abs_diff(slots) <= 1 + slots / 8, "{told:?} for {slots}");
        }

        #[test]
        fn without_waiting_it_is_at_least_what_was_seen(most in 2u32..24, seed: u64) {
            let told = told(1_000, most, 1.0, 200 * most, seed);
            prop_assert!(told.count >= most && !told.is_seen, "{told:?} for {most}");
        }

        #[test]
        fn bins_partition_all_numbers(in_flight in 0u32..5_000) {
            let at = bin(in_flight);
            prop_assert!(edge(at) <= in_flight);
            prop_assert!(at + 1 == BINS || in_flight < edge(at + 1));
        }
    }

    #[test]
    fn large_hosts_are_told_to_a_quarter() {
        for slots in [40, 100, 200] {
            let told = told(slots, 3 * slots, 1.0, 40_000, 5);
            let off = f64::from(told.count) / f64::from(slots);
            assert!((0.7..1.4).contains(&off), "{told:?} for {slots}");
        }
    }

    #[test]
    fn nothing_seen_is_nothing_known() {
        assert_eq!(Parallelism::default().slots(), None);
    }
}
