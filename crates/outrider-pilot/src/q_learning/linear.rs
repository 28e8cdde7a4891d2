//! The weights of `q_learning_linear`: what sending to a host is worth, by its present condition, whichever host it is. Pure.
//!
//! Source: Sutton and Barto, "Reinforcement Learning", 2nd ed., 9.5.4 (tile coding) and 11.1 (semi-gradient Q-learning):
//! q = w . x(host), w <- w + alpha / |x| (reward + gamma max q' - q) x. Four tilings over requests in flight and response
//! time against the pool's, and one each over CPU and over recent failures: seven tiles a host, one of them for all.
//!
//! **What no tile has learnt yet** is not worth 0, which is above anything that can be learnt: a host with more in flight
//! than any before would be on fresh tiles, and get all that comes. Weights are learnt on top of a rough guess, [`Condition::guess`]:
//! the host's response time, growing with what it has in flight.

/// Tilings over load and response.
const TILINGS: usize = 4;
/// Tiles of each: 2/3 of an octave of load, half an octave of response.
const LOADS: usize = 16;
const RATIOS: usize = 12;
/// Tiles of a tenth of the CPU each; the last is for hosts that do not say.
const CPUS: usize = 13;
/// Tiles of recent failures: none, up to half a one, up to two, more.
const FAILURES: usize = 4;
/// Tiles that a host stands on.
const TILES: usize = TILINGS + 3;
/// All weights.
pub(crate) const WEIGHTS: usize = TILINGS * LOADS * RATIOS + CPUS + FAILURES + 1;

/// The tiles that a host stands on, by number.
pub(crate) type Tiles = [u16; TILES];

/// What is seen of a host.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Condition {
    /// Requests in flight, of others too where the host says so.
    pub(crate) in_flight: f32,
    /// Average response time, ms; that of the pool if it never answered.
    pub(crate) response_ms: f32,
    /// CPU utilisation, if it says so.
    pub(crate) cpu: Option<f32>,
    /// Recent failures, fading.
    pub(crate) failures: f32,
}

/// What is usual in the pool just now.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Usual {
    /// Requests in flight at a host.
    pub(crate) in_flight: f32,
    /// Response time, ms, > 0.
    pub(crate) response_ms: f32,
}

/// One weight per tile.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Weights(Box<[f32]>);

impl Usual {
    /// So many in flight, and the mean of the response times that are known.
    #[allow(clippy::cast_precision_loss)] // counts far below 2^24
    pub(crate) fn of(in_flight: f32, responses_ms: &[Option<f32>]) -> Usual {
        let (sum, count) = responses_ms.iter().flatten().fold((0.0, 0_u32), |(sum, count), ms| (sum + ms, count + 1));
        Usual { in_flight, response_ms: if count > 0 { (sum / count as f32).max(1e-3) } else { 1.0 } }
    }
}

impl Condition {
    /// What a response takes there, ms, before anything is learnt.
    pub(crate) fn guess(&self, usual: &Usual) -> f32 {
        self.response_ms * (1.0 + self.in_flight + self.failures) / (1.0 + usual.in_flight)
    }

    /// The tiles of a host in this condition.
    pub(crate) fn tiles(&self, usual: &Usual) -> Tiles {
        let load = (1.0 + self.in_flight).log2() * 1.5;
        let ratio = (self.response_ms / usual.response_ms).log2() * 2.0 + RATIOS as f32 / 2.0;
        let mut tiles = [0; TILES];
        for (nth, tile) in tiles.iter_mut().take(TILINGS).enumerate() {
            // Offsets of 1 and 3, Sutton and Barto's for two dimensions.
            let (right, up) = (nth as f32 / TILINGS as f32, (3 * nth % TILINGS) as f32 / TILINGS as f32);
            *tile = number((nth * LOADS + place(load + right, LOADS)) * RATIOS + place(ratio + up, RATIOS));
        }
        let (cpus, failures) = (TILINGS * LOADS * RATIOS, TILINGS * LOADS * RATIOS + CPUS);
        tiles[TILINGS] = number(cpus + self.cpu.map_or(CPUS - 1, |cpu| place(cpu * 10.0, CPUS - 1)));
        tiles[TILINGS + 1] = number(failures + self.failure_tile());
        tiles[TILINGS + 2] = number(WEIGHTS - 1);
        tiles
    }

