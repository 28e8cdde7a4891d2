//! How much worse predictions become when a feature's values are dealt out anew (Breiman 2001; Fisher, Rudin, Dominici 2019).

use outrider_core::Random;
use outrider_infer::Matrix;
use outrider_infer::trees::Trees;

/// For each feature the mean rise of `loss`, which takes predictions, over `rounds` shuffles. Features that no split
/// reads have 0.
///
/// # Panics
///
/// If `matrix` has other features than the model.
pub fn permutation_importances(
    trees: &Trees,
    matrix: &Matrix,
    loss: impl Fn(&[f64]) -> f64,
    rounds: usize,
    seed: u64,
) -> Vec<f64> {
    let mut importances = vec![0.0; matrix.columns().len()];
    let before = loss(&trees.predict(matrix));
    for feature in trees.used() {
        let mut random = Random::stream(seed, feature as u64);
        let rise = |_| loss(&trees.predict(&matrix.shuffled(feature, &shuffle(matrix.rows(), &mut random)))) - before;
        #[expect(clippy::cast_precision_loss, reason = "rounds are few")]
        let mean = (0..rounds).map(rise).sum::<f64>() / rounds.max(1) as f64;
        importances[feature] = mean;
    }
    importances
}

/// All rows in an order by lot (Fisher and Yates).
fn shuffle(rows: usize, random: &mut Random) -> Vec<usize> {
    let mut order: Vec<usize> = (0..rows).collect();
    (1..rows).rev().for_each(|at| order.swap(at, random.below(at + 1)));
    order
}
