//! What each feature adds to what a network says: Shapley values against the mean row (Shapley 1953; Štrumbelj, Kononenko 2014),
//! over orders drawn by lot and their reverse (Mitchell, Cooper, Frank, Holmes 2022).
//!
//! In each order features are made known one by one, and each adds what the first head then says more. Whatever the
//! orders, they add up to the prediction less what is said of the mean row; orders are the same for every row and every time.

use outrider_core::Random;
use outrider_core::frame::Frame;

use super::forward::near;
use super::{Network, WIDTH_MAX};
use crate::BindError;

/// Orders that are drawn; each is walked both ways.
const ORDERS: u64 = 16;
const SEED: u64 = 1;

/// Sums of the first layer, wide enough that taking them apart leaves no trace.
type Sums = [f64; WIDTH_MAX];

/// A network that is being explained.
struct Game<'a> {
    network: &'a Network,
    /// What each feature adds to the sums of the first layer on the mean.
    usual: Vec<Vec<f64>>,
    /// The sums of the mean row.
    begun: Sums,
    /// What the first head says of it.
    base: f64,
    orders: Vec<Vec<usize>>,
}

impl Network {
    /// What the first head says of a row of which nothing is known, and what each feature of each row adds, before the link.
    ///
    /// # Errors
    ///
    /// As [`Network::predict`].
    pub fn explain(&self, frame: &Frame) -> Result<(f64, Vec<Vec<f64>>), BindError> {
        let bound = self.inputs.bind(frame)?;
        let game = Game::new(self);
        let rows = (0..frame.rows()).map(|row| game.values(&bound.row(row).collect::<Vec<_>>()));
        Ok((game.base, rows.collect()))
    }

    /// What an entry adds to the sums of the first layer.
    fn added(&self, place: usize, value: f32) -> impl Iterator<Item = f64> + '_ {
        let width = self.layers[0].width();
        self.layers[0].weights[place * width..][..width].iter().map(move |&weight| f64::from(value) * f64::from(weight))
    }
}

impl<'a> Game<'a> {
    fn new(network: &'a Network) -> Game<'a> {
        let usual = (0..network.inputs.inputs().len()).map(|feature| usual(network, feature)).collect();
        let mut game = Game { network, usual, begun: [0.0; WIDTH_MAX], base: 0.0, orders: orders(network) };
        let biases = network.layers[0].biases.iter().map(|&bias| f64::from(bias));
        add(&mut game.begun, biases, 1.0);
        for usual in &game.usual {
            add(&mut game.begun, usual.iter().copied(), 1.0);
        }
        game.base = game.said(&game.begun);
        game
    }

    /// What each feature of a row with these entries adds.
    fn values(&self, entries: &[(usize, f64)]) -> Vec<f64> {
        let mut values = vec![0.0; entries.len()];
        for order in &self.orders {
            self.walk(entries, order.iter().copied(), &mut values);
            self.walk(entries, order.iter().rev().copied(), &mut values);
        }
        values.iter().map(|value| value / (2 * ORDERS) as f64).collect()
    }

    fn walk(&self, entries: &[(usize, f64)], order: impl Iterator<Item = usize>, values: &mut [f64]) {
        let (mut sums, mut before) = (self.begun, self.base);
        for feature in order {
            let (place, value) = entries[feature];
            add(&mut sums, self.network.added(place, near(value)), 1.0);
            add(&mut sums, self.usual[feature].iter().copied(), -1.0);
            let now = self.said(&sums);
            values[feature] += now - before;
            before = now;
        }
    }

    #[expect(clippy::cast_possible_truncation, reason = "to the width that the network predicts with")]
    fn said(&self, sums: &Sums) -> f64 {
        f64::from(self.network.after_first(sums.map(|sum| sum as f32))[0])
    }
}

/// What a feature adds to the sums of the first layer on the mean of rows that trained.
fn usual(network: &Network, feature: usize) -> Vec<f64> {
    let start = network.inputs.starts()[feature];
    let places = start..start + network.inputs.inputs()[feature].kind.places();
    let mut sums = vec![0.0; network.layers[0].width()];
    places.for_each(|place| add(&mut sums, network.added(place, network.means[place]), 1.0));
    sums
}

fn orders(network: &Network) -> Vec<Vec<usize>> {
    let shuffled = |nth| {
        let mut random = Random::stream(SEED, nth);
        let mut order: Vec<usize> = (0..network.inputs.inputs().len()).collect();
        (1..order.len()).rev().for_each(|last| order.swap(last, random.below(last + 1)));
        order
    };
    (0..ORDERS).map(shuffled).collect()
}

fn add(sums: &mut [f64], more: impl Iterator<Item = f64>, times: f64) {
    sums.iter_mut().zip(more).for_each(|(sum, more)| *sum += times * more);
}