    fn failure_tile(&self) -> usize {
        [0.0, 0.5, 2.0].iter().filter(|&&above| self.failures > above).count()
    }
}

#[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // clamped; NaN is 0
fn place(at: f32, places: usize) -> usize {
    (at.max(0.0) as usize).min(places - 1)
}

fn number(tile: usize) -> u16 {
    u16::try_from(tile).expect("fewer than 2^16 tiles")
}

impl Weights {
    /// Nothing is learnt.
    pub(crate) fn new() -> Weights {
        Weights(vec![0.0; WEIGHTS].into())
    }

    /// These weights; `None` if they are too many or too few, or no numbers.
    pub(crate) fn of(values: Vec<f32>) -> Option<Weights> {
        let sound = values.len() == WEIGHTS && values.iter().all(|value| value.is_finite());
        sound.then(|| Weights(values.into()))
    }

    pub(crate) fn values(&self) -> &[f32] {
        &self.0
    }

    /// What the tiles add to the guess.
    #[inline]
    pub(crate) fn at(&self, tiles: &Tiles) -> f32 {
        tiles.iter().map(|&tile| self.0[usize::from(tile)]).sum()
    }

    /// Moves what the tiles add by `alpha` of `error`.
    pub(crate) fn learn(&mut self, tiles: &Tiles, error: f32, alpha: f32) {
        let step = alpha * error / TILES as f32;
        tiles.iter().for_each(|&tile| self.0[usize::from(tile)] += step);
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use proptest::prelude::*;

    use super::*;

    const USUAL: Usual = Usual { in_flight: 2.0, response_ms: 50.0 };

    fn condition() -> impl Strategy<Value = Condition> {
        let odd = prop::sample::select(vec![0.0f32, f32::MIN_POSITIVE, 1e12]);
        let number = move || prop_oneof![0.0f32..1e4, odd.clone()];
        (number(), number(), prop::option::of(0.0f32..1.5), number())
            .prop_map(|(in_flight, response_ms, cpu, failures)| Condition { in_flight, response_ms, cpu, failures })
    }

    proptest! {
        #[test]
        fn a_host_stands_on_distinct_tiles_that_exist(condition in condition()) {
            let tiles = condition.tiles(&USUAL);
            prop_assert!(tiles.iter().all(|&tile| usize::from(tile) < WEIGHTS));
            prop_assert_eq!(tiles.iter().collect::<BTreeSet<_>>().len(), TILES);
        }

        #[test]
        fn one_step_moves_a_value_by_alpha_of_the_error(condition in condition(), error in -1e3f32..1e3) {
            let (mut weights, tiles) = (Weights::new(), condition.tiles(&USUAL));
            weights.learn(&tiles, error, 0.25);
            prop_assert!((weights.at(&tiles) - 0.25 * error).abs() <= 1e-3 * error.abs());
        }

        #[test]
        fn before_anything_is_learnt_more_in_flight_takes_longer(
            condition in condition(), more in 1.0f32..100.0,
        ) {
            prop_assume!(condition.in_flight < 1e5 && (1e-3..1e5).contains(&condition.response_ms));
            let busier = Condition { in_flight: condition.in_flight + more, ..condition };
            prop_assert!(busier.guess(&USUAL) >= condition.guess(&USUAL));
        }
    }

    #[test]
    fn neighbours_share_tiles_and_strangers_do_not() {
        let tiles = |in_flight: f32, response_ms: f32| -> BTreeSet<u16> {
            Condition { in_flight, response_ms, cpu: None, failures: 0.0 }.tiles(&USUAL)[..TILINGS]
                .iter()
                .copied()
                .collect()
        };
        let shared = |a: BTreeSet<u16>, b: &BTreeSet<u16>| a.intersection(b).count();
        assert!((1..TILINGS).contains(&shared(tiles(2.0, 50.0), &tiles(2.4, 52.0))));
        assert_eq!(shared(tiles(2.0, 50.0), &tiles(12.0, 50.0)), 0);
        assert_eq!(shared(tiles(2.0, 50.0), &tiles(2.0, 200.0)), 0);
    }
}
