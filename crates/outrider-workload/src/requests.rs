//! The stream of requests that every strategy is shown: when, of which class, how big.

use std::time::Duration;

use outrider_core::{Random, Time};

use crate::{Arrivals, Asked, Fleet, Law, Mix, Pattern};

/// One request to come.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Request {
    /// Its number, from 0. Luck that is derived from it is the same wherever the request goes.
    pub number: u64,
    /// When it arrives.
    pub at: Time,
    /// Index of its class in the mix.
    pub class: usize,
    /// A factor on its service time; the tokens of its prompt where it asks a language model.
    pub size: f64,
    /// Tokens of its answer, which nobody but its host knows before it is there; 0 where it asks no language model.
    pub output: f64,
}

/// An endless stream of requests. Times, classes and sizes come from streams of their own: another pattern leaves the
/// classes as they were, and the sizes too unless it is a trace that has its own.
#[derive(Clone, Debug)]
pub struct Requests {
    arrivals: Arrivals,
    mix: Mix,
    /// The mix that is to come, and when.
    next_mix: Option<(Time, Mix)>,
    size: Law,
    classes: Random,
    sizes: Random,
    number: u64,
}

/// Parts of a seed's world. The fleet's speeds are part 0.
const ARRIVALS: u64 = 1;
const CLASSES: u64 = 2;
const SIZES: u64 = 3;

impl Requests {
    /// Requests of the fleet's mix and sizes, at `rate_per_s` times the pattern's factor in a run of `length`.
    pub fn new(fleet: &Fleet, pattern: &Pattern, rate_per_s: f64, length: Duration, seed: u64) -> Requests {
        Requests {
            arrivals: Arrivals::new(pattern, rate_per_s, length, Random::stream(seed, ARRIVALS)),
            mix: fleet.mix.clone(),
            next_mix: None,
            size: fleet.size,
            classes: Random::stream(seed, CLASSES),
            sizes: Random::stream(seed, SIZES),
            number: 0,
        }
    }

    /// The same, where classes come as `mix` says from `at` on: as many as before and in the same order.
    #[must_use]
    pub fn changing(self, at: Time, mix: Mix) -> Requests {
        Requests { next_mix: Some((at, mix)), ..self }
    }
}

impl Iterator for Requests {
    type Item = Request;

    fn next(&mut self) -> Option<Request> {
        let arrival = self.arrivals.next()?;
        if let Some((_, mix)) = self.next_mix.take_if(|(at, _)| *at <= arrival.at) {
            self.mix = mix;
        }
        let class = self.mix.draw(&mut self.classes);
        let drawn = self.mix.classes()[class].draw_size(self.size, &mut self.sizes);
        let size = arrival.size.unwrap_or(drawn);
        let drawn = Request { number: self.number, at: arrival.at, class, size, output: 0.0 };
        self.number += 1;
        let asked = arrival.asked.filter(|asked| asked.class < self.mix.classes().len());
        Some(asked.map_or(drawn, |Asked { class, prompt, output }| Request { class, size: prompt, output, ..drawn }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{AskedRow, Trace};
    use std::sync::Arc;

    use proptest::prelude::*;

    fn stream(pattern: &Pattern, rate_per_s: f64, seed: u64) -> Vec<Request> {
        let fleet = Fleet::uneven_mixed(2, 1);
        Requests::new(&fleet, pattern, rate_per_s, Duration::from_secs(10), seed).take(200).collect()
    }

    #[test]
    fn another_pattern_leaves_classes_and_sizes_as_they_were() {
        let what = |r: &Request| (r.number, r.class, r.size.to_bits());
        let poisson = stream(&Pattern::Poisson, 100.0, 5);
        let pace = stream(&Pattern::Pace, 400.0, 5);
        assert!(poisson.iter().map(what).eq(pace.iter().map(what)));
        assert!(poisson.iter().zip(&pace).any(|(a, b)| a.at != b.at));
    }

    #[test]
    fn a_recording_that_tells_what_was_asked_is_asked_again() {
        let row = |nth: usize| AskedRow {
            at_s: nth as f64,
            asked: Asked { class: nth % 2, prompt: 10.0 * nth as f64, output: nth as f64 },
        };
        let trace = Trace::of_asked((0..50).map(row).collect()).unwrap();
        let all = stream(&Pattern::Trace(Arc::new(trace)), 5.0, 1);
        assert!(
            all.iter().all(|r| r.size.to_bits() == (10.0 * r.output).to_bits() && r.class as f64 == r.output % 2.0)
        );
        assert!(all.iter().any(|r| r.output > 0.0));
    }

    #[test]
    fn a_mix_that_changes_leaves_what_came_before_and_all_times_as_they_were() {
        let fleet = Fleet::uneven_mixed(2, 1);
        let all = Requests::new(&fleet, &Pattern::Poisson, 100.0, Duration::from_secs(10), 5);
        let at = Time::from_millis(1_000);
        let changed = all.clone().changing(at, fleet.mix.with_shares(&[0.0, 0.0, 0.0, 0.0, 0.0, 1.0]).unwrap());
        let (mut before, mut after) = (0, 0);
        for (one, other) in all.zip(changed).take(200) {
            assert_eq!((one.at, one.number), (other.at, other.number));
            if one.at < at {
                before += 1;
                assert_eq!(one, other);
            } else {
                after += 1;
                assert_eq!(other.class, 5);
            }
        }
        assert!(before > 50 && after > 50, "{before} {after}");
    }

    proptest! {
        #[test]
        fn equal_seeds_give_equal_requests_and_others_do_not(seed: u64) {
            let draw = |seed| stream(&Pattern::Poisson, 100.0, seed);
            prop_assert_eq!(draw(seed), draw(seed));
            prop_assert_ne!(draw(seed), draw(seed.wrapping_add(1)));
        }
    }
}
